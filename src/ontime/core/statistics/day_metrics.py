"""Rows with their day -> metrics of days: their value under any draw of days, and each day's influence on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from ontime.core.statistics.metrics import Days, log_losses, squared_errors

OF_ROWS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {  # what the mean is taken of
    "log_loss": log_losses,
    "brier": squared_errors,
    "risk": lambda probability, _: probability,
}


class DayMetric(Protocol):
    """A metric of days, under any draw of them.

    of(drawn): drawn (m, k) are places of days; gives the metric of each draw (m,), and the influence of each drawn day
    (m, k), which is what it adds to the metric. weight (days,): how much of the metric each day holds, 0 where it is
    empty.
    """

    @property
    def weight(self) -> np.ndarray: ...

    def of(self, drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]: ...


@dataclass(frozen=True)
class Ratio:
    """A sum over another: top, bottom (days,)."""

    top: np.ndarray
    bottom: np.ndarray

    @property
    def weight(self) -> np.ndarray:
        return self.bottom

    def of(self, drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        top, bottom = self.top[drawn], self.bottom[drawn]
        total = bottom.sum(axis=1, keepdims=True)
        value = top.sum(axis=1, keepdims=True) / total
        return value[:, 0], (top - value * bottom) / total


@dataclass(frozen=True)
class Lift:
    """A share among some over the share among all: the two ratios' quotient."""

    some: Ratio
    all: Ratio

    @property
    def weight(self) -> np.ndarray:
        return self.some.bottom

    def of(self, drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        (one, first), (other, second) = self.some.of(drawn), self.all.of(drawn)
        value = one / other
        return value, first / other[:, None] - second * (value / other)[:, None]


@dataclass(frozen=True)
class Skill:
    """The share of a reference's mean loss that is taken away: 1 minus the quotient of the two."""

    loss: Ratio
    reference: Ratio

    @property
    def weight(self) -> np.ndarray:
        return self.loss.bottom

    def of(self, drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        value, influence = Lift(self.loss, self.reference).of(drawn)
        return 1 - value, -influence


@dataclass(frozen=True)
class RocAuc:
    """The ROC AUC, by how many pairs of rows are in order.

    pairs (days, days): twice the number of pairs of a positive of day i above a negative of day j, ties counted half;
    positives, negatives (days,): rows by day.
    """

    pairs: np.ndarray
    positives: np.ndarray
    negatives: np.ndarray

    @property
    def weight(self) -> np.ndarray:
        return np.minimum(self.positives, self.negatives)

    def of(self, drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        times = _times(drawn, len(self.positives))
        positives, negatives = ((times @ counts)[:, None] for counts in (self.positives, self.negatives))
        above, below = times @ self.pairs.T / 2, times @ self.pairs / 2
        value = (times * above).sum(axis=1, keepdims=True) / (positives * negatives)
        influence = (above - value * negatives * self.positives + below - value * positives * self.negatives) / (
            positives * negatives
        )
        return value[:, 0], np.take_along_axis(influence, drawn, axis=1)


@dataclass(frozen=True)
class MonthMean:
    """The mean of the metrics of months, each month counting once.

    months (days,): of each day. A day adds to its month's metric, and its share of how far the month is from the mean.
    """

    metric: DayMetric
    months: np.ndarray

    @property
    def weight(self) -> np.ndarray:
        """Each month's days weigh as much as those of another."""
        _, place, days = np.unique(self.months, return_inverse=True, return_counts=True)
        return 1 / days[place]

    def of(self, drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        names, place = np.unique(self.months, return_inverse=True)
        values, influence = np.empty((len(drawn), len(names))), np.empty(drawn.shape)
        for month in range(len(names)):
            days = place == month
            values[:, month], influence[:, days] = self.metric.of(drawn[:, days])
        mean = values.mean(axis=1)
        apart = (values - mean[:, None])[:, place] * self.weight
        return mean, (influence + apart) / len(names)


@dataclass(frozen=True)
class Difference:
    """A metric minus another, of the same days of the calendar."""

    one: DayMetric
    other: DayMetric

    def __post_init__(self) -> None:
        if len(self.one.weight) != len(self.other.weight):
            raise ValueError(f"expected as many days, found {len(self.one.weight)} and {len(self.other.weight)}")

    @property
    def weight(self) -> np.ndarray:
        return self.one.weight + self.other.weight

    def of(self, drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        (one, first), (other, second) = self.one.of(drawn), self.other.of(drawn)
        return one - other, first - second


def point_estimate(metric: DayMetric) -> float:
    """A metric of the days as they are."""
    return float(metric.of(np.arange(len(metric.weight))[None])[0][0])


def day_numbers(day: pd.Series) -> np.ndarray:
    """Days since the first: (n,) int64."""
    return ((day - day.min()) // pd.Timedelta(days=1)).to_numpy(dtype=np.int64)


def daily_sums(day: pd.Series, *values: np.ndarray) -> list[np.ndarray]:
    """Sums of values of the rows by day of the calendar, from the first to the last of these: (days,) each."""
    place = day_numbers(day)
    return [np.bincount(place, value) for value in values]


def mean_by_day(day: pd.Series, values: np.ndarray) -> Ratio:
    """The mean of a value of the rows, by day of the calendar."""
    return Ratio(*daily_sums(day, values, np.ones(len(values))))


def roc_auc_by_day(days: Days) -> RocAuc:
    """The ROC AUC of the rows, by day of the calendar."""
    true = days.sums(days.outcome)
    positives, negatives = (np.bincount(days.place, counts) for counts in (true, days.rows - true))
    pairs = np.zeros((len(positives), len(positives)))
    pairs[np.ix_(days.place, days.place)] = days.pairs
    return RocAuc(pairs, positives, negatives)


def metric_by_day(metric: str, days: Days) -> DayMetric:
    """One of 'roc_auc', 'log_loss', 'brier', 'risk' (the mean probability), 'brier_skill', by day of the calendar."""
    if metric == "roc_auc":
        return roc_auc_by_day(days)
    if metric == "brier_skill":
        return Skill(_mean(days, "brier", days.probability), _mean(days, "brier", days.known_reference))
    return _mean(days, metric, days.probability)


def _mean(days: Days, loss: str, probability: np.ndarray) -> Ratio:
    sums = days.sums(OF_ROWS[loss](probability, days.outcome))
    return Ratio(*(np.bincount(days.place, values) for values in (sums, days.rows)))


def _times(drawn: np.ndarray, size: int) -> np.ndarray:
    """How often each of so many days is drawn: (m, size)."""
    places = (drawn + np.arange(len(drawn))[:, None] * size).ravel()
    return np.bincount(places, minlength=len(drawn) * size).reshape(len(drawn), size).astype(np.float64)
