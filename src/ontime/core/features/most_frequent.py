"""Codes in an order, and a stretch of them for each row -> the most frequent code of each stretch."""

from __future__ import annotations

import numpy as np

PAIRS = 4_000_000  # of a row and a place that are held at a time


def most_frequent(codes: np.ndarray, first: np.ndarray, last: np.ndarray, without: np.ndarray) -> np.ndarray:
    """The most frequent of `codes[first:last]` for each row (n,), -1 where there is none.

    Of codes that are equally frequent, it is the one that comes last. codes: (places,), from 0 on; first, last: (n,);
    without: (n,) a place that does not count, -1 for none.
    """
    chosen = np.full(len(first), -1)
    ends = np.cumsum(last - first)
    for part in np.split(np.arange(len(first)), np.searchsorted(ends, np.arange(PAIRS, ends[-1:].sum(), PAIRS))):
        row, place = _pairs(part, first[part], last[part])
        counts = place != without[row]
        rows, best = _best(row[counts], codes[place[counts]])
        chosen[rows] = best
    return chosen


def _pairs(rows: np.ndarray, first: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each row with every place from its first to before its last: two arrays (pairs,), rows as they come."""
    count = last - first
    starts = np.repeat(first - np.cumsum(count) + count, count)
    return np.repeat(rows, count), starts + np.arange(count.sum())


def _best(rows: np.ndarray, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows in ascending order, each with codes in their order -> each row once, and its most frequent code."""
    groups = rows * (codes.max(initial=0) + 1) + codes
    order = np.argsort(groups, kind="stable")
    ends = _last_of_runs(groups[order])
    counts = np.diff(ends, prepend=-1)
    row, code, place = rows[order[ends]], codes[order[ends]], order[ends]
    best = np.lexsort((place, counts, row))
    best = best[_last_of_runs(row[best])]
    return row[best], code[best]


def _last_of_runs(numbers: np.ndarray) -> np.ndarray:
    """The places after which another number comes, or none."""
    if not len(numbers):
        return np.zeros(0, dtype=np.int64)
    return np.append(np.flatnonzero(numbers[1:] != numbers[:-1]), len(numbers) - 1)
