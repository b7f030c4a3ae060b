"""A column of two states of a table, month by month -> a summary of each side, and the shift between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_datetime64_any_dtype, is_numeric_dtype

from ontime.core.profiles.distances import bin_counts, psi_by_bin
from ontime.core.profiles.reference import DECILES

Bins = Sequence[float] | str | None  # edges, or 'values' where each value is a bin
DIGITS = 6
SHIFT_DIGITS = 4
SIDES = 2  # before and after


class ColumnDiff:
    """One column of both sides, added up month by month. Numbers without bins get those of the first month added."""

    def __init__(self, bins: Bins) -> None:
        self.bins = bins
        self.types: list[str] = [""] * SIDES
        self.sides: list[_Summary | None] = [None] * SIDES

    def add(self, side: int, values: pd.Series) -> None:
        """Add the values of a month to a side: 0 before, 1 after."""
        if self.bins is None and is_numeric_dtype(values):
            self.bins = _bins(values)
        summary, before = _Summary.of(values, self.bins), self.sides[side]
        self.types[side] = self.types[side] or str(values.dtype)
        self.sides[side] = before.plus(summary) if before else summary

    def content(self) -> dict[str, Any]:
        """What JSON holds of it: a summary of each side, and the shift (PSI) where it has bins on both."""
        before, after = (side.content() if side else None for side in self.sides)
        counts = [side.counts for side in self.sides if side is not None and side.counts is not None]
        shift = round(psi_by_bin(*counts), SHIFT_DIGITS) if len(counts) == SIDES else None
        return {"before": before, "after": after, "shift": shift}


@dataclass(frozen=True)
class _Summary:
    """Rows, missing ones, the sum of the values, their range, and their counts by bin."""

    rows: int
    missing: int
    total: float  # NaN of what is no number
    low: Any
    high: Any
    counts: pd.Series | None

    @classmethod
    def of(cls, values: pd.Series, bins: Bins) -> _Summary:
        number, present = is_numeric_dtype(values), values.dropna()
        ranged = (number or is_datetime64_any_dtype(values)) and len(present) > 0
        low, high = (present.min(), present.max()) if ranged else (None, None)
        countable = bins is not None and (number or isinstance(bins, str))
        counts = bin_counts(values, None if isinstance(bins, str) else bins) if countable else None
        total = float(present.astype("float64").sum()) if number else np.nan
        return cls(len(values), len(values) - len(present), total, low, high, counts)

    def plus(self, other: _Summary) -> _Summary:
        """Two months together. Where the column changed its type in between, there is no common range."""
        ranges = [summary for summary in (self, other) if summary.low is not None]
        alike = len({_kind(summary.low) for summary in ranges}) == 1
        counts = None
        if self.counts is not None and other.counts is not None:
            counts = self.counts.add(other.counts, fill_value=0)
        return _Summary(
            self.rows + other.rows,
            self.missing + other.missing,
            self.total + other.total,
            min(summary.low for summary in ranges) if alike else None,
            max(summary.high for summary in ranges) if alike else None,
            counts,
        )

    def content(self) -> dict[str, Any]:
        present = self.rows - self.missing
        return {
            "missing": round(self.missing / self.rows, DIGITS) if self.rows else 0.0,
            "mean": round(self.total / present, DIGITS) if present and not np.isnan(self.total) else None,
            "low": _plain(self.low),
            "high": _plain(self.high),
        }


def _bins(values: pd.Series) -> list[float]:
    """Edges at the deciles and at both ends, so that what lies beyond them is in bins of its own."""
    present = values.dropna().astype("float64").to_numpy()
    if len(present) == 0:
        return []
    deciles = np.quantile(present, DECILES, method="higher")
    return np.unique([present.min(), *deciles, np.nextafter(present.max(), np.inf)]).tolist()


def _kind(value: Any) -> tuple[bool, Any]:  # noqa: ANN401 - a number or a moment of any type
    """Values of one kind can be compared: numbers, moments without a zone, moments of one zone."""
    return isinstance(value, pd.Timestamp), getattr(value, "tzinfo", None)


def _plain(value: Any) -> float | str | None:  # noqa: ANN401 - a number or a moment of any type
    if value is None:
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return round(float(value), DIGITS) if isinstance(value, float | np.floating) else int(value)
