"""Frames, JSON, text and pictures as files: equal ones give equal bytes, and what is broken has a clear error."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ontime.errors import OntimeError, Record, validated
from ontime.io.atomic import write_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MISSING = "is missing: run the stage that makes it (dvc repro), or fetch it (dvc pull)"
COLORS = 64  # of a picture
MOMENT = "%Y-%m-%dT%H:%M:%SZ"  # in CSV, where pandas alone writes as many digits as the values of each chunk need


def read_parquet(path: Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """The frame in one file: all columns, or some.

    Raises OntimeError where the file is missing, no Parquet or broken inside.
    """
    try:
        table = pq.read_table(path, columns=columns and [*columns], partitioning=None)
        table.validate(full=True)
        return _to_pandas(table, path)
    except FileNotFoundError as error:
        raise OntimeError(f"{path} is missing") from error
    except (pa.ArrowException, OSError) as error:
        reason = str(error).partition("\n")[0]  # pyarrow may add the whole schema
        raise OntimeError(f"{path} cannot be read as Parquet: {reason}") from error


def _to_pandas(table: pa.Table, path: Path) -> pd.DataFrame:
    try:
        return table.to_pandas()
    except (TypeError, ValueError, KeyError) as error:  # somebody changed the file, and the notes of pandas stayed
        reason = f"its columns are not what its notes for pandas say ({error})"
        raise OntimeError(f"{path} cannot be read as Parquet: {reason}: make it anew") from error


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Without index; the types are noted as pandas does, the release numbers of the writers are not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(_noted(frame), path, compression="zstd")


def write_chunks(frames: Iterator[pd.DataFrame], path: Path) -> int:
    """Frames of the same columns, at least one, in one file (CSV by its name, else Parquet), which grows: a draft.

    Only one frame at a time is in memory. Returns the number of rows.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    return (_append_csv if path.suffix == ".csv" else _append_parquet)(frames, path)


def _append_csv(frames: Iterator[pd.DataFrame], path: Path) -> int:
    rows = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        for number, frame in enumerate(frames):
            moments = {str(name): frame[name].dt.strftime(MOMENT) for name in frame.select_dtypes("datetimetz")}
            frame.assign(**moments).to_csv(file, index=False, lineterminator="\n", header=not number)
            rows += len(frame)
    return rows


def _append_parquet(frames: Iterator[pd.DataFrame], path: Path) -> int:
    first = _noted(next(frames))
    rows = len(first)
    with pq.ParquetWriter(path, first.schema, compression="zstd") as writer:
        writer.write_table(first)
        for frame in frames:
            writer.write_table(_noted(frame).cast(first.schema))
            rows += len(frame)
    return rows


def _noted(frame: pd.DataFrame) -> pa.Table:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    notes = json.loads((table.schema.metadata or {})[b"pandas"])
    types = {name: note for name, note in notes.items() if name not in {"creator", "pandas_version"}}
    return table.replace_schema_metadata({"pandas": json.dumps(types)})


def read_csv(path: Path) -> pd.DataFrame:
    """Raises OntimeError where the file is missing."""
    return pd.read_csv(io.StringIO(read_text(path)))


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Without index."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(path, index=False, lineterminator="\n")


def read_json(path: Path) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Raises OntimeError where the file is missing or no JSON."""
    try:
        return json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise OntimeError(f"{path} is not valid JSON: {error}") from error


def read_record(kind: type[Record], path: Path) -> Record:
    """The JSON of a file as a pydantic dataclass of this kind. Raises OntimeError with the file and all wrong keys."""
    return validated(kind, read_json(path), str(path))


def write_json(content: Any, path: Path) -> None:  # noqa: ANN401 - whatever JSON holds
    """Sorted keys, final newline. Raises ValueError on NaN, which is no JSON."""
    write_text(json.dumps(content, indent=2, sort_keys=True, allow_nan=False) + "\n", path)


def read_text(path: Path) -> str:
    """Raises OntimeError where the file is missing, may not be read or is no UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise OntimeError(f"{path} {MISSING}") from error
    except UnicodeDecodeError as error:
        raise OntimeError(f"{path} is no text in UTF-8: {error}") from error
    except OSError as error:
        raise OntimeError(f"{path} cannot be read: {error}") from error


def read_bytes(path: Path) -> bytes:
    """Raises OntimeError where the file is missing."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise OntimeError(f"{path} {MISSING}") from error


def write_png(figure: Figure, path: Path) -> None:
    """In so few colours that the file is small, and without the release number of the writer."""
    path.parent.mkdir(parents=True, exist_ok=True)
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png")
    from PIL import Image  # noqa: PLC0415 - what answers draws nothing and has it not

    few = Image.open(drawn).convert("RGB").quantize(COLORS, dither=Image.Dither.NONE)
    few.save(path, format="png", optimize=True)
