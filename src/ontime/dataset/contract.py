"""The contract of a dataset: its tables, their columns and rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa


class Part(NamedTuple):
    """One stored file of a table: a month of it, or all of it where `month` is None."""

    table: str
    month: str | None
    frame: pd.DataFrame


@dataclass(frozen=True)
class Rule:
    """What must hold in every row. Its clock is the latest of its columns' clocks.

    `holds(frame, *needed)` gives a boolean Series (n,): True, or missing, where the rule holds or cannot be judged
    because a value is missing. `needs` names the tables handed over as `needed`: reference tables whole, monthly ones
    for that month.
    """

    name: str
    columns: tuple[str, ...]
    holds: Callable[..., pd.Series]
    reason: str
    remedy: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measure:
    """What must hold for a month as a whole: `value(frame, *needed)` inside `warn` (low, high) and inside `stop`."""

    name: str
    columns: tuple[str, ...]
    value: Callable[..., float]
    warn: tuple[float, float]
    stop: tuple[float, float]
    unit: str
    reason: str
    remedy: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """The contract of one table: what the source brings, and what the clean table has beside it.

    schema: the raw columns, in the order of the file; derive: (raw frame, *needed) -> the frame with the columns of
    `added`, which may replace raw ones; key: unique in the clean table. The rules read the derived frame.
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
