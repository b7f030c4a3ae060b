"""Events as they come -> what is known at one row's moment, bit for bit what point_in_time.py gives for many rows."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Self

import pandas as pd

from ontime.core.features.event_lines import Event
from ontime.core.features.point_in_time import ALIVE, MISSING, NEVER, microseconds
from ontime.core.features.row_readers import NAN, KeyedLines, Row, keyed_lines, row_readers, usual_readers
from ontime.dataset.features import AsOf, column_names


class OnlineFeatures:
    """What is read of the streams, one row at a time, while events come in, change and are forgotten.

    Moments are whole microseconds since 1970. `names` are the columns that `read` gives, in order.
    """

    def __init__(self, asof: Sequence[AsOf], waiting: Mapping[AsOf, str] | None = None) -> None:
        """waiting: by declaration that waits for a source, the source; without it, all are alive throughout."""
        self.asof, self.waiting = list(asof), waiting or {}
        self.names = [name for one in asof for name in column_names(one)]
        self._events: dict[str, dict[str, Event]] = defaultdict(dict)
        self._heard = {source: array("q") for source in self.waiting.values()}
        self._lines = keyed_lines(asof)
        self._usual = usual_readers(asof, self._lines, self.waiting)
        self._readers = row_readers(asof, self._lines, self.waiting)

    @classmethod
    def of(
        cls,
        asof: Sequence[AsOf],
        events: Mapping[str, pd.DataFrame],
        waiting: Mapping[AsOf, str] | None = None,
    ) -> Self:
        """With all the events of the streams taken in."""
        online = cls(asof, waiting)
        for stream, frame in events.items():
            for event in records(frame):
                online.add(stream, event)
        return online

    def add(self, stream: str, event: Mapping[str, Any]) -> None:
        """Take in an event: `id`, `moment`, keys, values, and `until` (None while it goes on) where it lasts.

        It replaces the event of the same id. So an end that comes later is added to its beginning. It is a sign of life
        of its stream, as `hear` is.
        """
        self.hear(stream, event["moment"])
        self.remove(stream, event["id"])
        self._events[stream][event["id"]] = event
        for lines in self._lines_of(stream):
            lines.line(event).insert(lines.moment(event), event)

    def remove(self, stream: str, identity: str) -> None:
        """Forget an event, if it is known."""
        event = self._events[stream].pop(identity, None)
        if event is None:
            return
        for lines in self._lines_of(stream):
            lines.line(event).delete(lines.moment(event), event)

    def forget(self, stream: str, before: int) -> None:
        """Forget the events whose moment is earlier than `before`, which no window reaches any more."""
        old = [identity for identity, event in self._events[stream].items() if event["moment"] < before]
        for identity in old:
            self.remove(stream, identity)

    def hear(self, source: str, moment: int) -> None:
        """A source is alive at a moment: what is read by absence up to then waits no longer."""
        moments = self._heard.get(source)
        if moments is None:
            return
        place = bisect_right(moments, moment)
        if not place or moments[place - 1] != moment:
            moments.insert(place, moment)

    def last_heard(self, source: str, now: int) -> int:
        """The last moment up to `now` at which a source was heard from; NEVER where there is none."""
        moments = self._heard[source]
        place = bisect_right(moments, now)
        return moments[place - 1] if place else NEVER

    def read(self, row: Row) -> list[float]:
        """The values of `names` for a row, which has `id`, `predict_at`, `starts_at` and keys."""
        own = {stream: events.get(row["id"]) for stream, events in self._events.items()}
        limits = {"": ALIVE, **{source: self.last_heard(source, row["predict_at"]) for source in self._heard}}
        if self._usual:
            row = {**row, **{name: read(row, limits[source]) for name, source, read in self._usual}}
        values = [NAN] * len(self.names)
        for stream, source, read in self._readers:
            read(row, own.get(stream), limits[source], values)
        return values

    def _lines_of(self, stream: str) -> list[KeyedLines]:
        return [lines for (of_stream, _, _), lines in self._lines.items() if of_stream == stream]


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
