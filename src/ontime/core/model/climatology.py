"""Rows with known outcomes -> how often the outcome is true by what the schedule says: the fallback, and a baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Self

import numpy as np
import pandas as pd
from pydantic import model_validator

from ontime.params import Positive, Share, record

DIGITS = 6
SEPARATOR = "|"
STRENGTH = 20  # rows that the coarser rate counts for


@record
class Climatology:
    """Rates of true outcomes by the values of keys, from coarse to fine; values never seen have the coarser rate.

    keys: feature -> the width of its steps, or None where each value counts for itself. rate: of all rows. levels:
    rates by the values of the first key, of the first two, and so on.
    """

    keys: dict[str, Positive | None]
    rate: Share
    levels: list[dict[str, Share]]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if len(self.levels) != len(self.keys):
            raise ValueError(f"expected a level for each of {len(self.keys)} keys, found {len(self.levels)} levels")
        return self

    def rate_of(self, row: Mapping[str, Any]) -> float:
        """The rate of the finest known key of one row, which has a value for each key."""
        steps = [_step(row[name], width) for name, width in self.keys.items()]
        for depth in range(len(steps), 0, -1):
            if (rate := self.levels[depth - 1].get(_name(steps[:depth]))) is not None:
                return rate
        return self.rate

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        """Rate of each row's finest known key: (n,) float64."""
        probability = pd.Series(self.rate, index=rows.index)
        for depth, rates in enumerate(self.levels, start=1):
            probability = _names(rows, self.keys, depth).map(rates).fillna(probability)
        return probability.to_numpy(dtype=np.float64)

    def content(self) -> dict[str, Any]:
        """What JSON holds of it."""
        return asdict(self)


def fit_climatology(known: pd.DataFrame, keys: Mapping[str, float | None]) -> Climatology:
    """Shares of true outcomes by the first key, the first two, and so on.

    Each is drawn towards the coarser one, which counts as much as 20 rows.
    """
    outcome = known["outcome"].astype("float64")
    overall = round(float(outcome.mean()), DIGITS)
    parent = pd.Series(overall, index=known.index)
    levels = []
    for depth in range(1, len(keys) + 1):
        names = _names(known, keys, depth)
        table = pd.DataFrame({"outcome": outcome, "parent": parent}).groupby(names)
        rates = (table["outcome"].sum() + STRENGTH * table["parent"].first()) / (table["outcome"].count() + STRENGTH)
        rates = rates.round(DIGITS)
        levels.append({str(name): float(rate) for name, rate in rates.items()})
        parent = names.map(rates)
    return Climatology(dict(keys), overall, levels)


def _names(rows: pd.DataFrame, keys: Mapping[str, float | None], depth: int) -> pd.Series:
    """Each row's place at a depth as text; the text of each place is made once."""
    steps = {name: _step(rows[name], width) for name, width in list(keys.items())[:depth]}
    number = pd.DataFrame(steps).groupby(list(steps), sort=False).ngroup()
    first = ~number.duplicated()
    places = pd.DataFrame(steps)[first].itertuples(index=False, name=None)
    names = pd.Series([_name(place) for place in places], index=number[first].to_numpy())
    return number.map(names)


def _step(values: Any, width: float | None) -> Any:  # noqa: ANN401 - a column, or a value of it
    """Values as they are, or the number of their step."""
    if width is None:
        return values
    step = values // width
    return step.astype("int64") if isinstance(step, pd.Series) else int(step)


def _name(place: Sequence[object]) -> str:
    return SEPARATOR.join(map(str, place))
