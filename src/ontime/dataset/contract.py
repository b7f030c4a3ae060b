"""The contract of a dataset: its tables, their columns, and the rules that rows and months must keep."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa


class Part(NamedTuple):
    """One stored file of a table: a month of it ('2013-04'), or all of it where `month` is None."""

    table: str
    month: str | None
    frame: pd.DataFrame


@dataclass(frozen=True)
class Rule:
    """What must hold in every row. Its clock is the latest of its columns' clocks.

    columns: what the rule reads of the row.
    holds: `holds(frame, *needed)` gives a boolean Series (n,): True where the rule holds; True or missing where it
    cannot be judged, since a value is missing.
    reason: why it must hold, in words; remedy: what to do where it does not.
    needs: names of the tables that are handed over as `needed`: reference tables whole, monthly ones for that month.
    """

    name: str
    columns: tuple[str, ...]
    holds: Callable[..., pd.Series]
    reason: str
    remedy: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measure:
    """What must hold for a month as a whole: a number that stays within bounds.

    value: `value(frame, *needed)` gives the number, in `unit`.
    warn: (low, high). Outside of them the month gets a warning.
    stop: (low, high). Outside of them, or where the number is missing, the run stops.
    least_rows: of a part with fewer rows it is not asked.
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
    derive: `derive(raw frame, *needed)` gives the frame with the columns of `added`. The rules read that frame.
    needs: names of the tables that are handed over as `needed`.
    """

    name: str
    about: str
    schema: pa.DataFrameSchema
    key: tuple[str, ...]
    monthly: bool = False
    added: Mapping[str, pa.Column] = field(default_factory=dict)
    derive: Callable[..., pd.DataFrame] | None = None
    needs: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    measures: tuple[Measure, ...] = ()

    @property
    def columns(self) -> dict[str, pa.Column]:
        """Every column of the clean table: the raw ones, replaced and followed by the added ones."""
        return {**self.schema.columns, **self.added}
