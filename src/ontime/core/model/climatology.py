"""Outcomes -> how often the outcome is true by the row's place in the schedule: the fallback, and a baseline."""

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
    """Rates by keys, from coarse to fine; a key never seen has the rate of the coarser one.

    keys: feature -> the width of its steps, or None where each value counts for itself.
    """

    keys: Mapping[str, float | None]
    rate: float
    levels: tuple[Mapping[str, float], ...]

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        """Rate of each row's finest known key: (n,) float64."""
        found = pd.Series(self.rate, index=rows.index)
        for depth, rates in enumerate(self.levels, start=1):
            found = _names(rows, self.keys, depth).map(rates).fillna(found)
        return found.to_numpy(dtype=np.float64)

    def content(self) -> dict[str, Any]:
        """What JSON holds of it."""
        return {"keys": dict(self.keys), "rate": self.rate, "levels": [dict(level) for level in self.levels]}


def climatology(known: pd.DataFrame, keys: Mapping[str, float | None]) -> Climatology:
    """Share of true outcomes by the first key, the first two, and so on, each drawn towards the coarser one's."""
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
