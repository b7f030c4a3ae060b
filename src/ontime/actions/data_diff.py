"""Two revisions or experiments -> what changed in data/clean/: months, rows, columns, their ranges and their drift."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from ontime.core.contract.columns import column_bins
from ontime.core.contract.table_diff import (
    FramePair,
    Hashes,
    MonthChanges,
    TableMonth,
    diff_table,
    month_changes,
)
from ontime.dataset.dataset import Dataset
from ontime.io.month_files import part
from ontime.io.paths import Files
from ontime.repo.revisions import hashes_at, read_table_at, require_current, resolve

KINDS = ("changed", "added", "removed")
ROW = "  {:<26}{:<8}{:>9}{:>11}{:>14}{:>18}{:>18}{:>9}"
HEADER = ROW.format("column", "", "changed", "missing", "mean", "lowest", "highest", "PSI")

ReadMonth = Callable[[TableMonth], pd.DataFrame]


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to compare."""
    parser.add_argument("old", metavar="OLD", help="a git revision, an experiment's name, or `workspace`")
    parser.add_argument("new", metavar="NEW", help="likewise: what it has become")
    parser.add_argument("--json", dest="as_json", action="store_true", help="everything, for machines")


def run(dataset: Dataset, files: Files, *, old: str, new: str, as_json: bool) -> None:
    """Print what differs. Months of one hash are not read, but for the one that added months are measured against."""
    sides = [resolve(name) for name in (old, new)]
    for commit in sides:
        require_current(files.clean, commit)
    hashes = [_hashes(files, commit) for commit in sides]
    tables = {changes.table: _table(dataset, files, changes, sides) for changes in month_changes(*hashes)}
    title = f"{files.clean.as_posix()}, {old} -> {new}"
    if as_json:
        print(json.dumps({"before": old, "after": new, "tables": tables}, indent=2, sort_keys=True))
    elif hashes[0] == hashes[1]:
        print(f"{title}: the same, {len(hashes[0])} files of equal hash")
    else:
        print("\n".join([title, *(line for table, content in tables.items() for line in _lines(table, content))]))


def _hashes(files: Files, commit: str | None) -> Hashes:
    hashes = {}
    for name, md5 in hashes_at(files.clean, commit).items():
        table, _, month = name.removesuffix(".parquet").partition("/")
        hashes[table, month or None] = md5
    return hashes


def _table(dataset: Dataset, files: Files, changes: MonthChanges, sides: list[str | None]) -> dict[str, Any]:
    """What JSON holds of one table: what became of its months, and the months of each kind compared."""
    contract = next((table for table in dataset.tables if table.name == changes.table), None)
    key, bins = contract.key if contract else (), column_bins(contract)
    before, after = (_reader(files, changes.table, commit) for commit in sides)
    pairs = {
        "changed": ((month, before(month), after(month)) for month in changes.changed),
        "added": _beside(changes, "added", before, after),
        "removed": ((month, old, new) for month, new, old in _beside(changes, "removed", after, before)),
    }
    compared = {
        kind: {"beside": changes.neighbour(kind), **diff_table(pairs[kind], key, bins, partners=kind == "changed")}
        for kind in KINDS
        if vars(changes)[kind]
    }
    months = {name: value for name, value in asdict(changes).items() if name != "table"}
    return {**months, "compared": compared}


def _beside(changes: MonthChanges, kind: str, there: ReadMonth, here: ReadMonth) -> Iterator[FramePair]:
    """The month that they are measured against, then each month that only one side has."""
    month = changes.neighbour(kind)
    if month is not None:
        yield month, there(month), None
    yield from ((month, None, here(month)) for month in vars(changes)[kind])


def _reader(files: Files, table: str, commit: str | None) -> ReadMonth:
    return lambda month: read_table_at(part(files.clean, table, month), commit)


def _lines(table: str, content: Mapping[str, Any]) -> Iterator[str]:
    months = content["same"]
    same = f"{table}: {len(months)} {'month is' if len(months) == 1 else 'months are'} the same"
    yield f"{table}: the same" if months == [None] else same if months else f"{table}:"
    for kind, compared in content["compared"].items():
        yield from (f"  {line}" for line in _rows(kind, content[kind], compared))
        yield from (f"  column {name}: added" for name in compared["columns_added"])
        yield from (f"  column {name}: removed" for name in compared["columns_removed"])
        yield from (f"  column {name}: {old} -> {new}" for name, (old, new) in compared["retyped"].items())
        if compared["columns"]:
            yield HEADER
        for name, column in compared["columns"].items():
            yield from _column(name, column)


def _rows(kind: str, months: list[TableMonth], compared: Mapping[str, Any]) -> Iterator[str]:
    """A line for each month that changed; one for all that were added, or removed."""
    for line in compared["months"]:
        counts = ", ".join(
            f"{line[name]:,} {name}" for name in ("added", "removed", "changed") if line[name] is not None
        )
        month = f"{line['month']} " if line["month"] else ""
        yield f"{month}changed, {line['before']:,} -> {line['after']:,} rows: {counts or 'no key to match them by'}"
    if kind != "changed":
        here, there = compared["rows"] if kind == "removed" else compared["rows"][::-1]
        names = "" if months == [None] else f"{', '.join(map(str, months))} "
        beside = f", beside {there:,} of {compared['beside']}" if compared["beside"] else ""
        yield f"{names}{kind}, {here:,} rows{beside}"


def _column(name: str, column: Mapping[str, Any]) -> Iterator[str]:
    """A line of what each side has of a column; what compares both stands in the second."""
    lines = (("before", name, None, None), ("after", "", column.get("changed"), column["shift"]))
    for side, shown, changed, shift in lines:
        summary = column[side]
        if summary:
            missing = f"{100 * summary['missing']:.2f} %"
            numbers = (_short(summary[key]) for key in ("mean", "low", "high"))
            psi = "" if shift is None else f"{shift:.4f}"
            yield ROW.format(shown, side, _short(changed), missing, *numbers, psi).rstrip()


def _short(value: float | str | None) -> str:
    """A number to six digits, a moment to the minute."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value[:16].replace("T", " ")
    return f"{value:,.6g}" if value % 1 else f"{value:,.0f}"
