"""Events as they come -> what is known at one row's moment, bit for bit what point_in_time.py gives for many rows."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple, Self

import pandas as pd

from ontime.core.features.event_lines import Event, EventLine, end, number
from ontime.core.features.point_in_time import HOUR, MINUTE, MISSING, Value, microseconds
from ontime.dataset.features import AsOf, Latest, Open, Usual, Waited, Window, column_names

Row = Mapping[str, Any]
Key = Any  # what stands in the columns of the keys: one value, or a tuple of several
KeyOf = Callable[[Mapping[str, Any]], Key]
Reader = Callable[[Row, Event | None, list[float]], None]  # of a row and its own event, into the slots of its columns
Lines = dict[Key, EventLine]
NAN = math.nan
MINUTE_OF_MOMENT = "minute"


class OnlineFeatures:
    """What is read of the streams, one row at a time, while events come in, change and are forgotten.

    Moments are whole microseconds since 1970. `names` are the columns that `read` gives, in order.
    """

    def __init__(self, asof: Sequence[AsOf]) -> None:
        self.asof = list(asof)
        self.names = [name for one in asof for name in column_names(one)]
        self._events: dict[str, dict[str, Event]] = defaultdict(dict)
        self._tracks = _tracks(asof)
        slots, slot = [], 0
        for one in asof:
            slots.append(slot)
            slot += len(column_names(one))
        placed = list(zip(asof, slots, strict=True))
        pointers = [one for one in asof if isinstance(one, Usual)]
        self._usual = {one.name: _usual_reader(one, self._tracks[one.stream, one.keys, 0.0]) for one in pointers}
        self._readers = _readers(placed, self._tracks)

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
        for track in self._tracks_of(stream):
            track.line(event).insert(track.moment(event), event)

    def remove(self, stream: str, identity: str) -> None:
        """Forget an event, if it is known."""
        event = self._events[stream].pop(identity, None)
        if event is None:
            return
        for track in self._tracks_of(stream):
            track.line(event).delete(track.moment(event), event)

    def forget(self, stream: str, before: int) -> None:
        """Forget the events whose moment is earlier than `before`, which no window reaches any more."""
        old = [identity for identity, event in self._events[stream].items() if event["moment"] < before]
        for identity in old:
            self.remove(stream, identity)

    def read(self, row: Row) -> list[float]:
        """The values of `names` for a row, which has `id`, `predict_at`, `starts_at` and keys."""
        own = {stream: events.get(row["id"]) for stream, events in self._events.items()}
        if self._usual:
            row = {**row, **{name: read(row) for name, read in self._usual.items()}}
        values = [NAN] * len(self.names)
        for stream, read in self._readers:
            read(row, own.get(stream), values)
        return values

    def _tracks_of(self, stream: str) -> list[_Track]:
        return [track for (of_stream, _, _), track in self._tracks.items() if of_stream == stream]


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


class _Track(NamedTuple):
    """The events of a stream by key: in the order of their moments or, with `hours`, of their ends.

    summed: the values whose sums are read.
    """

    key: KeyOf
    hours: float
    summed: list[Value]
    lines: Lines

    def line(self, event: Event) -> EventLine:
        """The events with the same key."""
        key = self.key(event)
        if key not in self.lines:
            self.lines[key] = EventLine(self.summed)
        return self.lines[key]

    def moment(self, event: Event) -> int:
        return end(event, self.hours) if self.hours else event["moment"]


Tracks = dict[tuple[str, tuple[str, ...], float], _Track]


def _tracks(asof: Iterable[AsOf]) -> Tracks:
    """One for each stream and keys, and one more for the hours after which what is open ends."""
    tracks: Tracks = {}
    for one in asof:
        for hours in (0.0, one.hours) if isinstance(one, Open) else (0.0,):
            track = tracks.setdefault((one.stream, one.keys, hours), _Track(_key_of(one.keys), hours, [], {}))
            track.summed.extend(value for value in _summed(one) if value not in track.summed)
    return tracks


def _key_of(keys: tuple[str, ...]) -> KeyOf:
    return itemgetter(*keys) if keys else lambda _: None


def _sum_reader(placed: Sequence[tuple[Window | Waited, int]], track: _Track) -> Reader:
    """Of windows and waits with the same keys and anchor: each bound is looked up once in the line of events."""
    key_of, lines, none, anchored = track.key, track.lines, EventLine(track.summed), _anchor(placed[0][0])
    bounds = sorted({bound for one, _ in placed for bound in _span(one)}, reverse=True)
    spans = [span for one, slot in placed for span in _placed_spans(one, slot, bounds, track.summed)]

    def read(row: Row, own: Event | None, values: list[float]) -> None:
        key, anchor = key_of(row), row[anchored]
        line = lines.get(key, none)
        if line.stale:
            line.refresh()
        moments, sums = line.moments, line.sums
        place, places = len(moments), []
        for bound in bounds:
            place = bisect_right(moments, anchor + bound, 0, place)
            places.append(place)
        for first, last, slot, which in spans:
            begin, stop = places[first], places[last]
            if which is None:
                values[slot] = stop - begin
            elif stop > begin:
                of_value = sums[which]
                values[slot] = (of_value[stop] - of_value[begin]) / (stop - begin)
        if own is not None and key_of(own) == key:
            _leave_out(own, own["moment"] - anchor, bounds, places, line, spans, values)

    return read


class _Span(NamedTuple):
    """What is read of the events between two bounds.

    first, last: the places of the bounds; slot: of the result; which: the place of the value that the result is a mean
    of among those that are summed, None for the count.
    """

    first: int
    last: int
    slot: int
    which: int | None


def _placed_spans(one: Window | Waited, slot: int, bounds: Sequence[int], summed: Sequence[Value]) -> list[_Span]:
    first, last = (bounds.index(bound) for bound in _span(one))
    counted = [None] if isinstance(one, Window) and one.count else []
    read = counted + [summed.index(value) for value in _summed(one)]
    return [_Span(first, last, slot + place, which) for place, which in enumerate(read)]


def _leave_out(
    own: Event,
    moment: int,
    bounds: Sequence[int],
    places: Sequence[int],
    line: EventLine,
    spans: Iterable[_Span],
    values: list[float],
) -> None:
    """Take a row's own event, at its moment from the anchor, out of what was read of each span that holds it."""
    for first, last, slot, which in spans:
        if bounds[first] < moment <= bounds[last]:
            begin, stop = places[first], places[last]
            count = stop - begin - 1
            if which is None:
                values[slot] = count
            else:
                total = line.sums[which][stop] - line.sums[which][begin] - number(own, line.summed[which])
                values[slot] = total / count if count else NAN


