"""A checkout, a model and a folder of messages -> what answers a batch of rows; the answers -> a file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from ontime.core.contract.findings import ContractError, Finding
from ontime.core.features.table import read_by
from ontime.core.serving.admission import Tables, admit_reference, needed_tables
from ontime.core.serving.answers import AnswerTerms
from ontime.core.serving.batch import BatchPredictor, OnFeatures
from ontime.core.serving.bundle import check_bundle
from ontime.core.serving.checked_months import CheckedMonths
from ontime.core.serving.messages import predicted_messages
from ontime.dataset.dataset import Dataset
from ontime.errors import OntimeError
from ontime.io.bundle_files import read_bundle
from ontime.io.formats import read_parquet, write_chunks
from ontime.io.hashes import content_hash
from ontime.io.message_files import MessageFolder
from ontime.io.month_files import part
from ontime.io.paths import Files
from ontime.io.row_files import CHUNK


def read_terms(
    dataset: Dataset, files: Files, messages: Path, bundle: Path, now: pd.Timestamp | None = None
) -> AnswerTerms:
    """A bundle, what of the features its model reads, and the version of the messages.

    messages, bundle: folders. Raises ModelUnfitError where a part of the bundle is missing, broken or does not fit.
    """
    answering = read_bundle(bundle)
    check_bundle(answering, dataset.features)
    given = {path.stem for path in messages.glob("*")}
    clean = [part(files.clean, table.name, None) for table in needed_tables(dataset.tables) if table.name not in given]
    data_version = content_hash(messages, *(path for path in clean if path.exists()))
    return AnswerTerms(read_by(dataset.features, answering.model.inputs.types), answering, data_version, now)


def read_predictor(
    dataset: Dataset,
    files: Files,
    messages: Path,
    terms: AnswerTerms,
    max_quarantined: float,
    on_features: OnFeatures = lambda *_: None,
) -> BatchPredictor:
    """What answers rows from a folder of messages; their months are read while rows need them.

    Reference tables that the folder lacks are the checkout's clean ones. Raises ContractError with everything that is
    wrong with names of files and with reference tables.
    """
    folder = MessageFolder(messages, dataset.tables, dataset.messages)
    reference, quarantine, findings = _reference(dataset, files, folder, max_quarantined)
    months = CheckedMonths(
        dataset.tables,
        dataset.messages,
        reference,
        folder.read_month,
        folder.months(),
        max_quarantined,
        str(messages),
        terms.now,
        quarantine={"reference": quarantine},
        findings=findings,
    )
    return BatchPredictor(months, predicted_messages(dataset), terms, on_features)


def write_answers(predictor: BatchPredictor, rows: Iterable[pd.DataFrame], path: Path, total: int | None = None) -> int:
    """Answers to rows that come in batches, in their order, in one file, a draft; total: the number of rows, if known.

    Returns the number of answers.
    """
    with tqdm(total=total, desc="rows", unit=" rows", disable=None) as progress:
        return write_chunks(predictor.answer_all(rows, CHUNK, progress.update), path)


def _reference(
    dataset: Dataset, files: Files, folder: MessageFolder, max_quarantined: float
) -> tuple[Tables, pd.DataFrame, list[Finding]]:
    """Clean reference tables, what was quarantined of those of the folder, and findings."""
    raw, findings = folder.read_reference()
    admitted = admit_reference(dataset.tables, raw, max_quarantined)
    findings += admitted.findings
    if any(finding.stops for finding in findings):
        raise ContractError(findings, str(folder.folder))
    lacking = [table.name for table in needed_tables(dataset.tables) if table.name not in admitted.tables]
    clean = {name: _read_clean(part(files.clean, name, None)) for name in lacking}
    return {**clean, **admitted.tables}, admitted.quarantine, findings


def _read_clean(path: Path) -> pd.DataFrame:
    try:
        return read_parquet(path)
    except OntimeError as error:
        raise OntimeError(f"{error}: give {path.name} beside the feeds, or fetch it (dvc pull)") from error
