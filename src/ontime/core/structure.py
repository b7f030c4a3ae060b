"""Files and columns -> findings where the form is wrong: presence, type, place; values are the contract's business."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from ontime.core.findings import Finding, Level
from ontime.dataset import Table

RESTORE = "restore it (dvc pull) or make it anew (dvc repro fetch)"
CHANGE = "or change the contract, which is a breaking change (CONTRIBUTING.md)"


def check_files(tables: Sequence[Table], found: Iterable[tuple[str, str | None]]) -> list[Finding]:
    """Findings on the (table, month) found: missing, unknown, and months that one table has and another lacks."""
    found = set(found)
    monthly = {table.name for table in tables if table.monthly}
    months = _span([month for name, month in found if name in monthly and month])
    expected = {(table.name, month) for table in tables for month in (months if table.monthly else [None])}
    absent = [_file(name, month, "file_present", "missing", RESTORE) for name, month in _sorted(expected - found)]
    unknown = [
        _file(name, month, "file_known", "unknown", "move it elsewhere") for name, month in _sorted(found - expected)
    ]
    none = [_file(name, None, "file_present", "no month at all", RESTORE) for name in sorted(monthly) if not months]
    return absent + unknown + none


def unreadable(table: Table, month: str | None, error: Exception) -> Finding:
    """The finding for a file that holds no table."""
    return _file(table.name, month, "file_readable", str(error), RESTORE)


def check_columns(table: Table, frame: pd.DataFrame, month: str | None) -> list[Finding]:
    """Findings on a raw frame: columns missing or unknown, wrong types, no rows."""

    def stop(name: str, rule: str, found: str, remedy: str) -> Finding:
        return Finding(Level.STOP, table.name, month, name, rule, found, f"{remedy}, {CHANGE}")

    expected = table.schema.columns
    missing = [name for name in expected if name not in frame]
    unknown = [str(name) for name in frame if name not in expected]
    mistyped = [name for name in expected if name not in missing and not _has_type(table, frame, name)]
    return [
        *(stop(name, "column_present", "missing", "restore the column") for name in missing),
        *(stop(name, "column_known", "unknown", "drop the column") for name in unknown),
        *(stop(name, "type", f"{frame[name].dtype}, expected {_type(table, name)}", "convert it") for name in mistyped),
        *([] if len(frame) else [_file(table.name, month, "rows", "none", RESTORE)]),
    ]


def sound_columns(table: Table, frame: pd.DataFrame) -> list[str]:
    """The columns of the contract that are there with their type: what can be checked when others cannot."""
    return [name for name in table.schema.columns if name in frame and _has_type(table, frame, name)]


def _type(table: Table, name: str) -> str:
    return (table.schema.columns[name].metadata or {})["dtype"]


def _has_type(table: Table, frame: pd.DataFrame, name: str) -> bool:
    # By name, because pandera takes text kept as Python objects for 'str'.
    return str(frame[name].dtype) == _type(table, name)


def _span(months: list[str]) -> list[str]:
    return [str(month) for month in pd.period_range(min(months), max(months), freq="M")] if months else []


def _sorted(parts: set[tuple[str, str | None]]) -> list[tuple[str, str | None]]:
    return sorted(parts, key=lambda part: (part[0], part[1] or ""))


def _file(name: str, month: str | None, rule: str, found: str, remedy: str) -> Finding:
    return Finding(Level.STOP, name, month, "the file", rule, found, remedy)
