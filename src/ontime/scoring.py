"""A folder of messages, a model and rows -> answers, chunk after chunk: what `predict` and `score` share."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from tqdm import tqdm

from ontime.core.batch import ROWS, Batch, Terms, Watch, whole_months
from ontime.core.conformal import Calibration
from ontime.core.door import admit_reference, mended, needed
from ontime.core.features import describe
from ontime.core.findings import ContractError, Finding, Level
from ontime.core.messages import feed_tables, from_text, widened
from ontime.core.model import Model
from ontime.core.structure import check_columns
from ontime.dataset import Dataset, FeatureSet, Messages
from ontime.errors import OntimeError
from ontime.files import Files, part
from ontime.formats import read_json, read_model, read_parquet
from ontime.inbox import KINDS, TEXT, Folder
from ontime.params import LEADS, Costs
from ontime.places import content_hash
from ontime.storage import version

CHUNK = 100_000  # rows that are read, and answered, at a time
STDIN = "-"
AGAIN = ".1"  # what pandas calls the second of two columns of one name
FETCH_AGAIN = "Fetch it again (dvc pull, or dvc checkout), or make it anew (dvc repro)"


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
    calibration = _calibration(files.conformal_bounds, lead_hours)
    there = {path.stem for path in folder.glob("*")}
    names = [table.name for table in needed(dataset.tables) if table.name not in there]
    lent = [path for name in names if (path := part(files.clean, name, None)).exists()]
    return Terms(
        dataset.features,
        loaded,
        lead_hours,
        costs,
        calibration,
        version(model),
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


def _calibration(path: Path, lead_hours: float) -> Calibration:
    """The bounds of conformal sets, which promise nothing of answers at another lead."""
    content = read_json(path)
    bounds = [content.get(name, "missing") for name in Calibration._fields] if isinstance(content, dict) else ["none"]
    if not all(bound is None or (_is_number(bound) and 0 <= bound <= 1) for bound in bounds):
        expected = f"{' and '.join(Calibration._fields)}, each a probability or null"
        raise OntimeError(f"{path}: expected bounds of conformal sets, {expected}, found {content}: git has it")
    if (found := content.get("lead_hours")) != lead_hours:
        told = f"expected bounds of answers {lead_hours:g} hours ahead, as the model gives, found {found}"
        raise OntimeError(f"{path}: {told}: take the file of the model's revision (git), or run dvc repro slices")
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
