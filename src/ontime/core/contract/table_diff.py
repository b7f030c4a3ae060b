"""Two states of a folder of tables, by their hashes and then month by month -> files, rows, columns and values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pandas.api.types import is_datetime64_any_dtype, is_numeric_dtype

from ontime.core.contract.columns import meaning
from ontime.core.profiles.distances import bin_counts, psi_by_bin
from ontime.core.profiles.reference import DECILES
from ontime.dataset.contract import Table

Month = str | None
Hashes = Mapping[tuple[str, Month], str]
Bins = Mapping[str, Sequence[float] | str | None]
# A month, the frame before and the frame after; None where that side has nothing to say.
Pair = tuple[Month, pd.DataFrame | None, pd.DataFrame | None]
DIGITS = 6
SHIFT_DIGITS = 4
SIDES = 2  # before and after


@dataclass(frozen=True)
class Parts:
    """The months of one table (None is a table without months): what two hashes say of each."""

    table: str
    same: list[Month]
    changed: list[Month]
    added: list[Month]
    removed: list[Month]

    def neighbour(self, kind: str) -> Month:
        """What months of that kind are measured against: the other side's month before them, or else its first.

        None where the other side has no month, and for the kind 'changed', whose months have partners.
        """
        if kind == "changed":
            return None
        here, others = (self.added, self.removed) if kind == "added" else (self.removed, self.added)
        there = sorted(month for month in [*self.same, *self.changed, *others] if month is not None)
        before = [month for month in there if here[0] is not None and month < here[0]]
        return before[-1] if before else next(iter(there), None)


def parts(before: Hashes, after: Hashes) -> list[Parts]:
    """What happened to the files of every table, (table, month) -> hash, by their hashes alone."""
    found = []
    for table in sorted({table for table, _ in {**before, **after}}):
        old, new = ({month: its for (name, month), its in side.items() if name == table} for side in (before, after))
        both = sorted(set(old) & set(new), key=str)
        found.append(
            Parts(
                table,
                same=[month for month in both if old[month] == new[month]],
                changed=[month for month in both if old[month] != new[month]],
                added=sorted(set(new) - set(old), key=str),
                removed=sorted(set(old) - set(new), key=str),
            )
        )
    return found


def contract_bins(table: Table | None) -> Bins:
    """How the contract measures the shift of each of a table's columns; nothing of a table that it does not know."""
    return {name: meaning(column)["bins"] for name, column in table.columns.items()} if table else {}


class Matched(NamedTuple):
    """Rows that only one side has, rows that both have and that differ, and in how many of them each column differs."""

    added: int
    removed: int
    changed: int
    cells: dict[str, int]


def matched(before: pd.DataFrame, after: pd.DataFrame, key: Sequence[str]) -> Matched | None:
    """Rows told apart by `key`; None where a side lacks the key, or has one twice."""
    if not all(_is_key(frame, key) for frame in (before, after)):
        return None
    old, new = (frame.set_index(list(key)) for frame in (before, after))
    common = old.index.intersection(new.index)
    old_rows, new_rows = old.loc[common], new.loc[common]
    names = [name for name in old if name in new and old[name].dtype == new[name].dtype]
    differs = {str(name): _differs(old_rows[name], new_rows[name]) for name in names}
    changed = int(np.any(list(differs.values()), axis=0).sum()) if differs else 0
    cells = {name: int(where.sum()) for name, where in differs.items()}
    return Matched(len(new) - len(common), len(old) - len(common), changed, cells)


def compare(pairs: Iterable[Pair], key: Sequence[str], bins: Bins, *, partners: bool) -> dict[str, Any]:
    """What JSON holds of the differences: rows, columns added, removed, retyped, and those of which something differs.

    No two pairs are held at a time. partners: the sides of a pair are one month, whose rows are matched by `key`.
    """
    comparison = _Comparison(key, bins, partners=partners)
    for pair in pairs:
        comparison.add(*pair)
        del pair  # before the next is read
    return comparison.content()


