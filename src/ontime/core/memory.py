"""Events as they come -> what is known at one row's moment, exactly as core/asof.py gives it for many rows at once."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ontime.core.asof import HOUR, MINUTE, names
from ontime.dataset import AsOf, Latest, Open, Window

Key = tuple[Any, ...]
NAN = math.nan


class Memory:
    """Events of every stream, by key and moment. Moments are whole microseconds since 1970."""

    def __init__(self, asof: Sequence[AsOf]) -> None:
        self.asof = list(asof)
        self.names = [name for one in asof for name in names(one)]
        self._events: dict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)
        self._lines: dict[tuple[str, tuple[str, ...], float], dict[Key, _Line]] = {}
        for one in asof:
            for hours in (0.0, one.hours) if isinstance(one, Open) else (0.0,):
                self._lines.setdefault((one.stream, one.keys, hours), {})

    def add(self, stream: str, event: Mapping[str, Any]) -> None:
        """Take in an event: `id`, `moment`, keys, values, and `until` (None while it goes on) where it lasts.

        An event that is known already is replaced: so an end that comes later is added to its beginning.
        """
        self.remove(stream, event["id"])
        self._events[stream][event["id"]] = event
        for lines, key, moment in self._places(stream, event):
            lines.setdefault(key, _Line()).insert(moment, event)

    def remove(self, stream: str, identity: str) -> None:
        """Forget an event, if it is known."""
        event = self._events[stream].pop(identity, None)
        if event is None:
            return
        for lines, key, moment in self._places(stream, event):
            lines[key].delete(moment, event)

    def forget(self, stream: str, before: int) -> None:
        """Forget the events whose moment is earlier than `before`: what no window reaches need not be kept."""
        old = [identity for identity, event in self._events[stream].items() if event["moment"] < before]
        for identity in old:
            self.remove(stream, identity)

    def read(self, row: Mapping[str, Any]) -> list[float]:
        """The value of every one of `names` for a row: `id`, `predict_at`, `starts_at` and keys."""
        values: list[float] = []
        for one in self.asof:
            values += _READERS[type(one)](self, one, row)
        return values

    def line(self, asof: AsOf, row: Mapping[str, Any], ended_after: float = 0.0) -> _Line:
        key = tuple([row[name] for name in asof.keys])
        return self._lines[asof.stream, asof.keys, ended_after].get(key, _EMPTY)

    def own(self, asof: AsOf, row: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The row's own event, if it is known and has the row's keys."""
        event = self._events[asof.stream].get(row["id"])
        return event if event and all(event[name] == row[name] for name in asof.keys) else None

    def _places(self, stream: str, event: Mapping[str, Any]) -> list[tuple[dict[Key, _Line], Key, int]]:
        return [
            (lines, tuple(event[name] for name in keys), end(event, hours) if hours else event["moment"])
            for (its, keys, hours), lines in self._lines.items()
            if its == stream
        ]


class _Line:
    """Events of one key in the order of moment and id, with sums of their values over the first 0, 1, ... of them."""

    def __init__(self) -> None:
        self.moments: list[int] = []
        self.events: list[Mapping[str, Any]] = []
        self._sums: dict[str, list[int]] = {}

    def insert(self, moment: int, event: Mapping[str, Any]) -> None:
        place = self._place(moment, event)
        self.moments.insert(place, moment)
        self.events.insert(place, event)
        self._shorten(place)

    def delete(self, moment: int, event: Mapping[str, Any]) -> None:
        place = self._place(moment, event)
        del self.moments[place], self.events[place]
        self._shorten(place)

    def until(self, moment: int) -> int:
        return bisect_right(self.moments, moment)

    def sums(self, value: str) -> list[int]:
        """Made when it is first read, and made up where events came since."""
        sums = self._sums.setdefault(value, [0])
        for event in self.events[len(sums) - 1 :]:
            sums.append(sums[-1] + (event["moment"] // MINUTE if value == "minute" else event[value]))
        return sums

    def _place(self, moment: int, event: Mapping[str, Any]) -> int:
        first, last = bisect_left(self.moments, moment), bisect_right(self.moments, moment)
        order = [(other["moment"], other["id"]) for other in self.events[first:last]]
        return first + bisect_left(order, (event["moment"], event["id"]))

    def _shorten(self, place: int) -> None:
        for sums in self._sums.values():
            del sums[place + 1 :]


_EMPTY = _Line()


def end(event: Mapping[str, Any], hours: float) -> int:
    """When an event is over: at `until`, not before its moment, at most `hours` after it."""
    latest = event["moment"] + int(hours * HOUR)
    return latest if event["until"] is None else min(max(event["until"], event["moment"]), latest)


def _read_window(memory: Memory, window: Window, row: Mapping[str, Any]) -> list[float]:
    line, own = memory.line(window, row), memory.own(window, row)
    anchor = row[window.anchor]
    since, until = anchor - int(window.hours * HOUR), anchor + int(window.ahead * HOUR)
    first, last = line.until(since), line.until(until)
    if own is not None and not since < own["moment"] <= until:
        own = None
    count = last - first - (own is not None)
    values: list[float] = [count] if window.count else []
    for value in window.means:
        sums = line.sums(value)
        total = sums[last] - sums[first] - (own[value] if own is not None else 0)
        values.append(total / count if count else NAN)
    return values


def _read_open(memory: Memory, declared: Open, row: Mapping[str, Any]) -> list[float]:
    begun, ended = memory.line(declared, row), memory.line(declared, row, declared.hours)
    now, own = row["predict_at"], memory.own(declared, row)
    since = now - int(declared.hours * HOUR)
    has_begun, has_ended = begun.until(now), ended.until(now)
    count = has_begun - has_ended
    minutes = begun.sums("minute")[has_begun] - ended.sums("minute")[has_ended]
    recent = has_begun - begun.until(since)
    if own is not None and own["moment"] <= now:
        recent -= own["moment"] > since
        if end(own, declared.hours) > now:
            count, minutes = count - 1, minutes - own["moment"] // MINUTE
    share = count / recent if recent else NAN
    return [count, share, (count * (now // MINUTE) - minutes) / count if count else NAN]


def _read_latest(memory: Memory, latest: Latest, row: Mapping[str, Any]) -> list[float]:
    line, until = memory.line(latest, row), row["predict_at"] - int(latest.ago * HOUR)
    place = line.until(until) - 1
    if place >= 0 and line.events[place]["id"] == row["id"]:
        place -= 1
    if place < 0 or line.moments[place] <= until - int(latest.hours * HOUR):
        return [NAN] * len(latest.fields)
    return [line.events[place][value] for value in latest.fields]


_READERS: dict[type, Callable[..., list[float]]] = {Window: _read_window, Open: _read_open, Latest: _read_latest}
