"""Two states of a folder of tables, by their hashes and then month by month -> files, rows, columns and values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ontime.core.contract.column_diff import SIDES, Bins, ColumnDiff

TableMonth = str | None
Hashes = Mapping[tuple[str, TableMonth], str]
# A month, the frame before and the frame after; None where that side has nothing to compare.
FramePair = tuple[TableMonth, pd.DataFrame | None, pd.DataFrame | None]


@dataclass(frozen=True)
class MonthChanges:
    """What became of the months of one table, by the hashes of its files; the month of a reference table is None."""

    table: str
    same: list[TableMonth]
    changed: list[TableMonth]
    added: list[TableMonth]
    removed: list[TableMonth]

    def neighbour(self, kind: str) -> TableMonth:
        """The month of the other side that months of that kind are compared with: the one before them, or its first.

        kind: 'added', 'removed' or 'changed'. None for 'changed', where each month is compared with itself, and where
        the other side has no month.
        """
        if kind == "changed":
            return None
        here, others = (self.added, self.removed) if kind == "added" else (self.removed, self.added)
        there = sorted(month for month in [*self.same, *self.changed, *others] if month is not None)
        before = [month for month in there if here[0] is not None and month < here[0]]
        return before[-1] if before else next(iter(there), None)


def month_changes(before: Hashes, after: Hashes) -> list[MonthChanges]:
    """What became of the files of every table, by their hashes alone: (table, month) -> hash."""
    changes = []
    for table in sorted({table for table, _ in {**before, **after}}):
        old, new = ({month: md5 for (name, month), md5 in side.items() if name == table} for side in (before, after))
        both = sorted(set(old) & set(new), key=str)
        changes.append(
            MonthChanges(
                table,
                same=[month for month in both if old[month] == new[month]],
                changed=[month for month in both if old[month] != new[month]],
                added=sorted(set(new) - set(old), key=str),
                removed=sorted(set(old) - set(new), key=str),
            )
        )
    return changes


class RowChanges(NamedTuple):
    """How many rows only one side has, how many both have and differ, and in how many of these each column differs."""

    added: int
    removed: int
    changed: int
    cells: dict[str, int]


def match_rows(before: pd.DataFrame, after: pd.DataFrame, key: Sequence[str]) -> RowChanges | None:
    """What changed in rows that are matched by `key`; None where a side lacks the key, or has one twice."""
    if not all(_is_key(frame, key) for frame in (before, after)):
        return None
    old, new = (frame.set_index(list(key)) for frame in (before, after))
    common = old.index.intersection(new.index)
    old_rows, new_rows = old.loc[common], new.loc[common]
    names = [name for name in old if name in new and old[name].dtype == new[name].dtype]
    differs = {str(name): _differs(old_rows[name], new_rows[name]) for name in names}
    changed = int(np.any(list(differs.values()), axis=0).sum()) if differs else 0
    cells = {name: int(where.sum()) for name, where in differs.items()}
    return RowChanges(len(new) - len(common), len(old) - len(common), changed, cells)


def diff_table(
    pairs: Iterable[FramePair], key: Sequence[str], bins: Mapping[str, Bins], *, partners: bool
) -> dict[str, Any]:
    """What JSON holds of the differences: rows; columns added, removed, retyped; columns of which something differs.

    pairs: read one at a time. bins: by which the shift of a column is measured, for those that have any. partners: the
    sides of a pair are one month, whose rows are matched by `key`.
    """
    comparison = _Comparison(key, bins, partners=partners)
    for pair in pairs:
        comparison.add(*pair)
        del pair  # before the next is read
    return comparison.content()


class _Comparison:
    """Pairs of months, added up."""

    def __init__(self, key: Sequence[str], bins: Mapping[str, Bins], *, partners: bool) -> None:
        self.key, self.bins, self.partners = key, bins, partners
        self.rows = [0] * SIDES
        self.months: list[dict[str, Any]] = []
        self.cells: Counter[str] = Counter()
        self.columns: dict[str, ColumnDiff] = {}

    def add(self, month: TableMonth, before: pd.DataFrame | None, after: pd.DataFrame | None) -> None:
        if self.partners and before is not None and after is not None:
            self._match(month, before, after)
        for side, frame in enumerate((before, after)):
            if frame is not None:
                self.rows[side] += len(frame)
                for name, values in frame.items():
                    self.columns.setdefault(str(name), ColumnDiff(self.bins.get(str(name)))).add(side, values)

    def _match(self, month: TableMonth, before: pd.DataFrame, after: pd.DataFrame) -> None:
        changes = match_rows(before, after, self.key)
        counts = changes._asdict() if changes else dict.fromkeys(RowChanges._fields)
        self.cells.update(counts.pop("cells") or {})
        self.months.append({"month": month, "before": len(before), "after": len(after), **counts})

    def content(self) -> dict[str, Any]:
        columns = {name: column.content() for name, column in self.columns.items()}
        compared = _compared(columns, self.cells if self.partners else None)
        return {"rows": self.rows, "months": self.months, **_schema(self.columns), "columns": compared}


def _schema(columns: Mapping[str, ColumnDiff]) -> dict[str, Any]:
    """Columns that only one side has, where both sides have any, and those of another type."""
    before, after = (
        {name: column.types[side] for name, column in columns.items() if column.types[side]} for side in range(SIDES)
    )
    return {
        "columns_added": [name for name in after if before and name not in before],
        "columns_removed": [name for name in before if after and name not in after],
        "retyped": {name: [old, after[name]] for name, old in before.items() if after.get(name, old) != old},
    }


def _compared(columns: Mapping[str, dict[str, Any]], cells: Mapping[str, int] | None) -> dict[str, Any]:
    """The columns of which something differs: values of matched rows, the summaries of both sides, or the shift."""
    return {
        name: ({} if cells is None else {"changed": cells.get(name)}) | column
        for name, column in columns.items()
        if (cells and cells.get(name)) or column["shift"] or column["before"] != column["after"]
    }


def _is_key(frame: pd.DataFrame, key: Sequence[str]) -> bool:
    return bool(key) and set(key) <= set(frame) and not frame.duplicated(list(key)).any()


def _differs(before: pd.Series, after: pd.Series) -> np.ndarray:
    """Where two columns of one type and index differ; two missing values are equal: (n,) bool."""
    equal = (before == after).fillna(value=False).to_numpy(dtype=bool)
    return ~(equal | (before.isna() & after.isna()).to_numpy(dtype=bool))
