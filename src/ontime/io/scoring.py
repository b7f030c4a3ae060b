"""A folder of messages, a model and rows -> answers, chunk after chunk: what `predict` and `score` share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from ontime.core.contract.findings import ContractError
from ontime.core.evaluation.conformal import Calibration
from ontime.core.features.table import describe
from ontime.core.model.model import Model
from ontime.core.serving.admission import admit_reference, needed
from ontime.core.serving.batch import Batch, Terms, Watch, whole_months
from ontime.dataset.dataset import Dataset
from ontime.dataset.features import FeatureSet
from ontime.errors import OntimeError
from ontime.io.formats import read_json, read_model, read_parquet
from ontime.io.hashes import content_hash, version
from ontime.io.message_files import Folder
from ontime.io.paths import Files, part
from ontime.io.row_files import CHUNK
from ontime.params import LEADS, Costs

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


def answered(batch: Batch, rows: Iterable[pd.DataFrame], total: int | None = None) -> Iterator[pd.DataFrame]:
    """Answers to rows that come in batches, in their order; one frame at least."""
    yield batch.nothing()
    with tqdm(total=total, desc="rows", unit=" rows", disable=None) as progress:
        for chunk in whole_months(rows, batch.month_of, CHUNK):
            yield batch.answer(chunk)
            progress.update(len(chunk))
