"""The contract of a dataset -> flaws of how it is declared: columns, keys, rules, measures and what they need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from ontime.dataset.clocks import Clock
from ontime.dataset.contract import DerivedColumn, Measure, Rule, Table
from ontime.dataset.dtypes import DAY, TABLE_TYPES, declared_type
from ontime.dataset.flaws import Flaw, every_unknown_name, listed_names, repeated_names, unknown_name
from ontime.dataset.forms import call_flaws

if TYPE_CHECKING:
    import pandera.pandas as pa

LIMIT = 2**53  # within which float64 holds every whole number
ADDED_BY_CHECK = "lost_from"  # the column that a clean table has beside those of its contract


def table_flaws(tables: Sequence[Table]) -> Iterator[Flaw]:
    """Everything that is wrong with tables whose form is right."""
    yield from repeated_names("tables", "table", (table.name for table in tables))
    for place, table in enumerate(tables):
        where, before = f"tables.{table.name}", tables[:place]
        yield from _columns(where, table)
        yield from _needs(where, table, before, tables)
        yield from _rules(where, table)
        yield from _derived(where, table)


def _columns(where: str, table: Table) -> Iterator[Flaw]:
    yield from every_unknown_name(f"{where}.key", "a column of the table", table.key, table.columns)
    if not table.key:
        yield Flaw(f"{where}.key", "the columns that name a row", "none", "name them")
    if table.monthly and "day" not in table.columns:
        remedy = "add it: 'day' in `added` and in `derived`; by it rows belong to months"
        yield Flaw(where, f"a column 'day' of type {DAY} in a monthly table", ", ".join(table.columns), remedy)
    for name, column in table.columns.items():
        place, declared = f"{where}, column {name}", column.metadata or {}
        if not isinstance(declared.get("clock"), Clock) or "dtype" not in declared:
            remedy = "declare it with `column` of core/contract/columns.py"
            yield Flaw(place, "a column with its type and its clock", "one without", remedy)
            continue
        if table.monthly and name == "day" and declared["dtype"] != DAY:
            remedy = "declare it so: the local date of the row; another `day` of the source is replaced in `added`"
            yield Flaw(place, DAY, repr(declared["dtype"]), remedy)
        else:
            yield from declared_type(place, declared["dtype"], TABLE_TYPES)
        yield from _bins(place, declared.get("bins"))
        if name == ADDED_BY_CHECK:
            yield Flaw(place, "another name", repr(name), "rename it: the check of the contract adds one of this name")


def _bins(place: str, bins: object) -> Iterator[Flaw]:
    if bins is None or bins == "values":
        return
    numbers = [] if isinstance(bins, str) or not isinstance(bins, Sequence) else list(bins)
    if not numbers or any(one >= after for one, after in pairwise(numbers)):
        yield Flaw(f"{place}, bins", "ascending edges, or 'values'", repr(bins), "correct it, or leave it out")


def _derived(where: str, table: Table) -> Iterator[Flaw]:
    """Whether each added column is derived, once, from what is there before it."""
    derived, there = [one.name for one in table.derived], [*table.schema.columns]
    yield from repeated_names(f"{where}.derived", "column", derived)
    for name in [name for name in table.added if name not in derived]:
        remedy = f"declare a DerivedColumn {name!r}"
        yield Flaw(f"{where}.derived", f"how the added column {name!r} follows", listed_names(derived), remedy)
    for one in table.derived:
        place = f"{where}.derived.{one.name}"
        yield from every_unknown_name(place, "a column of `added`", [one.name], table.added)
        yield from every_unknown_name(f"{place}.reads", "a column that is there before it", one.reads, there)
        yield from _named(f"{place}.reads", one.reads)
        yield from _exact_numbers(f"{place}.reads", table, one.reads)
        yield from _lookup(place, one)
        yield from call_flaws(f"{place}.compute", one.compute, len(one.reads) + bool(one.needs))
        there.append(one.name)


def _named(place: str, names: Sequence[str]) -> Iterator[Flaw]:
    if not names:
        yield Flaw(place, "the columns that it reads", "none", "name them: what it is given, and its clock, follow")


def _exact_numbers(place: str, table: Table, names: Sequence[str]) -> Iterator[Flaw]:
    """Whether whole numbers that are read are exact as float64."""
    for name in [name for name in names if name in table.schema.columns]:
        column = table.schema.columns[name]
        if (column.metadata or {}).get("dtype") == "Int64" and not _exact(column):
            expected = f"bounds of {name!r} within 2^53, since it is read as float64"
            yield Flaw(place, expected, "none", "declare them: pa.Check.in_range(<least>, <greatest>)")


def _exact(column: pa.Column) -> bool:
    bounds = [check.statistics or {} for check in column.checks or []]
    lower = any(one["min_value"] >= -LIMIT for one in bounds if isinstance(one.get("min_value"), int | float))
    upper = any(one["max_value"] <= LIMIT for one in bounds if isinstance(one.get("max_value"), int | float))
    return lower and upper


def _lookup(place: str, declared: DerivedColumn | Rule) -> Iterator[Flaw]:
    if declared.lookup is not None:
        yield from call_flaws(f"{place}.lookup", declared.lookup, len(declared.needs))
    if bool(declared.needs) != (declared.lookup is not None):
        expected = "a lookup, which is made of the tables in `needs`" if declared.needs else "tables in `needs`"
        yield Flaw(f"{place}.lookup", expected, "none", "declare both, or neither")


def _needs(where: str, table: Table, before: Sequence[Table], tables: Sequence[Table]) -> Iterator[Flaw]:
    known = {one.name: one for one in tables}
    earlier = {one.name for one in before}
    for part, declared in (("derived", table.derived), ("rules", table.rules), ("measures", table.measures)):
        for one in declared:
            for name in one.needs:
                place, may_be_monthly = f"{where}.{part}.{one.name}.needs", table.monthly and part == "measures"
                if name not in known:
                    yield unknown_name(place, "a table", name, sorted(known))
                elif name not in earlier:
                    remedy = f"put {name!r} before {table.name!r} in the tables"
                    yield Flaw(place, "a table that comes before", f"{name!r}, which does not", remedy)
                elif known[name].monthly and not may_be_monthly:
                    remedy = "do without, or make it a measure of a monthly table"
                    yield Flaw(place, "a reference table", f"{name!r}, which is monthly", remedy)


def _rules(where: str, table: Table) -> Iterator[Flaw]:
    every = (*table.rules, *table.measures)
    yield from repeated_names(where, "rule or measure", (rule.name for rule in every))
    for rule in every:
        place = f"{where}.{'rules' if isinstance(rule, Rule) else 'measures'}.{rule.name}"
        yield from every_unknown_name(f"{place}.columns", "a column of the table", rule.columns, table.columns)
        yield from _named(f"{place}.columns", rule.columns)
        if isinstance(rule, Rule):
            raw = [name for name in rule.columns if name not in table.added]
            yield from _exact_numbers(f"{place}.columns", table, raw)
            yield from _lookup(place, rule)
            yield from call_flaws(f"{place}.holds", rule.holds, len(rule.columns) + bool(rule.needs))
        else:
            yield from call_flaws(f"{place}.value", rule.value, 1 + len(rule.needs))
            yield from _bounds(place, rule)


def _bounds(place: str, measure: Measure) -> Iterator[Flaw]:
    (stop_low, stop_high), (low, high) = measure.stop, measure.warn
    if not stop_low <= low <= high <= stop_high:
        actual = f"warn {measure.warn}, stop {measure.stop}"
        yield Flaw(place, "bounds (low, high), those of `warn` within those of `stop`", actual, "correct the bounds")
