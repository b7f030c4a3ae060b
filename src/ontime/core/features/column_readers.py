"""Declarations -> what reads each of them for many rows at once, from whatever keeps the events of a stream."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from ontime.core.features.moments import ALIVE, HOUR, MINUTE
from ontime.dataset.features import AsOf, Latest, Open, Usual, Waited, Window, column_names

Keys = tuple[str, ...]
Value = str | float  # a field, 'minute', or the hours up to which it counts how long an event went on
Limit = np.ndarray | int  # up to when each row reads (rows,), or all of them


class StreamOfRows(Protocol):
    """The events of a stream beside the rows (n) that read them.

    Events with the same keys stand in the order of their moments or, with `hours`, of their ends. A *place* among them
    is how many come before; sums of values, too, are read at places.
    """

    @property
    def anchors(self) -> Mapping[str, np.ndarray]:
        """`predict_at` and `starts_at` of the rows: (n,) int64."""
        ...

    def first(self, keys: Keys, hours: float = 0.0) -> np.ndarray:
        """The place before all events with the row's keys: (n,) int64."""
        ...

    def until(self, keys: Keys, moments: np.ndarray, hours: float = 0.0) -> np.ndarray:
        """The place after those up to a moment of each row: (n,) int64."""
        ...

    def sums(self, keys: Keys, value: Value, hours: float = 0.0) -> np.ndarray:
        """Sums of a value by place, from anywhere: int64. Only differences between places of equal keys count."""
        ...

    def own_inside(self, keys: Keys, since: Limit, until: np.ndarray) -> np.ndarray:
        """Whether the row's own event has its keys and a moment in (since, until]: (n,) bool."""
        ...

    def own_numbers(self, value: Value, where: np.ndarray) -> np.ndarray:
        """A value of each row's own event, 0 elsewhere: (n,) int64."""
        ...

    def own_ends(self, hours: float, where: np.ndarray) -> np.ndarray:
        """When each row's own event is over, 0 elsewhere: (n,) int64."""
        ...

    def latest(self, keys: Keys, moments: np.ndarray) -> tuple[Any, np.ndarray]:
        """The latest event up to a moment of each row that is not its own, and its moment, NEVER for none: (n,)."""
        ...

    def values(self, field: str, events: Any) -> np.ndarray:  # noqa: ANN401 - what `latest` gives
        """A field of the latest events, anything where there is none: (n,) float64."""
        ...


def read_columns(
    asof: Sequence[AsOf], streams: Mapping[str, StreamOfRows], limits: Mapping[AsOf, np.ndarray]
) -> dict[str, np.ndarray]:
    """By name, the columns of declarations: (n,) float32, and int32 for counts.

    limits: by declaration that waits for a source, up to when each row reads; the others read up to their moment.
    """
    columns: dict[str, np.ndarray] = {}
    for one in asof:
        if not isinstance(one, Usual):
            values = _READERS[type(one)](one, streams[one.stream], limits.get(one, ALIVE))
            columns |= dict(zip(column_names(one), values, strict=True))
    return columns


def _read_window(window: Window, events: StreamOfRows, limit: Limit) -> list[np.ndarray]:
    keys, anchor = window.keys, events.anchors[window.anchor]
    since = np.minimum(anchor - int(window.hours * HOUR), limit)
    until = np.minimum(anchor + int(window.ahead * HOUR), limit)
    first, last = events.until(keys, since), events.until(keys, until)
    own = events.own_inside(keys, since, until)
    count = last - first - own
    means = []
    for value in window.means:
        sums = events.sums(keys, value)
        means.append(_mean(sums[last] - sums[first] - events.own_numbers(value, own), count))
    return [*([count.astype(np.int32)] if window.count else []), *means]


def _read_open(declared: Open, events: StreamOfRows, limit: Limit) -> list[np.ndarray]:
    keys, hours = declared.keys, declared.hours
    now = np.minimum(events.anchors["predict_at"], limit)
    since = now - int(hours * HOUR)
    own, own_recent = (events.own_inside(keys, begin, now) for begin in (-ALIVE, since))
    going = own & (events.own_ends(hours, own) > now)
    before, has_begun = events.first(keys), events.until(keys, now)
    ended_before, has_ended = events.first(keys, hours), events.until(keys, now, hours)
    count = has_begun - before - (has_ended - ended_before) - going
    recent = has_begun - events.until(keys, since) - own_recent
    begun_sums, ended_sums = events.sums(keys, "minute"), events.sums(keys, "minute", hours)
    minutes = begun_sums[has_begun] - begun_sums[before]
    minutes -= ended_sums[has_ended] - ended_sums[ended_before] + events.own_numbers("minute", going)
    return [count.astype(np.int32), _mean(count, recent), _mean(count * (now // MINUTE) - minutes, count)]


def _read_waited(waited: Waited, events: StreamOfRows, limit: Limit) -> list[np.ndarray]:
    keys, within = waited.keys, float(waited.within)
    until = np.minimum(events.anchors["predict_at"], limit) - int(within * HOUR)
    since = until - int(waited.hours * HOUR)
    first, last = events.until(keys, since), events.until(keys, until)
    own = events.own_inside(keys, since, until)
    sums = events.sums(keys, within)
    return [_mean(sums[last] - sums[first] - events.own_numbers(within, own), last - first - own)]


def _read_latest(latest: Latest, events: StreamOfRows, limit: Limit) -> list[np.ndarray]:
    until = events.anchors["predict_at"] - int(latest.ago * HOUR)
    event, moments = events.latest(latest.keys, np.minimum(until, limit))
    fresh = moments > until - int(latest.hours * HOUR)
    values = [events.values(name, event) for name in latest.fields]
    if latest.age:
        values.append((until - moments) / MINUTE)
    return [np.where(fresh, value, np.nan).astype(np.float32) for value in values]


_READERS: dict[type, Callable[..., list[np.ndarray]]] = {
    Window: _read_window,
    Open: _read_open,
    Waited: _read_waited,
    Latest: _read_latest,
}


def _mean(total: np.ndarray, count: np.ndarray) -> np.ndarray:
    """The quotient as float32, missing where nothing was counted."""
    return np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0).astype(np.float32)
