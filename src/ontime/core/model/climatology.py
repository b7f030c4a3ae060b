"""Rows with known outcomes -> how often the outcome is true by what the schedule says: the fallback, and a baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

DIGITS = 6
SEPARATOR = "|"
STRENGTH = 20  # rows that the coarser rate counts for


@dataclass(frozen=True)
class Climatology:
    """Rates of true outcomes by the values of keys, from coarse to fine; values never seen have the coarser rate.

    keys: feature -> the width of its steps, or None where each value counts for itself. rate: of all rows. levels:
    rates by the values of the first key, of the first two, and so on.
    """

    keys: Mapping[str, float | None]
    rate: float
    levels: tuple[Mapping[str, float], ...]

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        """Rate of each row's finest known key: (n,) float64."""
        probability = pd.Series(self.rate, index=rows.index)
        for depth, rates in enumerate(self.levels, start=1):
            probability = _names(rows, self.keys, depth).map(rates).fillna(probability)
        return probability.to_numpy(dtype=np.float64)

    def content(self) -> dict[str, Any]:
        """What JSON holds of it."""
        return {"keys": dict(self.keys), "rate": self.rate, "levels": [dict(level) for level in self.levels]}


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
    return Climatology(dict(keys), overall, tuple(levels))


def _names(rows: pd.DataFrame, keys: Mapping[str, float | None], depth: int) -> pd.Series:
    """Each row's place at a depth as text; the text of each place is made once."""
    steps = {
        name: rows[name] if width is None else (rows[name] // width).astype("int64")
        for name, width in list(keys.items())[:depth]
    }
    number = pd.DataFrame(steps).groupby(list(steps), sort=False).ngroup()
    first = ~number.duplicated()
    places = pd.DataFrame(steps)[first].itertuples(index=False, name=None)
    names = pd.Series([SEPARATOR.join(map(str, place)) for place in places], index=number[first].to_numpy())
    return number.map(names)
