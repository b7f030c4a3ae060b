"""The contract of a dataset: its tables, their columns, and the rules that rows and months must keep.

Derived columns and rules are declared over columns by name, so that the same functions judge a month and a message.
They get arrays (n,), a value for each row, in the form of ARRAY_TYPES (`dtypes`): numbers as float64, NaN where one is
missing; moments, in UTC, and days as datetime64[us] with NaT; text as objects with None; booleans as float64, 1, 0 or
NaN. A value that breaks the check of its column is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pandera.pandas as pa


class Part(NamedTuple):
    """One stored file of a table: a month of it ('2013-04'), or all of it where `month` is None."""

    table: str
    month: str | None
    frame: pd.DataFrame


@dataclass(frozen=True)
class DerivedColumn:
    """A column that follows from others of its row.

    reads: columns that are there before it: raw ones, and those that are derived before it.
    compute: `compute(*columns)` gives its values (n,), and `compute(*columns, lookup)` where it needs other tables.
    needs: names of the reference tables that it needs.
    lookup: `lookup(*tables)` makes of their clean frames, once, what `compute` reads: a dictionary or a set, say.
    """

    name: str
    reads: tuple[str, ...]
    compute: Callable[..., np.ndarray]
    needs: tuple[str, ...] = ()
    lookup: Callable[..., object] | None = None


@dataclass(frozen=True)
class Rule:
    """What must hold in every row. Its clock is the latest of its columns' clocks.

    columns: what the rule reads of the row.
    holds: `holds(*columns)` gives bool (n,), and `holds(*columns, lookup)` where it needs other tables: True where the
    rule holds, and where it cannot be judged since a value is missing.
    reason: why it must hold, in words; remedy: what to do where it does not.
    needs, lookup: those of a DerivedColumn.
    """

    name: str
    columns: tuple[str, ...]
    holds: Callable[..., np.ndarray]
    reason: str
    remedy: str
    needs: tuple[str, ...] = ()
    lookup: Callable[..., object] | None = None


@dataclass(frozen=True)
class Measure:
    """What must hold for a month as a whole: a number that stays within bounds.

    value: `value(frame, *needed)` gives the number, in `unit`, of the clean frame.
    warn: (low, high). Outside of them the month gets a warning.
    stop: (low, high). Outside of them, or where the number is missing, the run stops.
    least_rows: of a part with fewer rows it is not asked.
    needs: names of the tables that are handed over as `needed`: reference tables whole, monthly ones for that month.
    The other fields are those of a Rule.
    """

    name: str
    columns: tuple[str, ...]
    value: Callable[..., float]
    warn: tuple[float, float]
    stop: tuple[float, float]
    unit: str
    reason: str
    remedy: str
    needs: tuple[str, ...] = ()
    least_rows: int = 0


@dataclass(frozen=True)
class Table:
    """The contract of one table: the raw columns that the source brings, and the columns that are added to them.

    schema: the raw columns, in the order of the file.
    key: the columns that name a row; unique in the clean table.
    monthly: whether the table comes month by month; a reference table comes whole.
    added: columns that the clean table has beside the raw ones; one of the same name replaces the raw one.
    derived: what the columns of `added` follow from, in the order in which they are computed. Rules read them, too.
    """

    name: str
    about: str
    schema: pa.DataFrameSchema
    key: tuple[str, ...]
    monthly: bool = False
    added: Mapping[str, pa.Column] = field(default_factory=dict)
    derived: tuple[DerivedColumn, ...] = ()
    rules: tuple[Rule, ...] = ()
    measures: tuple[Measure, ...] = ()

    @property
    def columns(self) -> dict[str, pa.Column]:
        """Every column of the clean table: the raw ones, replaced and followed by the added ones."""
        return {**self.schema.columns, **self.added}

    def derived_from(self, names: Sequence[str]) -> tuple[DerivedColumn, ...]:
        """The derived columns that follow from these raw columns alone, without other tables."""
        there, following = {*names}, []
        for one in self.derived:
            follows = there.issuperset(one.reads) and not one.needs
            following += [one] if follows else []
            there = there | {one.name} if follows else there - {one.name}
        return tuple(following)

    @property
    def needs(self) -> tuple[str, ...]:
        """The reference tables that its columns are derived with."""
        return tuple(dict.fromkeys(name for one in self.derived for name in one.needs))
