"""Events as they come -> what is known at one row's moment, bit for bit what point_in_time.py gives for many rows."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Self

import pandas as pd

from ontime.core.features.point_in_time import HOUR, MINUTE, MISSING, Value, microseconds
from ontime.dataset.features import AsOf, Latest, Open, Usual, Waited, Window, column_names

Key = tuple[Any, ...]
Reader = Callable[["_View", Mapping[str, Any]], list[float]]
NAN = math.nan


class OnlineFeatures:
    """What is read of the streams, one row at a time, while events come in, change and are forgotten.

    Moments are whole microseconds since 1970. `names` are the columns that `read` gives, in order.
    """

    def __init__(self, asof: Sequence[AsOf]) -> None:
        self.asof = list(asof)
        self.names = [name for one in asof for name in column_names(one)]
        self._events: dict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)
        self._lines: dict[tuple[str, tuple[str, ...], float], dict[Key, _Line]] = {}
        for one in asof:
            for hours in (0.0, one.hours) if isinstance(one, Open) else (0.0,):
                self._lines.setdefault((one.stream, one.keys, hours), {})
        self._usual = [one for one in asof if isinstance(one, Usual)]
        read = [one for one in asof if not isinstance(one, Usual)]
        self._views = list(dict.fromkeys((one.stream, one.keys) for one in read))
        self._readers = [(_READERS[type(one)](one), self._views.index((one.stream, one.keys))) for one in read]

    @classmethod
    def of(cls, asof: Sequence[AsOf], events: Mapping[str, pd.DataFrame]) -> Self:
        """With all the events of the streams taken in."""
        online = cls(asof)
        for stream, frame in events.items():
            for event in records(frame):
                online.add(stream, event)
        return online

    def add(self, stream: str, event: Mapping[str, Any]) -> None:
        """Take in an event: `id`, `moment`, keys, values, and `until` (None while it goes on) where it lasts.

        It replaces the event of the same id. So an end that comes later is added to its beginning.
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
        """Forget the events whose moment is earlier than `before`, which no window reaches any more."""
        old = [identity for identity, event in self._events[stream].items() if event["moment"] < before]
        for identity in old:
            self.remove(stream, identity)

    def read(self, row: Mapping[str, Any]) -> list[float]:
        """The values of `names` for a row, which has `id`, `predict_at`, `starts_at` and keys."""
        row = {**row, **{one.name: _read_usual(one, self._view(one.stream, one.keys, row), row) for one in self._usual}}
        views = [self._view(stream, keys, row) for stream, keys in self._views]
        values: list[float] = []
        for reader, view in self._readers:
            values += reader(views[view], row)
        return values

    def _view(self, stream: str, keys: tuple[str, ...], row: Mapping[str, Any]) -> _View:
        key = tuple([row[name] for name in keys])
        own = self._events[stream].get(row["id"])
        if own is not None and tuple([own[name] for name in keys]) != key:
            own = None
        return _View(self, stream, keys, key, self._lines[stream, keys, 0.0].get(key, _EMPTY), own)

    def ended(self, view: _View, hours: float) -> _Line:
        """The events of the view's key in the order of their ends."""
        return self._lines[view.stream, view.keys, hours].get(view.key, _EMPTY)

    def _places(self, stream: str, event: Mapping[str, Any]) -> list[tuple[dict[Key, _Line], Key, int]]:
        return [
            (lines, tuple(event[name] for name in keys), end(event, hours) if hours else event["moment"])
            for (line_stream, keys, hours), lines in self._lines.items()
            if line_stream == stream
        ]


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows or events of a frame, one by one: moments as whole microseconds, `until` None where there is none."""
    moments = {name for name in frame if isinstance(frame[name].dtype, pd.DatetimeTZDtype)}
    columns = {
        str(name): microseconds(frame[name]).tolist() if name in moments else frame[name].tolist() for name in frame
    }
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    for record in rows:
        if record.get("until") == MISSING:
            record["until"] = None
    return rows


class _Line:
    """Events of one key in the order of moment and id, with sums of their values over the first 0, 1, ... of them."""

    def __init__(self) -> None:
        self.moments: list[int] = []
        self.events: list[Mapping[str, Any]] = []
        self._sums: dict[Value, list[int]] = {}

    def insert(self, moment: int, event: Mapping[str, Any]) -> None:
        place = self._place(moment, event)
        self.moments.insert(place, moment)
        self.events.insert(place, event)
        self._shorten(place)

    def delete(self, moment: int, event: Mapping[str, Any]) -> None:
        place = self._place(moment, event)
        del self.moments[place], self.events[place]
        self._shorten(place)

    def sums(self, value: Value) -> list[int]:
        """Computed when first read, and continued where events have come in since."""
        sums = self._sums.setdefault(value, [0])
        if len(sums) <= len(self.events):
            for event in self.events[len(sums) - 1 :]:
                sums.append(sums[-1] + number(event, value))
        return sums

    def _place(self, moment: int, event: Mapping[str, Any]) -> int:
        first, last = bisect_left(self.moments, moment), bisect_right(self.moments, moment)
        order = [(other["moment"], other["id"]) for other in self.events[first:last]]
        return first + bisect_left(order, (event["moment"], event["id"]))

    def _shorten(self, place: int) -> None:
        for sums in self._sums.values():
            del sums[place + 1 :]


_EMPTY = _Line()


def number(event: Mapping[str, Any], value: Value) -> int:
    """A field of an event, the minute of its moment, or the minutes that it went on."""
    if isinstance(value, float):
        return (end(event, value) - event["moment"]) // MINUTE
    return event["moment"] // MINUTE if value == "minute" else event[value]


class _View(NamedTuple):
    """What a row sees of a stream: the events with its keys, and among them its own."""

    online: OnlineFeatures
    stream: str
    keys: tuple[str, ...]
    key: Key
    line: _Line
    own: Mapping[str, Any] | None


def end(event: Mapping[str, Any], hours: float) -> int:
    """When an event is over: at `until`, not before its moment, at most `hours` after it."""
    latest = event["moment"] + int(hours * HOUR)
    return latest if event["until"] is None else min(max(event["until"], event["moment"]), latest)


def _window_reader(window: Window) -> Reader:
    back, ahead, anchor, counts = int(window.hours * HOUR), int(window.ahead * HOUR), window.anchor, window.count

    def read(view: _View, row: Mapping[str, Any]) -> list[float]:
        line, own, moment = view.line, view.own, row[anchor]
        first, last = bisect_right(line.moments, moment - back), bisect_right(line.moments, moment + ahead)
        if own is not None and not moment - back < own["moment"] <= moment + ahead:
            own = None
        count = last - first - (own is not None)
        values: list[float] = [count] if counts else []
        for value in window.means:
            sums = line.sums(value)
            total = sums[last] - sums[first] - (own[value] if own is not None else 0)
            values.append(total / count if count else NAN)
        return values

    return read


def _open_reader(declared: Open) -> Reader:
    hours, back = declared.hours, int(declared.hours * HOUR)

    def read(view: _View, row: Mapping[str, Any]) -> list[float]:
        begun, ended, now, own = view.line, view.online.ended(view, hours), row["predict_at"], view.own
        has_begun, has_ended = bisect_right(begun.moments, now), bisect_right(ended.moments, now)
        count, recent = has_begun - has_ended, has_begun - bisect_right(begun.moments, now - back)
        minutes = begun.sums("minute")[has_begun] - ended.sums("minute")[has_ended]
        if own is not None and own["moment"] <= now:
            recent -= own["moment"] > now - back
            if end(own, hours) > now:
                count, minutes = count - 1, minutes - own["moment"] // MINUTE
        share = count / recent if recent else NAN
        return [count, share, (count * (now // MINUTE) - minutes) / count if count else NAN]

    return read


def _waited_reader(waited: Waited) -> Reader:
    ago, back, within = int(waited.within * HOUR), int(waited.hours * HOUR), float(waited.within)

    def read(view: _View, row: Mapping[str, Any]) -> list[float]:
        line, own, until = view.line, view.own, row["predict_at"] - ago
        first, last = bisect_right(line.moments, until - back), bisect_right(line.moments, until)
        if own is not None and not until - back < own["moment"] <= until:
            own = None
        count, sums = last - first - (own is not None), line.sums(within)
        total = sums[last] - sums[first] - (number(own, within) if own is not None else 0)
        return [total / count if count else NAN]

    return read


def _latest_reader(latest: Latest) -> Reader:
    ago, stale, fields = int(latest.ago * HOUR), int(latest.hours * HOUR), latest.fields
    missing = [NAN] * (len(fields) + latest.age)

    def read(view: _View, row: Mapping[str, Any]) -> list[float]:
        line, until = view.line, row["predict_at"] - ago
        place = bisect_right(line.moments, until) - 1
        if place >= 0 and line.events[place]["id"] == row["id"]:
            place -= 1
        if place < 0 or line.moments[place] <= until - stale:
            return missing
        event = line.events[place]
        ages = [(until - line.moments[place]) / MINUTE] if latest.age else []
        return [*(event[field] for field in fields), *ages]

    return read


def _read_usual(usual: Usual, view: _View, row: Mapping[str, Any]) -> str | None:
    """The most frequent value of the events before the row; of equally frequent ones the latest."""
    line, until = view.line, row["predict_at"]
    first, last = bisect_right(line.moments, until - int(usual.hours * HOUR)), bisect_right(line.moments, until)
    values = [event[usual.field] for event in line.events[first:last] if event["id"] != row["id"]]
    counts = Counter(reversed(values))  # of equal counts it gives the one that was met first
    return counts.most_common(1)[0][0] if counts else None


_READERS: dict[type, Callable[..., Reader]] = {
    Window: _window_reader,
    Open: _open_reader,
    Waited: _waited_reader,
    Latest: _latest_reader,
}
