"""data/clean/ -> data/lead/, metrics/lead/: the backtest at another lead, and what feature groups are worth there."""

import argparse
import logging

import pandas as pd
from tqdm import tqdm

from ontime.core.evaluation.lead_record import REFERENCE, ablate, measure_lead
from ontime.core.features.table import KEYS, ablations, build_months, model_features, read_by
from ontime.core.model.backtest import Backtest, BacktestMonth
from ontime.core.model.climatology import fit_climatology
from ontime.core.model.model import DIGITS
from ontime.core.model.split import backtest_months, split_months
from ontime.core.statistics.intervals import Interval
from ontime.dataset.dataset import Dataset
from ontime.dataset.features import FeatureSet
from ontime.io.atomic import stage_draft
from ontime.io.checkpoints import stage_checkpoints
from ontime.io.formats import read_parquet, write_json, write_parquet
from ontime.io.hashes import content_hash
from ontime.io.month_files import months_of, part
from ontime.io.paths import Files
from ontime.params import Intervals, Lead, Split, Train

log = logging.getLogger(__name__)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which lead."""
    parser.add_argument("name", help="a name in lead.leads of params.yaml")


def run(
    dataset: Dataset, files: Files, lead: Lead, split: Split, train: Train, intervals: Intervals, *, name: str
) -> None:
    """Compute features in memory, search and fit for one month after another. Killed and run again, it goes on."""
    declared, hours = dataset.features, lead.hours(name)
    types = model_features(declared, train.leave_out)
    parts = split_months(months_of(files.clean, declared.tables[0]), split)
    tested = backtest_months(parts, split)
    without = ablations(declared, train.leave_out) if name in lead.ablation_at else {}
    backtest = Backtest(_rows(declared, files, parts.before_test, types, hours), hours, types, split, train)
    frame_path, record_path = files.lead / f"{name}.parquet", files.lead_metrics / f"{name}.json"
    ingredients = {"data": content_hash(files.clean), "hours": hours, "split": split, "train": train}
    with (
        stage_draft(files, f"lead-{name}", frame_path, record_path) as draft,
        stage_checkpoints(files, f"lead-{name}", **ingredients) as kept,
        tqdm(total=2 * len(tested) + len(without), desc=f"lead {name}", unit=" steps", disable=None) as progress,
    ):
        rounds = backtest.search(tested, kept, progress.update)
        months = []
        for month in backtest.refit(rounds, kept):
            months.append(_predictions(month, declared))
            progress.update()
        predictions = pd.concat(months, ignore_index=True)
        some = dict(list(rounds.items())[:: lead.ablation_every])
        ablation = {}
        for group, rest in without.items():
            ablation[group] = ablate(backtest, rest, some, predictions, intervals)
            progress.update()
        numbers = measure_lead(predictions, intervals)
        write_parquet(predictions, draft.lead / frame_path.name)
        content = {"hours": hours, "rows": len(predictions), "trees": rounds, "ablation": ablation, **numbers}
        write_json(content, draft.lead_metrics / record_path.name)
    log.info("%s, %g hours ahead: ROC AUC %s", name, hours, f"{Interval.load(numbers['roc_auc']):.4f}")


def _rows(declared: FeatureSet, files: Files, months: list[str], types: dict[str, str], hours: float) -> pd.DataFrame:
    """What `featurize` and `backtest` hand over in files: of each month before the test what was known by then."""
    there = months_of(files.clean, declared.tables[0])
    names = {**types, **declared.climate}

    def read(table: str, month: str) -> pd.DataFrame:
        return read_parquet(part(files.clean, table, month))

    frames = build_months(read_by(declared, names), months, there, read, hours)
    return pd.concat([frame[[*KEYS, *names]] for _, frame in frames], ignore_index=True)


def _predictions(month: BacktestMonth, declared: FeatureSet) -> pd.DataFrame:
    rates = fit_climatology(month.known, declared.climate).predict(month.rows)
    return month.predictions().assign(**{REFERENCE: rates.round(DIGITS)})
