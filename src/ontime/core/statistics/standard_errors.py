"""What each day adds to a metric -> the metric's standard error, by what varies: months, days of fixed months, days.

A metric of days is almost a sum of what each day contributes, its influence. Of a sum, the bootstrap of blocks of days
has a variance in closed form, so nothing is drawn (Künsch, The jackknife and the bootstrap for general stationary
observations, Annals of Statistics 17, 1989; of the ROC AUC: DeLong, DeLong and Clarke-Pearson, Biometrics 44, 1988).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

OVERLAP = 1.5  # as much freedom as blocks beside one another have those that overlap
NOTHING = 1e-12  # what influences, and metrics, differ by where they are the same but for rounding


class Errors(NamedTuple):
    """Standard errors (m,) and their degrees of freedom (m,)."""

    error: np.ndarray
    freedom: np.ndarray


def errors_by_blocks(influence: np.ndarray, weight: np.ndarray, block: int) -> Errors:
    """Where days come again, from influence and weight (m, days).

    The error is that of blocks of neighbouring days from a circle, each as likely as another. Days that weigh nothing
    add no freedom: blocks are counted by what they weigh (Kish, Survey sampling, 1965). Blocks that overlap tell half
    as much again (Meketon and Schmeiser, Overlapping batch means, Winter Simulation Conference 1984).
    """
    block = min(block, influence.shape[1])
    blocks = kish(_block_sums(weight, block)) / block
    deviation = np.sqrt((_block_sums(influence, block) ** 2).sum(axis=1) / block)
    error, freedom = _of_so_many(deviation, blocks)
    return Errors(error, OVERLAP * freedom)


def errors_by_months(influence: np.ndarray, weight: np.ndarray, months: np.ndarray) -> Errors:
    """Where other months may come, from influence and weight (m, days), and the month of each day (days,).

    Months are the units, each as likely as another; they are counted by what they weigh.
    """
    _, place = np.unique(months, return_inverse=True)
    of_month = np.eye(place.max() + 1)[place]
    deviation = np.sqrt(((influence @ of_month) ** 2).sum(axis=1))
    return _of_so_many(deviation, kish(weight @ of_month))


def errors_within_months(influence: np.ndarray, weight: np.ndarray, months: np.ndarray, block: int) -> Errors:
    """Where the months are these, and only their days might have been others: strata of blocks of days.

    Freedom is added up as in Satterthwaite, An approximate distribution of estimates of variance components,
    Biometrics Bulletin 2, 1946.
    """
    variances, shares = [], []
    for month in np.unique(months):
        days = months == month
        part, heavy = influence[:, days], weight[:, days]
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.nan_to_num(part.sum(axis=1, keepdims=True) / heavy.sum(axis=1, keepdims=True))
        error, freedom = errors_by_blocks(part - mean * heavy, heavy, block)
        variances.append(error**2)
        shares.append(error**4 / freedom)
    variance, share = np.sum(variances, axis=0), np.sum(shares, axis=0)
    freedom = np.divide(variance**2, share, out=np.ones_like(share), where=share > NOTHING**4)
    return Errors(np.sqrt(variance), np.maximum(freedom, 1))


def kish(weight: np.ndarray) -> np.ndarray:
    """How many units of equal weight are worth as much as these (m, units): (m,), 0 where nothing weighs anything."""
    squares = (weight**2).sum(axis=1)
    return np.divide(weight.sum(axis=1) ** 2, squares, out=np.zeros_like(squares), where=squares > 0)


def _of_so_many(deviation: np.ndarray, units: np.ndarray) -> Errors:
    """Greater, since the mean was taken of so few units."""
    few = np.maximum(units, 2)
    return Errors(deviation * np.sqrt(few / (few - 1)), np.maximum(units - 1, 1))


def _block_sums(values: np.ndarray, block: int) -> np.ndarray:
    """Sums of so many neighbouring days, from each day on round a circle: (m, days)."""
    return sum(np.roll(values, -step, axis=1) for step in range(block))  # type: ignore[return-value]
