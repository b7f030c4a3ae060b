"""Events as they come -> what is known at one row's moment, bit for bit what point_in_time.py gives for many rows."""

from __future__ import annotations

import gc
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from heapq import heappop, heappush
from operator import itemgetter
from threading import RLock
from typing import Any, Self

import numpy as np
import pandas as pd

from ontime.core.features.column_readers import read_columns
from ontime.core.features.event_lines import Event
from ontime.core.features.keyed_lines import keyed_lines
from ontime.core.features.many_rows import LinesOfRows, ManyRows
from ontime.core.features.moments import ALIVE, HOUR, MISSING, NEVER, microseconds
from ontime.core.features.point_in_time import hours_back
from ontime.core.features.row_readers import Row, of_no_events, row_readers, usual_readers
from ontime.core.features.snapshots import Snapshot, event_table, from_bytes, to_bytes
from ontime.dataset.features import AsOf, Latest, Open, Usual, Waited, Window, column_names
from ontime.errors import OntimeError


class OnlineFeatures:
    """What is read of the streams, for one row or many, while events come in, change and are forgotten.

    Moments are whole microseconds since 1970. `names` are the columns that `read` gives, in order. `received` is the
    number of the last message that was taken in.

    One thread writes and any number read. Every call holds `lock`, so that a reader sees a call whole or not at all;
    whoever takes in several events of one message, or reads `received` with an answer, holds it around them.
    """

    def __init__(
        self, asof: Sequence[AsOf], waiting: Mapping[AsOf, str] | None = None, watched: Iterable[str] = ()
    ) -> None:
        """waiting: by declaration that waits for a source, the source; without it, all are alive throughout.

        watched: other streams of which it is kept when they were heard from.
        """
        self.asof, self.waiting = list(asof), waiting or {}
        self.names = [name for one in asof for name in column_names(one)]
        self.lock = RLock()
        self.received, self.alive_until = 0, NEVER
        self._events: dict[str, dict[str, Event]] = {one.stream: {} for one in asof}
        self._ages: dict[str, list[tuple[int, str]]] = {stream: [] for stream in self._events}  # heaps; some outdated
        self._heard = {source: array("q") for source in (*self.waiting.values(), *watched)}
        self._columns = {stream: {*columns_read(asof, stream)} for stream in self._events}
        self._reach = {stream: _reach(asof, stream, self.waiting) for stream in self._events}
        self._nothing = of_no_events(asof)
        self._keyed = keyed_lines(asof)
        self._lines = {stream: [self._keyed[key] for key in self._keyed if key[0] == stream] for stream in self._events}
        self._usual = usual_readers(asof, self._keyed, self.waiting)
        self._readers = row_readers(asof, self._keyed, self.waiting)

    @classmethod
    def of(
        cls,
        asof: Sequence[AsOf],
        events: Mapping[str, pd.DataFrame],
        waiting: Mapping[AsOf, str] | None = None,
        watched: Iterable[str] = (),
        alive_until: int = NEVER,
    ) -> Self:
        """With all the events of the streams taken in, and what they say of their sources.

        alive_until: the end of whole months that are among the events: up to then every source is alive throughout.
        """
        online = cls(asof, waiting, watched)
        online.alive_until = alive_until
        for stream in online._events:
            online._fill(stream, events[stream][columns_read(asof, stream)])
        for source in online._heard:
            online._heard[source].extend(np.unique(microseconds(events[source]["moment"])).tolist())
        return online

    @classmethod
    def load(
        cls,
        asof: Sequence[AsOf],
        content: bytes,
        waiting: Mapping[AsOf, str] | None = None,
        watched: Iterable[str] = (),
    ) -> Self:
        """The state that was saved. Raises OntimeError where it is not whole, or lacks what is read."""
        snapshot = from_bytes(content)
        online = cls(asof, waiting, watched)
        for stream in online._events:
            online._fill(stream, snapshot.frame(stream, columns_read(asof, stream)))
        for source, moments in online._heard.items():
            moments.extend(snapshot.heard.get(source, []))
        online.received, online.alive_until = snapshot.received, snapshot.alive_until
        return online

    def save(self) -> bytes:
        """The state as bytes: events, when sources were heard from, and the number of the last message."""
        with self.lock:  # readers wait while it is copied, not while it is encoded
            kept = {stream: [*events.values()] for stream, events in self._events.items()}
            heard = {source: moments.tolist() for source, moments in self._heard.items()}
            received, alive_until = self.received, self.alive_until
        in_order = {stream: sorted(events, key=itemgetter("moment", "id")) for stream, events in kept.items()}
        tables = {stream: event_table(events, columns_read(self.asof, stream)) for stream, events in in_order.items()}
        return to_bytes(Snapshot(tables, heard, received, alive_until))

    def add(self, stream: str, event: Event, received: int = 0) -> None:
        """Take in an event: `id`, `moment`, keys, values, and `until` (None while it goes on) where it lasts.

        It replaces the event of the same id. So an end that comes later is added to its beginning. It is a sign of life
        of its stream, as `hear` is. received: the number of its message in the order of receipt. Raises OntimeError,
        and takes nothing in, where it lacks what is read.
        """
        with self.lock:
            if lacking := self._columns.get(stream, set()) - event.keys():
                raise OntimeError(f"expected an event of {stream!r} with {sorted(lacking)}, found {sorted(event)}")
            self.hear(stream, event["moment"])
            self.received = max(self.received, received)
            if stream not in self._events:
                return
            self.remove(stream, event["id"])
            self._events[stream][event["id"]] = event
            heappush(self._ages[stream], (event["moment"], event["id"]))
            for lines in self._lines[stream]:
                lines.insert(event)

    def remove(self, stream: str, identity: str, received: int = 0) -> None:
        """Take an event out, if it is known."""
        with self.lock:
            self.received = max(self.received, received)
            event = self._events[stream].pop(identity, None) if stream in self._events else None
            if event is not None:
                for lines in self._lines[stream]:
                    lines.delete(event)

    def event(self, stream: str, identity: str) -> Event | None:
        """An event that is known; None where there is none, or nothing reads the stream."""
        with self.lock:
            return self._events.get(stream, {}).get(identity)

    def hear(self, stream: str, moment: int) -> None:
        """A stream's source is alive at a moment: what is read by absence up to then waits no longer."""
        with self.lock:
            moments = self._heard.get(stream)
            if moments is None:
                return
            place = bisect_right(moments, moment)
            if not place or moments[place - 1] != moment:
                moments.insert(place, moment)

    def last_heard(self, stream: str, now: int) -> int:
        """The last moment up to `now` at which a stream was heard from; NEVER where there is none."""
        with self.lock:
            if now <= self.alive_until:
                return now
            place = bisect_right(self._heard[stream], now)
            return max(self.alive_until, self._heard[stream][place - 1] if place else NEVER)

    def forget(self, predict_at: int) -> None:
        """Forget what no row reads that is predicted at that moment or later.

        What is read as of when a silent source was last heard from is kept.
        """
        with self.lock:
            for stream, events in self._events.items():
                until = min(self._limit(source, predict_at) - back for source, back in self._reach[stream])
                ages = self._ages[stream]
                while ages and ages[0][0] <= until:
                    moment, identity = heappop(ages)
                    if identity in events and events[identity]["moment"] == moment:
                        self.remove(stream, identity)
            for moments in self._heard.values():
                del moments[: max(0, bisect_right(moments, predict_at) - 1)]

    def read(self, row: Row) -> list[float]:
        """The values of `names` for a row, which has `id`, `predict_at`, `starts_at` and keys."""
        with self.lock:
            limits, values = self._limits(row["predict_at"]), self._nothing.copy()
            row = self._pointing(row, limits)
            for (stream, source), readers in self._readers.items():
                own, limit = self._events[stream].get(row["id"]), limits[source]
                for read in readers:
                    read(row, own, limit, values)
            return values

    def read_many(self, rows: Sequence[Row]) -> dict[str, np.ndarray]:
        """The same for many rows (n), by name: (n,) float32, and int32 for counts, as `read_as_of` gives them.

        Raises ValueError where keys and moments do not fit 64 bits.
        """
        with self.lock:
            now = np.array([row["predict_at"] for row in rows], dtype=np.int64)
            limits = {source: self._limits_of_rows(source, now) for source in ("", *self._heard)}
            many = ManyRows(self._all_pointing(rows, limits))
            streams = {stream: LinesOfRows(stream, self._keyed, many, self._events[stream]) for stream in self._events}
            return read_columns(self.asof, streams, {one: limits[source] for one, source in self.waiting.items()})

    def _fill(self, stream: str, frame: pd.DataFrame) -> None:
        """Take in all events of a stream (n) by whole columns."""
        with _collection_paused():
            events = records(frame)
            ages = list(map(itemgetter("moment", "id"), events))
            order = sorted(range(len(events)), key=ages.__getitem__)
            if order != list(range(len(order))):
                frame = frame.iloc[order]
                events, ages = (list(map(items.__getitem__, order)) for items in (events, ages))
            self._ages[stream] = ages
            self._events[stream].update(zip(map(itemgetter("id"), events), events, strict=True))
            for lines in self._lines[stream]:
                lines.fill(frame, events)

    def _limit(self, source: str, now: int) -> int:
        """When a source was last heard from; without a source, now."""
        return self.last_heard(source, now) if source else now

    def _limits(self, now: int) -> dict[str, int]:
        """By source, up to when is read what waits for it."""
        if now <= self.alive_until:
            return {"": ALIVE, **dict.fromkeys(self._heard, now)}
        return {"": ALIVE, **{source: self.last_heard(source, now) for source in self._heard}}

    def _limits_of_rows(self, source: str, now: np.ndarray) -> np.ndarray:
        """The same of many rows (n) for one source: (n,) int64."""
        if not source or (now <= self.alive_until).all():
            return now if source else np.full(len(now), ALIVE)
        heard = np.append(NEVER, np.frombuffer(self._heard[source], dtype=np.int64))
        last = heard[np.searchsorted(heard, now, side="right") - 1]
        return np.where(now <= self.alive_until, now, np.maximum(last, self.alive_until))

    def _pointing(self, row: Row, limits: Mapping[str, int]) -> Row:
        """The row with the keys that point to other events."""
        pointing = dict(row)
        for name, stream, source, read in self._usual:
            pointing[name] = read(row, self._events[stream].get(row["id"]), limits[source])
        return pointing

    def _all_pointing(self, rows: Sequence[Row], limits: Mapping[str, np.ndarray]) -> Sequence[Row]:
        """The same for many rows."""
        pointing: list[dict[str, Any]] = [dict(row) for row in rows]
        for name, stream, source, read in self._usual:
            events = self._events[stream]
            for row, limit in zip(pointing, limits[source].tolist(), strict=True):
                row[name] = read(row, events.get(row["id"]), limit)
        return pointing


