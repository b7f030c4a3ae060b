"""Two revisions or experiments -> is one better? Paired differences on the rows that both backtests predicted."""

import argparse

from ontime.core.statistics.comparison import compare_backtests
from ontime.dataset.dataset import Dataset
from ontime.io.paths import Files
from ontime.params import Intervals
from ontime.repo.revisions import read_backtest_at, resolve

DIGITS = 5


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to compare."""
    parser.add_argument("one", help="a git revision, an experiment's name, or `workspace`")
    parser.add_argument("other", help="what it is compared with")


def run(dataset: Dataset, files: Files, intervals: Intervals, *, one: str, other: str) -> None:  # noqa: ARG001
    """Print the differences, `one` minus `other`, with their intervals, and the verdict."""
    first, second = (read_backtest_at(files.backtest, resolve(name)) for name in (one, other))
    comparison = compare_backtests(first, second, intervals)
    level = f"{intervals.level:.0%}"
    rows = f"{comparison.rows:,} rows of {comparison.days} days that both predicted"
    print(f"{one} minus {other}, on {rows} ({level} intervals)")
    for metric, (value, low, high, *_) in comparison.differences.items():
        print(f"  {metric:<10}{value:+.{DIGITS}f}   {low:+.{DIGITS}f} to {high:+.{DIGITS}f}")
    print(f"{one}: {comparison.verdict}")
