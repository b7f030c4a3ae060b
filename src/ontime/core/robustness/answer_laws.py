"""Rows and a model -> laws that its answers keep whatever the rows are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd

from ontime.core.contract.columns import column_metadata, numeric_bounds
from ontime.core.model.signature import TEXT
from ontime.core.robustness.laws import Verdict, inside, same_probabilities
from ontime.dataset.contract import Table

Predict = Callable[[pd.DataFrame], np.ndarray]

ALONE = 20  # rows that are predicted one by one
BATCH = 1000
NEVER_SEEN = "never seen"


def laws_of_any_rows(rows: pd.DataFrame, predict: Predict, seed: int) -> list[Verdict]:
    """The probability of a row depends neither on the order, nor on the number, nor on copies of other rows."""
    probability = predict(rows)
    order = np.random.default_rng(seed).permutation(len(rows))
    twice = pd.concat([rows, rows], ignore_index=True)
    alone = rows.iloc[order[:ALONE]]
    batches = [predict(rows.iloc[first : first + BATCH]) for first in range(0, len(rows), BATCH)]
    singly = [predict(alone.iloc[[place]]) for place in range(len(alone))]
    doubled = np.concatenate([probability, probability])
    return [
        same_probabilities("row_order", "the rows in another order", predict(rows.iloc[order]), probability[order]),
        same_probabilities("batch_size", f"batches of {BATCH:,}", np.concatenate(batches), probability),
        same_probabilities("one_by_one", "rows alone", np.concatenate(singly), probability[order[:ALONE]]),
        same_probabilities("duplicates", "every row twice", predict(twice), doubled),
    ]


def unknown_categories(rows: pd.DataFrame, predict: Predict, types: Mapping[str, str]) -> list[Verdict]:
    """A text that no model has seen gives the probability that a missing one gives."""
    return [_unknown_category(rows, predict, name) for name, dtype in types.items() if dtype == TEXT]


def extremes(
    rows: pd.DataFrame, low: pd.DataFrame, high: pd.DataFrame, predict: Predict, types: Mapping[str, str]
) -> list[Verdict]:
    """No value that the contract allows makes an answer certain: all at once at a bound, or one feature alone.

    rows: the features as they are (n); low, high: the same where every observed value is at a bound of its contract.
    """
    verdicts = [
        inside(f"all_at_their_{name}", f"every observed value at its {name}est", predict(table))
        for name, table in (("low", low), ("high", high))
    ]
    single = [
        moved
        for name in (name for name, dtype in types.items() if dtype != TEXT)
        for table in (low, high)
        for moved in _one_at_its_bound(rows, table, name)
    ]
    if single:
        given = "one feature at the bound of its contract, one after another"
        verdicts.append(inside("one_at_its_bound", given, predict(pd.concat(single, ignore_index=True))))
    return verdicts


def at_bounds(contract: Iterable[Table], tables: Mapping[str, pd.DataFrame], end: int) -> dict[str, pd.DataFrame]:
    """The tables with every observed value at the least (end 0) or the greatest (end 1) that its contract allows."""
    declared = {table.name: table for table in contract}
    return {
        name: _at_bounds(declared[name], frame, end) if name in declared else frame for name, frame in tables.items()
    }


def _at_bounds(table: Table, frame: pd.DataFrame, end: int) -> pd.DataFrame:
    columns = {}
    for name, column in table.columns.items():
        bounds = numeric_bounds(column)
        if bounds and name in frame and not column_metadata(column)["clock"].beforehand:
            columns[name] = pd.Series(bounds[end], index=frame.index).astype(frame[name].dtype)
    return frame.assign(**columns)


def _unknown_category(rows: pd.DataFrame, predict: Predict, name: str) -> Verdict:
    never, none = (
        predict(rows.assign(**{name: pd.Series(value, index=rows.index, dtype=TEXT)})) for value in (NEVER_SEEN, None)
    )
    verdict = same_probabilities(f"unknown_{name}", f"{name}: a value that no model has seen", never, none)
    possible = inside(verdict.name, verdict.setting, never)
    if not possible.holds:
        return possible
    return verdict._replace(law="the probability of a missing one")


def _one_at_its_bound(rows: pd.DataFrame, table: pd.DataFrame, name: str) -> list[pd.DataFrame]:
    """Some rows with one feature from another table; none where it is the same there."""
    some = rows.index[:ALONE]
    value = table.loc[some, name]
    return [] if value.equals(rows.loc[some, name]) else [rows.loc[some].assign(**{name: value})]
