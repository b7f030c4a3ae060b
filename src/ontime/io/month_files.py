"""Tables as Parquet files, `<table>.parquet` or `<table>/<month>.parquet`: which there are, and months read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ontime.errors import OntimeError
from ontime.io.formats import MISSING, read_parquet


def part(folder: Path, table: str, month: str | None) -> Path:
    """The file of one part of a table below `folder`."""
    return folder / f"{table}.parquet" if month is None else folder / table / f"{month}.parquet"


def parts_below(folder: Path) -> list[tuple[str, str | None]]:
    """(table, month) of every file below `folder`, sorted; what is no Parquet file comes as (its path, None).

    Raises OntimeError where there is no folder.
    """
    if not folder.is_dir():
        raise OntimeError(f"{folder} {MISSING}")
    names = []
    for path in sorted(path for path in folder.rglob("*") if not path.is_dir() or path.suffix == ".parquet"):
        name = path.relative_to(folder).as_posix()
        table, _, month = name.removesuffix(".parquet").partition("/")
        names.append((table, month or None) if path.is_file() and path.suffix == ".parquet" else (name, None))
    return names


def months(folder: Path) -> list[str]:
    """The months of a table that is a folder of monthly files, ascending."""
    return [name for name, _ in parts_below(folder)]


def months_of(folder: Path, table: str) -> list[str]:
    """The months of one of several tables below a folder, ascending."""
    return [month for name, month in parts_below(folder) if name == table and month]


def read_months(folder: Path, wanted: Sequence[str], columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Months of a table that is a folder of monthly files, one after another; all columns, or some."""
    return pd.concat([read_parquet(part(folder, month, None), columns) for month in wanted], ignore_index=True)
