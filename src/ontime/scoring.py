"""A folder of messages, a model and rows -> answers, chunk after chunk: what `predict` and `score` share."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from tqdm import tqdm

from ontime.core.batch import ROWS, Batch, Terms, Watch, whole_months
from ontime.core.conformal import Calibration
from ontime.core.door import Tables, admit_reference, empty, mended, needed
from ontime.core.features import describe
from ontime.core.findings import ContractError, Finding, Level
from ontime.core.messages import feed_tables, from_text, widened
from ontime.core.model import Model
from ontime.core.structure import MONTH, check_columns, unreadable
from ontime.dataset import Dataset, FeatureSet, Messages, Table
from ontime.errors import OntimeError
from ontime.files import Files, part
from ontime.formats import read_json, read_model, read_parquet
from ontime.params import LEADS, Costs
from ontime.places import below, content_hash

Read = tuple[pd.DataFrame | None, list[Finding]]

CHUNK = 100_000  # rows that are read, and answered, at a time
KINDS = (".parquet", ".csv")
STDIN = "-"
FETCH_AGAIN = "Fetch it again (dvc pull, or dvc checkout), or make it anew (dvc repro)"
TEXT: dict[str, Any] = {"dtype": "str", "keep_default_na": False, "na_values": [""]}
MOVE = "move it elsewhere, or give it the name of a feed or a table"


@dataclass
class Folder:
    """Feeds and reference tables as files, `<name>.parquet` or `<name>/<month>.parquet`, or `.csv`.

    A file for all months is held in memory. Raises ContractError with everything that is wrong with names and files.
    """

    folder: Path
    contract: Sequence[Table]
    messages: Sequence[Messages]
    _paths: dict[tuple[str, str | None], Path] = field(default_factory=dict)
    _whole: dict[str, dict[str, pd.DataFrame]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.folder.is_dir():
            raise OntimeError(f"{self.folder} is no folder: expected one with {', '.join(self.forms)}")
        findings = [wrong for path in sorted(below(self.folder)) for wrong in self._place(path)]
        findings += [
            _file(feed, None, "file_present", "missing", "give it") for feed in self.forms if not self._has(feed)
        ]
        for name in [name for name, month in self._paths if month is None and name in self.forms]:
            findings += mended(self._divide(name))
        if findings:
            raise ContractError(findings, str(self.folder))

    @cached_property
    def forms(self) -> dict[str, Table]:
        return feed_tables(self.contract, self.messages)

    def months(self) -> list[str]:
        """The months that any feed has, and those between the first and the last file of one month, ascending.

        What a feed lacks there is missing.
        """
        named = sorted(month for name, month in self._paths if name in self.forms and month)
        span = pd.period_range(named[0], named[-1], freq="M").astype(str) if named else []
        return sorted({*span}.union(*self._whole.values()))

    def read(self, feed: str, month: str) -> Read:
        """A month of a feed; none where its file is missing, no rows where a file for all months has none of it."""
        if feed in self._whole:
            return self._whole[feed].get(month, empty(self.forms[feed])), []
        path = self._paths.get((feed, month))
        return (None, []) if path is None else read(path, self.forms[feed], month)

    def reference(self) -> tuple[Tables, list[Finding]]:
        """The reference tables that are there and needed."""
        found, findings = {}, []
        for table in (table for table in needed(self.contract) if (table.name, None) in self._paths):
            frame, wrong = read(self._paths[table.name, None], table, None)
            findings += wrong
            if frame is not None:
                found[table.name] = frame
        return found, findings

    def _has(self, feed: str) -> bool:
        return any(name == feed for name, _ in self._paths)

    def _place(self, path: Path) -> list[Finding]:
        """Note whose file it is; what is wrong if nobody's."""
        name, _, month = path.relative_to(self.folder).with_suffix("").as_posix().partition("/")
        known = name in self.forms or (not month and name in {t.name for t in self.contract if not t.monthly})
        if path.suffix not in KINDS or not known or (month and not MONTH.fullmatch(month)):
            return [_file(path.relative_to(self.folder).as_posix(), None, "file_known", "unknown", MOVE)]
        if any(name == its and (month == at or not (month and at)) for its, at in self._paths):
            return [
                _file(name, month or None, "file_once", "more than one", "keep one file for each month, or for all")
            ]
        self._paths[name, month or None] = path
        return []

    def _divide(self, feed: str) -> list[Finding]:
        """A file for all months into months; a row without a day goes into the first, where the contract finds it."""
        form = self.forms[feed]
        frame, findings = read(self._paths[feed, None], form, None)
        if frame is None or findings:
            return findings
        if wrong := [finding for finding in check_columns(form, frame, None) if finding.rule != "rows"]:
            return wrong
        day = next(one for one in self.messages if feed in one.feeds).day
        month = day(frame).dt.strftime("%Y-%m")
        if len(frame) and month.isna().all():
            return [_file(feed, None, "days_named", "no row names a day", "correct the key at its source")]
        month = month.fillna(month.min())
        self._whole[feed] = {str(each): rows.reset_index(drop=True) for each, rows in frame.groupby(month, sort=True)}
        return []


