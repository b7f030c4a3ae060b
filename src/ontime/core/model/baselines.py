"""What a model must beat: each baseline says the probability of rows from outcomes that were known before."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from ontime.core.features.point_in_time import microseconds
from ontime.core.model.climatology import climatology
from ontime.core.model.model import DIGITS, TEXT

BASELINES = ("climatology", "last_day", "logistic")
RARE = 500  # rows below which categories share a column


def baselines(
    known: pd.DataFrame, rows: pd.DataFrame, types: Mapping[str, str], keys: Mapping[str, float | None]
) -> pd.DataFrame:
    """Probabilities of `rows` by each baseline, six digits: (n, baselines).

    They learn from `known`; `last_day` also reads what the rows' own days had brought by each row's `predict_at`.
    """
    return pd.DataFrame(
        {
            "climatology": climatology(known, keys).predict(rows),
            "last_day": last_day(pd.concat([known, rows]), rows),
            "logistic": logistic(known, rows, types),
        },
        index=rows.index,
    ).round(DIGITS)


def last_day(history: pd.DataFrame, rows: pd.DataFrame) -> np.ndarray:
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


def logistic(known: pd.DataFrame, rows: pd.DataFrame, types: Mapping[str, str]) -> np.ndarray:
    """Logistic regression on the features of a model: (n,). Newton's method ends at the same digits everywhere.

    Numbers are standardised, missing ones are average; of text every frequent value has a column.
    """
    text = [name for name, dtype in types.items() if dtype == TEXT]
    counts = {name: known[name].value_counts() for name in text}
    frequent = [(name, value) for name, count in counts.items() for value in sorted(count.index[count >= RARE])]
    numbers = [name for name in types if name not in text]
    learned = known[numbers].to_numpy(dtype=np.float64)
    present = (~np.isnan(learned)).sum(axis=0).clip(1)
    mean = np.nansum(learned, axis=0) / present
    spread = np.sqrt(np.nansum((learned - mean) ** 2, axis=0) / present)

    def columns(frame: pd.DataFrame, values: np.ndarray) -> np.ndarray:
        standard = np.nan_to_num((values - mean) / np.where(spread > 0, spread, 1))
        return np.column_stack([standard, *((frame[name] == value).to_numpy() for name, value in frequent)])

    model = LogisticRegression(solver="newton-cholesky", C=0.01, tol=1e-3)
    model.fit(columns(known, learned), known["outcome"].astype("int64"))
    return model.predict_proba(columns(rows, rows[numbers].to_numpy(dtype=np.float64)))[:, 1]
