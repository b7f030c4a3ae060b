"""Shares, shifts and measures of few rows -> whether they are more than chance alone gives."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from ontime.core.profiles.distances import psi, total_variation

FEW = 5  # so many rows say little of a share, of however few they are
SMALL = 1000  # rows of a part below which it is asked how far a measure moves by chance
SEED = 20130101
SPLITS = 999
RESAMPLES, WITHIN = 100, 0.05
MANY = 10**9  # rows of which chance moves nothing, nor can they be drawn


def tolerated_share(share: float, rows: int) -> float:
    """The share of so many rows that may be broken: what it is in a whole month, or a FEW rows."""
    # Half a row more, because FEW / rows * rows may fall below FEW.
    return max(share, min(1.0, (FEW + 0.5) / rows)) if rows else share


def beyond_few(share: float, usual: float, rows: int) -> bool:
    """Whether a share of so many rows is by more than a FEW rows larger than a usual one."""
    return (share - usual) * rows > FEW


def chance_shift(before: pd.Series, now: pd.Series) -> float:
    """The population stability index that chance alone passes once in a thousand times, at these sizes.

    before, now: rows by bin. All of them are split into two such samples at random, time and again: a permutation test,
    exact however few rows a bin has (Good, Permutation, Parametric and Bootstrap Tests of Hypotheses, 2005, chapter 3).
    0 where they are more than a billion.
    """
    before, now = before.align(now, fill_value=0)
    both, rows = (before + now).sort_index().to_numpy(dtype=np.int64), int(now.sum())
    if both.sum() >= MANY:
        return 0.0
    draw = np.random.default_rng(SEED).multivariate_hypergeometric
    split = draw(both, rows, size=SPLITS, method="marginals")
    return float(psi(both - split, split).max())


def moved_rows(before: pd.Series, now: pd.Series) -> float:
    """How many of the rows of `now` must change their bin for its shares to be those `before`. Both: rows by bin."""
    before, now = before.align(now, fill_value=0)
    return float(total_variation(before.to_numpy(dtype=np.float64), now.to_numpy(dtype=np.float64)) * now.sum())


def within_by_chance(value: Callable[[pd.DataFrame], float], rows: pd.DataFrame, low: float, high: float) -> bool:
    """Whether a number that is computed of few rows might as well be within bounds, had other rows of their kind come.

    So it is where it is within in one of twenty samples that are drawn from the rows with replacement (Efron and
    Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13). Never where there are SMALL or more rows.
    """
    if len(rows) >= SMALL:
        return False
    draws = np.random.default_rng(SEED).integers(len(rows), size=(RESAMPLES, len(rows)))
    samples = (rows.iloc[np.sort(draw)].reset_index(drop=True) for draw in draws)
    return float(np.mean([low <= value(sample) <= high for sample in samples])) >= WITHIN
