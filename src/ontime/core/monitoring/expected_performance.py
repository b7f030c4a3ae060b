"""Probabilities whose outcomes are not known yet -> what the metrics should be, with the error such estimates had.

Confidence-based estimation: where probabilities are calibrated, they say themselves how often they are wrong (Garg et
al., Leveraging unlabeled data to predict out-of-distribution performance, ICLR 2022; the formulas are those that the
documentation of NannyML gives for CBPE). It sees that rows became harder; it cannot see that the same probability came
to mean something else. So no estimate stands alone: `with_past_error` lays the error of past ones around it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy.stats import t
from sklearn.isotonic import IsotonicRegression

from ontime.core.statistics.intervals import Interval
from ontime.core.statistics.metrics import SMALLEST
from ontime.errors import OntimeError

DIGITS = 6
LEAST = 4  # windows whose errors are known, for a next one to be told
MOST = 0.9  # resemblance of neighbouring windows that is allowed for


@dataclass(frozen=True, eq=False)
class Estimator:
    """How often outcomes were true where such a probability was said: `said` (k,) ascending, `true` (k,)."""

    said: np.ndarray
    true: np.ndarray

    @classmethod
    def of(cls, probability: np.ndarray, outcome: np.ndarray) -> Self:
        """Learned from probabilities (n,) of rows that their model had not seen, and their outcomes (n,).

        Of rows that the model learned from it would promise what no later row keeps: the model knows those by heart.
        Nothing in the numbers tells which they are, so the caller must. Isotonic regression (Zadrozny and Elkan,
        Transforming classifier scores into accurate multiclass probability estimates, KDD 2002). Raises OntimeError
        where all outcomes are the same.
        """
        outcome = np.asarray(outcome, dtype=np.float64)
        if not 0 < outcome.sum() < len(outcome):
            raise OntimeError(
                f"expected rows with both outcomes, found {len(outcome)} of which {outcome.sum():.0f} true"
            )
        fitted = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(probability, outcome)
        return cls(np.round(fitted.X_thresholds_, DIGITS), np.round(fitted.y_thresholds_, DIGITS))

    def calibrated(self, probability: np.ndarray) -> np.ndarray:
        """How often outcomes should be true: (n,)."""
        return np.interp(probability, self.said, self.true)

    def expected(self, probability: np.ndarray) -> dict[str, float]:
        """Expected `rate`, `log_loss`, `brier` and `roc_auc` of probabilities (n,) whose outcomes are not known."""
        true, said = self.calibrated(probability), np.clip(probability, SMALLEST, 1 - SMALLEST)
        return {
            "rate": float(true.mean()),
            "log_loss": float(-np.mean(true * np.log(said) + (1 - true) * np.log1p(-said))),
            "brier": float(np.mean(true * (1 - probability) ** 2 + (1 - true) * probability**2)),
            "roc_auc": expected_roc_auc(probability, true),
        }

    def content(self) -> dict[str, Any]:
        """What JSON holds of it."""
        return {"said": self.said.tolist(), "true": self.true.tolist()}

    @classmethod
    def load(cls, content: Mapping[str, Any]) -> Self:
        """An estimator from what JSON holds of it."""
        return cls(np.array(content["said"]), np.array(content["true"]))


def expected_roc_auc(probability: np.ndarray, true: np.ndarray) -> float:
    """Area below the expected curve: pairs of a row that is true above one that is not, by the chance of each (n,).

    Ties, and a row with itself, count half. Not a number where all rows are surely of one kind.
    """
    _, place = np.unique(probability, return_inverse=True)
    positives, negatives = np.bincount(place, true), np.bincount(place, 1 - true)
    below = np.cumsum(negatives) - negatives / 2
    pairs = positives.sum() * negatives.sum()
    return float((positives * below).sum() / pairs) if pairs > 0 else float("nan")


def with_past_error(now: float, estimated: Sequence[float], realised: Sequence[float], level: float) -> Interval:
    """Where the metric of a window will be found with probability `level`, by how far past estimates were off.

    now: its estimate. estimated, realised (windows,): those of past windows in their order, alike in length. The value
    is `now` moved by their mean error. A Student interval for one more observation (Geisser, Predictive inference,
    1993, chapter 2), whose windows count for fewer where errors resemble their neighbours. Raises OntimeError where
    fewer than four are known: an estimate without its error is none.
    """
    errors = np.asarray(realised, dtype=np.float64) - np.asarray(estimated, dtype=np.float64)
    if len(errors) < LEAST:
        raise OntimeError(
            f"expected at least {LEAST} past windows with estimate and realised value, found {len(errors)}"
        )
    bias, rho = errors.mean(), resemblance(errors)
    size = max(len(errors) * (1 - rho) / (1 + rho), 2.0)
    deviation = np.sqrt(np.mean((errors - bias) ** 2) / (1 - 1 / size) * (1 + 1 / size))
    reach = float(t.ppf((1 + level) / 2, size - 1) * deviation)
    value = float(now + bias)
    return Interval(value, value - reach, value + reach)


def resemblance(series: np.ndarray) -> float:
    """Correlation of neighbours, at least 0, without the bias that few of them bring: series (n,) in order.

    Marriott and Pope, Bias in the estimation of autocorrelations, Biometrika 41, 1954.
    """
    away = series - series.mean()
    total = (away**2).sum()
    if total == 0:
        return 0.0
    found = float((away[1:] * away[:-1]).sum() / total)
    return min(max(found + (1 + 3 * found) / len(series), 0.0), MOST)
