"""Rows that a model learned from -> a profile; later rows -> how far each feature is from it, and what is far.

A profile holds counts in bins, never values. It also holds how far each week of the reference is from the rest of the
reference: thresholds are quantiles of that. A p-value would ask whether two weeks are the same, which they never are.
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
SIGNIFICANT = 4  # digits of a week's distance: thresholds need no more, and JSON has a line for each
SMALLEST = 1e-6  # mean distance of weeks, at least: what never changes must not make everything infinite


@dataclass(frozen=True, eq=False)
class FeatureProfile:
    """What drift of a feature is measured against.

    bins: edges of half-open bins, or each text. positions: where the bins of numbers lie, in spreads. counts: rows by
    bin, then missing ones. weeks: per test the distance of each week of the reference from the rest of it (weeks,).
    """

    bins: list[Any]
    positions: Positions
    counts: np.ndarray
    weeks: Mapping[str, np.ndarray]

    @classmethod
    def of(cls, values: pd.Series, weeks: np.ndarray) -> Self:
        """The profile of values (n,). weeks (n,): the week of each from 0 on, -1 in one that is not whole."""
        bins, positions = _text_bins(values) if _is_text(values) else _number_bins(values)
        places = _bin_places(bins, values)
        size = len(bins) + (1 if positions is None else 2)
        counts = np.bincount(places, minlength=size)
        weekly = _window_counts(places, weeks, int(weeks.max(initial=-1)) + 1, size)
        rows = weekly.sum(axis=1)
        weekly = weekly[(rows > 0) & (rows < len(values))]  # with something to be far from
        distances = {name: _shortened(test(counts - weekly, weekly, positions)) for name, test in TESTS.items()}
        return cls(bins, positions, counts, distances)

    def count(self, values: pd.Series, windows: np.ndarray, size: int) -> np.ndarray:
        """Rows by window and bin: (size, bins) int64. windows (n,): that of each value. New texts count as missing."""
        return _window_counts(_bin_places(self.bins, values), windows, size, len(self.counts))

    def content(self) -> dict[str, Any]:
        """What JSON holds of it."""
        return {
            "bins": self.bins,
            "positions": None if self.positions is None else self.positions.tolist(),
            "counts": self.counts.tolist(),
            "weeks": {name: distances.tolist() for name, distances in self.weeks.items()},
        }

    @classmethod
    def load(cls, content: Mapping[str, Any]) -> Self:
        """A feature's profile from what JSON holds of it."""
        positions = None if content["positions"] is None else np.array(content["positions"], dtype=np.float64)
        weeks = {name: np.array(distances, dtype=np.float64) for name, distances in content["weeks"].items()}
        return cls(content["bins"], positions, np.array(content["counts"], dtype=np.int64), weeks)


