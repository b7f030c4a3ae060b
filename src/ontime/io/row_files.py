"""Files of rows to be answered -> their keys, so many at a time."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ontime.core.contract.findings import ContractError, Finding, Level
from ontime.core.contract.schema import check_columns
from ontime.core.serving.admission import with_remedies
from ontime.core.serving.batch import ROWS
from ontime.core.serving.column_types import parse_text, widen_types
from ontime.core.serving.messages import feed_tables, predicted_messages
from ontime.dataset.contract import Table
from ontime.dataset.dataset import Dataset
from ontime.errors import OntimeError
from ontime.io.message_files import KINDS, TEXT

CHUNK = 100_000  # rows that are read, and answered, at a time
STDIN = "-"
AGAIN = ".1"  # what pandas calls the second of two columns of one name


def read_rows(dataset: Dataset, source: str) -> Iterator[pd.DataFrame]:
    """The keys of rows in a file, or of CSV on standard input (`-`), so many at a time; other columns are not read.

    Raises ContractError where a column is missing, or holds what is no value of its type.
    """
    declared = predicted_messages(dataset)
    form = replace(feed_tables(dataset.tables, [declared])[next(iter(declared.feeds))], name=ROWS)
    key = [*declared.key]
    columns: list[str] = []
    for raw in _raw_rows(source, key, columns):
        rows, findings = parse_text(form, None, raw) if _is_text(source) else (widen_types(form, raw), [])
        types = [] if findings else _type_findings(form, rows, key)
        findings += [*_absent(rows, key, columns), *types]
        if findings:
            raise ContractError(with_remedies(findings), _source_name(source))
        yield rows[key]


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
        return None if _is_text(source) else pq.read_metadata(source).num_rows
    except (pa.ArrowException, OSError) as error:
        raise OntimeError(f"{source} cannot be read as Parquet: {error}") from error


def _absent(rows: pd.DataFrame, key: Sequence[str], columns: Sequence[str]) -> list[Finding]:
    """Findings on the columns of the key that the rows lack."""
    problem = f"missing; there are {', '.join(dict.fromkeys(columns))}"
    absent = [name for name in key if name not in rows]
    return [Finding(Level.STOP, ROWS, None, name, "column_present", problem, "add it") for name in absent]


def _type_findings(form: Table, rows: pd.DataFrame, key: Sequence[str]) -> list[Finding]:
    """Findings on the columns of the key whose type is another than the contract's."""
    there = [name for name in key if name in rows]
    findings = check_columns(form, rows.reindex(columns=[*form.schema.columns]), None)
    return [finding for finding in findings if finding.rule == "type" and finding.column in there]


def _raw_rows(source: str, names: list[str], columns: list[str]) -> Iterator[pd.DataFrame]:
    """The columns `names`, as far as the source has them. The names of all its columns are added to `columns`."""

    def wanted(name: str) -> bool:
        columns.append(name)
        return name.removesuffix(AGAIN) in names

    try:
        if _is_text(source):
            text = sys.stdin if source == STDIN else source
            with pd.read_csv(text, chunksize=CHUNK, usecols=wanted, **TEXT) as batches:
                for batch in batches:
                    _check_once(source, [name.removesuffix(AGAIN) for name in batch])
                    yield batch
            return
        file = pq.ParquetFile(source)
        columns += file.schema_arrow.names
        kept = [name for name in columns if name in names]
        _check_once(source, kept)
        yield from (batch.to_pandas() for batch in file.iter_batches(CHUNK, columns=kept))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise OntimeError(f"{_source_name(source)} cannot be read as rows with {', '.join(names)}: {error}") from error


def _check_once(source: str, columns: Sequence[str]) -> None:
    if twice := sorted({name for name in columns if columns.count(name) > 1}):
        raise OntimeError(f"{_source_name(source)}: expected each column once, found more than one {', '.join(twice)}")


def _source_name(source: str) -> str:
    return "standard input" if source == STDIN else source


def _is_text(source: str) -> bool:
    return source == STDIN or Path(source).suffix == ".csv"
