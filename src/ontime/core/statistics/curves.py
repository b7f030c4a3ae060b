"""Outcomes and probabilities -> the curves that people look at, as small tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn import metrics

from ontime.core.statistics.day_metrics import Ratio
from ontime.core.statistics.intervals import estimate
from ontime.core.statistics.metrics import CALIBRATION_BINS, Days
from ontime.params import Intervals

POINTS = 101
DIGITS = 4


def roc_curve(days: Days) -> pd.DataFrame:
    """The true positive rate at each false positive rate: 101 rows."""
    false, true, _ = metrics.roc_curve(days.outcome, days.probability, drop_intermediate=False)
    rates = np.linspace(0, 1, POINTS)
    table = pd.DataFrame({"false_positive_rate": rates, "true_positive_rate": np.interp(rates, false, true)})
    return table.round(DIGITS)


def precision_curve(days: Days) -> pd.DataFrame:
    """The precision at each recall: 100 rows."""
    precision, recall, _ = metrics.precision_recall_curve(days.outcome, days.probability)
    shares = np.linspace(0, 1, POINTS)[1:]
    place = np.searchsorted(recall[::-1], shares - 1e-12)
    return pd.DataFrame({"recall": shares, "precision": precision[::-1][place]}).round(DIGITS)


def calibration_table(days: Days, params: Intervals) -> pd.DataFrame:
    """Per bin of probability: rows, mean probability, share of true outcomes with its interval and its coverage."""
    bins = np.minimum((days.probability * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)
    shape = (len(days), CALIBRATION_BINS)
    rows, true, probability = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for table, values in ((rows, 1), (true, days.outcome), (probability, days.probability)):
        np.add.at(table, (days.day, bins), values)
    lines = []
    for place in np.flatnonzero(rows.sum(axis=0)):
        top, bottom = (np.bincount(days.place, counts[:, place]) for counts in (true, rows))
        rate = estimate(Ratio(top, bottom), params).interval(params.level)
        count = rows[:, place].sum()
        line = {"rows": int(count), "probability": probability[:, place].sum() / count, "observed": rate.value}
        bounds = {"observed_low": max(rate.low, 0.0), "observed_high": min(rate.high, 1.0)}
        lines.append(line | bounds | {"coverage": rate.coverage})
    return pd.DataFrame(lines).round(DIGITS)
