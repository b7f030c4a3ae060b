"""Rows with known outcomes, columns and options -> probabilities of other rows, by logistic regression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.feature_selection import VarianceThreshold
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from ontime.core.model.signature import TEXT

FLAG = "bool"


class LogisticOptions(NamedTuple):
    """What may differ from one logistic regression to another.

    inverse_penalty: scikit-learn's C. tolerance: how small a gradient ends the search. category_rows: how many rows a
    value of a text must have for a column of its own. impute_first: whether the spread that numbers are standardised
    by counts missing ones as average; else it is that of the present ones. sparse: how columns are held in memory.
    """

    inverse_penalty: float
    tolerance: float
    category_rows: int
    impute_first: bool
    sparse: bool


def logistic_probabilities(
    known: pd.DataFrame, rows: pd.DataFrame, types: Mapping[str, str], options: LogisticOptions
) -> np.ndarray:
    """Probabilities of `rows` (n,) by a regression on columns of these types, learned from `known`.

    known: those columns, and `outcome`. Each value of a text that has enough rows is a column of zeros and ones; a
    boolean is one as it is; numbers are standardised, and missing ones are average; what is constant is left out.
    Newton's method ends at the same digits everywhere.
    """
    numbers = [name for name, dtype in types.items() if dtype not in {TEXT, FLAG}]
    learned, predicted = (frame[[*types]].astype(dict.fromkeys(numbers, "float64")) for frame in (known, rows))
    regression = LogisticRegression(solver="newton-cholesky", C=options.inverse_penalty, tol=options.tolerance)
    model = make_pipeline(_columns(learned, types, options), VarianceThreshold(), regression)
    return model.fit(learned, known["outcome"].astype("int64")).predict_proba(predicted)[:, 1]


def _columns(learned: pd.DataFrame, types: Mapping[str, str], options: LogisticOptions) -> ColumnTransformer:
    texts, flags = ([name for name, dtype in types.items() if dtype == wanted] for wanted in (TEXT, FLAG))
    numbers = [name for name in types if name not in {*texts, *flags} and learned[name].notna().any()]
    counts = {name: learned[name].value_counts() for name in texts}
    frequent = {name: sorted(count.index[count >= options.category_rows]) for name, count in counts.items()}
    frequent = {name: values for name, values in frequent.items() if values}
    return ColumnTransformer(
        [
            ("texts", OneHotEncoder(categories=list(frequent.values()), handle_unknown="ignore"), list(frequent)),
            ("flags", "passthrough", flags),
            ("numbers", _standardised(impute_first=options.impute_first), numbers),
        ],
        sparse_threshold=float(options.sparse),
    )


def _standardised(*, impute_first: bool) -> Pipeline:
    if impute_first:
        return make_pipeline(SimpleImputer(), StandardScaler())
    return make_pipeline(StandardScaler(), SimpleImputer(strategy="constant", fill_value=0.0))
