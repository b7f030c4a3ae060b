"""Predicted rows and their bands -> the worst segments of two bands, found in odd weeks and confirmed in even ones.

Worst is where what was said and what came lie farthest apart. A high log loss may merely mean that the outcome is
uncertain there, and its excess over what the probabilities themselves let one expect is blind to gaps near one half and
negative where risks are overstated. Slice Finder (Chung, Kraska, Polyzotis, Tae and Whang, ICDE 2019) tests what it has
found on the rows it was found in; here other weeks decide. Months are no segments: they do not come again.
"""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import t

from ontime.core.evaluation.slices import DIGITS, MONTH
from ontime.core.statistics.day_metrics import Ratio
from ontime.core.statistics.intervals import Estimate, errors, estimate, shown
from ontime.params import Intervals

ALIKE = 0.5  # of two segments with a larger share of rows in common only the worse is kept
COLUMNS = [
    *("slice", "band", "other_slice", "other_band"),
    *("odd_rows", "odd_gap", "odd_low", "odd_high"),
    *("rows", "probability", "rate", "gap", "gap_low", "gap_high", "coverage", "confirmed"),
]


class Segment(NamedTuple):
    """Rows of one band and another: their codes, and what odd weeks say of the gap."""

    first: str
    band: int
    second: str
    other: int
    gap: float
    reach: float

    @property
    def surely(self) -> float:
        """How far the gap lies from 0 at least."""
        return abs(self.gap) - self.reach


def search(rows: pd.DataFrame, bands: pd.DataFrame, min_rows: int, count: int, params: Intervals) -> pd.DataFrame:
    """At most so many segments, the surest gap of odd ISO weeks first, and what even weeks say of them.

    The gap is the mean probability less the rate. A segment has `min_rows` in odd and in even weeks. `confirmed`: in
    even weeks the gap has the same sign at a level shared by all that were found (Bonferroni), so that with probability
    `level` none is confirmed by chance.
    """
    codes = pd.DataFrame({name: bands[name].cat.codes.astype(np.int64) for name in bands if name != MONTH})
    gaps = (rows["probability"] - rows["outcome"]).to_numpy(np.float64)
    day = rows["day"]
    odd = (day.dt.isocalendar().week % 2 == 1).to_numpy(bool)
    halves = [_half(day, those) for those in (odd, ~odd)]
    candidates = [
        segment
        for pair in combinations(codes, 2)
        for segment in _pair(codes[list(pair)], gaps, halves, min_rows, params)
        if segment.surely > 0
    ]
    candidates.sort(key=lambda segment: (-segment.surely, segment[:4]))
    found = _unlike(candidates, codes, count)
    lines = []
    for segment in found:
        its = _rows_of(segment, codes)
        judged, line = _judged(rows, halves[1], its, params)
        bounds = judged.interval(1 - 2 * (1 - params.level) / len(found))
        confirmed = bounds.low > 0 if segment.gap > 0 else bounds.high < 0
        seen = _seen(segment, bands) | {"odd_rows": int((its & halves[0].rows).sum())}
        lines.append(seen | line | {"confirmed": confirmed})
    return pd.DataFrame(lines, columns=COLUMNS).round(DIGITS)


class _Half(NamedTuple):
    """Every second week: which rows are of it, the place of each row's day among its days, and how many days."""

    rows: np.ndarray
    place: np.ndarray
    days: int

    def sums(self, key: np.ndarray, cells: int, values: np.ndarray | None) -> np.ndarray:
        """Rows, or sums of a value, by cell and day: (cells, days)."""
        places = (key * self.days + self.place)[self.rows]
        counted = np.bincount(places, None if values is None else values[self.rows], minlength=cells * self.days)
        return counted.reshape(cells, self.days).astype(np.float64)


def _half(day: pd.Series, those: np.ndarray) -> _Half:
    names = np.unique(day[those])
    return _Half(those, np.searchsorted(names, day.to_numpy()), len(names))


def _pair(
    codes: pd.DataFrame, gaps: np.ndarray, halves: list[_Half], min_rows: int, params: Intervals
) -> list[Segment]:
    """Every segment of two slices that is large enough, by odd weeks."""
    (first, one), (second, other) = codes.items()
    width = int(other.max()) + 1
    cells = (int(one.max()) + 1) * width
    key = (one * width + other).to_numpy()
    counts = [half.sums(key, cells, None) for half in halves]
    large = np.flatnonzero(np.minimum(*(count.sum(axis=1) for count in counts)) >= min_rows)
    rows, sums = counts[0][large], halves[0].sums(key, cells, gaps)[large]
    total = rows.sum(axis=1)
    gap = sums.sum(axis=1) / total
    error, freedom = errors((sums - gap[:, None] * rows) / total[:, None], rows, params.block_days)
    reach = t.ppf((1 + params.level) / 2, freedom) * error
    return [
        Segment(str(first), int(cell // width), str(second), int(cell % width), float(gap[place]), float(reach[place]))
        for place, cell in enumerate(large)
    ]


def _rows_of(segment: Segment, codes: pd.DataFrame) -> np.ndarray:
    return ((codes[segment.first] == segment.band) & (codes[segment.second] == segment.other)).to_numpy()


def _unlike(candidates: list[Segment], codes: pd.DataFrame, count: int) -> list[Segment]:
    """The first so many that do not share most of their rows with one before."""
    kept: list[tuple[Segment, np.ndarray]] = []
    for segment in candidates:
        if len(kept) == count:
            break
        its = _rows_of(segment, codes)
        if all((its & others).sum() <= ALIKE * (its | others).sum() for _, others in kept):
            kept.append((segment, its))
    return [segment for segment, _ in kept]


def _seen(segment: Segment, bands: pd.DataFrame) -> dict[str, object]:
    """What odd weeks said, where the segment was found: too much, since it was chosen for it."""
    return {
        "slice": segment.first,
        "band": bands[segment.first].cat.categories[segment.band],
        "other_slice": segment.second,
        "other_band": bands[segment.second].cat.categories[segment.other],
        "odd_gap": segment.gap,
        "odd_low": segment.gap - segment.reach,
        "odd_high": segment.gap + segment.reach,
    }


def _judged(rows: pd.DataFrame, half: _Half, its: np.ndarray, params: Intervals) -> tuple[Estimate, dict[str, object]]:
    """What even weeks say."""
    those = its & half.rows
    part, place = rows[those], half.place[those]
    said, came = part["probability"].to_numpy(), part["outcome"].to_numpy(np.float64)
    gaps, count = (np.bincount(place, values, minlength=half.days) for values in (said - came, np.ones(len(part))))
    found = estimate(Ratio(gaps, count), params)
    line = {"rows": len(part), "probability": said.mean(), "rate": came.mean(), "coverage": found.coverage}
    return found, line | shown({"gap": found}, params.level)
