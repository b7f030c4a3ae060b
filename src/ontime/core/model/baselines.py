"""Rows and what was known before -> the probabilities of three baselines, which a model must beat."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ontime.core.features.point_in_time import microseconds
from ontime.core.model.climatology import fit_climatology
from ontime.core.model.logistic import LogisticOptions, logistic_probabilities
from ontime.core.model.model import DIGITS

BASELINES = ("climatology", "last_day", "logistic")
LOGISTIC = LogisticOptions(inverse_penalty=0.01, tolerance=1e-3, category_rows=500, impute_first=False, sparse=False)


def baseline_probabilities(
    known: pd.DataFrame, rows: pd.DataFrame, types: Mapping[str, str], keys: Mapping[str, float | None]
) -> pd.DataFrame:
    """Probabilities of `rows` by each baseline, six digits: (n, baselines).

    They learn from `known`; `last_day` also reads what the rows' own days had brought by each row's `predict_at`.
    """
    return pd.DataFrame(
        {
            "climatology": fit_climatology(known, keys).predict(rows),
            "last_day": last_day_rates(pd.concat([known, rows]), rows),
            "logistic": logistic_probabilities(known, rows, types, LOGISTIC),
        },
        index=rows.index,
    ).round(DIGITS)


def last_day_rates(history: pd.DataFrame, rows: pd.DataFrame) -> np.ndarray:
    """Share of true outcomes on the last day of which all outcomes were known at the row's `predict_at`: (n,).

    One true and one false are added to each day; before the first known day it is a half.
    """
    decided = history[history["outcome"].notna()].drop_duplicates("id")
    days = decided.assign(outcome=decided["outcome"].astype("int64")).groupby("day")
    table = days.agg(known_at=("outcome_known_at", "max"), true=("outcome", "sum"), rows=("outcome", "size"))
    known_at = microseconds(table["known_at"].cummax())
    rates = (table["true"] + 1) / (table["rows"] + 2)
    place = np.searchsorted(known_at, microseconds(rows["predict_at"]), side="right")
    return np.append(0.5, rates.to_numpy(dtype=np.float64))[place]
