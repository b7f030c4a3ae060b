"""The backtest of one lead -> its record: metrics with intervals, and what is lost without each feature group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from pydantic.dataclasses import dataclass

from ontime.core.model.backtest import Backtest
from ontime.core.statistics.comparison import COMPARED, compare_backtests, mean_differences
from ontime.core.statistics.day_metrics import MonthMean, metric_by_day
from ontime.core.statistics.intervals import Interval, estimate
from ontime.core.statistics.metrics import Days
from ontime.params import Count, Hours, Intervals, record

METRICS = ("roc_auc", "log_loss", "brier", "brier_skill")
REFERENCE = "climatology"
MINUS = f"minus_{REFERENCE}"


@dataclass(frozen=True)
class Ablation:
    """What is lost without a feature group, as metrics without it minus metrics with it.

    left_out: how many features. months, rows, days: how many were compared.
    """

    left_out: int
    months: Count
    rows: Count
    days: Count
    log_loss_difference: Interval
    brier_difference: Interval
    roc_auc_difference: Interval


@record
class LeadRecord:
    """The record of a lead: hours, rows, metrics, differences to climatology by metric, ablations by feature group."""

    hours: Hours
    rows: Count
    roc_auc: Interval
    log_loss: Interval
    brier: Interval
    brier_skill: Interval
    climatology_roc_auc: Interval
    minus_climatology: dict[str, Interval]
    ablation: dict[str, Ablation]


def measure_lead(predictions: pd.DataFrame, params: Intervals) -> dict[str, Any]:
    """Of a backtest, as JSON: each metric, climatology's ROC AUC, differences to climatology; all are means of months.

    predictions: id, day, outcome, probability, climatology.
    """
    model, reference = (
        Days(
            predictions["day"], predictions["outcome"], predictions[name].to_numpy(), predictions[REFERENCE].to_numpy()
        )
        for name in ("probability", REFERENCE)
    )
    months = model.calendar
    metrics = {name: metric_by_day(name, model) for name in METRICS}
    metrics[f"{REFERENCE}_roc_auc"] = metric_by_day("roc_auc", reference)
    levels = {name: estimate(MonthMean(metric, months), months, params) for name, metric in metrics.items()}
    gaps = mean_differences(predictions, "probability", REFERENCE, params)
    return {
        **{name: level.interval(params.level).content() for name, level in levels.items()},
        MINUS: {name: gaps[name].content() for name in COMPARED},
    }


def ablate(
    test: Backtest,
    without: Mapping[str, str],
    rounds: Mapping[str, int],
    predictions: pd.DataFrame,
    params: Intervals,
) -> dict[str, Any]:
    """What is lost without a feature group, as JSON of `Ablation`, on the months of `rounds`.

    The poorer model reads only the features `without` the group. It has as many trees as the full model, whose
    predictions are given: to search a number anew takes twice the time. Differences are the poorer model's metrics
    minus the full one's, paired by row.
    """
    poorer = Backtest(test.rows, test.lead_hours, without, test.split, test.recipe)
    frames = [month.predictions() for month in poorer.refit(rounds, {})]
    compared = compare_backtests(pd.concat(frames, ignore_index=True), predictions, params)
    return {
        "left_out": len(test.types) - len(without),
        "months": len(rounds),
        "rows": compared.rows,
        "days": compared.days,
        **{f"{name}_difference": interval.content() for name, interval in compared.differences.items()},
    }
