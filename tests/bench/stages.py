"""How long each stage takes and how much memory, and one row of the row executor: a measurement, never a test.

Usage: python tests/bench/stages.py. Everything runs in a temporary folder, in the order of dvc.yaml. Beside the seconds
stands their ratio to a yardstick of the same run (sorting ten million numbers), which can be compared across machines.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from dvc.repo import Repo
from dvc.stage import PipelineStage

from ontime.core.asof import microseconds
from ontime.core.memory import Memory
from ontime.files import Files, part, parts, read_parquet
from ontime.flights import FLIGHTS

REPOSITORY = Path(__file__).parents[2]
ROWS = 2000


def main() -> None:
    """Print a line for each stage, then one for the row executor."""
    unit = yardstick()
    print(f"yardstick: {unit:.2f} s to sort ten million numbers\n")
    print(f"{'stage':<12}{'seconds':>9}{'ratio':>8}{'memory':>10}")
    total = 0.0
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(REPOSITORY / "params.yaml", folder)
        for stage in stages():
            seconds, megabytes = measure([sys.executable, "-m", "ontime", *stage.split("@")], folder)
            total += seconds
            print(f"{stage:<12}{seconds:>9.1f}{seconds / unit:>8.1f}{megabytes:>7.0f} MB")
        print(f"{'together':<12}{total:>9.1f}{total / unit:>8.1f}")
        print(f"\none row as of its moment: {one_row(Files(Path(folder))):.0f} microseconds")


def stages() -> list[str]:
    """The stages as DVC knows them, `lead@h2` for one of several."""
    return [stage.name for stage in Repo(str(REPOSITORY)).index.stages if isinstance(stage, PipelineStage)]


def yardstick() -> float:
    """Seconds to sort ten million numbers."""
    numbers = np.random.default_rng(0).random(10_000_000)
    begun = time.perf_counter()
    np.sort(numbers)
    return time.perf_counter() - begun


def measure(command: list[str], folder: str) -> tuple[float, float]:
    """Seconds and peak memory (MB) of a command that must succeed."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed: {process.stderr.read() if process.stderr else ''}")
    return time.perf_counter() - begun, usage.ru_maxrss / 1024


def one_row(files: Files) -> float:
    """Microseconds to read all as-of features of one row, with a month of events in memory."""
    features = FLIGHTS.features
    month = parts(files.clean)[-1][1]
    tables = {name: read_parquet(part(files.clean, name, month)) for name in features.tables}
    memory = Memory(features.asof)
    for stream, frame in features.events(tables).items():
        for event in records(frame):
            memory.add(stream, event)
    rows = records(features.rows(tables, 2.0).tail(ROWS))
    for row in rows:
        memory.read(row)
    begun = time.perf_counter()
    for row in rows:
        memory.read(row)
    return (time.perf_counter() - begun) / len(rows) * 1e6


def records(frame: pd.DataFrame) -> list[dict]:
    """Rows as dicts, moments as whole microseconds, `until` as None where there is none."""
    moments = [name for name in frame if isinstance(frame[name].dtype, pd.DatetimeTZDtype)]
    found = frame.assign(**{name: microseconds(frame[name]) for name in moments}).to_dict("records")
    for record in found:
        if "until" in record and record["until"] < 0:
            record["until"] = None
    return found


if __name__ == "__main__":
    main()
