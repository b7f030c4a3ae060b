"""Bands that share their months -> in how many of them chance alone makes a gap look real."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import t

from ontime.core.statistics.intervals import LEAST_MONTHS, OTHER_MONTHS, standard_errors
from ontime.core.statistics.metrics import month_numbers
from ontime.params import Intervals

MOST_MONTHS = 12  # 4,096 patterns of signs


class BandsByChance(NamedTuple):
    """How many bands are off, how many are by chance on average, and how often chance has so many at least."""

    off: int
    expected: float
    probability: float


def bands_by_chance(parts: Iterable[pd.DataFrame], params: Intervals) -> BandsByChance | None:
    """Bands whose calibration gap has an interval without 0, beside what months of either sign would give.

    parts: the rows of each band, with day, outcome, probability. Were no band off, a month's gaps would be as likely
    with the other sign. So the months' signs are turned in every pattern, for all bands at once, and off bands counted:
    bands that share their days stay as alike as they are (Cameron, Gelbach and Miller, Bootstrap-based improvements for
    inference with clustered errors, Review of Economics and Statistics 90, 2008). The patterns count themselves in, so
    the probability is never below that of one and its opposite. None where there are too few months, or too many.
    """
    months, gaps, rows = _by_month(parts)
    if not LEAST_MONTHS <= len(months) <= MOST_MONTHS:
        return None
    signs = np.array([[1.0, *rest] for rest in product((1.0, -1.0), repeat=len(months) - 1)])
    counts = np.zeros(len(signs), dtype=np.int64)
    for gap, weight in zip(gaps, rows, strict=True):
        counts += _off(signs * gap, weight, months, params)
    return BandsByChance(int(counts[0]), float(counts.mean()), float(np.mean(counts >= counts[0])))


def _by_month(parts: Iterable[pd.DataFrame]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The months, and by band and month the sum of probability minus outcome, and the rows."""
    tables = []
    for number, part in enumerate(parts):
        month = month_numbers(pd.DatetimeIndex(part["day"]))
        gap = part["probability"] - part["outcome"]
        tables.append(pd.DataFrame({"band": number, "month": month, "gap": gap, "rows": 1.0}))
    table = pd.concat(tables).pivot_table(
        index="band", columns="month", values=["gap", "rows"], aggfunc="sum", fill_value=0.0
    )
    months = table["rows"].columns.to_numpy(dtype=np.int64)
    return months, table["gap"].to_numpy(np.float64), table["rows"].to_numpy(np.float64)


def _off(sums: np.ndarray, rows: np.ndarray, months: np.ndarray, params: Intervals) -> np.ndarray:
    """Whether the interval of a band's gap leaves out 0, from sums of gaps (m, months) and rows (months,): (m,)."""
    value = sums.sum(axis=1, keepdims=True) / rows.sum()
    influence = (sums - value * rows) / rows.sum()
    error, freedom = standard_errors(OTHER_MONTHS, influence, np.broadcast_to(rows, sums.shape), months, params)
    return np.abs(value[:, 0]) > t.ppf((1 + params.level) / 2, freedom) * error
