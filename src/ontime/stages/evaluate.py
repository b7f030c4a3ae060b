"""The candidate, the backtest and the test window, which nothing is chosen by -> the headline with intervals."""

import logging

import pandas as pd

from ontime.core.features.table import KEYS
from ontime.core.model.baselines import BASELINES, baseline_probabilities
from ontime.core.model.model import Model
from ontime.core.model.split import month_rows, split_months, training_data
from ontime.core.pictures.headline import headline_picture
from ontime.core.statistics.bootstrap import Statistic, calibrated_interval
from ontime.core.statistics.comparison import paired_comparisons
from ontime.core.statistics.curves import calibration_table, precision_curve, roc_curve
from ontime.core.statistics.intervals import Interval
from ontime.core.statistics.metrics import Days
from ontime.dataset.dataset import Dataset
from ontime.io.atomic import stage_draft
from ontime.io.formats import read_csv, read_parquet, write_csv, write_json, write_parquet, write_png
from ontime.io.model_files import read_model
from ontime.io.month_files import months, read_months
from ontime.io.paths import Files
from ontime.params import Features, Intervals, Split

log = logging.getLogger(__name__)
TEST = ("roc_auc", "average_precision", "log_loss", "brier", "brier_skill", "ece")
BACKTEST = ("log_loss", "roc_auc")


def run(dataset: Dataset, files: Files, features: Features, split: Split, intervals: Intervals) -> None:
    """Predict the test window, compare with the baselines, and write what people look at first."""
    model = read_model(files.candidate)
    test, backtest = _predict(dataset, files, model, features, split), read_parquet(files.backtest)
    days, before = _days(test), _days(backtest)
    headline = {name: calibrated_interval(Statistic(name, days), intervals) for name in TEST}
    for name in BACKTEST:
        headline[f"backtest_{name}"] = calibrated_interval(Statistic(name, before, by_month=True), intervals)
    with stage_draft(files, "evaluate", files.predictions, files.record("evaluate")) as draft:
        write_json({name: round(interval.value, 4) for name, interval in headline.items()}, draft.evaluate_metrics)
        write_json({name: interval.content() for name, interval in headline.items()}, draft.intervals)
        compared = {"backtest": backtest, "test": test}
        beside = {name: paired_comparisons(rows, BASELINES, intervals) for name, rows in compared.items()}
        write_json(beside, draft.baselines)
        write_parquet(test[["id", "day", "starts_at", "probability", "outcome"]], draft.predictions)
        write_csv(roc_curve(days), draft.evaluate_roc)
        write_csv(precision_curve(days), draft.evaluate_precision)
        calibration = calibration_table(days, intervals)
        write_csv(calibration, draft.evaluate_calibration)
        write_csv(model.importance().round(4), draft.evaluate_importance)
        picture = headline_picture(read_csv(files.backtest_months), headline["roc_auc"], calibration, intervals.level)
        write_png(picture, draft.evaluate_picture)
    _log(headline, intervals.level)


def _predict(dataset: Dataset, files: Files, model: Model, features: Features, split: Split) -> pd.DataFrame:
    """id, day, starts_at, outcome and the probabilities of the model and the baselines, of the test window."""
    windows = split_months(months(files.features), split)
    columns = [*KEYS, *{**model.inputs.types, **dataset.features.climate}]
    rows = read_months(files.features, [*windows.before_test, *windows.test], columns)
    data = training_data(rows, windows.test[0], split, features.lead_hours)
    test = pd.concat([month_rows(rows, month) for month in windows.test])
    predicted = test[["id", "day", "starts_at", "outcome"]].astype({"outcome": "bool"})
    others = baseline_probabilities(data.known, test, model.inputs.types, dataset.features.climate)
    return predicted.assign(probability=model.predict(test)).join(others).reset_index(drop=True)


def _days(rows: pd.DataFrame) -> Days:
    reference = rows["climatology"].to_numpy()
    return Days(rows["day"], rows["outcome"], rows["probability"].to_numpy(), reference)


def _log(headline: dict[str, Interval], level: float) -> None:
    for name, where in (("backtest_roc_auc", "backtest"), ("roc_auc", "test window"), ("log_loss", "test window")):
        value, low, high, *_ = headline[name]
        metric = name.removeprefix("backtest_").replace("_", " ")
        log.info("%s, %s: %.4f (%.0f %% interval %.4f to %.4f)", where, metric, value, 100 * level, low, high)
