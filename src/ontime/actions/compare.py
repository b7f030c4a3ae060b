"""Two revisions or experiments -> is one better? Paired differences on the rows that both backtests predicted."""

import argparse

from ontime.core.compare import METRICS, paired, verdict
from ontime.dataset import Dataset
from ontime.errors import OntimeError
from ontime.files import Files
from ontime.params import Intervals
from ontime.revisions import read_parquet, resolve

DIGITS = 5


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to compare."""
    parser.add_argument("one", help="a git revision, an experiment's name, or `workspace`")
    parser.add_argument("other", help="what it is compared with")


def run(dataset: Dataset, files: Files, intervals: Intervals, *, one: str, other: str) -> None:  # noqa: ARG001
    """Print the differences, `one` less `other`, with their intervals, and the verdict."""
    tables = [read_parquet(files.backtest, resolve(name)) for name in (one, other)]
    columns = ["id", "day", "outcome", "probability"]
    rows = tables[0][columns].merge(tables[1][columns], on=["id", "day", "outcome"], suffixes=("_one", "_other"))
    if rows.empty:
        raise OntimeError(f"the backtests of {one} and {other} have no row in common: they are of other data")
    found = paired(rows, "probability_one", "probability_other", intervals)
    days, level = rows["day"].nunique(), f"{intervals.level:.0%}"
    print(f"{one} less {other}, on {len(rows):,} rows of {days} days that both predicted ({level} intervals)")
    for metric in METRICS:
        value, low, high, *_ = found[metric]
        print(f"  {metric:<10}{value:+.{DIGITS}f}   {low:+.{DIGITS}f} to {high:+.{DIGITS}f}")
    print(f"{one}: {verdict(found)}")
