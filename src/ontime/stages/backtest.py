"""data/features/ -> data/backtest.parquet and its models: each month predicted by what could be learned before it."""

import logging

import pandas as pd
from tqdm import tqdm

from ontime.core.features.table import KEYS, model_features
from ontime.core.model.backtest import Backtest
from ontime.core.model.baselines import baseline_probabilities
from ontime.core.model.split import backtest_months, split_months
from ontime.core.statistics.day_metrics import metric_by_day
from ontime.core.statistics.intervals import estimate, interval_columns
from ontime.core.statistics.metrics import Days
from ontime.dataset.dataset import Dataset
from ontime.io.atomic import stage_draft
from ontime.io.checkpoints import stage_checkpoints
from ontime.io.formats import write_csv, write_parquet
from ontime.io.hashes import content_hash
from ontime.io.model_files import write_model
from ontime.io.month_files import months, read_months
from ontime.io.paths import Files
from ontime.params import Features, Intervals, Split, Train

log = logging.getLogger(__name__)
METRICS = ("roc_auc", "log_loss", "brier")


def run(dataset: Dataset, files: Files, features: Features, split: Split, train: Train, intervals: Intervals) -> None:
    """Search and fit for one month after another. Killed and run again, it goes on where it was."""
    declared = dataset.features
    types = model_features(declared, train.leave_out)
    windows = split_months(months(files.features), split)
    tested = backtest_months(windows, split)
    rows = read_months(files.features, windows.before_test, [*KEYS, *{**types, **declared.climate}])
    test = Backtest(rows, features.lead_hours, types, split, train)
    ingredients = {"data": content_hash(files.features), "features": features, "split": split, "train": train}
    predicted, lines = [], []
    with (
        stage_draft(files, "backtest", files.backtest, files.backtest_models, files.record("backtest")) as draft,
        stage_checkpoints(files, "backtest", **ingredients) as kept,
        tqdm(total=2 * len(tested), desc="backtest", unit=" steps", disable=None) as progress,
    ):
        rounds = test.search(tested, kept, progress.update)
        for month in test.refit(rounds, kept):
            write_model(month.model, draft.backtest_models / month.name)
            frame = month.predictions()
            predicted.append(frame.join(baseline_probabilities(month.known, month.rows, types, declared.climate)))
            lines.append({"month": month.name, "trees": rounds[month.name]} | _measure(frame, intervals))
            progress.update()
        table = pd.DataFrame(lines).round(4)
        write_parquet(pd.concat(predicted, ignore_index=True), draft.backtest)
        write_csv(table, draft.backtest_months)
    log.info("mean ROC AUC %.4f, mean log loss %.4f", table["roc_auc"].mean(), table["log_loss"].mean())


def _measure(frame: pd.DataFrame, intervals: Intervals) -> dict[str, object]:
    days = Days(frame["day"], frame["outcome"], frame["probability"].to_numpy())
    line: dict[str, object] = {"rows": len(frame), "rate": float(frame["outcome"].mean())}
    for metric in METRICS:
        estimates = {metric: estimate(metric_by_day(metric, days), days.calendar, intervals)}
        line |= interval_columns(estimates, intervals.level)
    return line
