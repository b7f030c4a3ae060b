"""Rows, events and declarations -> what was known at each row's moment; for many rows at once (one row: online.py)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ontime.core.features.keys import key_codes, order_of_codes
from ontime.core.features.most_frequent import most_frequent
from ontime.dataset.features import AsOf, Latest, Open, Usual, Waited, Window, column_names

MISSING = np.iinfo(np.int64).min  # what NaT is as a whole number
ALIVE = np.iinfo(np.int64).max  # until when a source was heard from that is never silent
NEVER = -(2**62)  # and one that never was; hours can be taken from it
HOUR = 3_600_000_000  # microseconds
MINUTE = 60_000_000
MARGIN = 100 * 24 * HOUR  # more than any event lasts

Limit = np.ndarray | int  # up to when each row reads (rows,), or all of them
Value = str | float  # a field, 'minute', or the hours up to which it counts how long an event went on


def reach(asof: Sequence[AsOf]) -> float:
    """How many hours before `predict_at` the earliest event lies that is read."""
    return max((hours_back(one) for one in asof), default=0.0)


def hours_back(one: AsOf) -> float:
    """How many hours before `predict_at` the earliest event lies that a declaration reads."""
    match one:
        case Latest():
            return one.hours + one.ago
        case Waited():
            return one.hours + one.within
    return one.hours


def read_as_of(
    asof: Sequence[AsOf],
    rows: pd.DataFrame,
    events: Mapping[str, pd.DataFrame],
    heard: Mapping[AsOf, np.ndarray] | None = None,
) -> pd.DataFrame:
    """The columns of every declaration, for every row; float32, and int32 for counts.

    rows (n): `id`, `predict_at`, `starts_at` and the keys; events: a frame by stream, in any order.
    heard: by declaration that waits for a source, the moments at which it was heard from: (moments,) datetime64[us],
    UTC, ascending. What waits for none reads up to `predict_at`.

    Sums are of whole numbers, so they do not depend on whether events long past are there: a month with its past gives
    the same bytes as the whole table. Raises ValueError where keys and moments do not fit 64 bits: give fewer months at
    a time.
    """
    rows = with_usual(asof, rows, events, heard)
    read = [one for one in asof if not isinstance(one, Usual)]
    streams = {name: _Events(rows, events[name]) for name in dict.fromkeys(one.stream for one in read)}
    limits = _limits(rows, heard or {})
    columns: dict[str, np.ndarray] = {}
    for one in read:
        values = _READERS[type(one)](one, streams[one.stream], limits.get(one, ALIVE))
        columns |= dict(zip(column_names(one), values, strict=True))
    return pd.DataFrame(columns, index=rows.index)


def with_usual(
    asof: Sequence[AsOf],
    rows: pd.DataFrame,
    events: Mapping[str, pd.DataFrame],
    heard: Mapping[AsOf, np.ndarray] | None = None,
) -> pd.DataFrame:
    """The rows (n) with the keys that point to other events, as far as they lack them."""
    pointers = [one for one in asof if isinstance(one, Usual) and one.name not in rows]
    limits = _limits(rows, heard or {})
    return rows.assign(
        **{one.name: _read_usual(one, _Events(rows, events[one.stream]), limits.get(one, ALIVE)) for one in pointers}
    )


def _limits(rows: pd.DataFrame, heard: Mapping[AsOf, np.ndarray]) -> dict[AsOf, np.ndarray]:
    """By declaration that waits, when its source was last heard from as of each row's moment: (rows,) int64."""
    now = microseconds(rows["predict_at"])
    limits = {}
    for one, moments in heard.items():
        ascending = np.append(NEVER, moments.astype("datetime64[us]").astype(np.int64))
        limits[one] = ascending[np.searchsorted(ascending, now, side="right") - 1]
    return limits


def microseconds(moments: pd.Series) -> np.ndarray:
    """Moments in UTC as int64 microseconds since 1970; MISSING where there is none."""
    naive = moments.dt.tz_convert(None) if moments.dt.tz is not None else moments
    return naive.to_numpy(dtype="datetime64[us]").astype(np.int64)


class _Track(NamedTuple):
    """Events in the order of key and moment, and the rows of the same keys in an order that makes look-ups fast."""

    order: np.ndarray  # of the events
    places: np.ndarray  # key and moment of the ordered events as one ascending number
    event_codes: np.ndarray
    row_order: np.ndarray
    row_codes: np.ndarray


