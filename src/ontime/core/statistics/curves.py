"""Outcomes and probabilities -> the curves that people look at, as small tables."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from sklearn import metrics

from ontime.core.statistics.day_metrics import Ratio, mean_by_day
from ontime.core.statistics.intervals import estimate, interval_columns
from ontime.core.statistics.metrics import CALIBRATION_BINS, Days, calendar_months
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


def calibration_gaps(windows: Mapping[str, pd.DataFrame], params: Intervals) -> pd.DataFrame:
    """Per window and month, and of all of a window's months: the mean probability minus the rate, with its interval.

    windows: by name, rows with day, outcome, probability. Over months gaps of either sign make up for one another.
    """
    lines = []
    for window, rows in windows.items():
        months = rows["day"].dt.strftime("%Y-%m")
        parts = {str(month): part for month, part in rows.groupby(months, sort=True)} | {"all": rows}
        for month, part in parts.items():
            probability, outcome = part["probability"].to_numpy(), part["outcome"].to_numpy(np.float64)
            gap = mean_by_day(part["day"], probability - outcome)
            estimates = {"calibration_gap": estimate(gap, calendar_months(part["day"]), params)}
            line = {"window": window, "month": month, "rows": len(part)}
            line |= {"probability": probability.mean(), "rate": outcome.mean()}
            lines.append(line | interval_columns(estimates, params.level))
    return pd.DataFrame(lines).round(DIGITS)


def calibration_table(days: Days, params: Intervals) -> pd.DataFrame:
    """Per bin of probability: rows, mean probability, share of true outcomes with its interval, what that is about."""
    bins = np.minimum((days.probability * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)
    shape = (len(days), CALIBRATION_BINS)
    rows, true, probability = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for table, values in ((rows, 1), (true, days.outcome), (probability, days.probability)):
        np.add.at(table, (days.day, bins), values)
    lines = []
    for place in np.flatnonzero(rows.sum(axis=0)):
        top, bottom = (np.bincount(days.place, counts[:, place]) for counts in (true, rows))
        rate = estimate(Ratio(top, bottom), days.calendar, params).interval(params.level)
        count = rows[:, place].sum()
        line = {"rows": int(count), "probability": probability[:, place].sum() / count, "observed": rate.value}
        bounds = {"observed_low": max(rate.low, 0.0), "observed_high": min(rate.high, 1.0)}
        lines.append(line | bounds | {"observed_about": rate.about})
    return pd.DataFrame(lines).round(DIGITS)
