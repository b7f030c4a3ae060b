"""A folder of messages, a bundle and rows -> for each row a probability, a decision and a conformal set."""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ontime.core.contract.findings import describe_findings, quantity
from ontime.dataset.dataset import Dataset
from ontime.errors import OntimeError
from ontime.io.answer_files import read_predictor, read_terms, write_answers
from ontime.io.atomic import file_drafts
from ontime.io.formats import write_parquet
from ontime.io.message_files import KINDS
from ontime.io.paths import Files
from ontime.io.row_files import count_rows, read_rows
from ontime.params import Validate

log = logging.getLogger(__name__)

QUARANTINE = ".quarantine.parquet"  # the end of its name, after that of the answers


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which rows are answered from what, and where the answers go."""
    parser.add_argument("--rows", required=True, metavar="FILE", help="the rows to answer: Parquet, CSV, or - for CSV")
    parser.add_argument("--events", required=True, type=Path, metavar="DIR", help="the messages, a file for each feed")
    parser.add_argument("--bundle", type=Path, metavar="DIR", help="what answers; without, data/models/bundle")
    parser.add_argument("--out", required=True, type=Path, metavar="FILE", help="the answers: .parquet or .csv")
    parser.add_argument(
        "--now", metavar="MOMENT", help="answer as of then (2013-11-05T12:00Z); without, the wall clock"
    )


def run(
    dataset: Dataset,
    files: Files,
    validate: Validate,
    *,
    rows: str,
    events: Path,
    bundle: Path | None,
    out: Path,
    now: str | None,
) -> None:
    """Write the answers, and beside them what was quarantined. Raises OntimeError, and writes nothing, on a stop."""
    bundle, quarantine_path = bundle or files.bundle, out.with_name(f"{out.name}{QUARANTINE}")
    _check_places([out, quarantine_path], [Path(rows), events, bundle, files.clean])
    total, moment = count_rows(rows), _moment(now)
    with file_drafts(quarantine_path, out) as (quarantine_draft, out_draft):
        terms = read_terms(dataset, files, events, bundle, moment)
        predictor = read_predictor(dataset, files, events, terms, validate.max_quarantined)
        count = write_answers(predictor, read_rows(dataset, rows), out_draft, total)
        quarantine, findings = predictor.quarantine(), describe_findings(predictor.findings())
        if not count and len(predictor.refused()):
            raise OntimeError(f"{rows}: expected rows of the schedule, found none. Nothing was written.\n\n{findings}")
        write_parquet(quarantine, quarantine_draft)
    if findings:
        log.warning("%s", findings)
    level = logging.WARNING if len(quarantine) else logging.INFO
    log.log(level, "%s quarantined, in %s", quantity(len(quarantine), "value"), quarantine_path)
    versions = f"by model {terms.bundle.version} from data {terms.data_version}"
    log.info("%s answered %s, in %s", quantity(count, "row"), versions, out)


def _check_places(places: Sequence[Path], inputs: Sequence[Path]) -> None:
    """Raises OntimeError where what is written would be what is read, or cannot be a file."""
    out = places[0]
    if out.suffix not in KINDS:
        raise OntimeError(f"--out {out}: expected a name that ends in {' or '.join(KINDS)}")
    for place in places:
        if place.is_dir():
            raise OntimeError(f"--out {out}: {place} would be written, and is a folder: give another name")
        for read in inputs:
            if place.resolve() == read.resolve() or read.resolve() in place.resolve().parents:
                raise OntimeError(f"--out {out}: {place} would be written, and {read} is read: give another name")


def _moment(text: str | None) -> pd.Timestamp:
    """The moment that the text names; without one, now."""
    if text is None:
        return pd.Timestamp.now("UTC").floor("s")
    try:
        moment = pd.Timestamp(text)
    except ValueError as error:
        raise OntimeError(f"--now {text}: expected a moment, for example 2013-11-05T12:00Z") from error
    if moment.tz is None:
        raise OntimeError(f"--now {text}: expected a moment with a zone, for example 2013-11-05T12:00Z")
    return moment.tz_convert("UTC").floor("s")
