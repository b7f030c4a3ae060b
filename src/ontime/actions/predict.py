"""A folder of messages and a model -> for each row that is asked for a probability, a decision and a conformal set."""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ontime.core.contract.findings import counted, describe
from ontime.dataset.dataset import Dataset
from ontime.errors import OntimeError
from ontime.io.atomic import together
from ontime.io.formats import write_chunks, write_parquet
from ontime.io.message_files import KINDS
from ontime.io.paths import Files
from ontime.io.row_files import count_rows, row_batches
from ontime.io.scoring import answered, batch, terms
from ontime.params import Costs, Validate

log = logging.getLogger(__name__)

QUARANTINE = ".quarantine.parquet"  # the end of its name, after that of the answers


def arguments(parser: argparse.ArgumentParser) -> None:
    """What is asked, and where the answers go."""
    parser.add_argument("--rows", required=True, metavar="FILE", help="the rows to answer: Parquet, CSV, or - for CSV")
    parser.add_argument("--events", required=True, type=Path, metavar="DIR", help="the messages, a file for each feed")
    parser.add_argument("--model", type=Path, metavar="DIR", help="the model; without, data/models/candidate")
    parser.add_argument("--out", required=True, type=Path, metavar="FILE", help="the answers: .parquet or .csv")
    parser.add_argument(
        "--now", metavar="MOMENT", help="answer as of then (2013-11-05T12:00Z); without, the wall clock"
    )


def run(
    dataset: Dataset,
    files: Files,
    validate: Validate,
    costs: Costs,
    *,
    rows: str,
    events: Path,
    model: Path | None,
    out: Path,
    now: str | None,
) -> None:
    """Write the answers, and beside them what was quarantined. Raises OntimeError, and writes nothing, on a stop."""
    model, broken = model or files.candidate, out.with_name(f"{out.name}{QUARANTINE}")
    _check_places([out, broken], [Path(rows), events, model, files.clean])
    total, moment = count_rows(rows), _moment(now)
    with together(broken, out) as (broken_draft, out_draft):
        given = terms(dataset, files, events, model, costs, moment)
        asked = batch(dataset, files, events, given, validate.max_quarantined, lambda *_: None)
        count = write_chunks(answered(asked, row_batches(dataset, rows), total), out_draft)
        quarantine, told = asked.broken(), describe(asked.found())
        if not count and len(asked.refused()):
            raise OntimeError(f"{rows}: expected rows of the schedule, found none. Nothing was written.\n\n{told}")
        write_parquet(quarantine, broken_draft)
    if told:
        log.warning("%s", told)
    if len(quarantine):
        log.warning("%s quarantined, in %s", counted(len(quarantine), "value"), broken)
    log.info("%s answered by model %s from data %s", counted(count, "row"), given.model_version, given.data_version)


def _check_places(places: Sequence[Path], inputs: Sequence[Path]) -> None:
    """Raises OntimeError where what is written would be what is read, or cannot be a file."""
    if places[0].suffix not in KINDS:
        raise OntimeError(f"--out {places[0]}: expected a name that ends in {' or '.join(KINDS)}")
    for place in places:
        if place.is_dir():
            raise OntimeError(f"--out {places[0]}: {place} would be written, and is a folder: give another name")
        for read in inputs:
            if place.resolve() == read.resolve() or read.resolve() in place.resolve().parents:
                raise OntimeError(f"--out {places[0]}: {place} would be written, and {read} is read: give another name")


def _moment(text: str | None) -> pd.Timestamp:
    """The moment that is meant, or that it is."""
    if text is None:
        return pd.Timestamp.now("UTC").floor("s")
    try:
        moment = pd.Timestamp(text)
    except ValueError as error:
        raise OntimeError(f"--now {text}: expected a moment, for example 2013-11-05T12:00Z") from error
    if moment.tz is None:
        raise OntimeError(f"--now {text}: expected a moment with a zone, for example 2013-11-05T12:00Z")
    return moment.tz_convert("UTC").floor("s")