class _Events:
    """A stream beside the rows that read it; what several declarations need is computed once."""

    def __init__(self, rows: pd.DataFrame, events: pd.DataFrame) -> None:
        self.anchors = {name: microseconds(rows[name]) for name in ("predict_at", "starts_at")}
        self._by_time = np.argsort(self.anchors["predict_at"], kind="stable")
        moments = microseconds(events["moment"])
        self.order = np.argsort(moments, kind="stable")
        self.rows, self.frame, self.moments = rows, events, moments[self.order]
        self.own = self._find_own()
        self._tracks: dict[tuple[tuple[str, ...], float], _Track] = {}
        self._sums: dict[tuple[tuple[str, ...], float, Value], np.ndarray] = {}

    def _find_own(self) -> np.ndarray:
        """The place of each row's own event in the order of moments, -1 where there is none."""
        rows, events = (pa.array(frame["id"].astype("str")) for frame in (self.rows, self.frame))
        row = pc.call_function("index_in", [events], pc.SetLookupOptions(rows)).fill_null(-1).to_numpy()[self.order]
        own = np.full(len(rows), -1)
        own[row[row >= 0]] = np.flatnonzero(row >= 0)
        return own

    @cached_property
    def _bounds(self) -> tuple[int, int]:
        """The first moment of all, and a number above the distance from it to the last."""
        known = [moments for moments in (self.moments, *self.anchors.values()) if len(moments)]
        first = min((int(moments.min()) for moments in known), default=0)
        last = max((int(moments.max()) for moments in known), default=0)
        return first, last - first + MARGIN

    def ends(self, hours: float) -> np.ndarray:
        """When each event is over: at `until`, not before its moment, at most `hours` after it."""
        until = microseconds(self.frame["until"])[self.order]
        latest = self.moments + int(hours * HOUR)
        return np.where(until == MISSING, latest, np.clip(until, self.moments, latest))

    def track(self, keys: tuple[str, ...], ended_after: float = 0.0) -> _Track:
        """Events by key and moment; with `ended_after`, by key and end."""
        if (keys, ended_after) not in self._tracks:
            row_codes, event_codes = key_codes([self.rows, self.frame], keys)
            event_codes = event_codes[self.order]
            row_order = self._by_time[order_of_codes(row_codes[self._by_time])]
            moments = self.ends(ended_after) if ended_after else self.moments
            by_time = np.argsort(moments, kind="stable") if ended_after else np.arange(len(moments))
            order = by_time[order_of_codes(event_codes[by_time])]
            places = self._place(event_codes[order], moments[order])
            self._tracks[keys, ended_after] = _Track(order, places, event_codes, row_order, row_codes)
        return self._tracks[keys, ended_after]

    def sums(self, keys: tuple[str, ...], value: Value, ended_after: float = 0.0) -> np.ndarray:
        """Sums of a value over the first 0, 1, ... events of a track: (events + 1,) int64."""
        if (keys, ended_after, value) not in self._sums:
            numbers = self.numbers(value)[self.track(keys, ended_after).order]
            self._sums[keys, ended_after, value] = np.concatenate([[0], np.cumsum(numbers)])
        return self._sums[keys, ended_after, value]

    def numbers(self, value: Value) -> np.ndarray:
        """A field of the events, their minute, or the minutes they went on: (events,) int64, by moment."""
        if isinstance(value, float):
            return (self.ends(value) - self.moments) // MINUTE
        return self.moments // MINUTE if value == "minute" else self.frame[value].to_numpy(dtype=np.int64)[self.order]

    def fields(self, name: str) -> np.ndarray:
        """A field of the events, missing where it is: (events,) float64, in the order of moments."""
        return self.frame[name].to_numpy(dtype=np.float64, na_value=np.nan)[self.order]

    def ids(self) -> pd.Series:
        """In the order of moments."""
        return self.frame["id"].iloc[self.order]

    def until(self, track: _Track, moments: np.ndarray) -> np.ndarray:
        """How many events of the track come before those of the row's key after that moment: (rows,)."""
        order = track.row_order
        counts = np.empty(len(order), dtype=np.int64)
        counts[order] = np.searchsorted(track.places, self._place(track.row_codes[order], moments[order]), side="right")
        return counts

    def before(self, track: _Track) -> np.ndarray:
        """How many events of the track come before the first of the row's key: (rows,)."""
        return np.searchsorted(track.places, track.row_codes * self._bounds[1], side="left")

    def owns(self, track: _Track) -> np.ndarray:
        """Whether a row's own event is there, with the row's keys: (rows,) bool."""
        return (self.own >= 0) & (self.of_own(track.event_codes) == track.row_codes)

    def of_own(self, numbers: np.ndarray) -> np.ndarray:
        """A number of each row's own event, 0 where there is none: (rows,)."""
        return np.where(self.own >= 0, numbers[self.own], 0) if len(numbers) else np.zeros(len(self.own), np.int64)

    def _place(self, codes: np.ndarray, moments: np.ndarray) -> np.ndarray:
        first, length = self._bounds
        if len(codes) and (int(codes.max()) + 1) * length > np.iinfo(np.int64).max:
            raise ValueError(f"{codes.max() + 1} keys over {length / HOUR / 24:.0f} days: give fewer months at a time")
        return codes * length + np.clip(moments - first, -1, length - 2) + 1


