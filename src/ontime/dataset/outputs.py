"""What `read`, derived columns of a table, rules and others give -> the same, or every flaw of it at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ontime.dataset.contract import DerivedColumn, Part, Rule, Table
from ontime.dataset.dtypes import ARRAY_TYPES, DAY, FEATURE_TYPES, FLAG, MOMENT, TEXT, column_flaws
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


def checked_derived(table: Table, derived: DerivedColumn, *arguments: Any) -> np.ndarray:  # noqa: ANN401 - a lookup
    """The values (n,) of a derived column from the columns that it reads, and its lookup.

    Raises DeclarationError where there are not n of them, or where they are not in the form of the column's type.
    """
    values, dtype = derived.compute(*arguments), (table.columns[derived.name].metadata or {})["dtype"]
    where = f"tables.{table.name}.derived.{derived.name}.compute"
    flaws = _array_flaws(where, values, len(arguments[0]), ARRAY_TYPES[dtype]) or _value_flaws(where, values, dtype)
    raise_flaws(flaws, f"the derived column {derived.name} of {table.name}")
    return values


def checked_holds(table: str, rule: Rule, *arguments: Any) -> np.ndarray:  # noqa: ANN401 - a lookup
    """Where a rule holds: bool (n,). Raises DeclarationError where that is no array of n booleans."""
    holds = rule.holds(*arguments)
    where = f"tables.{table}.rules.{rule.name}.holds"
    raise_flaws(_array_flaws(where, holds, len(arguments[0]), "bool"), f"what the rule {rule.name} of {table} gives")
    return holds


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


def _array_flaws(where: str, values: object, rows: int, dtype: str) -> list[Flaw]:
    """Why that is no array of a value for each row, of this type."""
    if not isinstance(values, np.ndarray):
        return [Flaw(where, "an array with a value for each row", f"a {type(values).__name__}", "return the array")]
    if values.shape != (rows,):
        remedy = "give a value for each row, in their order"
        return [Flaw(where, f"an array of shape ({rows:,},)", f"one of shape {values.shape}", remedy)]
    if values.dtype != dtype:
        return [Flaw(where, f"an array of {dtype}", f"one of {values.dtype}", f".astype({dtype!r})")]
    return []


def _value_flaws(where: str, values: np.ndarray, dtype: str) -> list[Flaw]:
    """Why an array of the right type holds what a column of this type cannot."""
    if dtype == TEXT:
        others = sorted({type(value).__name__ for value in values if value is not None and type(value) is not str})
        return [Flaw(where, "text, and None where it is missing", ", ".join(others), "give text")] if others else []
    if dtype == "Int64" and not bool(np.all(np.isnan(values) | (values == np.floor(values)))):
        return [Flaw(where, "whole numbers", "fractions", "round them, or declare 'float64'")]
    return []
