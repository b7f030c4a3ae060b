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
from ontime.core.serving.admission import mended
from ontime.core.serving.batch import ROWS
from ontime.core.serving.messages import asked, feed_tables, from_text, widened
from ontime.dataset.dataset import Dataset
from ontime.errors import OntimeError
from ontime.io.message_files import KINDS, TEXT

CHUNK = 100_000  # rows that are read, and answered, at a time
STDIN = "-"
AGAIN = ".1"  # what pandas calls the second of two columns of one name


def row_batches(dataset: Dataset, source: str) -> Iterator[pd.DataFrame]:
    """The keys of rows in a file, or of CSV on standard input (`-`), so many at a time; other columns are not read.

    Raises ContractError where a column is missing, or holds what is no value of its type.
    """
    declared = asked(dataset)
    form = replace(feed_tables(dataset.tables, [declared])[next(iter(declared.feeds))], name=ROWS)
    there: list[str] = []
    for rows in _raw_batches(source, [*declared.key], there):
        keys, findings = from_text(form, None, rows) if _is_text(source) else (widened(form, rows), [])
        found = check_columns(form, keys.reindex(columns=[*form.schema.columns]), None) if not findings else []
        absent = [name for name in declared.key if name not in keys]
        told = f"missing; there are {', '.join(dict.fromkeys(there))}"
        findings += [Finding(Level.STOP, ROWS, None, name, "column_present", told, "add it") for name in absent]
        findings += [one for one in found if one.rule == "type" and one.column in {*declared.key} - {*absent}]
        if findings:
            raise ContractError(mended(findings), _called(source))
        yield keys[[*declared.key]]


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


def _raw_batches(source: str, names: list[str], there: list[str]) -> Iterator[pd.DataFrame]:
    """The columns `names`, as far as they are `there`, which all columns of the source are added to."""

    def wanted(name: str) -> bool:
        there.append(name)
        return name.removesuffix(AGAIN) in names

    try:
        if _is_text(source):
            text = sys.stdin if source == STDIN else source
            with pd.read_csv(text, chunksize=CHUNK, usecols=wanted, **TEXT) as batches:
                for batch in batches:
                    _once(source, [name.removesuffix(AGAIN) for name in batch])
                    yield batch
            return
        file = pq.ParquetFile(source)
        there += file.schema_arrow.names
        kept = [name for name in there if name in names]
        _once(source, kept)
        yield from (each.to_pandas() for each in file.iter_batches(CHUNK, columns=kept))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise OntimeError(f"{_called(source)} cannot be read as rows with {', '.join(names)}: {error}") from error


def _once(source: str, there: Sequence[str]) -> None:
    if twice := sorted({name for name in there if there.count(name) > 1}):
        raise OntimeError(f"{_called(source)}: expected each column once, found more than one {', '.join(twice)}")


def _called(source: str) -> str:
    return "standard input" if source == STDIN else source


def _is_text(source: str) -> bool:
    return source == STDIN or Path(source).suffix == ".csv"
