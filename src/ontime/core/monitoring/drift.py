"""Rows beside a reference profile -> how far they moved, and whether an alarm rings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ontime.core.profiles.reference import Profile

P_VALUES = "p_values"
SIGNIFICANT = 0.05


def alarms(beyond: np.ndarray, k: int, n: int) -> np.ndarray:
    """Whether each window rings: k of the last n are beyond, itself among them; (windows, ...) bool."""
    beyond = np.asarray(beyond, dtype=bool)
    total = np.cumsum(beyond, axis=0)
    before = np.concatenate([np.zeros((n, *total.shape[1:]), dtype=total.dtype), total])[: len(total)]
    return beyond & (total - before >= k)


def alarm(beyond: Sequence[bool], k: int, n: int) -> bool:
    """Whether the latest window rings: k of the last n are beyond, itself among them."""
    return bool(len(beyond)) and bool(alarms(np.asarray(beyond), k, n)[-1])


def place_among(own: np.ndarray, index: float) -> float:
    """The quantile of the reference's own weeks (n,) that an index is, by `Profile.index_threshold`; 1 beyond them."""
    if not len(own):
        return 0.0
    return float(np.interp(index, np.sort(own), np.arange(1, len(own) + 1) / (len(own) + 1), left=0.0, right=1.0))


def moved(profile: Profile, rows: pd.DataFrame) -> dict[str, float]:
    """By test, the share of the reference's own weeks that moved less than these rows.

    And as `p_values`, for what it is worth, the share of features that the chi-square test calls different.
    """
    statistics = profile.statistics(profile.count(rows))
    own = {test: profile.index(test, profile.own(test)) for test in statistics}
    places = {test: place_among(own[test], float(profile.index(test, found)[0])) for test, found in statistics.items()}
    places[P_VALUES] = float(np.mean(statistics["chi_square"][0] > -np.log10(SIGNIFICANT)))
    return {test: round(place, 4) for test, place in places.items()}
