"""Two revisions or experiments -> is one better? Paired differences on the rows that both backtests predicted."""

import argparse

from ontime.core.statistics.comparison import backtests
from ontime.dataset.dataset import Dataset
from ontime.io.paths import Files
from ontime.params import Intervals
from ontime.repo.revisions import read_parquet, resolve

DIGITS = 5


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to compare."""
    parser.add_argument("one", help="a git revision, an experiment's name, or `workspace`")
    parser.add_argument("other", help="what it is compared with")


def run(dataset: Dataset, files: Files, intervals: Intervals, *, one: str, other: str) -> None:  # noqa: ARG001
    """Print the differences, `one` less `other`, with their intervals, and the verdict."""
    first, second = (read_parquet(files.backtest, resolve(name)) for name in (one, other))
    found = backtests(first, second, intervals)
    level = f"{intervals.level:.0%}"
    print(f"{one} less {other}, on {found.rows:,} rows of {found.days} days that both predicted ({level} intervals)")
    for metric, (value, low, high, *_) in found.differences.items():
        print(f"  {metric:<10}{value:+.{DIGITS}f}   {low:+.{DIGITS}f} to {high:+.{DIGITS}f}")
    print(f"{one}: {found.verdict}")
