"""Rows, and the lines of events that online.py keeps -> the columns of many rows at once, as from a frame of events."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from ontime.core.features.column_readers import Keys, Limit, Value
from ontime.core.features.event_lines import Event, EventLine, end, number
from ontime.core.features.keyed_lines import Key, KeyedLines, Streams
from ontime.core.features.keys import order_of_codes
from ontime.core.features.moments import ALIVE, HOUR, NEVER
from ontime.core.features.row_readers import Row


class RowsOfKeys(NamedTuple):
    """The rows (n) in the order of key and moment.

    different: the keys that they have, in any order; codes: (n,) the place of each row's key among them; order: (n,).
    """

    different: list[Key]
    codes: np.ndarray
    order: np.ndarray


class ManyRows:
    """Rows (n), their moments, and their order by each of the keys that streams are read by."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows
        self.anchors = {
            name: np.array([row[name] for row in rows], dtype=np.int64) for name in ("predict_at", "starts_at")
        }
        self._by_time = np.argsort(self.anchors["predict_at"], kind="stable")
        self._by_keys: dict[Keys, RowsOfKeys] = {}
        self._columns: dict[str, list[Any]] = {}

    def by_key(self, keys: Keys) -> RowsOfKeys:
        """The rows by their values of those keys."""
        if keys not in self._by_keys:
            values = self.values(keys)
            places = {value: place for place, value in enumerate(dict.fromkeys(values))}
            codes = np.array([places[value] for value in values], dtype=np.int64)
            order = self._by_time[order_of_codes(codes[self._by_time])]
            self._by_keys[keys] = RowsOfKeys([*places], codes, order)
        return self._by_keys[keys]

    def values(self, keys: Keys) -> list[Key]:
        """What each row has in the columns of those keys: (n)."""
        for name in keys:
            if name not in self._columns:
                self._columns[name] = [row[name] for row in self.rows]
        match [self._columns[name] for name in keys]:
            case []:
                return [None] * len(self.rows)
            case [column]:
                return column
            case columns:
                return list(zip(*columns, strict=True))


class _JoinedLines:
    """The lines that rows read, one behind another as one ascending array of key and moment.

    lines: by the code of their key.
    """

    def __init__(self, keyed: KeyedLines, rows: RowsOfKeys) -> None:
        none = EventLine(keyed.summed)
        self.lines = [keyed.lines.get(key, none) for key in rows.different]
        self._rows, self._summed = rows, keyed.summed
        moments = _join(line.moments for line in self.lines)
        sizes = np.array([len(line.moments) for line in self.lines], dtype=np.int64)
        self._earliest, latest = (int(moments.min()), int(moments.max())) if len(moments) else (0, 0)
        self._length = latest - self._earliest + 3
        if len(sizes) * self._length > ALIVE:
            raise ValueError(f"{len(sizes)} keys over {self._length / HOUR / 24:.0f} days: read fewer rows at a time")
        self._moments = moments + np.repeat(np.arange(len(sizes)) * self._length + 1 - self._earliest, sizes)
        self.first = (np.cumsum(sizes + 1) - sizes - 1)[rows.codes]  # a line of n events has n + 1 places

    def until(self, moments: np.ndarray) -> np.ndarray:
        """The place after the events up to a moment of each row: (n,) int64."""
        order, codes = self._rows.order, self._rows.codes
        wanted = codes * self._length + np.clip(moments, self._earliest - 1, self._earliest + self._length - 2)
        places = np.empty(len(order), dtype=np.int64)
        places[order] = np.searchsorted(self._moments, wanted[order] + (1 - self._earliest), side="right")
        return places + codes

    @cached_property
    def sums(self) -> dict[Value, np.ndarray]:
        """By value, its sums by place: int64."""
        joined = _join(line.sums for line in self.lines).reshape(-1, max(len(self._summed), 1))
        return {value: joined[:, which] for which, value in enumerate(self._summed)}


class LinesOfRows:
    """A stream beside the rows that read it (StreamOfRows), from lines; what several declarations need is made once."""

    def __init__(self, stream: str, keyed: Streams, rows: ManyRows, events: Mapping[str, Event]) -> None:
        self.anchors, self._rows = rows.anchors, rows
        self._stream, self._keyed = stream, keyed
        self._own = [events.get(row["id"]) for row in rows.rows]
        self._own_moments = np.array([event["moment"] if event else ALIVE for event in self._own], dtype=np.int64)
        self._joined: dict[tuple[Keys, float], _JoinedLines] = {}

    def first(self, keys: Keys, hours: float = 0.0) -> np.ndarray:
        return self._lines(keys, hours).first

    def until(self, keys: Keys, moments: np.ndarray, hours: float = 0.0) -> np.ndarray:
        return self._lines(keys, hours).until(moments)

    def sums(self, keys: Keys, value: Value, hours: float = 0.0) -> np.ndarray:
        return self._lines(keys, hours).sums[value]

    def own_inside(self, keys: Keys, since: Limit, until: np.ndarray) -> np.ndarray:
        inside = (self._own_moments > since) & (self._own_moments <= until)
        if inside.any():
            key, values = self._keyed[self._stream, keys, 0.0].key, self._rows.values(keys)
            for row in np.flatnonzero(inside).tolist():
                own = self._own[row]
                inside[row] = own is not None and key(own) == values[row]
        return inside

    def own_numbers(self, value: Value, where: np.ndarray) -> np.ndarray:
        return self._of_own(lambda event: number(event, value), where)

    def own_ends(self, hours: float, where: np.ndarray) -> np.ndarray:
        return self._of_own(lambda event: end(event, hours), where)

    def latest(self, keys: Keys, moments: np.ndarray) -> tuple[list[Event | None], np.ndarray]:
        joined, (_, codes, _) = self._lines(keys), self._rows.by_key(keys)
        counts = (joined.until(moments) - joined.first).tolist()
        events = [
            _latest(joined.lines[code].events, count, row["id"])
            for code, count, row in zip(codes.tolist(), counts, self._rows.rows, strict=True)
        ]
        return events, np.array([event["moment"] if event else NEVER for event in events], dtype=np.int64)

    def values(self, field: str, events: Sequence[Event | None]) -> np.ndarray:
        return np.array([event[field] if event else math.nan for event in events], dtype=np.float64)

    def _lines(self, keys: Keys, hours: float = 0.0) -> _JoinedLines:
        if (keys, hours) not in self._joined:
            keyed = self._keyed[self._stream, keys, hours]
            self._joined[keys, hours] = _JoinedLines(keyed, self._rows.by_key(keys))
        return self._joined[keys, hours]

    def _of_own(self, number_of: Callable[[Any], int], where: np.ndarray) -> np.ndarray:
        numbers = np.zeros(len(self._own), dtype=np.int64)
        for row in np.flatnonzero(where).tolist():
            numbers[row] = number_of(self._own[row])
        return numbers


def _latest(events: Sequence[Event], count: int, identity: str) -> Event | None:
    """The last of the first so many events, the one before it where it has this id."""
    if count and events[count - 1]["id"] == identity:
        count -= 1
    return events[count - 1] if count else None


def _join(arrays: Iterable[array[int]]) -> np.ndarray:
    """Arrays of whole numbers as one: int64."""
    return np.frombuffer(b"".join(arrays), dtype=np.int64)