def _open_reader(declared: Open, slot: int, begun: _Track, ended: _Track) -> Reader:
    """Of what has begun and still goes on: count, share and minutes."""
    key_of, hours, back = begun.key, declared.hours, int(declared.hours * HOUR)
    begun_minutes, ended_minutes = (track.summed.index(MINUTE_OF_MOMENT) for track in (begun, ended))
    nothing = EventLine(begun.summed), EventLine(ended.summed)

    def read(row: Row, own: Event | None, values: list[float]) -> None:
        key, now = key_of(row), row["predict_at"]
        line, ends = begun.lines.get(key, nothing[0]), ended.lines.get(key, nothing[1])
        for events in (line, ends):
            if events.stale:
                events.refresh()
        has_begun, has_ended = bisect_right(line.moments, now), bisect_right(ends.moments, now)
        count, recent = has_begun - has_ended, has_begun - bisect_right(line.moments, now - back)
        minutes = line.sums[begun_minutes][has_begun] - ends.sums[ended_minutes][has_ended]
        if own is not None and own["moment"] <= now and key_of(own) == key:
            recent -= own["moment"] > now - back
            if end(own, hours) > now:
                count, minutes = count - 1, minutes - own["moment"] // MINUTE
        values[slot] = count
        if recent:
            values[slot + 1] = count / recent
        if count:
            values[slot + 2] = (count * (now // MINUTE) - minutes) / count

    return read


def _latest_reader(latest: Latest, slot: int, track: _Track) -> Reader:
    """Of the latest event: its fields, then its age."""
    key_of, lines, none = track.key, track.lines, EventLine(track.summed)
    ago, stale = int(latest.ago * HOUR), int(latest.hours * HOUR)
    fields, age = list(enumerate(latest.fields, start=slot)), slot + len(latest.fields) if latest.age else None

    def read(row: Row, own: Event | None, values: list[float]) -> None:  # noqa: ARG001 - it is called as all are
        line, until = lines.get(key_of(row), none), row["predict_at"] - ago
        place = bisect_right(line.moments, until) - 1
        if place >= 0 and line.events[place]["id"] == row["id"]:
            place -= 1
        if place < 0 or line.moments[place] <= until - stale:
            return
        event = line.events[place]
        for field_slot, name in fields:
            values[field_slot] = event[name]
        if age is not None:
            values[age] = (until - line.moments[place]) / MINUTE

    return read


def _usual_reader(usual: Usual, track: _Track) -> Callable[[Row], str | None]:
    """The most frequent value of the events before a row; of equally frequent ones the latest."""
    key_of, lines, none = track.key, track.lines, EventLine(track.summed)
    field, back = usual.field, int(usual.hours * HOUR)

    def read(row: Row) -> str | None:
        line, until, identity = lines.get(key_of(row), none), row["predict_at"], row["id"]
        first, last = bisect_right(line.moments, until - back), bisect_right(line.moments, until)
        counts: dict[str, int] = {}
        for event in reversed(line.events[first:last]):
            if event["id"] != identity:
                counts[event[field]] = counts.get(event[field], 0) + 1
        return max(counts, key=counts.__getitem__, default=None)  # of equal counts the one that was met first

    return read


def _readers(placed: Sequence[tuple[AsOf, int]], tracks: Tracks) -> list[tuple[str, Reader]]:
    """By stream, what reads each declaration into the slots from its first column on."""
    readers: list[tuple[str, Reader]] = []
    summed: dict[tuple[str, tuple[str, ...], str], list[tuple[Window | Waited, int]]] = defaultdict(list)
    for one, slot in placed:
        track = tracks[one.stream, one.keys, 0.0]
        match one:
            case Window() | Waited():
                summed[one.stream, one.keys, _anchor(one)].append((one, slot))
            case Open():
                readers.append((one.stream, _open_reader(one, slot, track, tracks[one.stream, one.keys, one.hours])))
            case Latest():
                readers.append((one.stream, _latest_reader(one, slot, track)))
    for (stream, keys, _), group in summed.items():
        readers.append((stream, _sum_reader(group, tracks[stream, keys, 0.0])))
    return readers


def _anchor(one: Window | Waited) -> str:
    return one.anchor if isinstance(one, Window) else "predict_at"


def _span(one: Window | Waited) -> tuple[int, int]:
    """After which moment its events lie, and until which, as microseconds from its anchor."""
    if isinstance(one, Window):
        return -int(one.hours * HOUR), int(one.ahead * HOUR)
    return -int(one.within * HOUR) - int(one.hours * HOUR), -int(one.within * HOUR)


def _summed(one: AsOf) -> Sequence[Value]:
    """The values whose sums it reads."""
    match one:
        case Window():
            return one.means
        case Waited():
            return (float(one.within),)
        case Open():
            return (MINUTE_OF_MOMENT,)
    return ()
