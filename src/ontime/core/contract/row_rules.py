"""Columns of rows and their contract -> derived columns, what breaks it, and from which clock on each row is lost.

The same code judges a month, whose columns are long, and a message, whose columns hold one value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
import pandera.pandas as pandera

from ontime.core.contract.columns import column_clocks, column_metadata, rule_clock
from ontime.core.contract.value_checks import NamedCheck, named_checks
from ontime.core.contract.values import (
    Values,
    array_series,
    declared_dtype,
    frame_values,
    rule_array,
    value_texts,
    without_rows,
)
from ontime.dataset.clocks import Clock
from ontime.dataset.contract import DerivedColumn, Rule, Table
from ontime.dataset.dtypes import is_missing

NOT_NULLABLE = "not_nullable"
NEVER = np.iinfo(np.int64).max  # in place of a clock, of rows that lose nothing

Arrays = dict[str, np.ndarray]  # columns by name, (n,) each, in the form that rules read
Frames = Mapping[str, pd.DataFrame]
Lookups = Mapping[str, tuple[object, ...]]  # by name what a rule reads of other tables: one thing, or nothing


class Broken(NamedTuple):
    """Rows (k,) that break a rule in one column, and their values there as text, None where one is missing.

    clock: place of the clock from which on the rows lose their columns.
    """

    column: str
    rule: str
    clock: int
    rows: np.ndarray
    texts: Sequence[str | None]


class Judged(NamedTuple):
    """The columns that rules read, broken raw values missing; and what breaks derived columns and rules."""

    arrays: Arrays
    broken: list[Broken]


class _CheckedColumn(NamedTuple):
    """A column with its checks."""

    name: str
    dtype: str
    nullable: bool
    clock: int
    checks: list[NamedCheck]

    @classmethod
    def of(cls, name: str, column: pandera.Column) -> _CheckedColumn:
        clock: Clock = column_metadata(column)["clock"]
        return cls(name, declared_dtype(column), column.nullable, clock.place, named_checks(name, column))


@dataclass(frozen=True)
class RowRules:
    """The checks, derived columns and rules of a table, made ready once.

    raw, added: columns by name; clocks: place of the clock of each rule; of_derived, of_rules: their lookups. A rule
    without an entry there needs a table that is not given, and is not judged.
    """

    table: Table
    raw: dict[str, _CheckedColumn]
    added: dict[str, _CheckedColumn]
    clocks: dict[str, int]
    of_derived: Lookups
    of_rules: Lookups

    @classmethod
    def of(cls, table: Table, others: Frames) -> RowRules:
        """others: the clean reference tables that are there."""
        raw = {name: _CheckedColumn.of(name, column) for name, column in table.schema.columns.items()}
        added = {name: _CheckedColumn.of(name, column) for name, column in table.added.items()}
        clocks = {rule.name: rule_clock(table, rule).place for rule in table.rules}
        return cls(table, raw, added, clocks, made_lookups(table.derived, others), made_lookups(table.rules, others))

    def check(self, values: Mapping[str, Values]) -> list[Broken]:
        """Raw values that break the checks of their own column."""
        return [broken for name, given in values.items() for broken in _broken_values(self.raw[name], given)]

    def judge(self, values: Mapping[str, Values], before: Sequence[Broken], *, added: bool = True) -> Judged:
        """Derive columns of raw values, and judge them and the rules where what they read is not broken before.

        before: what is known to be broken, as `check` gives it. added: whether derived columns are checked at all. The
        tables must be there that derived columns need.
        """
        arrays = _without_broken({name: rule_array(given) for name, given in values.items()}, before)
        arrays = derive_arrays(self.table.derived, arrays, self.of_derived)
        of_added = [*self._check_added(arrays, before)] if added else []
        known = [*before, *of_added]
        of_rules = [broken for rule in self.table.rules for broken in self._judge_rule(rule, arrays, known)]
        return Judged(arrays, [*of_added, *of_rules])

    def _check_added(self, arrays: Arrays, before: Sequence[Broken]) -> Iterator[Broken]:
        for column in self.added.values():
            values = arrays[column.name]
            for broken in _broken_values(column, Values(values, is_missing(values))):
                # A value derived from one that is broken is missing for that reason: no second violation.
                explained = _rows(one for one in before if one.clock <= column.clock)
                yield from _beside(broken, explained)

    def _judge_rule(self, rule: Rule, arrays: Arrays, known: Sequence[Broken]) -> Iterator[Broken]:
        if rule.name not in self.of_rules:
            return
        columns = [arrays[name] for name in rule.columns]
        holds = rule.holds(*columns, *self.of_rules[rule.name])
        if _all(holds):
            return
        explained = _rows(broken for broken in known if broken.column in rule.columns)
        rows = np.setdiff1d(np.flatnonzero(~holds), explained)
        for name, values in zip(rule.columns, columns, strict=True) if len(rows) else ():
            texts = value_texts(values[rows], declared_dtype(self.table.columns[name]))
            yield Broken(name, rule.name, self.clocks[rule.name], rows, texts)


def made_lookups(declared: Sequence[DerivedColumn | Rule], others: Frames) -> Lookups:
    """By name what each reads of other tables, made once; without those whose tables are not there."""
    there = [one for one in declared if {*one.needs} <= {*others}]
    return {one.name: (one.lookup(*(others[name] for name in one.needs)),) if one.lookup else () for one in there}


def derive_arrays(derived: Iterable[DerivedColumn], arrays: Arrays, lookups: Lookups) -> Arrays:
    """The arrays and those of the derived columns, which replace raw ones of their names."""
    arrays = {**arrays}
    for one in derived:
        arrays[one.name] = one.compute(*(arrays[name] for name in one.reads), *lookups[one.name])
    return arrays


def derived_frame(table: Table, frame: pd.DataFrame, others: Frames) -> pd.DataFrame:
    """A raw frame (n) with the derived columns. others: the reference tables that they need."""
    names = {name for one in table.derived for name in one.reads if name in frame}
    columns = {name: column for name, column in table.schema.columns.items() if name in names}
    arrays = {name: rule_array(values) for name, values in frame_values(columns, frame).items()}
    derived = derive_arrays(table.derived, arrays, made_lookups(table.derived, others))
    return with_added(table, frame, derived)


def with_added(table: Table, frame: pd.DataFrame, arrays: Arrays) -> pd.DataFrame:
    """The frame (n) with the added columns of these arrays."""
    types = {name: declared_dtype(column) for name, column in table.added.items()}
    return frame.assign(**{name: array_series(arrays[name], dtype, frame.index) for name, dtype in types.items()})


def lost_clocks(broken: Iterable[Broken], rows: int) -> np.ndarray:
    """Place of the clock from which on each row is lost: (rows,) int64; NEVER where it loses nothing."""
    lost = np.full(rows, NEVER)
    for one in broken:
        lost[one.rows] = np.minimum(lost[one.rows], one.clock)
    return lost


def first_clock(table: Table) -> int:
    """Place of the clock at which a row that breaks a rule is removed: the earliest of its columns."""
    return min(column_clocks(table).values()).place


def _broken_values(column: _CheckedColumn, values: Values) -> Iterator[Broken]:
    """Values that break a check of their column; what is missing breaks none but that it must be there."""
    content, missing = values
    there = None
    if np.count_nonzero(missing):
        if not column.nullable:
            rows = np.flatnonzero(missing)
            yield Broken(column.name, NOT_NULLABLE, column.clock, rows, [None] * len(rows))
        there = np.flatnonzero(~missing)
        content = content[there]
    for rule, check in column.checks:
        holds = check(content)
        if not _all(holds):
            wrong = np.flatnonzero(~holds)
            texts = value_texts(content[wrong], column.dtype)
            yield Broken(column.name, rule, column.clock, wrong if there is None else there[wrong], texts)


def _all(holds: np.ndarray) -> bool:
    return np.count_nonzero(holds) == len(holds)  # of one value, a third of what `all` takes


def _beside(broken: Broken, explained: np.ndarray) -> Iterator[Broken]:
    """The same without these rows, if any are left."""
    kept = ~np.isin(broken.rows, explained)
    if kept.all():
        yield broken
    elif kept.any():
        texts = [text for text, keep in zip(broken.texts, kept, strict=True) if keep]
        yield broken._replace(rows=broken.rows[kept], texts=texts)


def _without_broken(arrays: Arrays, broken: Iterable[Broken]) -> Arrays:
    for one in broken:
        if one.column in arrays:
            arrays[one.column] = without_rows(arrays[one.column], one.rows)
    return arrays


def _rows(broken: Iterable[Broken]) -> np.ndarray:
    """All their rows, int64."""
    rows = [one.rows for one in broken]
    return np.concatenate(rows) if rows else np.array([], dtype=np.int64)
