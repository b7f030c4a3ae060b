"""The candidate, the backtest and costs -> data/models/bundle/: all that answers, in one folder with one version."""

import logging

import pandas as pd

from ontime.core.evaluation.conformal import by_class
from ontime.core.report.bundle_card import BundleResults, bundle_card
from ontime.core.report.records import HeadlineRecord
from ontime.dataset.dataset import Dataset
from ontime.io.atomic import stage_draft
from ontime.io.bundle_files import write_bundle, write_card
from ontime.io.formats import read_parquet, read_record, write_json
from ontime.io.model_files import read_signature
from ontime.io.paths import Files
from ontime.params import Costs, Features, Slices

log = logging.getLogger(__name__)


def run(dataset: Dataset, files: Files, features: Features, slices: Slices, costs: Costs) -> None:
    """Put together what answers; nothing is learned."""
    signature = read_signature(files.candidate)
    bounds = _conformal_bounds(read_parquet(files.backtest), slices.conformal_level, features.lead_hours)
    headline = read_record(HeadlineRecord, files.intervals)
    with stage_draft(files, "bundle", files.bundle, files.record("bundle")) as draft:
        bundle = write_bundle(draft.bundle, files.candidate, bounds, costs)
        results = BundleResults(dataset.story, signature, bundle, headline, slices.conformal_level)
        write_card(bundle_card(results), draft.bundle)
        record = {"version": bundle.version, "trees": signature.rounds, "data": signature.data, "conformal": bounds}
        write_json(record, draft.bundle_record)
    log.info("bundle %s, %s h ahead", bundle.version, f"{bundle.lead_hours:g}")


def _conformal_bounds(rows: pd.DataFrame, level: float, lead_hours: float) -> dict[str, float | None]:
    """The bounds of later conformal sets, from all rows of the backtest; their level, and the lead they hold at."""
    calibration = by_class(rows["probability"].to_numpy(), rows["outcome"].to_numpy(bool), level)
    return calibration.content() | {"level": level, "lead_hours": lead_hours}
