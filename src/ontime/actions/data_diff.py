"""Two revisions or experiments -> what changed in data/clean/: months, rows, columns, their ranges and their drift."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from ontime.core.contract.table_diff import Hashes, Month, Pair, Parts, compare, contract_bins, parts
from ontime.dataset.dataset import Dataset
from ontime.io.paths import Files, part
from ontime.repo.revisions import hashes, read_parquet, resolve

KINDS = ("changed", "added", "removed")
ROW = "  {:<26}{:<8}{:>9}{:>11}{:>14}{:>18}{:>18}{:>9}"
HEADER = ROW.format("column", "", "changed", "missing", "mean", "lowest", "highest", "PSI")

Read = Callable[[Month], pd.DataFrame]


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to compare."""
    parser.add_argument("before", help="a git revision, an experiment's name, or `workspace`")
    parser.add_argument("after", help="what it has become")
    parser.add_argument("--json", dest="as_json", action="store_true", help="everything, for machines")


def run(dataset: Dataset, files: Files, *, before: str, after: str, as_json: bool) -> None:
    """Print what differs. Months of one hash are not read, but for the one that added months are measured against."""
    sides = [resolve(name) for name in (before, after)]
    listed = [_listed(files, commit) for commit in sides]
    found = {its.table: _table(dataset, files, its, sides) for its in parts(*listed)}
    names = f"{files.clean.as_posix()}, {before} -> {after}"
    if as_json:
        print(json.dumps({"before": before, "after": after, "tables": found}, indent=2, sort_keys=True))
    elif listed[0] == listed[1]:
        print(f"{names}: the same, {len(listed[0])} files of equal hash")
    else:
        print("\n".join([names, *(line for table, told in found.items() for line in _lines(table, told))]))


def _listed(files: Files, commit: str | None) -> Hashes:
    found = {}
    for name, its in hashes(files.clean, commit).items():
        table, _, month = name.removesuffix(".parquet").partition("/")
        found[table, month or None] = its
    return found


def _table(dataset: Dataset, files: Files, its: Parts, sides: list[str | None]) -> dict[str, Any]:
    """What JSON holds of one table: what became of its months, and the months of each kind compared."""
    contract = next((table for table in dataset.tables if table.name == its.table), None)
    key, bins = contract.key if contract else (), contract_bins(contract)
    before, after = (_reader(files, its.table, commit) for commit in sides)
    pairs = {
        "changed": ((month, before(month), after(month)) for month in its.changed),
        "added": _beside(its, "added", before, after),
        "removed": ((month, old, new) for month, new, old in _beside(its, "removed", after, before)),
    }
    compared = {
        kind: {"beside": its.neighbour(kind), **compare(pairs[kind], key, bins, partners=kind == "changed")}
        for kind in KINDS
        if vars(its)[kind]
    }
    return {name: months for name, months in asdict(its).items() if name != "table"} | {"compared": compared}


def _beside(its: Parts, kind: str, there: Read, here: Read) -> Iterator[Pair]:
    """The month that they are measured against, then each month that only one side has."""
    if (month := its.neighbour(kind)) is not None:
        yield month, there(month), None
    yield from ((month, None, here(month)) for month in vars(its)[kind])


def _reader(files: Files, table: str, commit: str | None) -> Read:
    return lambda month: read_parquet(part(files.clean, table, month), commit)


def _lines(table: str, told: Mapping[str, Any]) -> Iterator[str]:
    months = told["same"]
    same = f"{table}: {len(months)} {'month is' if len(months) == 1 else 'months are'} the same"
    yield f"{table}: the same" if months == [None] else same if months else f"{table}:"
    for kind, compared in told["compared"].items():
        yield from (f"  {line}" for line in _rows(kind, told[kind], compared))
        yield from (f"  column {name}: added" for name in compared["columns_added"])
        yield from (f"  column {name}: removed" for name in compared["columns_removed"])
        yield from (f"  column {name}: {old} -> {new}" for name, (old, new) in compared["retyped"].items())
        if compared["columns"]:
            yield HEADER
        for name, its in compared["columns"].items():
            yield from _column(name, its)


def _rows(kind: str, months: list[Month], compared: Mapping[str, Any]) -> Iterator[str]:
    """A line for each month that changed; one for all that were added, or removed."""
    for line in compared["months"]:
        counts = ", ".join(
            f"{line[name]:,} {name}" for name in ("added", "removed", "changed") if line[name] is not None
        )
        named = f"{line['month']} " if line["month"] else ""
        yield f"{named}changed, {line['before']:,} -> {line['after']:,} rows: {counts or 'no key to match them by'}"
    if kind != "changed":
        here, there = compared["rows"] if kind == "removed" else compared["rows"][::-1]
        named = "" if months == [None] else f"{', '.join(map(str, months))} "
        beside = f", beside {there:,} of {compared['beside']}" if compared["beside"] else ""
        yield f"{named}{kind}, {here:,} rows{beside}"


def _column(name: str, its: Mapping[str, Any]) -> Iterator[str]:
    for side, shown, changed, shift in (("before", name, None, None), ("after", "", its.get("changed"), its["shift"])):
        if summary := its[side]:
            missing = f"{100 * summary['missing']:.2f} %"
            numbers = (_short(summary[key]) for key in ("mean", "low", "high"))
            psi = "" if shift is None else f"{shift:.4f}"
            yield ROW.format(shown, side, _short(changed), missing, *numbers, psi).rstrip()


def _short(value: float | str | None) -> str:
    """A number to six digits, a moment to the minute."""
    if value is None:
        return ""
    return value[:16].replace("T", " ") if isinstance(value, str) else f"{value:,.6g}" if value % 1 else f"{value:,.0f}"
