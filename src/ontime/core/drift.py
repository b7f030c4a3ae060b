"""Counts of values in fixed bins -> how far a current sample has moved from a reference."""

from collections.abc import Sequence

import numpy as np
import pandas as pd


def bin_counts(values: pd.Series, bins: Sequence[float] | None) -> pd.Series:
    """Rows per bin, missing ones in a bin of their own: an int Series by bin name.

    Values of a column with edges `bins` (ascending) fall in half-open bins [low, high); without, each value is a bin.
    """
    missing = pd.Series({"missing": int(values.isna().sum())})
    present = values.dropna()
    if bins is None:
        counted = present.astype(str).value_counts()
        return pd.concat([counted.rename(lambda value: f"={value}"), missing]).rename(None)
    counts = np.bincount(np.searchsorted(bins, present.to_numpy(dtype=float), side="right"), minlength=len(bins) + 1)
    names = [f"[{low}, {high})" for low, high in zip(["", *bins], [*bins, ""], strict=True)]
    return pd.concat([pd.Series(counts, index=names), missing])


def psi(reference: pd.Series, current: pd.Series) -> float:
    """Population stability index between two counts by bin: sum of (c - r) * ln(c / r) over the bins' shares.

    Half a row is added to every bin, so that an empty one stays finite. 0 where the shares are equal; 0.1 and 0.25 are
    the customary bounds of 'some' and 'much' shift (Siddiqi, Credit Risk Scorecards, 2006, chapter 8).
    """
    reference, current = reference.align(current, fill_value=0)
    before = (reference + 0.5) / (reference + 0.5).sum()
    now = (current + 0.5) / (current + 0.5).sum()
    return float(((now - before) * np.log(now / before)).sum())
