"""Two predictions of the same rows -> how much better one is, with intervals over days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from ontime.core.intervals import Interval, difference
from ontime.core.metrics import Days, value
from ontime.params import Intervals

METRICS = ("log_loss", "brier", "roc_auc")
DIGITS = 6


def paired(rows: pd.DataFrame, one: str, other: str, params: Intervals) -> dict[str, Interval]:
    """Per metric: probabilities of column `one` less those of column `other`, on the same rows."""
    first, second = (_days(rows, name) for name in (one, other))
    return {metric: difference(metric, first, second, params) for metric in METRICS}


def verdict(differences: Mapping[str, Interval]) -> str:
    """'better', 'worse' or 'no difference shown': what the interval of the log loss says."""
    gap = differences["log_loss"]
    if gap.high < 0:
        return "better"
    return "worse" if gap.low > 0 else "no difference shown"


def against(rows: pd.DataFrame, others: Iterable[str], params: Intervals) -> dict[str, Any]:
    """What the column `probability` is worth beside each of the others: their metrics, and the paired differences."""
    own, found = _days(rows, "probability"), {}
    for name in others:
        days = _days(rows, name)
        found[name] = {
            metric: {
                "its_own": round(value(metric, days), DIGITS),
                "difference": difference(metric, own, days, params).content(),
            }
            for metric in METRICS
        }
    return found


def _days(rows: pd.DataFrame, name: str) -> Days:
    return Days(rows["day"], rows["outcome"], rows[name].to_numpy())