class _Comparison:
    """Pairs of months, added up."""

    def __init__(self, key: Sequence[str], bins: Bins, *, partners: bool) -> None:
        self.key, self.bins, self.partners = key, bins, partners
        self.rows = [0] * SIDES
        self.months: list[dict[str, Any]] = []
        self.cells: Counter[str] = Counter()
        self.columns: dict[str, _Column] = {}

    def add(self, month: Month, before: pd.DataFrame | None, after: pd.DataFrame | None) -> None:
        if self.partners and before is not None and after is not None:
            self._match(month, before, after)
        for side, frame in enumerate((before, after)):
            if frame is not None:
                self.rows[side] += len(frame)
                for name, values in frame.items():
                    self.columns.setdefault(str(name), _Column(self.bins.get(str(name)))).add(side, values)

    def _match(self, month: Month, before: pd.DataFrame, after: pd.DataFrame) -> None:
        found = matched(before, after, self.key)
        told = found._asdict() if found else dict.fromkeys(Matched._fields)
        self.cells.update(told.pop("cells") or {})
        self.months.append({"month": month, "before": len(before), "after": len(after), **told})

    def content(self) -> dict[str, Any]:
        told = {name: column.content() for name, column in self.columns.items()}
        compared = _compared(told, self.cells if self.partners else None)
        return {"rows": self.rows, "months": self.months, **_schema(self.columns), "columns": compared}


def _schema(columns: Mapping[str, _Column]) -> dict[str, Any]:
    """Columns that only one side has, where both sides have any, and those of another type."""
    types = [{name: its.types[side] for name, its in columns.items() if its.types[side]} for side in range(SIDES)]
    before, after = types
    return {
        "columns_added": [name for name in after if before and name not in before],
        "columns_removed": [name for name in before if after and name not in after],
        "retyped": {name: [its, after[name]] for name, its in before.items() if after.get(name, its) != its},
    }


def _compared(columns: Mapping[str, dict[str, Any]], cells: Mapping[str, int] | None) -> dict[str, Any]:
    """The columns of which something can be told: a value changed, or a summary."""
    return {
        name: ({} if cells is None else {"changed": cells.get(name)}) | told
        for name, told in columns.items()
        if (cells and cells.get(name)) or told["shift"] or told["before"] != told["after"]
    }


class _Column:
    """One column of both sides, added up month by month."""

    def __init__(self, bins: Sequence[float] | str | None) -> None:
        self.bins = bins
        self.types: list[str] = [""] * SIDES
        self.sides: list[_Summary | None] = [None] * SIDES

    def add(self, side: int, values: pd.Series) -> None:
        if self.bins is None and is_numeric_dtype(values):
            self.bins = _bins(values)
        summary, before = _Summary.of(values, self.bins), self.sides[side]
        self.types[side] = self.types[side] or str(values.dtype)
        self.sides[side] = before.plus(summary) if before else summary

    def content(self) -> dict[str, Any]:
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
    def of(cls, values: pd.Series, bins: Sequence[float] | str | None) -> _Summary:
        number, present = is_numeric_dtype(values), values.dropna()
        ranged = (number or is_datetime64_any_dtype(values)) and len(present) > 0
        low, high = (present.min(), present.max()) if ranged else (None, None)
        countable = bins is not None and (number or isinstance(bins, str))
        counts = bin_counts(values, None if isinstance(bins, str) else bins) if countable else None
        total = float(present.astype("float64").sum()) if number else np.nan
        return cls(len(values), len(values) - len(present), total, low, high, counts)

    def plus(self, other: _Summary) -> _Summary:
        """Two months together; what a column that changed its type in between cannot say is dropped."""
        ranges = [its for its in (self, other) if its.low is not None]
        alike = len({(isinstance(its.low, pd.Timestamp), getattr(its.low, "tzinfo", None)) for its in ranges}) == 1
        counts = None
        if self.counts is not None and other.counts is not None:
            counts = self.counts.add(other.counts, fill_value=0)
        return _Summary(
            self.rows + other.rows,
            self.missing + other.missing,
            self.total + other.total,
            min(its.low for its in ranges) if alike else None,
            max(its.high for its in ranges) if alike else None,
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


def _is_key(frame: pd.DataFrame, key: Sequence[str]) -> bool:
    return bool(key) and set(key) <= set(frame) and not frame.duplicated(list(key)).any()


def _differs(before: pd.Series, after: pd.Series) -> np.ndarray:
    """Where two columns of one type and index differ; two missing values are equal: (n,) bool."""
    equal = (before == after).fillna(value=False).to_numpy(dtype=bool)
    return ~(equal | (before.isna() & after.isna()).to_numpy(dtype=bool))


def _bins(values: pd.Series) -> list[float]:
    """Edges at the deciles and at both ends, so that what lies beyond them is in bins of its own."""
    present = values.dropna().astype("float64").to_numpy()
    if len(present) == 0:
        return []
    deciles = np.quantile(present, DECILES, method="higher")
    return np.unique([present.min(), *deciles, np.nextafter(present.max(), np.inf)]).tolist()


def _plain(value: Any) -> float | str | None:  # noqa: ANN401 - a number or a moment of any type
    if value is None:
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return round(float(value), DIGITS) if isinstance(value, float | np.floating) else int(value)
