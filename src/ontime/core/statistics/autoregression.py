"""A value for each day -> how alike neighbouring days are, days drawn to be as alike, and how far intervals then fail.

All of it serves simulations in which the truth is known: does an interval hold as often as it says, where days resemble
their neighbours as they do in the data? Only the next day is looked at, so dependence over weeks is missed.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr
from scipy.stats import norm, rankdata

BELOW_ONE = 1 - 1e-9  # a rank times the number of days is a place among them, never beyond the last


def normal_score_autocorrelation(values: np.ndarray) -> float:
    """Autocorrelation at a lag of one day, of the normal scores of values (days,).

    0 where all values are the same, or fewer than three.
    """
    if np.ptp(values) == 0 or len(values) < 3:
        return 0.0
    scores = norm.ppf((rankdata(values) - 0.5) / len(values))
    with np.errstate(invalid="ignore"):
        return float(np.nan_to_num(np.corrcoef(scores[:-1], scores[1:])[0, 1]))


def autoregressive_ranks(noise: np.ndarray, correlation: float) -> np.ndarray:
    """Ranks in [0, 1) of a stationary normal series of first order, made from normal noise: (days, ...), as the noise.

    correlation: that of neighbouring days, which are neighbours along the first axis.
    """
    series = noise.copy()
    for day in range(1, len(series)):
        series[day] = correlation * series[day - 1] + np.sqrt(1 - correlation**2) * noise[day]
    return np.minimum(ndtr(series), BELOW_ONE)


def coverage_and_widening(error_ratios: np.ndarray, level: float) -> tuple[float, float]:
    """How often simulated intervals held, and the factor (at least 1) by which they hold with probability `level`.

    error_ratios (simulations,): each interval's error as a multiple of the distance from its value to its bound.
    """
    return float(np.mean(error_ratios <= 1)), max(1.0, float(np.quantile(error_ratios, level, method="higher")))