def batch(dataset: Dataset, files: Files, folder: Path, terms: Terms, max_quarantined: float, watch: Watch) -> Batch:
    """Everything that rows are answered with. Reference tables that the folder lacks are the checkout's clean ones."""
    found = Folder(folder, dataset.tables, dataset.messages)
    raw, findings = found.reference()
    admitted = admit_reference(dataset.tables, raw, max_quarantined)
    findings += admitted.findings
    if any(finding.stops for finding in findings):
        raise ContractError(findings, str(folder))
    lacking = [table for table in needed(dataset.tables) if table.name not in admitted.tables]
    clean = {table.name: _lent(part(files.clean, table.name, None)) for table in lacking}
    return Batch(
        dataset.tables,
        dataset.messages,
        {**clean, **admitted.tables},
        found.read,
        found.months(),
        max_quarantined,
        str(folder),
        terms,
        watch,
        quarantine={"reference": admitted.quarantine},
        findings=findings,
    )


def _lent(path: Path) -> pd.DataFrame:
    try:
        return read_parquet(path)
    except OntimeError as error:
        raise OntimeError(f"{error}: give {path.name} beside the feeds, or fetch it (dvc pull)") from error


def terms(
    dataset: Dataset, files: Files, folder: Path, model: Path, costs: Costs, now: pd.Timestamp | None = None
) -> Terms:
    """How rows are answered: the model and its lead, costs, conformal bounds, and the versions of model and data.

    Raises OntimeError where model, signature or bounds are missing, broken or do not fit.
    """
    loaded, lead_hours = _loaded(dataset.features, model)
    calibration = _calibration(files.conformal_bounds)
    there = {path.stem for path in folder.glob("*")}
    names = [table.name for table in needed(dataset.tables) if table.name not in there]
    lent = [path for name in names if (path := part(files.clean, name, None)).exists()]
    return Terms(
        dataset.features,
        loaded,
        lead_hours,
        costs,
        calibration,
        content_hash(model),
        content_hash(folder, *lent),
        now,
    )


def _loaded(features: FeatureSet, folder: Path) -> tuple[Model, float]:
    """A model and its lead in hours."""
    if folder.is_file():
        raise OntimeError(f"{folder} is no folder: expected one with model.txt and signature.json")
    text, signature = read_model(folder)
    try:
        model = Model.load(text, signature)
    except OntimeError as error:
        raise OntimeError(f"{folder}/{error}. {FETCH_AGAIN}") from error
    known = {feature.name: feature.dtype for feature in describe(features)}
    if wrong := [f"{name}: {dtype}" for name, dtype in model.inputs.types.items() if known.get(name) != dtype]:
        raise OntimeError(f"{folder}/signature.json: expected features of docs/features.md, found {', '.join(wrong)}")
    lead = signature.get("lead_hours")
    if not _is_number(lead) or not LEADS[0] <= lead <= LEADS[1]:
        told = f"expected lead_hours from {LEADS[0]:g} to {LEADS[1]:g}, found {lead!r}"
        raise OntimeError(f"{folder}/signature.json: {told}: take a model that the stage train made")
    return model, lead


