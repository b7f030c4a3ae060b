"""Probabilities whose outcomes are not known yet -> what the metrics should be, with the error such estimates had.

Confidence-based estimation: where probabilities are calibrated, they themselves tell how often they are wrong (Garg et
al., Leveraging unlabeled data to predict out-of-distribution performance, ICLR 2022; the formulas are those that the
documentation of NannyML gives for CBPE). It sees that rows became harder. It cannot see that the same probability came
to mean something else. So no estimate stands alone: `interval_from_past_errors` gives it the error of past ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy.optimize import isotonic_regression
from scipy.stats import t

from ontime.core.statistics.intervals import Interval
from ontime.core.statistics.metrics import SMALLEST
from ontime.errors import OntimeError, validated
from ontime.params import record

DIGITS = 6
MIN_WINDOWS = 4  # whose errors are known, without which the next estimate has no interval
MAX_AUTOCORRELATION = 0.9  # of errors of neighbouring windows, as far as it is allowed for


@record
class _Curve:
    """What JSON holds of an estimator."""

    probability: list[float]
    rate: list[float]


@dataclass(frozen=True, eq=False)
class Estimator:
    """A calibration curve: outcomes came true at `rate` (k,) where the model gave `probability` (k,), ascending."""

    probability: np.ndarray
    rate: np.ndarray

    @classmethod
    def of(cls, probability: np.ndarray, outcome: np.ndarray) -> Self:
        """Learned from probabilities (n,) and outcomes (n,) of rows that their model had not been trained on.

        Nothing in the numbers tells which rows those are, so the caller must. Rows of the training would promise what
        no later row keeps: the model knows them by heart. Isotonic regression (Zadrozny and Elkan, Transforming
        classifier scores into accurate multiclass probability estimates, KDD 2002). Raises OntimeError where all
        outcomes are the same.
        """
        outcome = np.asarray(outcome, dtype=np.float64)
        if not 0 < outcome.sum() < len(outcome):
            raise OntimeError(
                f"expected rows with both outcomes, found {len(outcome)} of which {outcome.sum():.0f} true"
            )
        values, place, count = np.unique(probability, return_inverse=True, return_counts=True)
        rate = isotonic_regression(np.bincount(place, outcome) / count, weights=count).x
        step = np.diff(rate) != 0
        ends = np.concatenate([[True], step]) | np.concatenate([step, [True]])  # between the ends of a step it is flat
        return cls(np.round(values[ends], DIGITS), np.round(rate[ends], DIGITS))

    def calibrated(self, probability: np.ndarray) -> np.ndarray:
        """How often outcomes should come true at these probabilities (n,): (n,)."""
        return np.interp(probability, self.probability, self.rate)

    def expected(self, probability: np.ndarray) -> dict[str, float]:
        """Expected `rate`, `log_loss`, `brier` and `roc_auc` of probabilities (n,) whose outcomes are not known."""
        rate, clipped = self.calibrated(probability), np.clip(probability, SMALLEST, 1 - SMALLEST)
        return {
            "rate": float(rate.mean()),
            "log_loss": float(-np.mean(rate * np.log(clipped) + (1 - rate) * np.log1p(-clipped))),
            "brier": float(np.mean(rate * (1 - probability) ** 2 + (1 - rate) * probability**2)),
            "roc_auc": expected_roc_auc(probability, rate),
        }

    def content(self) -> dict[str, Any]:
        """What JSON holds of it."""
        return {"probability": self.probability.tolist(), "rate": self.rate.tolist()}

    @classmethod
    def load(cls, content: Mapping[str, Any]) -> Self:
        """An estimator from what JSON holds of it. Raises OntimeError with all that is wrong."""
        curve = validated(_Curve, content, "an estimator of expected performance")
        return cls(np.array(curve.probability), np.array(curve.rate))


def expected_roc_auc(probability: np.ndarray, rate: np.ndarray) -> float:
    """The expected ROC AUC of rows with these probabilities (n,), each true with the chance `rate` (n,).

    The share of pairs of a true and a false row in which the true one has the higher probability; each pair counts by
    its chance. Ties, and a row with itself, count half. Not a number where all rows are surely of one kind.
    """
    _, place = np.unique(probability, return_inverse=True)
    positives, negatives = np.bincount(place, rate), np.bincount(place, 1 - rate)
    below = np.cumsum(negatives) - negatives / 2
    pairs = positives.sum() * negatives.sum()
    return float((positives * below).sum() / pairs) if pairs > 0 else float("nan")


def interval_from_past_errors(
    now: float, estimated: Sequence[float], realised: Sequence[float], level: float
) -> Interval:
    """Where a window's metric will lie with probability `level`, from its estimate and how far past ones were off.

    now: the estimate. estimated, realised (windows,): the metric of past windows in their order, as it was estimated
    and as it came. The interval's value is the estimate plus their mean error.

    A Student interval for one more observation (Geisser, Predictive inference, 1993, chapter 2). Where errors of
    neighbouring windows correlate, windows count for fewer. Raises OntimeError where fewer than four are known: an
    estimate without its error is none.
    """
    errors = np.asarray(realised, dtype=np.float64) - np.asarray(estimated, dtype=np.float64)
    if len(errors) < MIN_WINDOWS:
        raise OntimeError(
            f"expected at least {MIN_WINDOWS} past windows with estimate and realised value, found {len(errors)}"
        )
    bias, rho = errors.mean(), autocorrelation(errors)
    size = max(len(errors) * (1 - rho) / (1 + rho), 2.0)
    deviation = np.sqrt(np.mean((errors - bias) ** 2) / (1 - 1 / size) * (1 + 1 / size))
    reach = float(t.ppf((1 + level) / 2, size - 1) * deviation)
    value = float(now + bias)
    return Interval(value, value - reach, value + reach)


def autocorrelation(series: np.ndarray) -> float:
    """The correlation of neighbours in a series (n,) in order, from 0 to MAX_AUTOCORRELATION.

    Corrected for the bias that short series have (Marriott and Pope, Bias in the estimation of autocorrelations,
    Biometrika 41, 1954).
    """
    deviations = series - series.mean()
    total = (deviations**2).sum()
    if total == 0:
        return 0.0
    raw = float((deviations[1:] * deviations[:-1]).sum() / total)
    return min(max(raw + (1 + 3 * raw) / len(series), 0.0), MAX_AUTOCORRELATION)
