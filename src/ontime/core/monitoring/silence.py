"""Moments of a source's messages -> whether the source was silent when predictions were made."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ontime.core.features.point_in_time import HOUR


def source_silent(predict_at: pd.Series, moments: pd.Series, hours: float) -> np.ndarray:
    """Whether the last message before each `predict_at` (n,) is more than so many hours older: (n,) bool.

    moments: when the source's messages came, in any order. Before the first of them it counts as silent.
    """
    asked_at, sent_at = (values.to_numpy(dtype="datetime64[us]").astype(np.int64) for values in (predict_at, moments))
    sent_at = np.sort(sent_at)
    place = np.searchsorted(sent_at, asked_at, side="right") - 1
    silent = np.full(len(asked_at), True)
    silent[place >= 0] = asked_at[place >= 0] - sent_at[place[place >= 0]] > hours * HOUR
    return silent
