"""The contract of a dataset -> flaws of how it is declared: columns, keys, rules, measures and what tables need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from ontime.dataset.clocks import Clock
from ontime.dataset.contract import Measure, Rule, Table
from ontime.dataset.dtypes import DAY, TABLE_TYPES, declared_type
from ontime.dataset.flaws import Flaw, every_unknown_name, repeated_names, unknown_name
from ontime.dataset.forms import call_flaws

ADDED_BY_CHECK = "lost_from"  # the column that a clean table has beside those of its contract


def table_flaws(tables: Sequence[Table]) -> Iterator[Flaw]:
    """Everything that is wrong with tables whose form is right."""
    yield from repeated_names("tables", "table", (table.name for table in tables))
    for place, table in enumerate(tables):
        where, before = f"tables.{table.name}", tables[:place]
        yield from _columns(where, table)
        yield from _needs(where, table, before, tables)
        yield from _rules(where, table)
        count = 1 + len(table.needs)
        if table.derive is not None:
            yield from call_flaws(f"{where}.derive", table.derive, count)


def _columns(where: str, table: Table) -> Iterator[Flaw]:
    yield from every_unknown_name(f"{where}.key", "a column of the table", table.key, table.columns)
    if not table.key:
        yield Flaw(f"{where}.key", "the columns that name a row", "none", "name them")
    if table.added and table.derive is None:
        yield Flaw(f"{where}.added", "a function `derive` that makes these columns", "none", "declare `derive`")
    if table.monthly and "day" not in table.columns:
        remedy = "add it: 'day' in `added`, made by `derive`; by it rows belong to months"
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


def _needs(where: str, table: Table, before: Sequence[Table], tables: Sequence[Table]) -> Iterator[Flaw]:
    known = {one.name: one for one in tables}
    earlier = {one.name for one in before}
    needing = {where: table.needs}
    needing |= {f"{where}.{_part(rule)}.{rule.name}": rule.needs for rule in (*table.rules, *table.measures)}
    for place, names in needing.items():
        for name in names:
            if name not in known:
                yield unknown_name(f"{place}.needs", "a table", name, sorted(known))
            elif name not in earlier:
                remedy = f"put {name!r} before {table.name!r} in the tables"
                yield Flaw(f"{place}.needs", "a table that comes before", f"{name!r}, which does not", remedy)
            elif known[name].monthly and not table.monthly:
                remedy = "declare the table monthly, or do without"
                yield Flaw(f"{place}.needs", "a reference table", f"{name!r}, which is monthly", remedy)


def _rules(where: str, table: Table) -> Iterator[Flaw]:
    every = (*table.rules, *table.measures)
    yield from repeated_names(where, "rule or measure", (rule.name for rule in every))
    for rule in every:
        place = f"{where}.{_part(rule)}.{rule.name}"
        yield from every_unknown_name(f"{place}.columns", "a column of the table", rule.columns, table.columns)
        if not rule.columns:
            yield Flaw(
                f"{place}.columns", "the columns that it reads", "none", "name them: its clock follows from them"
            )
        function, name = (rule.holds, "holds") if isinstance(rule, Rule) else (rule.value, "value")
        yield from call_flaws(f"{place}.{name}", function, 1 + len(rule.needs))
        if isinstance(rule, Measure):
            yield from _bounds(place, rule)


def _bounds(place: str, measure: Measure) -> Iterator[Flaw]:
    (stop_low, stop_high), (low, high) = measure.stop, measure.warn
    if not stop_low <= low <= high <= stop_high:
        actual = f"warn {measure.warn}, stop {measure.stop}"
        yield Flaw(place, "bounds (low, high), those of `warn` within those of `stop`", actual, "correct the bounds")


def _part(rule: Rule | Measure) -> str:
    return "rules" if isinstance(rule, Rule) else "measures"
