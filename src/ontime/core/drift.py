"""Counts of values in fixed bins -> how far a current sample has moved from a reference."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

DECILES = np.arange(1, 10) / 10
OWN_WEEKS = 0.95  # share of the reference's own weeks that stay below the threshold
DIGITS = 6


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
    return float(_psi(reference.to_numpy(dtype=np.float64), current.to_numpy(dtype=np.float64)))


def reference_profile(values: pd.Series, weeks: np.ndarray) -> dict[str, Any]:
    """What drift is measured against: bins, shares (of each bin, then of missing), missing, threshold.

    values (n,); weeks (n,): the week of each row, -1 in a week that is not whole. Numbers are binned at their deciles,
    text by value. threshold: the index that the reference's own weeks exceed one time in twenty.
    """
    bins, codes = _bin(values)
    size = len(bins) + (1 if _is_text(values) else 2)
    whole = weeks >= 0
    counts = np.bincount(codes, minlength=size)
    weekly = np.bincount(weeks[whole] * size + codes[whole], minlength=(weeks.max() + 1) * size).reshape(-1, size)
    own = _psi(counts, weekly[weekly.sum(axis=1) > 0])
    shares = counts / counts.sum()
    return {
        "bins": bins,
        "shares": [round(float(share), DIGITS) for share in shares],
        "missing": round(float(shares[-1]), DIGITS),
        "threshold": round(float(np.quantile(own, OWN_WEEKS)), DIGITS) if len(own) else None,
    }


def shift(profile: Mapping[str, Any], values: pd.Series) -> float:
    """Population stability index of values (n,) against a reference profile; a value never seen counts as missing."""
    counts = np.bincount(_codes(profile["bins"], values), minlength=len(profile["shares"]))
    return float(_psi(np.array(profile["shares"]) * len(values), counts))


def whole_weeks(day: pd.Series) -> np.ndarray:
    """The week of each row, counted from the first day; -1 in a last week that is not whole: (n,)."""
    number = ((day - day.min()) // pd.Timedelta(days=1)).to_numpy(dtype=np.int64)
    week, last = number // 7, number.max() + 1
    return np.where((week + 1) * 7 <= last, week, -1)


def _bin(values: pd.Series) -> tuple[list[Any], np.ndarray]:
    """Edges or values of the bins, and the bin of each row; missing ones are in the last."""
    if _is_text(values):
        bins = sorted(values.dropna().unique())
    else:
        present = values.dropna().to_numpy(dtype=np.float64)
        bins = np.unique(np.quantile(present, DECILES, method="higher")).tolist() if len(present) else []
    return bins, _codes(bins, values)


def _codes(bins: Sequence[Any], values: pd.Series) -> np.ndarray:
    """The bin of each row by edges or values; missing ones, and texts that have no bin, are in the last."""
    if _is_text(values):
        codes = pd.Index(pd.Series(bins, dtype="str")).get_indexer(pd.Index(values.astype("str")))
        return np.where(codes < 0, len(bins), codes)
    numbers = values.to_numpy(dtype=np.float64)
    return np.where(
        np.isnan(numbers), len(bins) + 1, np.searchsorted(np.array(bins, dtype=np.float64), numbers, side="right")
    )


def _is_text(values: pd.Series) -> bool:
    return not pd.api.types.is_numeric_dtype(values)


def _psi(reference: np.ndarray, current: np.ndarray) -> np.ndarray:
    """The index between counts, over the last axis."""
    before = (reference + 0.5) / (reference + 0.5).sum(axis=-1, keepdims=True)
    now = (current + 0.5) / (current + 0.5).sum(axis=-1, keepdims=True)
    return ((now - before) * np.log(now / before)).sum(axis=-1)