def _calibration(path: Path) -> Calibration:
    """The bounds of conformal sets."""
    content = read_json(path)
    bounds = [content.get(name, "missing") for name in Calibration._fields] if isinstance(content, dict) else ["none"]
    if not all(bound is None or (_is_number(bound) and 0 <= bound <= 1) for bound in bounds):
        expected = f"{' and '.join(Calibration._fields)}, each a probability or null"
        raise OntimeError(f"{path}: expected bounds of conformal sets, {expected}, found {content}: git has it")
    return Calibration.load(content)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def asked(dataset: Dataset) -> Messages:
    """The messages whose rows are predicted. Raises OntimeError where none are declared."""
    predicted = dataset.features.tables[0]
    found = [declared for declared in dataset.messages if declared.table == predicted]
    if not found or found[0].identity is None:
        raise OntimeError(f"the dataset {dataset.name} declares no messages with an identity of {predicted}: no scores")
    return found[0]


def answered(batch: Batch, rows: Iterable[pd.DataFrame], total: int | None = None) -> Iterator[pd.DataFrame]:
    """Answers to rows that come in batches, in their order; one frame at least."""
    yield batch.nothing()
    with tqdm(total=total, desc="rows", unit=" rows", disable=None) as progress:
        for chunk in whole_months(rows, batch.month_of, CHUNK):
            yield batch.answer(chunk)
            progress.update(len(chunk))


def row_batches(dataset: Dataset, source: str) -> Iterator[pd.DataFrame]:
    """The keys of rows in a file, or of CSV on standard input (`-`), so many at a time; other columns are not read.

    Raises ContractError where a column is missing, or holds what is no value of its type.
    """
    declared = asked(dataset)
    form = replace(feed_tables(dataset.tables, [declared])[next(iter(declared.feeds))], name=ROWS)
    for rows in _raw_batches(source, [*declared.key]):
        keys, findings = from_text(form, None, rows) if _is_text(source) else (widened(form, rows), [])
        found = check_columns(form, keys.reindex(columns=[*form.schema.columns]), None) if not findings else []
        absent = [name for name in declared.key if name not in keys]
        findings += [Finding(Level.STOP, ROWS, None, name, "column_present", "missing", "add it") for name in absent]
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


def read(path: Path, form: Table, month: str | None) -> Read:
    """A file as its form has it, with what is wrong in it; no frame where it cannot be read."""
    try:
        if path.suffix != ".csv":
            return widened(form, read_parquet(path)), []
        return from_text(form, month, pd.read_csv(path, **TEXT))
    except OntimeError as error:
        return None, mended([unreadable(form, month, error)])
    except (ValueError, OSError) as error:  # what pandas raises on what is no CSV, no UTF-8, or a link to nothing
        return None, mended([unreadable(form, month, error)])


def _raw_batches(source: str, names: list[str]) -> Iterator[pd.DataFrame]:
    try:
        if _is_text(source):
            text = sys.stdin if source == STDIN else source
            with pd.read_csv(text, chunksize=CHUNK, usecols=lambda name: name in names, **TEXT) as batches:
                yield from batches
            return
        file = pq.ParquetFile(source)
        found = file.schema_arrow.names
        there = [name for name in names if name in found]
        if twice := [name for name in there if found.count(name) > 1]:
            raise OntimeError(f"{source}: expected each column once, found more than one {', '.join(twice)}")
        yield from (each.to_pandas() for each in file.iter_batches(CHUNK, columns=there))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise OntimeError(f"{_called(source)} cannot be read as rows with {', '.join(names)}: {error}") from error


def _called(source: str) -> str:
    return "standard input" if source == STDIN else source


def _is_text(source: str) -> bool:
    return source == STDIN or Path(source).suffix == ".csv"


def _file(name: str, month: str | None, rule: str, found: str, remedy: str) -> Finding:
    return Finding(Level.STOP, name, month, "the file", rule, found, remedy)
