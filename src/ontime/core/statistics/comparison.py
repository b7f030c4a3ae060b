"""Two predictions of the same rows -> how much better one is, with intervals over days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import pandas as pd

from ontime.core.statistics.day_metrics import Daily, by_day, value
from ontime.core.statistics.intervals import Interval, difference
from ontime.core.statistics.metrics import Days
from ontime.errors import OntimeError
from ontime.params import Intervals

METRICS = ("log_loss", "brier", "roc_auc")
DIGITS = 6


class Comparison(NamedTuple):
    """Two backtests on the rows that both predicted: how many of how many days, the differences, what they say."""

    rows: int
    days: int
    differences: dict[str, Interval]
    verdict: str


def backtests(one: pd.DataFrame, other: pd.DataFrame, params: Intervals) -> Comparison:
    """`one` less `other`. Raises OntimeError where they have no row in common."""
    columns = ["id", "day", "outcome", "probability"]
    rows = one[columns].merge(other[columns], on=columns[:3], suffixes=("_one", "_other"))
    if rows.empty:
        raise OntimeError("the two backtests have no row in common: they are of other data")
    found = paired(rows, "probability_one", "probability_other", params)
    return Comparison(len(rows), rows["day"].nunique(), found, verdict(found))


def paired(rows: pd.DataFrame, one: str, other: str, params: Intervals) -> dict[str, Interval]:
    """Per metric: probabilities of column `one` less those of column `other`, on the same rows."""
    first, second = (_dailies(rows, name) for name in (one, other))
    return {metric: difference(first[metric], second[metric], params) for metric in METRICS}


def verdict(differences: Mapping[str, Interval]) -> str:
    """'better', 'worse' or 'no difference shown': what the interval of the log loss says."""
    gap = differences["log_loss"]
    if gap.high < 0:
        return "better"
    return "worse" if gap.low > 0 else "no difference shown"


def against(rows: pd.DataFrame, others: Iterable[str], params: Intervals) -> dict[str, Any]:
    """What the column `probability` is worth beside each of the others: their metrics, and the paired differences."""
    own, found = _dailies(rows, "probability"), {}
    for name in others:
        its = _dailies(rows, name)
        found[name] = {
            metric: {
                "its_own": round(value(its[metric]), DIGITS),
                "difference": difference(own[metric], its[metric], params).content(),
            }
            for metric in METRICS
        }
    return found


def _dailies(rows: pd.DataFrame, name: str) -> dict[str, Daily]:
    days = Days(rows["day"], rows["outcome"], rows[name].to_numpy())
    return {metric: by_day(metric, days) for metric in METRICS}
