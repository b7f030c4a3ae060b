"""Moments as whole microseconds since 1970, in UTC, and those that stand for none."""

from __future__ import annotations

import numpy as np
import pandas as pd

HOUR = 3_600_000_000  # microseconds
MINUTE = 60_000_000
MISSING = np.iinfo(np.int64).min  # what NaT is as a whole number
ALIVE = int(np.iinfo(np.int64).max)  # until when a source was heard from that is never silent
NEVER = -(2**62)  # and one that never was; hours can be taken from it


def microseconds(moments: pd.Series) -> np.ndarray:
    """Moments in UTC as int64 microseconds since 1970; MISSING where there is none."""
    naive = moments.dt.tz_convert(None) if moments.dt.tz is not None else moments
    return naive.to_numpy(dtype="datetime64[us]").astype(np.int64)


def ends(moments: np.ndarray, until: np.ndarray, hours: float) -> np.ndarray:
    """When events (n,) are over: at `until` (MISSING for never), not before their moment, at most `hours` after it."""
    latest = moments + int(hours * HOUR)
    return np.where(until == MISSING, latest, np.clip(until, moments, latest))
