"""Moments of a feed's messages -> whether it was silent."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ontime.core.features.point_in_time import HOUR


def silence(predict_at: pd.Series, moments: pd.Series, hours: float) -> np.ndarray:
    """Whether a feed's last message before each moment (n,) is older than so many hours: (n,) bool."""
    asked, sent = (values.to_numpy(dtype="datetime64[us]").astype(np.int64) for values in (predict_at, moments))
    sent = np.sort(sent)
    place = np.searchsorted(sent, asked, side="right") - 1
    silent = np.full(len(asked), True)
    silent[place >= 0] = asked[place >= 0] - sent[place[place >= 0]] > hours * HOUR
    return silent
