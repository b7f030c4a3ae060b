"""A reference profile and later rows -> how their drift ranks among that of the reference's own weeks."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ontime.core.profiles.reference import ReferenceProfile

P_VALUES = "p_values"
SIGNIFICANT = 0.05


def drift_ranks(profile: ReferenceProfile, rows: pd.DataFrame) -> dict[str, float]:
    """By drift test, the share of the reference's own weeks that drifted less than these rows, from 0 to 1.

    `p_values` is no rank: it is the share of features that the chi-square test calls different at 5 %. It stands here
    to be compared with the ranks.
    """
    statistics = profile.statistics(profile.count(rows))
    ranks = {test: _rank(profile, test, statistic) for test, statistic in statistics.items()}
    ranks[P_VALUES] = float(np.mean(statistics["chi_square"][0] > -np.log10(SIGNIFICANT)))
    return {test: round(rank, 4) for test, rank in ranks.items()}


def quantile_rank(reference: np.ndarray, value: float) -> float:
    """Which quantile of the reference (n,) a value is, from 0 to 1: 1 beyond all of it, 0 where it is empty.

    The inverse of Weibull's plotting position, by which `ReferenceProfile.index_threshold` sets thresholds.
    """
    if not len(reference):
        return 0.0
    positions = np.arange(1, len(reference) + 1) / (len(reference) + 1)
    return float(np.interp(value, np.sort(reference), positions, left=0.0, right=1.0))


def _rank(profile: ReferenceProfile, test: str, statistic: np.ndarray) -> float:
    """The rank of the one window of a statistic (1, features)."""
    reference = profile.index(test, profile.weekly_statistics(test))
    return quantile_rank(reference, float(profile.index(test, statistic)[0]))
