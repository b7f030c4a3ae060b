"""Outcomes and probabilities -> the curves that people look at, as small tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ontime.core.statistics.day_metrics import Ratio
from ontime.core.statistics.intervals import estimate
from ontime.core.statistics.metrics import CALIBRATION_BINS, Days
from ontime.params import Intervals

POINTS = 101
DIGITS = 4


def roc_curve(days: Days) -> pd.DataFrame:
    """Share of the positives that are found, at each share of false alarms among the negatives: 101 rows."""
    true, false = _reached(days)
    alarms = np.linspace(0, 1, POINTS)
    return pd.DataFrame({"false_alarms": alarms, "found": np.interp(alarms, false / false[-1], true / true[-1])}).round(
        DIGITS
    )


def precision_curve(days: Days) -> pd.DataFrame:
    """Share of alarms that are right, when so large a share of the positives is found: 100 rows."""
    true, false = _reached(days)
    shares = np.linspace(0, 1, POINTS)[1:]
    place = np.searchsorted(true / true[-1], shares - 1e-12)
    precision = true[place] / np.maximum(true[place] + false[place], 1)
    return pd.DataFrame({"found": shares, "precision": precision}).round(DIGITS)


def calibration_table(days: Days, params: Intervals) -> pd.DataFrame:
    """Per bin of probability: rows, mean probability, share of true outcomes with its interval and its coverage."""
    bins = np.minimum((days.probability * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)
    shape = (len(days), CALIBRATION_BINS)
    rows, true, said = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for table, values in ((rows, 1), (true, days.outcome), (said, days.probability)):
        np.add.at(table, (days.day, bins), values)
    lines = []
    for place in np.flatnonzero(rows.sum(axis=0)):
        top, bottom = (np.bincount(days.place, counts[:, place]) for counts in (true, rows))
        found = estimate(Ratio(top, bottom), params).interval(params.level)
        count = rows[:, place].sum()
        line = {"rows": int(count), "probability": said[:, place].sum() / count, "observed": found.value}
        bounds = {"observed_low": max(found.low, 0.0), "observed_high": min(found.high, 1.0)}
        lines.append(line | bounds | {"coverage": found.coverage})
    return pd.DataFrame(lines).round(DIGITS)


def _reached(days: Days) -> tuple[np.ndarray, np.ndarray]:
    """Positives and negatives at or above each probability, from the highest down, after none: (probabilities + 1,)."""
    outcome, probability = days.outcome[::-1], days.probability[::-1]
    last = np.append(np.flatnonzero(np.diff(probability)), len(probability) - 1)
    true, false = np.cumsum(outcome)[last], np.cumsum(1 - outcome)[last]
    return np.append(0, true), np.append(0, false)
