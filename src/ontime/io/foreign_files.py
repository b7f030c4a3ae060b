"""Tables that others wrote, Parquet or CSV -> frames as the contract has them, or what is wrong with the file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ontime.core.contract.column_types import typed_frame
from ontime.dataset.contract import Table
from ontime.errors import OntimeError
from ontime.io.csv_files import csv_tables
from ontime.io.utf8_files import BrokenFileError

MAGIC = b"PAR1"  # how every Parquet file begins


def read_foreign(form: Table, path: Path) -> pd.DataFrame:
    """The table in a file of any writer, by its name Parquet or CSV, in the types of the contract.

    A column that cannot have its type without a loss stays as it is. Raises OntimeError where there is no table.
    """
    if path.suffix == ".csv":
        return typed_frame(form, pa.concat_tables(csv_tables(str(path), [*form.schema.columns])))
    with _parquet_errors(path), pq.ParquetFile(path) as file:
        table = file.read()
        table.validate(full=True)
    return typed_frame(form, _with_columns(table, _kept_ranges(table.schema, len(table)), 0))


def parquet_tables(path: Path, names: Sequence[str], rows: int) -> Iterator[tuple[list[str], pa.Table]]:
    """The names of all columns, and of these columns, as far as they are there, so many rows at a time; at least once.

    Raises OntimeError where the file cannot be read.
    """
    with _parquet_errors(path), pq.ParquetFile(path) as file:
        schema, first = file.schema_arrow, 0
        ranges = _kept_ranges(schema, file.metadata.num_rows)
        there, kept = [*schema.names, *ranges], [name for name in schema.names if name in names]
        wanted = {name: numbers for name, numbers in ranges.items() if name in names}
        nothing = pa.table([pa.array([], field.type) for field in schema if field.name in names], names=kept)
        yield there, _with_columns(nothing, wanted, 0)
        for batch in file.iter_batches(rows, columns=kept):
            batch.validate(full=True)
            yield there, _with_columns(pa.Table.from_batches([batch]), wanted, first)
            first += len(batch)


def count_parquet_rows(path: Path) -> int:
    """How many rows a Parquet file has. Raises OntimeError where it cannot be read."""
    with _parquet_errors(path):
        return pq.read_metadata(path).num_rows


def _kept_ranges(schema: pa.Schema, rows: int) -> dict[str, range]:
    """Columns that pandas has as an index of evenly spaced numbers, which it keeps in its notes alone.

    Notes that do not fit the table are of another one.
    """
    try:
        indexes = json.loads((schema.metadata or {}).get(b"pandas", b"{}")).get("index_columns", [])
        named = [index for index in indexes if isinstance(index, dict) and index["name"] not in {None, *schema.names}]
        ranges = {str(index["name"]): range(index["start"], index["stop"], index["step"]) for index in named}
    except (ValueError, TypeError, KeyError, AttributeError):  # notes of somebody else
        return {}
    return {name: numbers for name, numbers in ranges.items() if len(numbers) == rows}


def _with_columns(table: pa.Table, ranges: Mapping[str, range], first: int) -> pa.Table:
    for name, numbers in ranges.items():
        table = table.append_column(name, pa.array(numbers[first : first + len(table)], pa.int64()))
    return table


@contextmanager
def _parquet_errors(path: Path) -> Iterator[None]:
    try:
        _check_kind(path)
        yield
    except FileNotFoundError as error:
        raise OntimeError(f"{path} is missing") from error
    except (pa.ArrowException, OSError) as error:
        reason = str(error).partition("\n")[0]  # pyarrow may add the whole schema
        raise OntimeError(f"{path} cannot be read as Parquet: {reason}") from error


def _check_kind(path: Path) -> None:
    with path.open("rb") as file:
        beginning = file.read(12)
    if beginning and not beginning.startswith(MAGIC):
        remedy = "write it again as Parquet, or give it a name that ends in .csv if it is CSV"
        raise BrokenFileError("file_kind", f"it begins with {beginning!r}, expected Parquet", remedy)
