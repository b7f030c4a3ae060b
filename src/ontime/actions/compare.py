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
    parser.add_argument("old", metavar="OLD", help="a git revision, an experiment's name, or `workspace`")
    parser.add_argument("new", metavar="NEW", help="likewise: is it better than OLD?")


def run(dataset: Dataset, files: Files, intervals: Intervals, *, old: str, new: str) -> None:  # noqa: ARG001
    """Print the differences, `new` minus `old`, with their intervals, and the verdict on `new`."""
    commits = [resolve(name) for name in (old, new)]
    before, after = (read_backtest_at(files.backtest, commit) for commit in commits)
    comparison = compare_backtests(after, before, intervals)
    bounds = f"{intervals.level:.0%} intervals about {comparison.differences['log_loss'].about}"
    rows = f"{comparison.rows:,} rows of {comparison.days} days that both predicted"
    print(f"{new} minus {old}, on {rows} ({bounds})")
    for metric, (value, low, high, *_) in comparison.differences.items():
        print(f"  {metric:<10}{value:+.{DIGITS}f}   {low:+.{DIGITS}f} to {high:+.{DIGITS}f}")
    print(f"{new}: {comparison.verdict}")
