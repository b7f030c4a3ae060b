"""Days and a metric without an influence function -> its interval, by a bootstrap of blocks of days within months."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import norm, t

from ontime.core.statistics.intervals import THESE_MONTHS, Interval
from ontime.core.statistics.metrics import METRICS, Days, metric_value
from ontime.params import Intervals


def bootstrap_interval(metric: str, days: Days, params: Intervals) -> Interval:
    """A metric with its interval, about these months: within each, blocks of neighbouring days are drawn."""
    random, value = np.random.default_rng(params.seed), metric_value(metric, days)
    replicates = METRICS[metric](days, _draw(_spans(days), params.block_days, params.replicates, random))
    return Interval(value, *_bounds(replicates, value, days, params), about=THESE_MONTHS)


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


def expanded_percentiles(replicates: np.ndarray, freedom: float, blocks: float, level: float) -> tuple[float, float]:
    """Bounds of an interval: percentiles, as far apart as Student's t asks for where so few blocks are drawn.

    The expanded percentile interval of Hesterberg, What teachers should know about the bootstrap, The American
    Statistician 69, 2015.
    """
    quantile = t.ppf((1 + level) / 2, max(freedom, 1)) * np.sqrt(max(blocks, 2) / (max(blocks, 2) - 1))
    low, high = np.quantile(replicates, [norm.cdf(-quantile), norm.cdf(quantile)])
    return float(low), float(high)


def _spans(days: Days) -> list[np.ndarray]:
    """Places of the days of each month."""
    months = days.calendar[days.place]
    return [np.flatnonzero(months == month) for month in np.unique(months)]


def _draw(spans: Sequence[np.ndarray], block: int, replicates: int, random: np.random.Generator) -> np.ndarray:
    """Weights of days, drawn in blocks within each span: (replicates, days)."""
    weights = np.zeros((replicates, sum(map(len, spans))))
    for span in spans:
        weights[:, span] = resample_days(len(span), block, replicates, random)
    return weights


def _bounds(replicates: np.ndarray, value: float, days: Days, params: Intervals) -> tuple[float, float]:
    """Percentiles, moved by the difference of their mean to the value: few blocks have a mean beside it."""
    spans, blocks = len(_spans(days)), len(days) / params.block_days
    low, high = expanded_percentiles(replicates, blocks - spans, blocks / spans, params.level)
    bias = float(np.mean(replicates)) - value
    return low - bias, high - bias
