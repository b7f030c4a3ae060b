"""Predicted rows and their bands -> the worst segments of two bands, found in odd weeks and confirmed in even ones.

A segment is bad where the mean probability and the rate lie far apart. Its log loss would say less: it may be high
because the outcome is uncertain there. Nor would the excess of the log loss over what the probabilities let one expect
do: it is blind to gaps near one half, and negative where risks are overstated.
Slice Finder (Chung, Kraska, Polyzotis, Tae and Whang, ICDE 2019) tests a segment on the rows that it was found in; here
other weeks decide. Months are no segments: they do not come again.
"""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import t

from ontime.core.evaluation.slices import DIGITS, MONTH
from ontime.core.statistics.day_metrics import Ratio
from ontime.core.statistics.intervals import OTHER_MONTHS, Estimate, estimate, interval_columns, standard_errors
from ontime.core.statistics.metrics import month_numbers
from ontime.params import Intervals

ALIKE = 0.5  # of two segments with a larger share of rows in common only the worse is kept
COLUMNS = [
    "slice",
    "band",
    "other_slice",
    "other_band",
    "odd_rows",
    "odd_calibration_gap",
    "odd_calibration_gap_low",
    "odd_calibration_gap_high",
    "rows",
    "probability",
    "rate",
    "calibration_gap",
    "calibration_gap_low",
    "calibration_gap_high",
    "calibration_gap_about",
    "confirmed",
]


class Segment(NamedTuple):
    """Rows of one band and another: slices and codes of the bands; the gap in odd weeks, and half its interval."""

    first: str
    band: int
    second: str
    other: int
    gap: float
    reach: float

    @property
    def least_gap(self) -> float:
        """How far the gap lies from 0 at least."""
        return abs(self.gap) - self.reach


def search_segments(
    rows: pd.DataFrame, bands: pd.DataFrame, min_rows: int, count: int, params: Intervals
) -> pd.DataFrame:
    """At most `count` segments, the surest gap of odd ISO weeks first, and what even weeks say of them.

    The calibration gap is the mean probability minus the rate. A segment has `min_rows` in odd and in even weeks.
    `confirmed`: in even weeks the gap has the same sign, at a level that all segments share (Bonferroni), so that with
    probability `level` none is confirmed by chance.
    """
    codes = pd.DataFrame({name: bands[name].cat.codes.astype(np.int64) for name in bands if name != MONTH})
    gaps = (rows["probability"] - rows["outcome"]).to_numpy(np.float64)
    day = rows["day"]
    odd = (day.dt.isocalendar().week % 2 == 1).to_numpy(bool)
    halves = [_half(day, weeks) for weeks in (odd, ~odd)]
    candidates = [
        segment
        for pair in combinations(codes, 2)
        for segment in _pair(codes[list(pair)], gaps, halves, min_rows, params)
        if segment.least_gap > 0
    ]
    candidates.sort(key=lambda segment: (-segment.least_gap, segment[:4]))
    segments = _unlike(candidates, codes, count)
    lines = []
    for segment in segments:
        members = _members(segment, codes)
        gap, even = _even_weeks(rows, halves[1], members, params)
        bounds = gap.interval(1 - 2 * (1 - params.level) / len(segments))
        confirmed = bounds.low > 0 if segment.gap > 0 else bounds.high < 0
        odd_rows = int((members & halves[0].rows).sum())
        lines.append(_odd_weeks(segment, bands) | {"odd_rows": odd_rows} | even | {"confirmed": confirmed})
    return pd.DataFrame(lines, columns=COLUMNS).round(DIGITS)


class _Half(NamedTuple):
    """Every second week: which rows are of it, the place of each row's day among its days, the month of each day."""

    rows: np.ndarray
    place: np.ndarray
    months: np.ndarray

    @property
    def days(self) -> int:
        return len(self.months)

    def sums(self, key: np.ndarray, cells: int, values: np.ndarray | None) -> np.ndarray:
        """Rows, or sums of a value, by cell and day: (cells, days)."""
        places = (key * self.days + self.place)[self.rows]
        counted = np.bincount(places, None if values is None else values[self.rows], minlength=cells * self.days)
        return counted.reshape(cells, self.days).astype(np.float64)


def _half(day: pd.Series, rows: np.ndarray) -> _Half:
    days = pd.DatetimeIndex(np.unique(day[rows]))
    return _Half(rows, np.searchsorted(days, day.to_numpy()), month_numbers(days))


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
    influence = (sums - gap[:, None] * rows) / total[:, None]
    error, freedom = standard_errors(OTHER_MONTHS, influence, rows, halves[0].months, params)
    reach = t.ppf((1 + params.level) / 2, freedom) * error
    return [
        Segment(str(first), int(cell // width), str(second), int(cell % width), float(gap[place]), float(reach[place]))
        for place, cell in enumerate(large)
    ]


def _members(segment: Segment, codes: pd.DataFrame) -> np.ndarray:
    """Which rows are of a segment: (n,) bool."""
    return ((codes[segment.first] == segment.band) & (codes[segment.second] == segment.other)).to_numpy()


def _unlike(candidates: list[Segment], codes: pd.DataFrame, count: int) -> list[Segment]:
    """The first `count` that do not share most of their rows with one before."""
    kept: list[tuple[Segment, np.ndarray]] = []
    for segment in candidates:
        if len(kept) == count:
            break
        members = _members(segment, codes)
        if all((members & others).sum() <= ALIKE * (members | others).sum() for _, others in kept):
            kept.append((segment, members))
    return [segment for segment, _ in kept]


def _odd_weeks(segment: Segment, bands: pd.DataFrame) -> dict[str, object]:
    """The gap in odd weeks: too large, since the segment was chosen for it."""
    return {
        "slice": segment.first,
        "band": bands[segment.first].cat.categories[segment.band],
        "other_slice": segment.second,
        "other_band": bands[segment.second].cat.categories[segment.other],
        "odd_calibration_gap": segment.gap,
        "odd_calibration_gap_low": segment.gap - segment.reach,
        "odd_calibration_gap_high": segment.gap + segment.reach,
    }


def _even_weeks(
    rows: pd.DataFrame, half: _Half, members: np.ndarray, params: Intervals
) -> tuple[Estimate, dict[str, object]]:
    """The gap of a segment in even weeks, and the columns that say so."""
    judged = members & half.rows
    part, place = rows[judged], half.place[judged]
    probability, outcome = part["probability"].to_numpy(), part["outcome"].to_numpy(np.float64)
    gaps = np.bincount(place, probability - outcome, minlength=half.days)
    counts = np.bincount(place, np.ones(len(part)), minlength=half.days)
    gap = estimate(Ratio(gaps, counts), half.months, params)
    line = {"rows": len(part), "probability": probability.mean(), "rate": outcome.mean()}
    return gap, line | interval_columns({"calibration_gap": gap}, params.level)
