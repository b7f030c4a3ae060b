"""Files and columns -> findings where the form is wrong: presence, place, type. Values are judged elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from ontime.core.contract.column_types import type_mismatch
from ontime.core.contract.columns import column_metadata
from ontime.core.contract.findings import Finding, Level
from ontime.dataset.contract import Table

RESTORE = "restore it (dvc pull) or make it anew (dvc repro fetch)"
MONTH = re.compile(r"(19|20)\d{2}-(0[1-9]|1[0-2])")
CHANGE = "or change the contract, which is a breaking change (CONTRIBUTING.md)"


def expected_parts(tables: Sequence[Table], stored: Iterable[tuple[str, str | None]]) -> list[tuple[Table, str | None]]:
    """The parts a dataset must have: reference tables, then every table of each month from the first to the last.

    stored: (table, month) of the files, which say what the first and the last month are. If no table has a month at
    either end, the dataset merely looks shorter.
    """
    names = {table.name for table in tables if table.monthly}
    months = [month for name, month in stored if name in names and month and MONTH.fullmatch(month)]
    span = pd.period_range(min(months), max(months), freq="M").astype(str) if months else []
    reference = [(table, None) for table in tables if not table.monthly]
    return [*reference, *((table, str(month)) for month in span for table in tables if table.monthly)]


def check_files(tables: Sequence[Table], stored: Sequence[tuple[str, str | None]]) -> list[Finding]:
    """Findings on the files themselves, (table, month) each: unknown, or missing where another table has it."""
    expected = [(table.name, month) for table, month in expected_parts(tables, stored)]
    absent = [_file(*part, "file_present", "missing", RESTORE) for part in expected if part not in stored]
    unknown = [_file(*part, "file_known", "unknown", "move it elsewhere") for part in stored if part not in expected]
    monthly = [table.name for table in tables if table.monthly]
    none = [_file(name, None, "file_present", "no month at all", RESTORE) for name in monthly]
    return absent + unknown + (none if all(month is None for _, month in expected) else [])


def unreadable(table: Table, month: str | None, error: Exception) -> Finding:
    """The finding for a file that holds no table."""
    return _file(table.name, month, "file_readable", str(error), RESTORE)


def check_columns(table: Table, frame: pd.DataFrame, month: str | None) -> list[Finding]:
    """Findings on a raw frame: columns missing, unknown or there twice, wrong types, no rows."""

    def stop(name: str, rule: str, problem: str, remedy: str, examples: tuple[str, ...] = ()) -> Finding:
        return Finding(Level.STOP, table.name, month, name, rule, problem, f"{remedy}, {CHANGE}", examples)

    expected = table.schema.columns
    counts = frame.columns.value_counts(sort=False)
    missing = [name for name in expected if name not in frame]
    unknown = [str(name) for name in frame.columns.unique() if name not in expected]
    several = [name for name in expected if counts.get(name, 0) > 1]
    mistyped = [name for name in expected if counts.get(name, 0) == 1 and not _has_type(table, frame, name)]
    mismatches = {name: type_mismatch(frame[name], expected[name]) for name in mistyped}
    return [
        *(stop(name, "column_present", "missing", "restore the column") for name in missing),
        *(stop(name, "column_known", "unknown", "drop the column") for name in unknown),
        *(stop(name, "column_once", f"there {counts[name]} times", "keep the right one") for name in several),
        *(
            stop(name, "type", mismatch.problem, mismatch.remedy, mismatch.examples)
            for name, mismatch in mismatches.items()
        ),
        *([] if len(frame) else [_file(table.name, month, "rows", "none", RESTORE)]),
    ]


def sound_columns(table: Table, frame: pd.DataFrame) -> list[str]:
    """The columns of the contract that are there with their type: what can be checked when others cannot."""
    return [name for name in table.schema.columns if name in frame and _has_type(table, frame, name)]


def sound_frame(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """The columns of the contract in their order; those that are not there with their type are missing throughout."""
    sound = sound_columns(table, frame)
    lacking = [name for name in table.schema.columns if name not in sound]
    added = {name: pd.Series(index=frame.index, dtype=_dtype(table, name)) for name in lacking}
    return frame[sound].assign(**added)[[*table.schema.columns]].reset_index(drop=True)


def _dtype(table: Table, name: str) -> Any:  # noqa: ANN401 - the name of a pandas dtype
    return column_metadata(table.schema.columns[name])["dtype"]


def _has_type(table: Table, frame: pd.DataFrame, name: str) -> bool:
    # By name, because pandera takes text kept as Python objects for 'str'. Columns of one name are a frame.
    return isinstance(frame[name], pd.Series) and str(frame[name].dtype) == _dtype(table, name)


def _file(name: str, month: str | None, rule: str, problem: str, remedy: str) -> Finding:
    return Finding(Level.STOP, name, month, "the file", rule, problem, remedy)
