"""What `read`, `derive` of a table, rules and messages give -> the same, or every flaw of it at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

import pandas as pd

from ontime.dataset.contract import Part, Table
from ontime.dataset.dtypes import DAY, FEATURE_TYPES, FLAG, MOMENT, TEXT, column_flaws, type_flaws
from ontime.dataset.flaws import Flaw, raise_flaws, unknown_name
from ontime.dataset.protocol import Protocol

Tables = Mapping[str, pd.DataFrame]

MONTH = re.compile(r"(19|20)\d{2}-(0[1-9]|1[0-2])")


def checked_parts(
    read: Callable[[str, str], Iterator[Part]], monthly: Mapping[str, bool], release: str, until: str
) -> Iterator[Part]:
    """The parts that `read` gives, each checked before it is handed on. monthly: of each table whether it is.

    Raises DeclarationError.
    """
    seen: set[tuple[str, str | None]] = set()
    for number, part in enumerate(read(release, until)):
        where = f"part {number + 1} of read"
        raise_flaws(_part_flaws(where, part, monthly, until), "what the dataset's `read` gives")
        table, month, frame = part
        if (table, month) in seen:
            flaw = Flaw(where, "each part once", f"{table} {month or ''}".strip() + " again", "give all of it at once")
            raise_flaws([flaw], "what the dataset's `read` gives")
        seen.add((table, month))
        yield Part(table, month, frame)


def _part_flaws(where: str, part: object, monthly: Mapping[str, bool], until: str) -> Iterator[Flaw]:
    if not isinstance(part, tuple) or len(part) != len(Part._fields):
        yield Flaw(where, "a Part: table, month, frame", f"a {type(part).__name__}", "yield Part(table, month, frame)")
        return
    table, month, frame = part
    if table not in monthly:
        yield unknown_name(where, "one of the tables", str(table), list(monthly))
        return
    where = f"{where}, {table}"
    if not monthly[table] and month is not None:
        yield Flaw(where, "no month, since it is a reference table", repr(month), "give None, or declare it monthly")
    elif monthly[table] and not (isinstance(month, str) and MONTH.fullmatch(month)):
        yield Flaw(where, "a month such as '2013-06'", repr(month), "give its month as text, a part for each month")
    elif month is not None and month > until:
        yield Flaw(where, f"months up to and with {until}", repr(month), "heed the second argument of `read`")
    yield from _frame_flaws(where, frame)


def _frame_flaws(where: str, frame: object) -> Iterator[Flaw]:
    flaws = column_flaws(where, frame, {})
    yield from flaws
    if flaws or not isinstance(frame, pd.DataFrame):
        return
    for name in frame:
        if not isinstance(name, str):
            yield Flaw(f"{where}, column {name}", "a name that is text", repr(name), "name the column")
        elif frame[name].dtype == object:
            kind = pd.api.types.infer_dtype(frame[name], skipna=True)
            if kind not in {"string", "empty"}:
                remedy = "give it a type: .astype('Int64'), .astype('str'), pd.to_datetime(..., utc=True)"
                yield Flaw(f"{where}, column {name}", "values of one type", f"Python objects: {kind}", remedy)


def checked_derive(table: Table, frame: pd.DataFrame, *needed: pd.DataFrame) -> pd.DataFrame:
    """The frame (n) with the columns that a table adds. One without any value gets its declared type.

    Raises DeclarationError where columns of the contract are missing or of another type, or rows are.
    """
    derive = table.derive
    derived = derive(frame, *needed) if derive else frame
    where, what = f"tables.{table.name}.derive", f"what `derive` of the table {table.name} gives"
    raise_flaws(column_flaws(where, derived, dict.fromkeys(table.columns)), what)
    raise_flaws(same_rows(where, frame, derived), what)
    types = {name: (column.metadata or {})["dtype"] for name, column in table.columns.items()}
    wrong = [name for name in types if str(derived[name].dtype) != types[name]]
    empty = {name: pd.Series(index=derived.index, dtype=types[name]) for name in wrong if derived[name].isna().all()}
    derived = derived.assign(**empty) if empty else derived
    raise_flaws(column_flaws(where, derived, types), what)
    return derived


def checked_holds(
    table: str, rule: str, holds: Callable[..., pd.Series], frame: pd.DataFrame, *needed: pd.DataFrame
) -> pd.Series:
    """Where a rule holds: boolean (n,). Raises DeclarationError where that is no boolean Series of these rows."""
    result = holds(frame, *needed)
    where = f"tables.{table}.rules.{rule}.holds"
    raise_flaws(_series_flaws(where, result, frame, ("bool", FLAG)), f"what the rule {rule} of {table} gives")
    return result


def checked_series(
    where: str, dtypes: tuple[str, ...], function: Callable[..., pd.Series], frame: pd.DataFrame
) -> pd.Series:
    """What a function gives of each row: (n,) of one of the types. Raises DeclarationError where it does not."""
    result = function(frame)
    raise_flaws(_series_flaws(where, result, frame, dtypes), f"what {where} gives")
    return result


def checked_protocol_rows(protocol: Protocol, tables: Tables, features: pd.DataFrame) -> pd.DataFrame:
    """The rows that take part in a published protocol.

    Raises DeclarationError where a column of a step is missing, or is not of a type that a feature may have.
    """
    rows, where = protocol.rows(tables, features), "protocol.rows"
    outcomes = {step.outcome: FLAG for step in protocol.steps}
    known = {f"{name}_known_at": MOMENT for name in outcomes}
    columns = dict.fromkeys(name for step in protocol.steps for name in step.columns)
    flaws = column_flaws(where, rows, {**columns, "id": TEXT, "day": DAY, **outcomes, **known})
    for name in columns:
        if not flaws and str(rows[name].dtype) not in FEATURE_TYPES:
            actual, remedy = str(rows[name].dtype), ".astype('float64'), or .astype('str')"
            flaws.append(Flaw(f"{where}, column {name}", f"one of {', '.join(FEATURE_TYPES)}", actual, remedy))
    raise_flaws(flaws, "what `rows` of the protocol gives")
    return rows


def checked_tables(where: str, wanted: tuple[str, ...], tables: Callable[..., Tables], *given: Tables) -> Tables:
    """The clean tables that an example or a change gives. Raises DeclarationError where one is missing."""
    made = tables(*given)
    missing = [name for name in wanted if name not in made]
    actual = ", ".join(made) or "none"
    raise_flaws([Flaw(where, f"the table {name}", actual, "give it, too") for name in missing], f"what {where} gives")
    return made


def _series_flaws(where: str, result: object, frame: pd.DataFrame, dtypes: tuple[str, ...]) -> Iterator[Flaw]:
    if not isinstance(result, pd.Series):
        yield Flaw(where, "a Series with a value for each row", f"a {type(result).__name__}", "return the column")
        return
    if not result.index.equals(frame.index):
        yield Flaw(
            where, f"a value for each of {len(frame):,} rows", f"{len(result):,}, or another index", "keep the rows"
        )
    if str(result.dtype) not in dtypes and len(result):
        yield from type_flaws(where, result, dtypes[0])


def same_rows(where: str, before: pd.DataFrame, after: object) -> Iterator[Flaw]:
    """The flaw of a frame that has other rows than the one that it was made from."""
    if isinstance(after, pd.DataFrame) and not after.index.equals(before.index):
        actual = f"{len(after):,} rows, or in another order"
        yield Flaw(where, f"the {len(before):,} rows that were given, in their order", actual, "add columns alone")
