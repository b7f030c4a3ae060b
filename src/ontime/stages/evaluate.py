"""The candidate, the backtest and the test window, which nothing is chosen by -> the headline with intervals."""

import logging

import pandas as pd

from ontime.core.features.table import KEYS
from ontime.core.model.baselines import BASELINES, baseline_probabilities
from ontime.core.model.model import Model
from ontime.core.model.split import month_rows, split_months, training_data
from ontime.core.pictures.headline import headline_picture
from ontime.core.statistics.bootstrap import bootstrap_interval
from ontime.core.statistics.comparison import COMPARED, paired_comparisons
from ontime.core.statistics.curves import calibration_gaps, calibration_table, precision_curve, roc_curve
from ontime.core.statistics.day_metrics import DayMetric, Difference, MonthMean, mean_by_day, metric_by_day
from ontime.core.statistics.intervals import Interval, estimate
from ontime.core.statistics.metrics import Days
from ontime.core.statistics.surrogates import coverage_table
from ontime.dataset.dataset import Dataset
from ontime.io.atomic import stage_draft
from ontime.io.formats import read_csv, read_parquet, write_csv, write_json, write_parquet, write_png
from ontime.io.model_files import read_model
from ontime.io.month_files import months, read_months
from ontime.io.paths import Files
from ontime.params import Features, Intervals, Split

log = logging.getLogger(__name__)
TEST = ("roc_auc", "log_loss", "brier", "brier_skill")
DRAWN = ("average_precision", "ece")  # of the test window too; they have no influence function
BACKTEST = ("log_loss", "roc_auc")


def run(dataset: Dataset, files: Files, features: Features, split: Split, intervals: Intervals) -> None:
    """Predict the test window, compare with the baselines, and write what people look at first."""
    model = read_model(files.candidate)
    test, backtest = _predict(dataset, files, model, features, split), read_parquet(files.backtest)
    days, before = _days(test), _days(backtest)
    headline = _headline(days, before, intervals)
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
        write_csv(calibration_gaps(compared, intervals), draft.evaluate_gaps)
        write_csv(_coverage(backtest, before, intervals), draft.evaluate_coverage)
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


def _headline(test: Days, backtest: Days, intervals: Intervals) -> dict[str, Interval]:
    """Of the test window, about its months; of the backtest the means of its months, about others where there are."""
    months = backtest.calendar
    estimates = {name: estimate(metric_by_day(name, test), test.calendar, intervals) for name in TEST}
    for name in BACKTEST:
        mean = MonthMean(metric_by_day(name, backtest), months)
        estimates[f"backtest_{name}"] = estimate(mean, months, intervals)
    drawn = {name: bootstrap_interval(name, test, intervals) for name in DRAWN}
    return {name: estimated.interval(intervals.level) for name, estimated in estimates.items()} | drawn


def _coverage(backtest: pd.DataFrame, model: Days, intervals: Intervals) -> pd.DataFrame:
    """How often intervals of the backtest's levels, and of its differences to the baselines, hold in simulation."""
    metrics: dict[str, DayMetric] = {name: metric_by_day(name, model) for name in COMPARED}
    metrics["roc_auc, mean of months"] = MonthMean(metrics["roc_auc"], model.calendar)
    metrics["rate"] = mean_by_day(backtest["day"], backtest["outcome"].to_numpy(float))
    metrics["calibration_gap"] = mean_by_day(
        backtest["day"], (backtest["probability"] - backtest["outcome"]).to_numpy()
    )
    for baseline in BASELINES:
        other = Days(backtest["day"], backtest["outcome"], backtest[baseline].to_numpy())
        gaps = {f"{name} minus {baseline}": Difference(metrics[name], metric_by_day(name, other)) for name in COMPARED}
        metrics |= gaps
    return coverage_table(metrics, model.calendar, intervals)


def _days(rows: pd.DataFrame) -> Days:
    reference = rows["climatology"].to_numpy()
    return Days(rows["day"], rows["outcome"], rows["probability"].to_numpy(), reference)


def _log(headline: dict[str, Interval], level: float) -> None:
    for name, where in (("backtest_roc_auc", "backtest"), ("roc_auc", "test window"), ("log_loss", "test window")):
        value, low, high, *_ = headline[name]
        metric = name.removeprefix("backtest_").replace("_", " ")
        log.info("%s, %s: %.4f (%.0f %% interval %.4f to %.4f)", where, metric, value, 100 * level, low, high)
