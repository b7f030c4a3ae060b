"""Outcomes, probabilities and days -> every metric, under any weighting of the days."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
import pandas as pd

CALIBRATION_BINS = 10
STEPS = 1000
SMALLEST = 1e-6  # probabilities have six digits; one of 0 or 1 must not cost infinity


class Days:
    """Rows with their day: their sums by day give a metric for any weights of the days, without touching them again.

    day, outcome, probability (n,); reference (n,): the probabilities that skill is measured against, where it is.
    Days are in ascending order.
    """

    def __init__(
        self, day: pd.Series, outcome: pd.Series, probability: np.ndarray, reference: np.ndarray | None = None
    ) -> None:
        codes, names = pd.factorize(day, sort=True)
        order = np.argsort(probability, kind="stable")
        self.names = pd.DatetimeIndex(names)
        self.day = codes[order]
        self.outcome = outcome.to_numpy(dtype=np.int64)[order]
        self.probability = np.asarray(probability, dtype=np.float64)[order]
        self.reference = None if reference is None else np.asarray(reference, dtype=np.float64)[order]
        self._kept: dict[str, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self.names)

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Sums of a value of the rows by day: (days,) float64."""
        return np.bincount(self.day, values, minlength=len(self))

    def mean(self, name: str, values: Callable[[], np.ndarray], weights: np.ndarray) -> np.ndarray:
        """Means of a value of the rows, which `name` stands for, under weights (replicates, days): (replicates,)."""
        return (weights @ self.kept(name, lambda: self.sums(values()))) / (weights @ self.rows)

    def kept(self, name: str, compute: Callable[[], np.ndarray]) -> np.ndarray:
        """The value that is cached under this name; computed and cached at the first call."""
        if name not in self._kept:
            self._kept[name] = compute()
        return self._kept[name]

    @property
    def known_reference(self) -> np.ndarray:
        """The reference's probabilities (n,). Raises ValueError where there are none."""
        if self.reference is None:
            raise ValueError("skill is measured against a reference: Days(..., reference=...)")
        return self.reference

    @cached_property
    def rows(self) -> np.ndarray:
        """Rows by day: (days,) float64."""
        return self.sums(np.ones(len(self.day)))

    @cached_property
    def calendar(self) -> np.ndarray:
        """The month of each day of the calendar from the first to the last, as a number: (days of the calendar,)."""
        return calendar_months(self.names)

    @cached_property
    def place(self) -> np.ndarray:
        """Each day's place in the calendar, which begins with the first of them: (days,) int64."""
        return ((self.names - self.names[0]) // pd.Timedelta(days=1)).to_numpy(dtype=np.int64)

    @cached_property
    def months(self) -> list[tuple[np.ndarray, Days]]:
        """For each month the places of its days, and those days alone."""
        numbers = month_numbers(self.names)
        months = []
        for number in np.unique(numbers):
            columns = np.flatnonzero(numbers == number)
            rows = np.isin(self.day, columns)
            reference = None if self.reference is None else self.reference[rows]
            day, outcome = pd.Series(self.names[self.day[rows]]), pd.Series(self.outcome[rows])
            months.append((columns, Days(day, outcome, self.probability[rows], reference)))
        return months

    @cached_property
    def pairs(self) -> np.ndarray:
        """Twice the pairs of a positive of day i above a negative of day j, ties counted half: (days, days)."""
        positive = self.outcome == 1
        first, last = (
            np.searchsorted(self.probability, self.probability[positive], side=side) for side in ("left", "right")
        )
        counted = np.zeros((len(self), len(self)))
        for day in range(len(self)):
            negatives = np.concatenate([[0], np.cumsum(~positive & (self.day == day))])
            counted[:, day] = np.bincount(self.day[positive], negatives[first] + negatives[last], minlength=len(self))
        return counted


def calendar_months(day: pd.Series | pd.DatetimeIndex) -> np.ndarray:
    """The month of each day of the calendar, from the first to the last of these, as a number: (days,) int64."""
    return month_numbers(pd.date_range(day.min(), day.max()))


def month_numbers(days: pd.DatetimeIndex) -> np.ndarray:
    """The month of each day as a number, one more than that of the month before: (days,) int64."""
    return (days.year * 12 + days.month).to_numpy(dtype=np.int64)


def roc_auc(days: Days, weights: np.ndarray) -> np.ndarray:
    """Probability that a positive is ranked above a negative, ties half: (replicates,).

    Counted by pairs of days, in whole numbers: a replicate is then a product of its weights with that table.
    """
    positives = weights @ days.kept("positives", lambda: days.sums(days.outcome))
    negatives = weights @ days.rows - positives
    return np.einsum("rd,rd->r", weights @ days.pairs, weights) / (2 * positives * negatives)


def average_precision(days: Days, weights: np.ndarray) -> np.ndarray:
    """Mean of the precision over the positives, from the highest probability down in steps of 0.001: (replicates,)."""
    seen, true = (days.kept(name, lambda name=name: _by_step(days, name)) for name in ("seen", "true"))
    positives, seen = weights @ true, np.cumsum(weights @ seen, axis=1)
    reached = np.cumsum(positives, axis=1)
    precision = np.divide(reached, seen, out=np.zeros_like(seen), where=seen > 0)
    return (positives * precision).sum(axis=1) / reached[:, -1]


def log_loss(days: Days, weights: np.ndarray) -> np.ndarray:
    """Mean of minus the logarithm of the probability given to what happened: (replicates,)."""
    return days.mean("log_loss", lambda: log_losses(days.probability, days.outcome == 1), weights)


def log_losses(probability: np.ndarray, outcome: np.ndarray) -> np.ndarray:
    """Minus the logarithm of the probability given to what happened, per row: (n,)."""
    probability = np.clip(probability, SMALLEST, 1 - SMALLEST)
    return -np.log(np.where(outcome, probability, 1 - probability))


def brier(days: Days, weights: np.ndarray) -> np.ndarray:
    """Mean squared error of the probability: (replicates,)."""
    return days.mean("brier", lambda: squared_errors(days.probability, days.outcome), weights)


def squared_errors(probability: np.ndarray, outcome: np.ndarray) -> np.ndarray:
    """The square of the probability's error, per row: (n,)."""
    return (probability - outcome) ** 2


def brier_skill(days: Days, weights: np.ndarray) -> np.ndarray:
    """Share of the reference's Brier score that is taken away: (replicates,)."""
    reference = days.known_reference
    return 1 - brier(days, weights) / days.mean("reference", lambda: squared_errors(reference, days.outcome), weights)


def ece(days: Days, weights: np.ndarray) -> np.ndarray:
    """Expected calibration error in ten bins of equal width: (replicates,).

    Naeini, Cooper and Hauskrecht, Obtaining well calibrated probabilities using Bayesian binning, AAAI 2015.
    """
    gaps = days.kept("gaps", lambda: _gaps(days))
    return np.abs(weights @ gaps).sum(axis=1) / (weights @ days.rows)


def _gaps(days: Days) -> np.ndarray:
    """Probability minus outcome, summed by day and bin: (days, bins)."""
    bins = np.minimum((days.probability * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)
    gaps = np.zeros((len(days), CALIBRATION_BINS))
    np.add.at(gaps, (days.day, bins), days.probability - days.outcome)
    return gaps


def _by_step(days: Days, name: str) -> np.ndarray:
    """Rows, or true ones, by day and step of probability, from the highest down: (days, steps)."""
    steps = np.minimum((days.probability * STEPS).astype(np.int64), STEPS - 1)
    place = days.day * STEPS + (STEPS - 1 - steps)
    counted = np.bincount(place, days.outcome if name == "true" else None, minlength=len(days) * STEPS)
    return counted.reshape(len(days), STEPS).astype(np.float64)


METRICS: dict[str, Callable[[Days, np.ndarray], np.ndarray]] = {
    "roc_auc": roc_auc,
    "average_precision": average_precision,
    "log_loss": log_loss,
    "brier": brier,
    "brier_skill": brier_skill,
    "ece": ece,
}


def metric_value(metric: str, days: Days) -> float:
    """A metric of all rows as they are."""
    return float(METRICS[metric](days, np.ones((1, len(days))))[0])
