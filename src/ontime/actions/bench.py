"""Files of a checkout -> how long answers and messages take, cold and warm, one or many."""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from ontime.actions._measured_work import WORK, Work, sizes
from ontime.core.pictures.latency import latency_picture
from ontime.core.serving.latency import terminal_header, terminal_line
from ontime.dataset.dataset import Dataset
from ontime.errors import OntimeError
from ontime.io.formats import write_json, write_png
from ontime.io.paths import Files
from ontime.params import Features

SECONDS, RUNS = 8.0, 1_000  # a measurement is repeated until it took so long, or so often
QUICK_SECONDS, QUICK_RUNS = 0.2, 5
YARDSTICK = 10_000_000
MEGABYTE = 1024**2 if sys.platform == "darwin" else 1024  # in the unit in which the peak memory comes


def arguments(parser: argparse.ArgumentParser) -> None:
    """How much is measured, and where it is kept."""
    parser.add_argument("--quick", action="store_true", help="a few rows and runs: does it work?")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the measurements")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw them (PNG)")
    parser.add_argument(
        "--only",
        nargs=2,
        metavar=("WHAT", "ROWS"),
        help=f"measure one in this process, as JSON: {', '.join(WORK)}",
    )


def run(
    dataset: Dataset,
    files: Files,
    features: Features,
    *,
    quick: bool,
    json: Path | None,
    picture: Path | None,
    only: tuple[str, str] | None,
) -> None:
    """Measure each in a process of its own, so that cold is cold and memory is its own; print a line for each."""
    if only:
        _print_one(dataset, files, features, only, quick=quick)
        return
    unit = yardstick()
    cases = [(what, rows) for what in WORK for rows in sizes(dataset, what, quick=quick)]
    print(f"yardstick: {unit:.2f} s to sort ten million numbers\n{terminal_header()}")
    measurements = []
    for what, rows in tqdm(cases, desc="bench", unit=" cases", disable=None):
        measurements.append(_in_its_own_process(dataset, files, what, rows, quick=quick))
        tqdm.write(terminal_line(measurements[-1], unit), file=sys.stdout)
    if json:
        write_json({"yardstick_seconds": round(unit, 3), "measurements": measurements}, json)
    if picture:
        write_png(latency_picture(pd.DataFrame(measurements)), picture)


def yardstick() -> float:
    """Seconds to sort ten million numbers: what a ratio can be compared by across machines."""
    numbers = np.random.default_rng(0).random(YARDSTICK)
    begun = time.perf_counter()
    np.sort(numbers)
    return time.perf_counter() - begun


def _in_its_own_process(dataset: Dataset, files: Files, what: str, rows: int, *, quick: bool) -> dict[str, Any]:
    words = [sys.executable, "-m", dataset.name, "bench", "--only", what, str(rows)]
    words += ["--quick"] if quick else []
    begun = time.perf_counter()
    done = subprocess.run(words, cwd=files.root, capture_output=True, text=True, check=False)  # noqa: S603
    seconds = time.perf_counter() - begun
    if done.returncode:
        raise OntimeError(f"{what} with {rows:,} rows could not be measured:\n{done.stderr.strip()}")
    measured = json.loads(done.stdout)
    start = seconds - measured.pop("inside_seconds")
    return {"what": what, "rows": rows, "start_seconds": round(start, 4)} | measured


def _print_one(dataset: Dataset, files: Files, features: Features, only: tuple[str, str], *, quick: bool) -> None:
    what, rows = only
    if what not in WORK or not rows.isdecimal() or not int(rows):
        raise OntimeError(f"--only {what} {rows}: expected one of {', '.join(WORK)} and a number of rows from 1 on")
    begun = time.perf_counter()
    work = WORK[what](dataset, files, features.lead_hours, int(rows))
    loaded = time.perf_counter()
    work()
    first = time.perf_counter()
    times = _repeat(work, QUICK_SECONDS, QUICK_RUNS) if quick else _repeat(work, SECONDS, RUNS)
    p50, p95, p99 = np.quantile(times, [0.5, 0.95, 0.99], method="higher")
    seconds = {"load": loaded - begun, "first": first - loaded, "p50": p50, "p95": p95, "p99": p99}
    measured = {f"{name}_seconds": float(f"{value:.4g}") for name, value in seconds.items()}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE
    counts = {"runs": len(times), "megabytes": round(peak)}
    print(json.dumps(measured | counts | {"inside_seconds": time.perf_counter() - begun}))


def _repeat(work: Work, seconds: float, runs: int) -> list[float]:
    times: list[float] = []
    while len(times) < runs and (sum(times) < seconds or len(times) < QUICK_RUNS):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return times