@dataclass(frozen=True, eq=False)
class ReferenceProfile:
    """What drift is measured against: features in order, and the weight of each in the drift index, adding up to 1."""

    features: Mapping[str, FeatureProfile]
    weights: Mapping[str, float]

    @classmethod
    def of(cls, rows: pd.DataFrame, names: Sequence[str], weights: Mapping[str, float]) -> Self:
        """The profile of the columns `names` of rows with their `day`; weights: the model's importance by feature.

        All features weigh the same where no weight is above 0.
        """
        weeks, weight = whole_weeks(rows["day"]), np.array([weights.get(name, 0.0) for name in names])
        shares = weight / weight.sum() if weight.sum() > 0 else np.full(len(names), 1 / len(names))
        features = {name: FeatureProfile.of(rows[name], weeks) for name in names}
        return cls(features, dict(zip(names, np.round(shares, DIGITS).tolist(), strict=True)))

    def count(self, rows: pd.DataFrame, windows: np.ndarray | None = None) -> dict[str, np.ndarray]:
        """Rows by window and bin, for each feature: (windows, bins).

        windows (n,): the window of each row from 0 on, -1 where it is in none; without them all rows are in one. Counts
        add up: those of seven days are those of their week.
        """
        windows = np.zeros(len(rows), dtype=np.int64) if windows is None else windows
        size = int(windows.max(initial=0)) + 1
        return {name: feature.count(rows[name], windows, size) for name, feature in self.features.items()}

    def statistics(self, counts: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Per test the distance of windows from the reference: (windows, features).

        counts: as `count` gives them. Not numbers where a window has no rows.
        """
        windows = len(next(iter(counts.values())))
        statistics = {test: np.empty((windows, len(self.features))) for test in TESTS}
        for place, (name, feature) in enumerate(self.features.items()):
            empty = counts[name].sum(axis=1) == 0
            for test, measure in TESTS.items():
                distance = measure(feature.counts, counts[name], feature.positions)
                statistics[test][:, place] = np.where(empty, np.nan, distance)
        return statistics

    def measure(self, rows: pd.DataFrame) -> pd.DataFrame:
        """A line for each feature: `missing` (share), and the distance of all these rows by each test."""
        counts = self.count(rows)
        missing = {"missing": [float(by_bin[0, -1] / max(len(rows), 1)) for by_bin in counts.values()]}
        distances = {test: statistic[0] for test, statistic in self.statistics(counts).items()}
        return pd.DataFrame(missing | distances, index=pd.Index(list(self.features), name="feature"))

    def thresholds(self, test: str, quantile: float) -> np.ndarray:
        """The distance that a week of the reference's kind stays below with probability `quantile`: (features,).

        A quantile of the reference's weeks at Weibull's plotting position, which holds for a next week; not numbers
        where the reference has no whole weeks. Raises OntimeError where the test is unknown.
        """
        return _quantile(self.weekly_statistics(test), quantile)

    def weekly_statistics(self, test: str) -> np.ndarray:
        """The distance of each week of the reference from the rest of it: (weeks, features)."""
        if test not in TESTS:
            raise OntimeError(f"unknown drift test {test!r}; known: {sorted(TESTS)}")
        return np.column_stack([feature.weeks[test] for feature in self.features.values()])

    def index(self, test: str, statistic: np.ndarray) -> np.ndarray:
        """The drift index of windows, whose distances by feature are `statistic` (windows, features): (windows,).

        Each feature's distance is divided by the mean distance of the reference's weeks, since some features differ
        from week to week and others do not. The quotients are averaged by weight. 1 is a usual week.
        """
        weekly = self.weekly_statistics(test)
        usual = np.maximum(weekly.mean(axis=0), SMALLEST) if len(weekly) else np.full(len(self.features), np.nan)
        return statistic / usual @ np.array(list(self.weights.values()))

    def index_threshold(self, test: str, quantile: float) -> float:
        """The drift index that a week of the reference's kind stays below with probability `quantile`."""
        return float(_quantile(self.index(test, self.weekly_statistics(test)), quantile))

    def content(self) -> dict[str, Any]:
        """What JSON holds of it, by feature."""
        return {name: feature.content() | {"weight": self.weights[name]} for name, feature in self.features.items()}

    @classmethod
    def load(cls, content: Mapping[str, Any], names: Sequence[str] | None = None) -> Self:
        """A profile from what JSON holds of it, with its features in the order of `names`, or of the alphabet."""
        names = sorted(content) if names is None else names
        features = {name: FeatureProfile.load(content[name]) for name in names}
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


def _bin_places(bins: Sequence[Any], values: pd.Series) -> np.ndarray:
    """The bin of each row by edges or values; missing ones, and texts that have no bin, are in the last."""
    if _is_text(values):
        places = pd.Index(pd.Series(bins, dtype="str")).get_indexer(pd.Index(values.astype("str")))
        return np.where(places < 0, len(bins), places)
    edges = np.array([*bins, np.nan], dtype=np.float64)  # what is not a number sorts last
    return np.searchsorted(edges, values.to_numpy(dtype=np.float64, na_value=np.nan), side="right")


def _window_counts(places: np.ndarray, windows: np.ndarray, size: int, bins: int) -> np.ndarray:
    """Rows by window and bin: (size, bins)."""
    inside = windows >= 0
    if not inside.all():
        places, windows = places[inside], windows[inside]
    return np.bincount(windows * bins + places, minlength=size * bins).reshape(size, bins)


def _shortened(statistic: np.ndarray) -> np.ndarray:
    return np.array([float(f"{value:.{SIGNIFICANT}g}") for value in statistic])


def _quantile(weekly: np.ndarray, quantile: float) -> np.ndarray:
    if not len(weekly):
        return np.full(weekly.shape[1:], np.nan)
    return np.quantile(weekly, quantile, axis=0, method="weibull")


def _is_text(values: pd.Series) -> bool:
    return not pd.api.types.is_numeric_dtype(values)