def columns_read(asof: Sequence[AsOf], stream: str) -> list[str]:
    """The columns of a stream's events that declarations read."""
    names = ["id", "moment"]
    for one in asof:
        if one.stream == stream:
            names += one.keys
            match one:
                case Window():
                    names += one.means
                case Latest():
                    names += one.fields
                case Usual():
                    names.append(one.field)
                case Open() | Waited():
                    names.append("until")
    return list(dict.fromkeys(names))


def _reach(asof: Sequence[AsOf], stream: str, waiting: Mapping[AsOf, str]) -> list[tuple[str, int]]:
    """How far back, in microseconds, a stream is read: before `predict_at`, and before a source was last heard from."""
    back: dict[str, int] = {}
    for one in asof:
        if one.stream == stream:
            source = waiting.get(one, "") if isinstance(one, Open | Waited) else ""
            back[source] = max(back.get(source, 0), int(hours_back(one) * HOUR))
    return list(back.items())


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows or events of a frame, one by one: moments and days as whole microseconds, no `until` as None."""
    columns = {str(name): _plain(frame[name]) for name in frame}
    if "until" in columns:
        columns["until"] = [None if moment == MISSING else moment for moment in columns["until"]]
    names = [*columns]
    return [dict(zip(names, values, strict=False)) for values in zip(*columns.values(), strict=True)]  # half the time


@contextmanager
def _collection_paused() -> Iterator[None]:
    """No search for garbage while a million objects are made, none of which is any."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _plain(values: pd.Series) -> list[Any]:
    is_moment = pd.api.types.is_datetime64_any_dtype(values.dtype)
    return microseconds(values).tolist() if is_moment else values.tolist()
