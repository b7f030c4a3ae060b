"""A value for each day -> how alike days are, of one month and near one another; and days drawn to be as alike.

They serve simulations in which the truth is known. The resemblance is fitted to the days, not assumed: a month has an
effect that all its days share, and within a month days are alike at each lag as far as the data shows it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import ndtr
from scipy.stats import norm, rankdata

LAGS = 7  # days within a month at whose distance resemblance is measured; beyond them only the month's effect is left
DIGITS = 9  # of what is fitted: machines add up in another order
BELOW_ONE = 1 - 1e-9  # a rank times the number of days is a place among them, never beyond the last


class Dependence(NamedTuple):
    """How alike days are, by the normal scores of their values.

    month_share: of the variance, the share that all days of a month have in common. lags (LAGS,): correlation of days
    of a month at a distance of one day, two days and so on, apart from what the month gives them.
    """

    month_share: float
    lags: tuple[float, ...]

    @property
    def long_run(self) -> float:
        """The variance of a mean of many days of a month, as a multiple of that of days that are not alike."""
        return max(1 + 2 * sum(self.lags), 0.0)


ALONE = Dependence(0.0, (0.0,) * LAGS)


def fit_dependence(values: np.ndarray, months: np.ndarray) -> Dependence:
    """How alike days are, from values (days,) and the month of each (days,), in ascending order.

    The month's share is that of a one-way analysis of variance with random effects, in which a month's mean varies by
    its days too (Searle, Casella and McCulloch, Variance components, 1992). Within months correlations are tapered
    (Bartlett), and raised by what is lost where the mean of so few days is taken off.
    """
    if np.ptp(values) == 0:
        return ALONE
    scores = norm.ppf((rankdata(values) - 0.5) / len(values))
    _, place, sizes = np.unique(months, return_inverse=True, return_counts=True)
    means = np.bincount(place, scores) / sizes
    within = scores - means[place]
    freedom = len(scores) - len(sizes)
    if freedom < LAGS:
        return ALONE
    lags = _lags(within, months, len(scores) / len(sizes))
    alike = Dependence(0.0, lags)
    variance = float((within**2).sum()) / freedom
    by_days = variance * alike.long_run * float(np.mean(1 / sizes))
    between = float(np.var(means, ddof=1)) - by_days if len(sizes) > 1 else 0.0
    share = max(between, 0.0) / (max(between, 0.0) + variance)
    return Dependence(round(share, DIGITS), lags)


def dependent_ranks(dependence: Dependence, months: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Ranks in [0, 1) of days that are so alike, from normal noise (days + months, m): (days, m).

    months (days,): of each day. Noise beyond the days is that of the months' effects.
    """
    names, place = np.unique(months, return_inverse=True)
    days, effects = noise[: len(months)], noise[len(months) : len(months) + len(names)]
    share = dependence.month_share
    scores = np.sqrt(share) * effects[place] + np.sqrt(1 - share) * _alike(days, dependence.lags)
    return np.minimum(ndtr(scores), BELOW_ONE)


def _lags(within: np.ndarray, months: np.ndarray, size: float) -> tuple[float, ...]:
    """Correlations of deviations from the month's mean (days,), by lag: what `Dependence` calls lags."""
    whole = float((within**2).sum())
    raw = []
    for lag in range(1, LAGS + 1):
        same = months[lag:] == months[:-lag]
        raw.append(float((within[lag:] * within[:-lag])[same].sum()) / whole)
    lost = 1 / max(size - 1, 1)
    return tuple(
        round((number + lost) / (1 + lost) * (1 - lag / (LAGS + 1)), DIGITS) for lag, number in enumerate(raw, start=1)
    )


def _alike(noise: np.ndarray, lags: tuple[float, ...]) -> np.ndarray:
    """Normal series along the first axis, with variance 1 and these correlations, made from normal noise.

    Each day is predicted by up to LAGS days before it (Levinson, The Wiener RMS error criterion in filter design and
    prediction, Journal of Mathematics and Physics 25, 1946), and noise is added.
    """
    predictors = _predictors(lags)
    series = np.empty_like(noise)
    for day in range(len(noise)):
        weights, left = predictors[min(day, len(lags))]
        series[day] = np.sqrt(left) * noise[day]
        for back, weight in enumerate(weights, start=1):
            series[day] += weight * series[day - back]
    return series


def _predictors(lags: tuple[float, ...]) -> list[tuple[list[float], float]]:
    """For no day before, one, two and so on: their weights, the nearest first, and the variance that is left."""
    weights: list[float] = []
    left, predictors = 1.0, [([], 1.0)]
    for lag, correlation in enumerate(lags):
        explained = sum(weight * lags[lag - 1 - place] for place, weight in enumerate(weights))
        reflection = min(max((correlation - explained) / left, -0.99), 0.99)
        weights = [one - reflection * other for one, other in zip(weights, reversed(weights), strict=True)]
        weights.append(reflection)
        left *= 1 - reflection**2
        predictors.append((weights, left))
    return predictors
