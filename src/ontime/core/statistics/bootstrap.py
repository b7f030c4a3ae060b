"""Days and any metric -> its interval, by a bootstrap of blocks of days, and how often it holds: for the headlines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, t

from ontime.core.statistics.autoregression import (
    autoregressive_ranks,
    coverage_and_widening,
    normal_score_autocorrelation,
)
from ontime.core.statistics.intervals import Interval
from ontime.core.statistics.metrics import METRICS, Days
from ontime.params import Intervals

SPARING = 4  # simulated intervals make do with a fourth of the replicates


@dataclass(frozen=True)
class Statistic:
    """A metric of days, or the mean of the months' metrics."""

    metric: str
    days: Days
    by_month: bool = False

    def of(self, weights: np.ndarray) -> np.ndarray:
        """Under weights of the days (replicates, days): (replicates,)."""
        metric = METRICS[self.metric]
        if not self.by_month:
            return metric(self.days, weights)
        return np.mean([metric(part, weights[:, columns]) for columns, part in self.days.months], axis=0)

    @property
    def value(self) -> float:
        """Of the days as they are."""
        return float(self.of(np.ones((1, len(self.days))))[0])

    @property
    def spans(self) -> list[np.ndarray]:
        """Places of days that are drawn among themselves."""
        return [columns for columns, _ in self.days.months] if self.by_month else [np.arange(len(self.days))]

    @property
    def daily_log_loss(self) -> np.ndarray:
        """What tells how alike neighbouring days are: (days,)."""
        return METRICS["log_loss"](self.days, np.eye(len(self.days)))


def bootstrap_interval(statistic: Statistic, params: Intervals) -> Interval:
    """A metric with its interval: blocks of days are drawn, since days resemble their neighbours."""
    random = np.random.default_rng(params.seed)
    replicates = statistic.of(_draw(statistic.spans, params.block_days, params.replicates, random))
    value = statistic.value
    return Interval(value, *_bounds(replicates, value, statistic, params))


def calibrated_interval(statistic: Statistic, params: Intervals) -> Interval:
    """The same, widened so far that such intervals hold as often as they say in a simulation.

    The simulation is the outer loop of a double bootstrap (Loh, Calibrating confidence coefficients, Journal of the
    American Statistical Association 82, 1987); `coverage` is that of the interval before it is widened.
    """
    coverage, widened = coverage_and_widening(bootstrap_error_ratios(statistic, params), params.level)
    value, low, high, *_ = bootstrap_interval(statistic, params)
    return Interval(value, value - widened * (value - low), value + widened * (high - value), coverage, widened)


def resample_days(days: int, block: int, replicates: int, random: np.random.Generator) -> np.ndarray:
    """How often each day is drawn: (replicates, days) float64, each row adding up to `days`.

    Blocks of neighbouring days from a circle, the last one cut (Politis and Romano, A circular block-resampling
    procedure for stationary data, 1992).
    """
    block = min(block, days)
    count = -(-days // block)
    starts = random.integers(0, days, size=(replicates, count))
    drawn = ((starts[:, :, None] + np.arange(block)) % days).reshape(replicates, -1)[:, :days]
    places = drawn + np.arange(replicates)[:, None] * days
    return np.bincount(places.ravel(), minlength=replicates * days).reshape(replicates, days).astype(np.float64)


def bootstrap_error_ratios(statistic: Statistic, params: Intervals) -> np.ndarray:
    """Errors of simulated bootstrap intervals, as `intervals.error_ratios` defines them: (simulations,).

    Surrogate samples: days sorted by log loss, drawn by a first-order autoregressive series with the autocorrelation of
    the log loss; by month, within each month.
    """
    size, spans, truth = len(statistic.days), statistic.spans, statistic.value
    random = np.random.default_rng([params.seed, size])
    losses = statistic.daily_log_loss
    correlation, order = normal_score_autocorrelation(losses), np.argsort(losses, kind="stable")
    ordered_spans = [order[np.isin(order, span)] for span in spans]
    ratios = np.zeros(params.simulations)
    for number in range(params.simulations):
        ranks = autoregressive_ranks(random.standard_normal(size), correlation)
        chosen = np.empty(size, dtype=np.int64)
        for span, ordered in zip(spans, ordered_spans, strict=True):
            chosen[span] = ordered[(ranks[span] * len(span)).astype(np.int64)]
        value = statistic.of(_of_chosen(np.ones((1, size)), chosen))[0]
        drawn = _draw(spans, params.block_days, params.replicates // SPARING, random)
        low, high = _bounds(statistic.of(_of_chosen(drawn, chosen)), value, statistic, params)
        if truth != value:
            ratios[number] = (truth - value) / (high - value) if truth > value else (value - truth) / (value - low)
    return ratios


def _of_chosen(weights: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Weights of days (replicates, days), of which each stands for another, as weights of those: (replicates, days)."""
    places = chosen + np.arange(len(weights))[:, None] * len(chosen)
    return np.bincount(places.ravel(), weights.ravel(), minlength=weights.size).reshape(weights.shape)


def _draw(spans: Sequence[np.ndarray], block: int, replicates: int, random: np.random.Generator) -> np.ndarray:
    """Weights of days, drawn in blocks within each span: (replicates, days)."""
    weights = np.zeros((replicates, sum(map(len, spans))))
    for span in spans:
        weights[:, span] = resample_days(len(span), block, replicates, random)
    return weights


def _bounds(replicates: np.ndarray, value: float, statistic: Statistic, params: Intervals) -> tuple[float, float]:
    """Percentiles; within months, whose few blocks have a mean beside the value, they are moved by the difference."""
    spans, blocks = len(statistic.spans), len(statistic.days) / params.block_days
    low, high = expanded_percentiles(replicates, blocks - spans, blocks / spans, params.level)
    bias = float(np.mean(replicates)) - value if statistic.by_month else 0.0
    return low - bias, high - bias


def expanded_percentiles(replicates: np.ndarray, freedom: float, blocks: float, level: float) -> tuple[float, float]:
    """Bounds of an interval: percentiles, as far apart as Student's t asks for where so few blocks are drawn.

    The expanded percentile interval of Hesterberg, What teachers should know about the bootstrap, The American
    Statistician 69, 2015.
    """
    quantile = t.ppf((1 + level) / 2, max(freedom, 1)) * np.sqrt(max(blocks, 2) / (max(blocks, 2) - 1))
    low, high = np.quantile(replicates, [norm.cdf(-quantile), norm.cdf(quantile)])
    return float(low), float(high)
