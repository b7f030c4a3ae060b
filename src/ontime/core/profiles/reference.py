"""Rows that a model learned from -> a profile; later rows -> how far each feature has moved, and whether to ring.

A profile holds counts in bins, never values, and how far the reference's own weeks are from the rest of it: what is
usual there is what thresholds are learned from. A p-value asks whether two weeks are the same, which they never are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from ontime.core.profiles.distances import TESTS, Positions
from ontime.errors import OntimeError

DECILES = np.arange(1, 10) / 10
DIGITS = 6
SIGNIFICANT = 4  # digits of how far a week was: thresholds need no more, and JSON has a line for each
SMALLEST = 1e-6  # how far own weeks are, at least: what never moves must not make everything infinite


@dataclass(frozen=True, eq=False)
class Feature:
    """What drift of a feature is measured against.

    bins: edges of half-open bins, or each text. positions: where the bins of numbers lie, in spreads. counts: rows by
    bin, then missing ones. weeks: per test how far each of the reference's own weeks is from the rest of it (weeks,).
    """

    bins: list[Any]
    positions: Positions
    counts: np.ndarray
    weeks: Mapping[str, np.ndarray]

    @classmethod
    def of(cls, values: pd.Series, weeks: np.ndarray) -> Self:
        """Of values (n,) and the week of each, -1 in one that is not whole (n,)."""
        bins, positions = _text_bins(values) if _is_text(values) else _number_bins(values)
        places = _places(bins, values)
        size = len(bins) + (1 if positions is None else 2)
        counts = np.bincount(places, minlength=size)
        weekly = _tally(places, weeks, int(weeks.max(initial=-1)) + 1, size)
        rows = weekly.sum(axis=1)
        weekly = weekly[(rows > 0) & (rows < len(values))]  # with something to be far from
        own = {name: _shortened(test(counts - weekly, weekly, positions)) for name, test in TESTS.items()}
        return cls(bins, positions, counts, own)

    def count(self, values: pd.Series, windows: np.ndarray, size: int) -> np.ndarray:
        """Rows by window and bin, (size, bins) of int64; a text never seen counts as missing."""
        return _tally(_places(self.bins, values), windows, size, len(self.counts))

    def content(self) -> dict[str, Any]:
        """What JSON holds of it."""
        return {
            "bins": self.bins,
            "positions": None if self.positions is None else self.positions.tolist(),
            "counts": self.counts.tolist(),
            "weeks": {name: own.tolist() for name, own in self.weeks.items()},
        }

    @classmethod
    def load(cls, content: Mapping[str, Any]) -> Self:
        """A feature from what JSON holds of it."""
        positions = None if content["positions"] is None else np.array(content["positions"], dtype=np.float64)
        weeks = {name: np.array(own, dtype=np.float64) for name, own in content["weeks"].items()}
        return cls(content["bins"], positions, np.array(content["counts"], dtype=np.int64), weeks)


@dataclass(frozen=True, eq=False)
class Profile:
    """Features in order, and the weight of each in the index: a share of the model's importance."""

    features: Mapping[str, Feature]
    weights: Mapping[str, float]

    @classmethod
    def of(cls, rows: pd.DataFrame, names: Sequence[str], weights: Mapping[str, float]) -> Self:
        """Of the columns `names` of rows with their `day`; all weigh the same where no weight is above 0."""
        weeks, weight = whole_weeks(rows["day"]), np.array([weights.get(name, 0.0) for name in names])
        shares = weight / weight.sum() if weight.sum() > 0 else np.full(len(names), 1 / len(names))
        features = {name: Feature.of(rows[name], weeks) for name in names}
        return cls(features, dict(zip(names, np.round(shares, DIGITS).tolist(), strict=True)))

    def count(self, rows: pd.DataFrame, windows: np.ndarray | None = None) -> dict[str, np.ndarray]:
        """Rows by feature, each (windows, bins); windows (n,): that of each row from 0 on, -1 in none; else all in one.

        Sums of windows are the counts of what they make up together: days give any weeks.
        """
        windows = np.zeros(len(rows), dtype=np.int64) if windows is None else windows
        size = int(windows.max(initial=0)) + 1
        return {name: feature.count(rows[name], windows, size) for name, feature in self.features.items()}

    def statistics(self, counts: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Per test how far windows are from the reference: (windows, features); not numbers where there are no rows."""
        found = {name: np.empty((len(next(iter(counts.values()))), len(self.features))) for name in TESTS}
        for place, (name, feature) in enumerate(self.features.items()):
            empty = counts[name].sum(axis=1) == 0
            for test, measure in TESTS.items():
                found[test][:, place] = np.where(
                    empty, np.nan, measure(feature.counts, counts[name], feature.positions)
                )
        return found

    def measure(self, rows: pd.DataFrame) -> pd.DataFrame:
        """A line for each feature, which is its index: `missing` (share), and what each test says of these rows."""
        counts = self.count(rows)
        missing = {"missing": [float(counted[0, -1] / max(len(rows), 1)) for counted in counts.values()]}
        found = {test: statistic[0] for test, statistic in self.statistics(counts).items()}
        return pd.DataFrame(missing | found, index=pd.Index(list(self.features), name="feature"))

    def thresholds(self, test: str, quantile: float) -> np.ndarray:
        """What so many of the reference's own weeks stay below, by feature: (features,); not numbers without weeks.

        Such a quantile that the next week of the same kind stays below it as often (Weibull's plotting position).
        """
        return _quantile(self.own(test), quantile)

    def own(self, test: str) -> np.ndarray:
        """How far the reference's own weeks are from the rest of it: (weeks, features)."""
        if test not in TESTS:
            raise OntimeError(f"unknown drift test {test!r}; known: {sorted(TESTS)}")
        return np.column_stack([feature.weeks[test] for feature in self.features.values()])

    def index(self, test: str, statistic: np.ndarray) -> np.ndarray:
        """How many times as far windows are as the reference's own weeks, by the features that matter: (windows,).

        statistic (windows, features). Each feature's distance is divided by the mean of its own weeks, as some
        features move from week to week and others do not; then they are averaged by weight. 1 is a usual week.
        """
        own = self.own(test)
        usual = np.maximum(own.mean(axis=0), SMALLEST) if len(own) else np.full(len(self.features), np.nan)
        return statistic / usual @ np.array(list(self.weights.values()))

    def index_threshold(self, test: str, quantile: float) -> float:
        """What the index of so many of the reference's own weeks stays below, as `thresholds`."""
        return float(_quantile(self.index(test, self.own(test)), quantile))

    def content(self) -> dict[str, Any]:
        """What JSON holds of it, by feature."""
        return {name: feature.content() | {"weight": self.weights[name]} for name, feature in self.features.items()}

    @classmethod
    def load(cls, content: Mapping[str, Any], names: Sequence[str] | None = None) -> Self:
        """A profile from what JSON holds of it; features in the order of `names`, else of the alphabet."""
        names = sorted(content) if names is None else names
        features = {name: Feature.load(content[name]) for name in names}
        return cls(features, {name: content[name]["weight"] for name in names})


def whole_weeks(day: pd.Series) -> np.ndarray:
    """The week of each row, counted from the first day; -1 in a last week that is not whole: (n,)."""
    number = ((day - day.min()) // pd.Timedelta(days=1)).to_numpy(dtype=np.int64)
    week, last = number // 7, number.max() + 1
    return np.where((week + 1) * 7 <= last, week, -1)


def _number_bins(values: pd.Series) -> tuple[list[float], np.ndarray]:
    """Edges at the deciles, and the mean of each bin in spreads; what fills more than a decile is alone in its bin."""
    present = np.sort(values.to_numpy(dtype=np.float64, na_value=np.nan))
    present = present[~np.isnan(present)]
    if not len(present):
        return [], np.zeros(1)
    edges, times = np.unique(np.quantile(present, DECILES, method="higher"), return_counts=True)
    above = np.searchsorted(present, edges[times > 1], side="right")
    edges = np.union1d(edges, present[above[above < len(present)]])
    spread = float(present.std()) or 1.0
    places = np.searchsorted(edges, present, side="right")
    counts = np.bincount(places, minlength=len(edges) + 1)
    below = edges[0] - spread  # where values lie that are below the least, of which there may be none
    means = np.bincount(places, present, minlength=len(edges) + 1) / np.maximum(counts, 1)
    return edges.tolist(), np.round(np.where(counts > 0, means, below) / spread, DIGITS)


def _text_bins(values: pd.Series) -> tuple[list[str], None]:
    return sorted(values.dropna().unique()), None


def _places(bins: Sequence[Any], values: pd.Series) -> np.ndarray:
    """The bin of each row by edges or values; missing ones, and texts that have no bin, are in the last."""
    if _is_text(values):
        places = pd.Index(pd.Series(bins, dtype="str")).get_indexer(pd.Index(values.astype("str")))
        return np.where(places < 0, len(bins), places)
    edges = np.array([*bins, np.nan], dtype=np.float64)  # what is not a number sorts last
    return np.searchsorted(edges, values.to_numpy(dtype=np.float64, na_value=np.nan), side="right")


def _tally(places: np.ndarray, windows: np.ndarray, size: int, bins: int) -> np.ndarray:
    """Rows by window and bin: (size, bins)."""
    inside = windows >= 0
    if not inside.all():
        places, windows = places[inside], windows[inside]
    return np.bincount(windows * bins + places, minlength=size * bins).reshape(size, bins)


def _shortened(statistic: np.ndarray) -> np.ndarray:
    return np.array([float(f"{value:.{SIGNIFICANT}g}") for value in statistic])


def _quantile(own: np.ndarray, quantile: float) -> np.ndarray:
    return np.quantile(own, quantile, axis=0, method="weibull") if len(own) else np.full(own.shape[1:], np.nan)


def _is_text(values: pd.Series) -> bool:
    return not pd.api.types.is_numeric_dtype(values)
