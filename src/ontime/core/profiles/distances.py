"""Two samples counted in the same bins -> how far apart they are, by five tests.

reference, current (..., bins): rows by bin, missing ones in the last bin; many pairs are compared at once, by the axes
before it. positions (bins - 1,): where the bins lie, in spreads of the reference; None for categories, without order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from scipy.special import chdtrc, rel_entr

Positions = np.ndarray | None
Test = Callable[[np.ndarray, np.ndarray, Positions], np.ndarray]

SMALLEST = 1e-300  # of a p-value that a logarithm is taken of


def bin_counts(values: pd.Series, bins: Sequence[float] | None) -> pd.Series:
    """Rows per bin, missing ones in a bin of their own: an int Series by bin name.

    Values of a column with edges `bins` (ascending) fall in half-open bins [low, high); without, each value is a bin.
    """
    missing = pd.Series({"missing": int(values.isna().sum())})
    present = values.dropna()
    if bins is None:
        by_value = present.astype(str).value_counts()
        return pd.concat([by_value.rename(lambda value: f"={value}"), missing]).rename(None)
    counts = np.bincount(np.searchsorted(bins, present.to_numpy(dtype=float), side="right"), minlength=len(bins) + 1)
    names = [f"[{low}, {high})" for low, high in zip(["", *bins], [*bins, ""], strict=True)]
    return pd.concat([pd.Series(counts, index=names), missing])


def psi_by_bin(reference: pd.Series, current: pd.Series) -> float:
    """Population stability index between two counts by bin name, whichever of them have a bin."""
    reference, current = reference.align(current, fill_value=0)
    return float(psi(reference.to_numpy(dtype=np.float64), current.to_numpy(dtype=np.float64)))


def psi(reference: np.ndarray, current: np.ndarray, _: Positions = None) -> np.ndarray:
    """Population stability index: sum of (c - r) * ln(c / r) over the bins' shares.

    Half a row of the smaller sample is added to every bin, so that an empty one stays finite and equal shares stay
    equal. 0.1 and 0.25 are the customary bounds of 'some' and 'much' shift (Siddiqi, Credit Risk Scorecards, 2006,
    chapter 8).
    """
    rows = np.minimum(reference.sum(axis=-1, keepdims=True), current.sum(axis=-1, keepdims=True))
    before, now = (_shares(_shares(counts) * rows + 0.5) for counts in (reference, current))
    return ((now - before) * np.log(now / before)).sum(axis=-1)


def jensen_shannon(reference: np.ndarray, current: np.ndarray, _: Positions = None) -> np.ndarray:
    """Jensen-Shannon distance with base 2: 0 where the shares are equal, 1 where no bin is shared.

    Endres and Schindelin, A new metric for probability distributions, IEEE Transactions on Information Theory 49, 2003.
    """
    before, now = _shares(reference), _shares(current)
    middle = (before + now) / 2
    divergence = (rel_entr(before, middle) + rel_entr(now, middle)).sum(axis=-1) / (2 * np.log(2))
    return np.sqrt(np.maximum(divergence, 0))


def kolmogorov_smirnov(reference: np.ndarray, current: np.ndarray, positions: Positions = None) -> np.ndarray:
    """Greatest difference in the share of rows below an edge; a missing value counts as above all others.

    Of categories, the greatest difference in the share of any set of them: the total variation distance. At most what
    the raw test finds between the edges (Conover, Practical Nonparametric Statistics, 1999, chapter 6).
    """
    if positions is None:
        return total_variation(reference, current)
    return np.abs(np.cumsum(_shares(current) - _shares(reference), axis=-1)).max(axis=-1)


def wasserstein(reference: np.ndarray, current: np.ndarray, positions: Positions = None) -> np.ndarray:
    """How far a row must move on average, in spreads of the reference, to make one sample of the other.

    The earth mover's distance of the present values (Ramdas, Garcia and Cuturi, On Wasserstein two-sample testing,
    Entropy 19, 2017), and one spread for a row that must become missing or present. Of categories any two are one
    spread apart: the total variation distance.
    """
    if positions is None:
        return total_variation(reference, current)
    apart = np.abs(np.cumsum(_shares(current[..., :-1]) - _shares(reference[..., :-1]), axis=-1))[..., :-1]
    missing = np.abs(_shares(current) - _shares(reference))[..., -1]
    return np.nan_to_num((apart * np.diff(positions)).sum(axis=-1)) + missing  # not a number: no value is present


def chi_square(reference: np.ndarray, current: np.ndarray, _: Positions = None) -> np.ndarray:
    """How unlikely samples of one distribution are to differ so: -log10 of the p-value, at most 300; 1.3 is p = 0.05.

    Pearson's test of homogeneity, without a correction (Agresti, Categorical Data Analysis, 2013, section 3.2). It
    takes rows for independent, which those of a week are not, and grows with their number.
    """
    rows, others = (counts.sum(axis=-1, keepdims=True) for counts in (current, reference))
    both = reference + current
    with np.errstate(invalid="ignore", divide="ignore"):
        parts = (current * np.sqrt(others / rows) - reference * np.sqrt(rows / others)) ** 2 / both
    freedom = np.maximum((both > 0).sum(axis=-1) - 1, 1)  # one filled bin: the statistic is 0, whatever the freedom
    chance = chdtrc(freedom, np.where(both > 0, parts, 0).sum(axis=-1))
    return -np.log10(np.maximum(chance, SMALLEST)) + 0.0  # no minus zero


def total_variation(reference: np.ndarray, current: np.ndarray) -> np.ndarray:
    """Half the sum of the differences of the shares: the share of rows that must change."""
    return np.abs(_shares(current) - _shares(reference)).sum(axis=-1) / 2


TESTS: dict[str, Test] = {
    "psi": psi,
    "jensen_shannon": jensen_shannon,
    "kolmogorov_smirnov": kolmogorov_smirnov,
    "wasserstein": wasserstein,
    "chi_square": chi_square,
}


def _shares(counts: np.ndarray) -> np.ndarray:
    """Not numbers where there are no rows."""
    with np.errstate(invalid="ignore"):
        return counts / counts.sum(axis=-1, keepdims=True)
