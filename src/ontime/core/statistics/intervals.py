"""Metrics of days -> intervals without a draw, and how often such intervals hold: of differences, and of many slices.

A metric of days is almost a sum of what each day contributes, its influence. Of a sum, the bootstrap of blocks of days
has a variance in closed form, so nothing is drawn (Künsch, The jackknife and the bootstrap for general stationary
observations, Annals of Statistics 17, 1989; of the ROC AUC: DeLong, DeLong and Clarke-Pearson, Biometrics 44, 1988).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import numpy as np
import pandas as pd
from scipy.stats import t

from ontime.core.statistics.autoregression import (
    autoregressive_ranks,
    coverage_and_widening,
    normal_score_autocorrelation,
)
from ontime.core.statistics.day_metrics import DayMetric, Difference
from ontime.errors import OntimeError
from ontime.params import Intervals

INFLUENCE_DIGITS = 9  # to which the influence of days must differ for another order of theirs
LEAST_DAYS = 2  # without which there is no interval
DIGITS = 6
NOTHING = 1e-12  # what influences, and metrics, differ by where they are the same but for rounding


class Interval(NamedTuple):
    """A value between its bounds; how often such bounds held in simulation, and how far they were widened for it.

    The bounds are not numbers where there are none.
    """

    value: float
    low: float = np.nan
    high: float = np.nan
    coverage: float | None = None
    widened: float | None = None

    @classmethod
    def load(cls, content: Mapping[str, Any]) -> Self:
        """An interval from what JSON holds of it: `value`, the others where they are; further keys are not read."""
        value, low, high = (_number(content.get(name)) for name in ("value", "low", "high"))
        return cls(value, low, high, content.get("coverage"), content.get("widened"))

    @classmethod
    def from_columns(cls, line: Mapping[str, Any] | pd.Series, name: str) -> Self:
        """An interval from a line of a table that has the columns `name`, `name_low` and `name_high`."""
        return cls(*(_number(line[f"{name}{end}"]) for end in ("", "_low", "_high")))

    def content(self) -> dict[str, float]:
        """What JSON holds of it, rounded; without what is missing."""
        numbers = {name: number for name, number in self._asdict().items() if name == "value" or not pd.isna(number)}
        return {name: round(float(number), DIGITS) for name, number in numbers.items()}

    def __format__(self, form: str) -> str:
        """0.770 (0.749 to 0.788) as '.3f', 77.0 % (74.9 to 78.8 %) as '.1%'.

        The value alone where it has no bounds, and nothing where there is no value.
        """
        if not form:
            return str(self)
        unit, numbers = "", self[:3]
        if form.endswith("%"):
            form, unit, numbers = f"{form[:-1]}f", " %", tuple(100 * number for number in numbers)
        value, low, high = (format(number, form) for number in numbers)
        if np.isnan(self.value):
            return ""
        return f"{value}{unit}" if np.isnan(self.low) else f"{value}{unit} ({low} to {high}{unit})"


def _number(value: float | None) -> float:
    return np.nan if value is None else float(value)


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

    def p_value(self, truth: float = 0.0) -> float:
        """Probability of a value so far from this truth or farther, on either side."""
        return float(2 * t.sf(abs(self.value - truth) / self.error, self.freedom)) if self.error > 0 else 1.0


def interval_columns(estimates: Mapping[str, Estimate], level: float) -> dict[str, float]:
    """Columns of a table by name: each value, then its bounds, as `Interval.from_columns` reads them."""
    columns = {}
    for name, estimated in estimates.items():
        value, low, high, *_ = estimated.interval(level)
        columns |= {name: value, f"{name}_low": low, f"{name}_high": high}
    return columns


def estimate(metric: DayMetric, params: Intervals) -> Estimate:
    """A metric of days, with an error whose intervals hold as often as they say in a simulation (`error_ratios`).

    A single day says nothing of others: its error is infinite. Raises OntimeError where the metric has no value.
    """
    days = np.arange(len(metric.weight))[None]
    with np.errstate(invalid="ignore", divide="ignore"):
        (value,), influence = metric.of(days)
    if not np.isfinite(value):
        raise OntimeError(f"a metric of {days.size} days has no value: expected rows in them, of either outcome")
    if np.count_nonzero(metric.weight) < LEAST_DAYS:
        return Estimate(float(value), np.inf, 1.0, 1.0, 1.0)
    error, freedom = standard_errors(influence, metric.weight[None], params.block_days)
    coverage, widened = coverage_and_widening(error_ratios(metric, params), params.level)
    return Estimate(float(value), float(error[0]) * widened, float(freedom[0]), coverage, widened)


def difference(one: DayMetric, other: DayMetric, params: Intervals) -> Interval:
    """A metric minus another, paired: of the same days of the calendar."""
    return estimate(Difference(one, other), params).interval(params.level)


def standard_errors(influence: np.ndarray, weight: np.ndarray, block: int) -> tuple[np.ndarray, np.ndarray]:
    """Standard errors (m,) and their degrees of freedom (m,), from influence and weight (m, days).

    The error is that of blocks of neighbouring days from a circle, each as likely as another, made greater as in
    `bootstrap.expanded_percentiles`. Days that weigh nothing add no freedom: blocks are counted by what they weigh
    (Kish, Survey Sampling, 1965).
    """
    block = min(block, influence.shape[1])
    size = _block_sums(weight, block)
    blocks = size.sum(axis=1) ** 2 / (size**2).sum(axis=1) / block
    deviation = np.sqrt((_block_sums(influence, block) ** 2).sum(axis=1) / block)
    return deviation * np.sqrt(np.maximum(blocks, 2) / (np.maximum(blocks, 2) - 1)), np.maximum(blocks - 1, 1)


def error_ratios(metric: DayMetric, params: Intervals) -> np.ndarray:
    """How far off simulated intervals are: (simulations,), fewer where a drawn sample has no value.

    The days at hand play the whole population, so its metric is the truth. From them each simulation draws a sample of
    as many days and makes its interval. The ratio is the sample's error over the distance from its value to its bound:
    an interval with a ratio of at most 1 holds the truth.

    Surrogate samples: days sorted by influence, drawn by a first-order autoregressive series with the autocorrelation
    of the influence, so that drawn days resemble their neighbours as the days at hand do.
    """
    size = len(metric.weight)
    noise = np.random.default_rng([params.seed, size]).standard_normal((size, params.simulations))
    with np.errstate(invalid="ignore", divide="ignore"):
        (truth,), (influence,) = metric.of(np.arange(size)[None])
        influence = np.round(influence / max(np.abs(influence).max(), NOTHING), INFLUENCE_DIGITS)
        ranks = autoregressive_ranks(noise, normal_score_autocorrelation(influence)).T
        drawn = np.argsort(influence, kind="stable")[(ranks * size).astype(np.int64)]
        values, influences = metric.of(drawn)
        errors, freedom = standard_errors(influences, metric.weight[drawn], params.block_days)
        ratios = np.abs(truth - values) / (t.ppf((1 + params.level) / 2, freedom) * errors)
    ratios = np.where((errors < NOTHING) & (np.abs(values - truth) < NOTHING), 0, ratios)
    return ratios[~np.isnan(ratios)]


def _block_sums(values: np.ndarray, block: int) -> np.ndarray:
    """Sums of so many neighbouring days, from each day on round a circle: (m, days)."""
    return sum(np.roll(values, -step, axis=1) for step in range(block))  # type: ignore[return-value]
