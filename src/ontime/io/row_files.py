"""Files of rows to be answered -> their keys, so many at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa

from ontime.core.contract.column_types import typed_frame
from ontime.core.contract.findings import ContractError, Finding
from ontime.core.contract.schema import check_columns
from ontime.core.serving.admission import with_remedies
from ontime.core.serving.batch import ROWS
from ontime.core.serving.messages import feed_tables, predicted_messages
from ontime.dataset.contract import Table
from ontime.dataset.dataset import Dataset
from ontime.errors import OntimeError
from ontime.io.csv_files import STDIN, csv_tables
from ontime.io.foreign_files import count_parquet_rows, parquet_tables
from ontime.io.message_files import KINDS
from ontime.io.utf8_files import BrokenFileError

CHUNK = 100_000  # rows that are read, and answered, at a time


def read_rows(dataset: Dataset, source: str) -> Iterator[pd.DataFrame]:
    """The keys of rows in a file, or of CSV on standard input (`-`), so many at a time; other columns are not read.

    Raises ContractError where a column is missing or there twice, or holds what is no value of its type, or where the
    file is no table.
    """
    form = _key_form(dataset)
    key, first = [*form.schema.columns], 0
    try:
        for names, table in _row_tables(source, key):
            rows = typed_frame(form, table)
            rows.index = pd.RangeIndex(first, first + len(rows))  # findings name the row of the whole file
            if findings := [finding for finding in check_columns(form, rows, None) if finding.rule != "rows"]:
                raise ContractError(with_remedies([_with_names(finding, names) for finding in findings]), _name(source))
            first += len(rows)
            yield rows[key]
    except BrokenFileError as error:
        raise ContractError([error.finding(ROWS, None)], _name(source)) from error
    except OSError as error:
        raise OntimeError(f"{_name(source)} cannot be read as rows: {error}") from error


def count_rows(source: str) -> int | None:
    """How many rows a Parquet file has; of text nobody knows beforehand.

    Raises OntimeError where the name is of no kind that is read, or the file is missing or no Parquet.
    """
    if source == STDIN:
        return None
    if Path(source).suffix not in KINDS:
        raise OntimeError(f"--rows {source}: expected a name in {', '.join(KINDS)}, or - for CSV on standard input")
    if not Path(source).exists():
        raise OntimeError(f"{source} is missing: expected rows")
    try:
        return None if _is_text(source) else count_parquet_rows(Path(source))
    except BrokenFileError as error:
        raise ContractError([error.finding(ROWS, None)], source) from error


def _key_form(dataset: Dataset) -> Table:
    """The form of the rows: the key of the messages that are predicted."""
    declared = predicted_messages(dataset)
    form = feed_tables(dataset.tables, [declared])[next(iter(declared.feeds))]
    return replace(
        form, name=ROWS, schema=pandera.DataFrameSchema({name: form.schema.columns[name] for name in declared.key})
    )


def _row_tables(source: str, key: Sequence[str]) -> Iterator[tuple[list[str], pa.Table]]:
    """The names of all columns, and the columns of the key as far as they are there, so many rows at a time."""
    if not _is_text(source):
        yield from parquet_tables(Path(source), key, CHUNK)
        return
    for table in csv_tables(source, key, CHUNK):
        names = table.column_names
        yield names, table.select([place for place, name in enumerate(names) if name in key])


def _with_names(finding: Finding, names: Sequence[str]) -> Finding:
    """The same finding; one on a column that is missing says which there are."""
    if finding.rule != "column_present":
        return finding
    return replace(finding, problem=f"missing; there are {', '.join(dict.fromkeys(names))}")


def _name(source: str) -> str:
    return "standard input" if source == STDIN else source


def _is_text(source: str) -> bool:
    return source == STDIN or Path(source).suffix == ".csv"