def _read_window(window: Window, events: _Events, limit: Limit) -> list[np.ndarray]:
    track, anchor = events.track(window.keys), events.anchors[window.anchor]
    since = np.minimum(anchor - int(window.hours * HOUR), limit)
    until = np.minimum(anchor + int(window.ahead * HOUR), limit)
    first, last = events.until(track, since), events.until(track, until)
    moment = events.of_own(events.moments)
    own = events.owns(track) & (moment > since) & (moment <= until)
    count = last - first - own
    means = []
    for value in window.means:
        sums = events.sums(window.keys, value)
        means.append(_mean(sums[last] - sums[first] - own * events.of_own(events.numbers(value)), count))
    return [*([count.astype(np.int32)] if window.count else []), *means]


def _read_open(declared: Open, events: _Events, limit: Limit) -> list[np.ndarray]:
    begun, ended = events.track(declared.keys), events.track(declared.keys, declared.hours)
    now = np.minimum(events.anchors["predict_at"], limit)
    since = now - int(declared.hours * HOUR)
    moment, end = events.of_own(events.moments), events.of_own(events.ends(declared.hours))
    own = events.owns(begun) & (moment <= now)
    going = own & (end > now)
    has_begun, has_ended = events.until(begun, now), events.until(ended, now)
    count = has_begun - events.before(begun) - (has_ended - events.before(ended)) - going
    recent = has_begun - events.until(begun, since) - (own & (moment > since))
    begun_sums = events.sums(declared.keys, "minute")
    ended_sums = events.sums(declared.keys, "minute", declared.hours)
    minutes = begun_sums[has_begun] - begun_sums[events.before(begun)]
    minutes -= ended_sums[has_ended] - ended_sums[events.before(ended)] + going * (moment // MINUTE)
    return [count.astype(np.int32), _mean(count, recent), _mean(count * (now // MINUTE) - minutes, count)]


def _read_waited(waited: Waited, events: _Events, limit: Limit) -> list[np.ndarray]:
    track = events.track(waited.keys)
    until = np.minimum(events.anchors["predict_at"], limit) - int(waited.within * HOUR)
    since = until - int(waited.hours * HOUR)
    first, last = events.until(track, since), events.until(track, until)
    moment = events.of_own(events.moments)
    own = events.owns(track) & (moment > since) & (moment <= until)
    within = float(waited.within)
    sums = events.sums(waited.keys, within)
    return [_mean(sums[last] - sums[first] - own * events.of_own(events.numbers(within)), last - first - own)]


def _read_latest(latest: Latest, events: _Events, limit: Limit) -> list[np.ndarray]:
    track = events.track(latest.keys)
    until = events.anchors["predict_at"] - int(latest.ago * HOUR)
    place = events.until(track, np.minimum(until, limit)) - 1
    if events.frame.empty:
        return [np.full(len(place), np.nan, dtype=np.float32) for _ in column_names(latest)]
    order = _by_id_where_tied(track, events.ids())
    place = np.where((place >= 0) & (order[place] == events.own), place - 1, place)
    event = order[place]
    fresh = (place >= 0) & (track.event_codes[event] == track.row_codes)
    fresh &= events.moments[event] > until - int(latest.hours * HOUR)
    values = [events.fields(name)[event] for name in latest.fields]
    if latest.age:
        values.append((until - events.moments[event]) / MINUTE)
    return [np.where(fresh, value, np.nan).astype(np.float32) for value in values]


def _read_usual(usual: Usual, events: _Events, limit: Limit) -> pd.Series:
    """The most frequent value of the events before each row; of equally frequent ones the latest: (rows,) str."""
    track, now = events.track(usual.keys), events.anchors["predict_at"]
    since, until = np.minimum(now - int(usual.hours * HOUR), limit), np.minimum(now, limit)
    first, last = events.until(track, since), events.until(track, until)
    order = _by_id_where_tied(track, events.ids())
    codes, values = pd.factorize(events.frame[usual.field].iloc[events.order[order]])
    own = np.append(np.argsort(order), -1)[events.own]
    names = np.array([*values, None], dtype=object)  # -1 stands for none
    return pd.Series(names[most_frequent(codes, first, last, own)], index=events.rows.index, dtype="str")


_READERS: dict[type, Callable[..., list[np.ndarray]]] = {
    Window: _read_window,
    Open: _read_open,
    Waited: _read_waited,
    Latest: _read_latest,
}


def _by_id_where_tied(track: _Track, ids: pd.Series) -> np.ndarray:
    """The track's order of events, those of equal key and moment by id: the latest of them is the last."""
    equal = track.places[1:] == track.places[:-1]
    tied = np.flatnonzero(np.append(equal, False) | np.insert(equal, 0, False))
    order = track.order.copy()
    names = ids.iloc[order[tied]].astype("str").to_numpy(dtype="str")
    order[tied] = order[tied][np.lexsort((names, track.places[tied]))]
    return order


def _mean(total: np.ndarray, count: np.ndarray) -> np.ndarray:
    """The quotient as float32, missing where nothing was counted."""
    return np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0).astype(np.float32)
