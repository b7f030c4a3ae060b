"""Probabilities and outcomes of earlier rows -> sets of outcomes that hold the true one as often as they promise.

Split conformal prediction (Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005): the promise is
exact, in finite samples and for any model, where later rows are exchangeable with the earlier ones. Seasons are not, so
coverage is measured month by month.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from ontime.core.statistics.day_metrics import mean_by_day
from ontime.core.statistics.intervals import estimate, interval_columns
from ontime.core.statistics.metrics import calendar_months
from ontime.params import Hours, Intervals, Share, record

Calibrate = Callable[[np.ndarray, np.ndarray, float], "Calibration"]
SHARES = ("coverage", "both", "empty")
COLUMNS = [
    "kind",
    "month",
    "outcome",
    "rows",
    "nominal",
    *(f"{name}{end}" for name in SHARES for end in ("", "_low", "_high", "_about")),
]
DIGITS = 4


class Calibration(NamedTuple):
    """The smallest probability at which False, and at which True, is still in the set."""

    false: float
    true: float

    def content(self) -> dict[str, float | None]:
        """What JSON holds of it: nothing for a bound that no probability is below."""
        return {name: bound if np.isfinite(bound) else None for name, bound in self._asdict().items()}


@record
class ConformalBounds:
    """What JSON holds of a calibration, and the lead in hours of the answers that it is of.

    A bound is a probability, or None where no probability is below it.
    """

    false: Share | None
    true: Share | None
    lead_hours: Hours

    @property
    def calibration(self) -> Calibration:
        """The bounds as numbers."""
        return Calibration(*(-np.inf if bound is None else bound for bound in (self.false, self.true)))


def marginal(probability: np.ndarray, outcome: np.ndarray, level: float) -> Calibration:
    """Sets that hold the outcome with probability `level`: one bound for both outcomes, from rows (n,)."""
    bound = _bound(np.where(outcome, probability, 1 - probability), level)
    return Calibration(bound, bound)


def by_class(probability: np.ndarray, outcome: np.ndarray, level: float) -> Calibration:
    """The same among rows of either outcome (Mondrian): a bound for each."""
    return Calibration(_bound(1 - probability[~outcome], level), _bound(probability[outcome], level))


KINDS: dict[str, Calibrate] = {"marginal": marginal, "by class": by_class}


def conformal_set(probability: np.ndarray, calibration: Calibration) -> np.ndarray:
    """Whether False and True are in each set: (n, 2) bool. Both: 'I do not know'; neither: unlike the earlier rows."""
    sets = np.empty((len(probability), 2), dtype=bool)
    sets[:, 0], sets[:, 1] = 1 - probability >= calibration.false, probability >= calibration.true
    return sets


def conformal_table(
    months: Iterable[tuple[str, pd.DataFrame, pd.DataFrame]], level: float, params: Intervals
) -> pd.DataFrame:
    """Coverage per kind, month and class, with intervals, and the shares of sets with both outcomes and of empty ones.

    months: name, rows whose outcome was known when it began, rows of the month; each with day, outcome, probability.
    The month 'all' holds the rows of all months, each by the calibration of its own month. `nominal`: the level.
    Without months the table is empty.
    """
    covered = [
        _covered(rows, calibrate, known, level).assign(kind=kind, month=month)
        for month, known, rows in months
        for kind, calibrate in KINDS.items()
    ]
    if not covered:
        return pd.DataFrame(columns=COLUMNS)
    by_month = pd.concat(covered, ignore_index=True)
    table = pd.concat([by_month, by_month.assign(month="all")], ignore_index=True)
    lines = []
    for (kind, month), part in table.groupby(["kind", "month"], sort=True):
        for name, of_class in (("all", part), ("true", part[part["outcome"]]), ("false", part[~part["outcome"]])):
            line = {"kind": kind, "month": month, "outcome": name, "rows": len(of_class), "nominal": level}
            lines.append(line | _shares(of_class, params))
    return pd.DataFrame(lines, columns=COLUMNS).round(DIGITS)


def _bound(given: np.ndarray, level: float) -> float:
    """The probability that so large a share of rows was given at least, counting the row to come: exact at n rows."""
    place = int(np.ceil((len(given) + 1) * level - 1e-9))
    return float(-np.sort(-given)[place - 1]) if place <= len(given) else -np.inf


def _covered(rows: pd.DataFrame, calibrate: Calibrate, known: pd.DataFrame, level: float) -> pd.DataFrame:
    """Day and outcome of rows, and whether the set of each holds the outcome, holds both outcomes, is empty."""
    outcome = rows["outcome"].to_numpy(bool)
    calibration = calibrate(known["probability"].to_numpy(), known["outcome"].to_numpy(bool), level)
    sets = conformal_set(rows["probability"].to_numpy(), calibration)
    return pd.DataFrame(
        {
            "day": rows["day"],
            "outcome": outcome,
            "coverage": np.where(outcome, sets[:, 1], sets[:, 0]),
            "both": sets.all(axis=1),
            "empty": ~sets.any(axis=1),
        }
    )


def _shares(rows: pd.DataFrame, params: Intervals) -> dict[str, object]:
    months = calendar_months(rows["day"])
    metrics = {name: mean_by_day(rows["day"], rows[name].to_numpy(np.float64)) for name in SHARES}
    estimates = {name: estimate(metric, months, params) for name, metric in metrics.items()}
    columns = interval_columns(estimates, params.level)
    return {name: value if isinstance(value, str) else min(max(value, 0.0), 1.0) for name, value in columns.items()}
