"""A folder of messages and a model -> for each row that is asked for a probability, a decision and a conformal set."""

import argparse
import logging
from pathlib import Path

import pandas as pd

from ontime.core.findings import describe
from ontime.dataset import Dataset
from ontime.errors import OntimeError
from ontime.files import Files, write_chunks, write_parquet
from ontime.params import Costs, Validate
from ontime.scoring import KINDS, answered, batch, count_rows, row_batches, terms

log = logging.getLogger(__name__)


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
    """Write the answers, and beside them what was quarantined. Raises ContractError, and writes nothing, on a stop."""
    if out.suffix not in KINDS:
        raise OntimeError(f"--out {out}: expected a name that ends in {' or '.join(KINDS)}")
    given = terms(dataset, files, events, model or files.candidate, costs, _moment(now))
    asked = batch(dataset, files, events, given, validate.max_quarantined, lambda *_: None)
    count = write_chunks(answered(asked, row_batches(dataset, rows), count_rows(rows)), out)
    broken = pd.concat(asked.quarantine.values(), ignore_index=True)
    place = out.with_name(f"{out.stem}.quarantine.parquet")
    if asked.findings:
        log.warning("%s", describe(asked.findings))
    if len(broken):
        write_parquet(broken, place)
        log.warning("%s values quarantined, in %s", f"{len(broken):,}", place)
    else:
        place.unlink(missing_ok=True)
    log.info("%s rows answered by model %s from data %s", f"{count:,}", given.model_version, given.data_version)


def _moment(text: str | None) -> pd.Timestamp:
    """The moment that is meant, or that it is."""
    if text is None:
        return pd.Timestamp.now("UTC")
    try:
        moment = pd.Timestamp(text)
    except ValueError as error:
        raise OntimeError(f"--now {text}: expected a moment, 2013-11-05T12:00Z") from error
    if moment.tz is None:
        raise OntimeError(f"--now {text}: expected a moment with a zone, {text}Z for UTC")
    return moment.tz_convert("UTC")
