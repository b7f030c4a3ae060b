"""Two predictions of the same rows -> how much better one is, with intervals over days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import pandas as pd

from ontime.core.statistics.day_metrics import DayMetric, MonthMean, metric_by_day, point_estimate
from ontime.core.statistics.intervals import Interval, difference
from ontime.core.statistics.metrics import Days, calendar_months
from ontime.errors import OntimeError
from ontime.params import Intervals

COMPARED = ("log_loss", "brier", "roc_auc")
DIGITS = 6


class Comparison(NamedTuple):
    """Two backtests on the rows that both predicted: how many of how many days, the differences, what they say."""

    rows: int
    days: int
    differences: dict[str, Interval]
    verdict: str


def compare_backtests(one: pd.DataFrame, other: pd.DataFrame, params: Intervals) -> Comparison:
    """`one` minus `other`. Raises OntimeError where they have no row in common."""
    columns = ["id", "day", "outcome", "probability"]
    rows = one[columns].merge(other[columns], on=columns[:3], suffixes=("_one", "_other"))
    if rows.empty:
        raise OntimeError("the two backtests have no row in common: they are of other data")
    differences = paired_differences(rows, "probability_one", "probability_other", params)
    return Comparison(len(rows), rows["day"].nunique(), differences, log_loss_verdict(differences))


def paired_differences(rows: pd.DataFrame, one: str, other: str, params: Intervals) -> dict[str, Interval]:
    """Per metric: probabilities of column `one` minus those of column `other`, on the same rows."""
    first, second = (_day_metrics(rows, name) for name in (one, other))
    months = calendar_months(rows["day"])
    return {metric: difference(first[metric], second[metric], months, params) for metric in COMPARED}


def mean_differences(rows: pd.DataFrame, one: str, other: str, params: Intervals) -> dict[str, Interval]:
    """The same as means of months, each month counting once."""
    first, second = (_day_metrics(rows, name) for name in (one, other))
    months, means = calendar_months(rows["day"]), {}
    for metric in COMPARED:
        one_mean, other_mean = (MonthMean(by_day[metric], months) for by_day in (first, second))
        means[metric] = difference(one_mean, other_mean, months, params)
    return means


def log_loss_verdict(differences: Mapping[str, Interval]) -> str:
    """'better', 'worse' or 'no difference shown': what the interval of the log loss says."""
    gap = differences["log_loss"]
    if gap.high < 0:
        return "better"
    return "worse" if gap.low > 0 else "no difference shown"


def paired_comparisons(rows: pd.DataFrame, others: Iterable[str], params: Intervals) -> dict[str, Any]:
    """What JSON holds of column `probability` beside each of the others, by column and metric.

    value: the other's metric; difference: the metric of `probability` minus it, paired, with its interval.
    """
    model, months = _day_metrics(rows, "probability"), calendar_months(rows["day"])
    compared = {}
    for name in others:
        other = _day_metrics(rows, name)
        compared[name] = {
            metric: {
                "value": round(point_estimate(other[metric]), DIGITS),
                "difference": difference(model[metric], other[metric], months, params).content(),
            }
            for metric in COMPARED
        }
    return compared


def _day_metrics(rows: pd.DataFrame, name: str) -> dict[str, DayMetric]:
    days = Days(rows["day"], rows["outcome"], rows[name].to_numpy())
    return {metric: metric_by_day(metric, days) for metric in COMPARED}
