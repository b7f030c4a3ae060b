"""Days at hand -> samples of days that are as alike as they are, and how often intervals of each kind hold in them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.stats import t

from ontime.core.statistics.day_metrics import DayMetric
from ontime.core.statistics.dependence import Dependence, dependent_ranks, fit_dependence
from ontime.core.statistics.standard_errors import (
    NOTHING,
    Errors,
    errors_by_blocks,
    errors_by_months,
    errors_within_months,
)
from ontime.params import Intervals

INFLUENCE_DIGITS = 9  # to which the influence of days must differ for another order of theirs
DIGITS = 3


def coverage_table(metrics: Mapping[str, DayMetric], months: np.ndarray, params: Intervals) -> pd.DataFrame:
    """Per metric: how alike days are, and how often intervals that claim `level` hold in samples of days so alike.

    - month_share, next_day: of `Dependence`, fitted to the days' influence on the metric.
    - by_months: where months are the units, about other months.
    - by_blocks: where blocks of days are, wherever they stand: what holds only if months have no effect.
    - within_months: where blocks of days of fixed months are, about these months.
    months (days,): of each day of the calendar that all metrics are of.
    """
    lines = []
    for name, metric in metrics.items():
        _, (influence,) = metric.of(np.arange(len(months))[None])
        dependence = fit_dependence(_rounded(influence), months)
        other, these = (surrogate_days(influence, months, within=within, params=params) for within in (False, True))
        line = {"metric": name, "month_share": dependence.month_share, "next_day": dependence.lags[0]}
        for kind, drawn in (("by_months", other), ("by_blocks", other), ("within_months", these)):
            line[kind] = _coverage(kind, metric, drawn, months, params)
        lines.append(line)
    return pd.DataFrame(lines).round(DIGITS)


def surrogate_days(values: np.ndarray, months: np.ndarray, *, within: bool, params: Intervals) -> np.ndarray:
    """Places of days, drawn as often as there are days: (simulations, days).

    values (days,): by which days are alike or not, such as their influence on a metric; months (days,): of each day.
    Days are sorted by value and drawn by ranks of `dependent_ranks`, so that those of a drawn sample resemble one
    another as the days at hand do. within: the months stay what they are, and a day is one of its own month's.
    """
    values = _rounded(values)
    dependence, names = fit_dependence(values, months), np.unique(months)
    size = len(values)
    noise = np.random.default_rng([params.seed, size]).standard_normal((size + len(names), params.simulations))
    if not within:
        return _drawn(np.arange(size), values, dependent_ranks(dependence, months, noise))
    ranks = dependent_ranks(Dependence(0.0, dependence.lags), months, noise)
    drawn = np.empty((params.simulations, size), dtype=np.int64)
    for month in names:
        days = np.flatnonzero(months == month)
        drawn[:, days] = _drawn(days, values[days], ranks[days])
    return drawn


def _coverage(kind: str, metric: DayMetric, drawn: np.ndarray, months: np.ndarray, params: Intervals) -> float:
    """How often intervals of drawn samples hold the truth, which is the mean of all of them."""
    with np.errstate(invalid="ignore", divide="ignore"):
        values, influences = metric.of(drawn)
    valid = np.isfinite(values) & np.isfinite(influences).all(axis=1)
    values, influences, weights = values[valid], influences[valid], metric.weight[drawn[valid]]
    error, freedom = _errors(kind, influences, weights, months, params)
    reach = t.ppf((1 + params.level) / 2, freedom) * error
    return float(np.mean(np.abs(values - values.mean()) <= reach + NOTHING))


def _errors(kind: str, influence: np.ndarray, weight: np.ndarray, months: np.ndarray, params: Intervals) -> Errors:
    if kind == "by_months":
        return errors_by_months(influence, weight, months)
    if kind == "by_blocks":
        return errors_by_blocks(influence, weight, params.block_days)
    return errors_within_months(influence, weight, months, params.block_days)


def _rounded(values: np.ndarray) -> np.ndarray:
    return np.round(values / max(np.abs(values).max(), NOTHING), INFLUENCE_DIGITS)


def _drawn(days: np.ndarray, values: np.ndarray, ranks: np.ndarray) -> np.ndarray:
    """Of these days, those at the ranks (places, simulations) among them by value: (simulations, places)."""
    ordered = days[np.argsort(values, kind="stable")]
    return ordered[(ranks * len(days)).astype(np.int64)].T
