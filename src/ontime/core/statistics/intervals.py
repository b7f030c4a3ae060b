"""Metrics of days -> intervals without a draw, and how often such intervals hold: of differences, and of many slices.

A metric of days is almost a sum of what each day contributes, its influence. Of a sum, the bootstrap of blocks of days
has a variance in closed form, so nothing is drawn (Künsch, The jackknife and the bootstrap for general stationary
observations, Annals of Statistics 17, 1989; of the ROC AUC: DeLong, DeLong and Clarke-Pearson, Biometrics 44, 1988).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr
from scipy.stats import norm, rankdata, t

from ontime.core.statistics.day_metrics import Daily, Difference
from ontime.errors import OntimeError
from ontime.params import Intervals

SAME = 9  # digits to which days must differ to be in another order
LEAST_DAYS = 2  # of which anything is said
DIGITS = 6
NOTHING = 1e-12  # what days contribute, and metrics differ by, where they are the same but for rounding


class Interval(NamedTuple):
    """A value between its bounds; how often such bounds held in simulation, and how far they were widened for it."""

    value: float
    low: float
    high: float
    coverage: float | None = None
    widened: float | None = None

    def content(self) -> dict[str, float]:
        """What JSON holds of it, rounded."""
        return {name: round(float(number), DIGITS) for name, number in self._asdict().items() if number is not None}


class Estimate(NamedTuple):
    """A value, its standard error and the degrees of freedom of that.

    coverage: how often intervals held in simulation before the error was widened; widened: how far it was.
    """

    value: float
    error: float
    freedom: float
    coverage: float
    widened: float

    def interval(self, level: float) -> Interval:
        """Bounds that hold the truth with probability `level`."""
        reach = float(t.ppf((1 + level) / 2, self.freedom)) * self.error
        return Interval(self.value, self.value - reach, self.value + reach, self.coverage, self.widened)

    def chance(self, truth: float = 0.0) -> float:
        """Probability of a value so far from this truth or farther: the two-sided p-value."""
        return float(2 * t.sf(abs(self.value - truth) / self.error, self.freedom)) if self.error > 0 else 1.0


def shown(found: Mapping[str, Estimate], level: float) -> dict[str, float]:
    """Columns of a table: each value, then its bounds."""
    columns = {}
    for name, each in found.items():
        value, low, high, *_ = each.interval(level)
        columns |= {name: value, f"{name}_low": low, f"{name}_high": high}
    return columns


def estimate(daily: Daily, params: Intervals) -> Estimate:
    """A metric of days with an error that makes intervals hold as often as they say, in a simulation.

    A single day says nothing of others: its error is infinite.
    The widening is that of `intervals.calibrated`. Raises OntimeError where the metric has no value.
    """
    days = np.arange(len(daily.weight))[None]
    with np.errstate(invalid="ignore", divide="ignore"):
        (value,), influence = daily.of(days)
    if not np.isfinite(value):
        raise OntimeError(f"a metric of {days.size} days has no value: expected rows in them, of either outcome")
    if np.count_nonzero(daily.weight) < LEAST_DAYS:
        return Estimate(float(value), np.inf, 1.0, 1.0, 1.0)
    error, freedom = errors(influence, daily.weight[None], params.block_days)
    strays = simulate(daily, params)
    widened = max(1.0, float(np.quantile(strays, params.level, method="higher")))
    return Estimate(float(value), float(error[0]) * widened, float(freedom[0]), float(np.mean(strays <= 1)), widened)


def difference(one: Daily, other: Daily, params: Intervals) -> Interval:
    """A metric less another, of the same days of the calendar."""
    return estimate(Difference(one, other), params).interval(params.level)


def errors(influence: np.ndarray, weight: np.ndarray, block: int) -> tuple[np.ndarray, np.ndarray]:
    """Standard errors (m,) and their degrees of freedom (m,), from influence and weight (m, days).

    The error is that of blocks of neighbouring days from a circle, each as likely as another, made greater as in
    `intervals.expanded_percentiles`. Days that weigh nothing add no freedom: blocks are counted by what they weigh
    (Kish, Survey Sampling, 1965).
    """
    block = min(block, influence.shape[1])
    size = _blocks(weight, block)
    blocks = size.sum(axis=1) ** 2 / (size**2).sum(axis=1) / block
    deviation = np.sqrt((_blocks(influence, block) ** 2).sum(axis=1) / block)
    return deviation * np.sqrt(np.maximum(blocks, 2) / (np.maximum(blocks, 2) - 1)), np.maximum(blocks - 1, 1)


def simulate(daily: Daily, params: Intervals) -> np.ndarray:
    """How far the truth lies from the value of as many days, where one is the bound of their interval: (simulations,).

    These days are taken for all there are, so the truth is known. They are drawn so that neighbours resemble one
    another as they do here: what they contribute follows an autoregression of first order with the correlation of the
    data. A draw in which the metric has no value says nothing and is left out.
    """
    size = len(daily.weight)
    with np.errstate(invalid="ignore", divide="ignore"):
        (truth,), (influence,) = daily.of(np.arange(size)[None])
        contributed = np.round(influence / max(np.abs(influence).max(), NOTHING), SAME)
        order = np.argsort(contributed, kind="stable")
        ranks = _ranks(size, _resemblance(contributed), params)
        drawn = order[(ranks * size).astype(np.int64)]
        value, influences = daily.of(drawn)
        error, freedom = errors(influences, daily.weight[drawn], params.block_days)
        strays = np.abs(truth - value) / (t.ppf((1 + params.level) / 2, freedom) * error)
    strays = np.where((error < NOTHING) & (np.abs(value - truth) < NOTHING), 0, strays)
    return strays[~np.isnan(strays)]


def _resemblance(contributed: np.ndarray) -> float:
    """The correlation of neighbours' normal scores; 0 where all are the same."""
    if np.ptp(contributed) == 0 or len(contributed) < 3:
        return 0.0
    scores = norm.ppf((rankdata(contributed) - 0.5) / len(contributed))
    with np.errstate(invalid="ignore"):
        return float(np.nan_to_num(np.corrcoef(scores[:-1], scores[1:])[0, 1]))


def _ranks(size: int, rho: float, params: Intervals) -> np.ndarray:
    """Ranks in [0, 1) of stationary normal series whose neighbours correlate by rho: (simulations, size)."""
    series = np.random.default_rng([params.seed, size]).standard_normal((size, params.simulations))
    for step in range(1, size):
        series[step] = rho * series[step - 1] + np.sqrt(1 - rho**2) * series[step]
    return np.minimum(ndtr(series.T), 1 - 1e-9)


def _blocks(values: np.ndarray, block: int) -> np.ndarray:
    """Sums of so many neighbours, from each place on round a circle: (m, days)."""
    return sum(np.roll(values, -step, axis=1) for step in range(block))  # type: ignore[return-value]
