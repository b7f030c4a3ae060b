"""Every path, once, and the writers: equal frames give equal bytes, and an output is there whole or not at all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from ontime.errors import OntimeError


@dataclass(frozen=True)
class Files:
    """The files of one checkout, below `root`."""

    root: Path = Path()

    @property
    def params(self) -> Path:
        return self.root / "params.yaml"

    @property
    def raw(self) -> Path:
        """Folder: the source's tables, values untouched."""
        return self.root / "data/raw"

    @property
    def clean(self) -> Path:
        """Folder: laid out as raw; what kept the contract, with UTC clocks and `day`."""
        return self.root / "data/clean"

    @property
    def quarantine(self) -> Path:
        """What broke the contract: table, key, column, rule, value."""
        return self.root / "data/quarantine.parquet"

    @property
    def features(self) -> Path:
        """Folder: a row for each of the schedule, one file per month."""
        return self.root / "data/features"

    @property
    def validate(self) -> Path:
        """The record of `validate` in a few numbers."""
        return self.root / "metrics/validate.json"

    @property
    def validate_columns(self) -> Path:
        """Per table, month and column: rows, shares missing and extreme, mean, shift."""
        return self.root / "metrics/validate_columns.csv"

    @property
    def validate_findings(self) -> Path:
        """What the contract found and let pass: quarantined and warned of."""
        return self.root / "metrics/validate_findings.csv"

    @property
    def data_dictionary(self) -> Path:
        return self.root / "docs/data.md"

    @property
    def feature_dictionary(self) -> Path:
        return self.root / "docs/features.md"

    @property
    def work(self) -> Path:
        """Folder: work in progress, seen by neither git nor DVC."""
        return self.root / ".ontime/work"

    @contextmanager
    def whole(self, stage: str, *outputs: Path) -> Iterator[Files]:
        """A draft to write `outputs` in: they take their places when the block ends well, else nothing changes.

        Raises OntimeError where another run of the stage is at work, or where a place cannot be written.
        """
        self.work.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.work / f"{stage}.lock", timeout=0):
                draft = Files(self.work / stage)
                shutil.rmtree(draft.root, ignore_errors=True)
                try:
                    yield draft
                    _place({draft.root / output.relative_to(self.root): output for output in outputs})
                finally:
                    shutil.rmtree(draft.root, ignore_errors=True)
        except Timeout as error:
            raise OntimeError(f"another run of {stage} is at work in this folder: wait until it has ended") from error


def _place(drafts: Mapping[Path, Path]) -> None:
    """Put every draft in its place. Where one cannot be put, all that was there before is put back."""
    places = {place: place.with_name(f".{place.name}.before") for place in drafts.values()}
    try:
        for draft, place in drafts.items():
            place.parent.mkdir(parents=True, exist_ok=True)
            _remove(places[place])
            if place.exists():
                place.rename(places[place])
            shutil.move(draft, place)
    except OSError as error:
        for place, before in places.items():
            if before.exists():
                _remove(place)
                before.rename(place)
        raise OntimeError(f"an output cannot be written, and all are as they were: {error}") from error
    for before in places.values():
        _remove(before)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def part(folder: Path, table: str, month: str | None) -> Path:
    """The file of one part of a table below `folder`."""
    return folder / f"{table}.parquet" if month is None else folder / table / f"{month}.parquet"


def parts(folder: Path) -> list[tuple[str, str | None]]:
    """(table, month) of every file below `folder`, sorted; what is no Parquet file comes as (its path, None).

    Raises OntimeError where there is no folder.
    """
    if not folder.is_dir():
        raise OntimeError(f"{folder} is missing: run the stage that makes it (dvc repro), or fetch it (dvc pull)")
    found = []
    for path in sorted(path for path in folder.rglob("*") if not path.is_dir() or path.suffix == ".parquet"):
        name = path.relative_to(folder).as_posix()
        table, _, month = name.removesuffix(".parquet").partition("/")
        found.append((table, month or None) if path.is_file() and path.suffix == ".parquet" else (name, None))
    return found


def read_parquet(path: Path) -> pd.DataFrame:
    """The frame in one file. Raises OntimeError where the file is missing, no Parquet or broken inside."""
    try:
        table = pq.read_table(path, partitioning=None)
        table.validate(full=True)
        return table.to_pandas()
    except FileNotFoundError as error:
        raise OntimeError(f"{path} is missing") from error
    except (pa.ArrowException, OSError) as error:
        raise OntimeError(f"{path} cannot be read as Parquet: {error}") from error


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Without index; the types are noted as pandas does, the release numbers of the writers are not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pandas(frame, preserve_index=False)
    notes = json.loads((table.schema.metadata or {})[b"pandas"])
    types = {name: note for name, note in notes.items() if name not in {"creator", "pandas_version"}}
    pq.write_table(table.replace_schema_metadata({"pandas": json.dumps(types)}), path, compression="zstd")


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Without index."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(path, index=False, lineterminator="\n")


def write_json(content: Any, path: Path) -> None:  # noqa: ANN401 - whatever JSON holds
    """Sorted keys, final newline. Raises ValueError on NaN, which is no JSON."""
    write_text(json.dumps(content, indent=2, sort_keys=True, allow_nan=False) + "\n", path)


def write_text(text: str, path: Path) -> None:
    """Whole or not at all: the file is replaced in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text, encoding="utf-8", newline="\n")
    draft.replace(path)
