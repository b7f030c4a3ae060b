"""Rows, events and declarations -> what was known at each row's moment; for many rows at once (one row: online.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ontime.core.features.column_readers import Keys, Limit, Value, read_columns
from ontime.core.features.keys import key_codes, order_of_codes
from ontime.core.features.moments import ALIVE, HOUR, MINUTE, NEVER, ends, microseconds
from ontime.core.features.most_frequent import most_frequent
from ontime.dataset.features import AsOf, Latest, Usual, Waited

MARGIN = 100 * 24 * HOUR  # more than any event lasts


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
    return pd.DataFrame(read_columns(read, streams, _limits(rows, heard or {})), index=rows.index)


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
    return {one: last_heard(moments.astype("datetime64[us]").astype(np.int64), now) for one, moments in heard.items()}


def last_heard(heard: np.ndarray, now: np.ndarray) -> np.ndarray:
    """The last of ascending moments (m,) up to each of others (n,), NEVER where there is none: (n,) int64."""
    return np.append(NEVER, heard)[np.searchsorted(heard, now, side="right")]


class _Track(NamedTuple):
    """Events in the order of key and moment, and the rows of the same keys in an order that makes look-ups fast."""

    order: np.ndarray  # of the events
    places: np.ndarray  # key and moment of the ordered events as one ascending number
    event_codes: np.ndarray
    row_order: np.ndarray
    row_codes: np.ndarray


class _Events:
    """A stream beside the rows that read it (StreamOfRows); what several declarations need is computed once."""

    def __init__(self, rows: pd.DataFrame, events: pd.DataFrame) -> None:
        self.anchors = {name: microseconds(rows[name]) for name in ("predict_at", "starts_at")}
        self._by_time = np.argsort(self.anchors["predict_at"], kind="stable")
        moments = microseconds(events["moment"])
        self.order = np.argsort(moments, kind="stable")
        self.rows, self.frame, self.moments = rows, events, moments[self.order]
        self.own = self._find_own()
        self._tracks: dict[tuple[Keys, float], _Track] = {}
        self._sums: dict[tuple[Keys, float, Value], np.ndarray] = {}

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
        """When each event is over: (events,) int64, in the order of moments."""
        return ends(self.moments, microseconds(self.frame["until"])[self.order], hours)

    def track(self, keys: Keys, hours: float = 0.0) -> _Track:
        """Events by key and moment; with `hours`, by key and end."""
        if (keys, hours) not in self._tracks:
            row_codes, event_codes = key_codes([self.rows, self.frame], keys)
            event_codes = event_codes[self.order]
            row_order = self._by_time[order_of_codes(row_codes[self._by_time])]
            moments = self.ends(hours) if hours else self.moments
            by_time = np.argsort(moments, kind="stable") if hours else np.arange(len(moments))
            order = by_time[order_of_codes(event_codes[by_time])]
            places = self._place(event_codes[order], moments[order])
            self._tracks[keys, hours] = _Track(order, places, event_codes, row_order, row_codes)
        return self._tracks[keys, hours]

    def sums(self, keys: Keys, value: Value, hours: float = 0.0) -> np.ndarray:
        """Sums of a value over the first 0, 1, ... events of a track: (events + 1,) int64."""
        if (keys, hours, value) not in self._sums:
            numbers = self._numbers(value)[self.track(keys, hours).order]
            self._sums[keys, hours, value] = np.concatenate([[0], np.cumsum(numbers)])
        return self._sums[keys, hours, value]

    def first(self, keys: Keys, hours: float = 0.0) -> np.ndarray:
        track = self.track(keys, hours)
        return np.searchsorted(track.places, track.row_codes * self._bounds[1], side="left")

    def until(self, keys: Keys, moments: np.ndarray, hours: float = 0.0) -> np.ndarray:
        track = self.track(keys, hours)
        order = track.row_order
        counts = np.empty(len(order), dtype=np.int64)
        counts[order] = np.searchsorted(track.places, self._place(track.row_codes[order], moments[order]), side="right")
        return counts

    def own_inside(self, keys: Keys, since: Limit, until: np.ndarray) -> np.ndarray:
        track, moment = self.track(keys), self._of_own(self.moments)
        has_keys = (self.own >= 0) & (self._of_own(track.event_codes) == track.row_codes)
        return has_keys & (moment > since) & (moment <= until)

    def own_numbers(self, value: Value, where: np.ndarray) -> np.ndarray:
        return where * self._of_own(self._numbers(value))

    def own_ends(self, hours: float, where: np.ndarray) -> np.ndarray:
        return where * self._of_own(self.ends(hours))

    def latest(self, keys: Keys, moments: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if self.frame.empty:
            return np.full(len(moments), -1), np.full(len(moments), NEVER)
        track, place = self.track(keys), self.until(keys, moments) - 1
        order = self.by_id_where_tied(keys)
        place = np.where((place >= 0) & (order[place] == self.own), place - 1, place)
        event = order[place]
        there = (place >= 0) & (track.event_codes[event] == track.row_codes)
        return event, np.where(there, self.moments[event], NEVER)

    def values(self, field: str, events: np.ndarray) -> np.ndarray:
        if self.frame.empty:
            return np.full(len(events), np.nan)
        return self.frame[field].to_numpy(dtype=np.float64, na_value=np.nan)[self.order][events]

    def by_id_where_tied(self, keys: Keys) -> np.ndarray:
        """The order of a track, events of equal key and moment by id: the latest of them is the last."""
        track = self.track(keys)
        equal = track.places[1:] == track.places[:-1]
        tied = np.flatnonzero(np.append(equal, False) | np.insert(equal, 0, False))
        order = track.order.copy()
        names = self.frame["id"].iloc[self.order[order[tied]]].astype("str").to_numpy(dtype="str")
        order[tied] = order[tied][np.lexsort((names, track.places[tied]))]
        return order

    def _numbers(self, value: Value) -> np.ndarray:
        """A field of the events, their minute, or the minutes they went on: (events,) int64, by moment."""
        if isinstance(value, float):
            return (self.ends(value) - self.moments) // MINUTE
        return self.moments // MINUTE if value == "minute" else self.frame[value].to_numpy(dtype=np.int64)[self.order]

    def _of_own(self, numbers: np.ndarray) -> np.ndarray:
        """A number of each row's own event, 0 where there is none: (rows,)."""
        return np.where(self.own >= 0, numbers[self.own], 0) if len(numbers) else np.zeros(len(self.own), np.int64)

    def _place(self, codes: np.ndarray, moments: np.ndarray) -> np.ndarray:
        first, length = self._bounds
        if len(codes) and (int(codes.max()) + 1) * length > np.iinfo(np.int64).max:
            raise ValueError(f"{codes.max() + 1} keys over {length / HOUR / 24:.0f} days: give fewer months at a time")
        return codes * length + np.clip(moments - first, -1, length - 2) + 1


def _read_usual(usual: Usual, events: _Events, limit: Limit) -> pd.Series:
    """The most frequent value of the events before each row; of equally frequent ones the latest: (rows,) str."""
    now = events.anchors["predict_at"]
    since, until = np.minimum(now - int(usual.hours * HOUR), limit), np.minimum(now, limit)
    first, last = events.until(usual.keys, since), events.until(usual.keys, until)
    order = events.by_id_where_tied(usual.keys)
    codes, values = pd.factorize(events.frame[usual.field].iloc[events.order[order]])
    own = np.append(np.argsort(order), -1)[events.own]
    names = np.array([*values, None], dtype=object)  # -1 stands for none
    return pd.Series(names[most_frequent(codes, first, last, own)], index=events.rows.index, dtype="str")
