"""How long each stage takes and how much memory: a measurement, never a test. Answers: `ontime bench`.

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

from dvc.repo import Repo
from dvc.stage import PipelineStage

from ontime.actions.bench import yardstick

REPOSITORY = Path(__file__).parents[2]


def main() -> None:
    """Print a line for each stage, and one for all."""
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


def stages() -> list[str]:
    """The stages as DVC knows them, `lead@h2` for one of several."""
    return [stage.name for stage in Repo(str(REPOSITORY)).index.stages if isinstance(stage, PipelineStage)]


def measure(command: list[str], folder: str) -> tuple[float, float]:
    """Seconds and peak memory (MB) of a command that must succeed."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed: {process.stderr.read() if process.stderr else ''}")
    return time.perf_counter() - begun, usage.ru_maxrss / 1024


if __name__ == "__main__":
    main()
