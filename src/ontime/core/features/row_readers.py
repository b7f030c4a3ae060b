"""Declarations -> what reads each of them for one row, from the lines of events that online.py keeps."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from ontime.core.features.event_lines import Event, EventLine, end, number
from ontime.core.features.point_in_time import HOUR, MINUTE, Value
from ontime.dataset.features import AsOf, Latest, Open, Usual, Waited, Window, column_names

Row = Mapping[str, Any]
Key = Any  # what stands in the columns of the keys: one value, or a tuple of several
KeyOf = Callable[[Mapping[str, Any]], Key]
Reader = Callable[[Row, Event | None, int, list[float]], None]
# Of a row, its own event and the moment up to which it may be read, into the slots of its columns.
UsualReader = Callable[[Row, int], str | None]  # of a row, up to a moment
NAN = math.nan
MINUTE_OF_MOMENT = "minute"


class KeyedLines(NamedTuple):
    """The lines of a stream's events by key: in the order of their moments or, with `hours`, of their ends.

    summed: the values whose sums are read.
    """

    key: KeyOf
    hours: float
    summed: list[Value]
    lines: dict[Key, EventLine]

    def line(self, event: Event) -> EventLine:
        """The events with the same key."""
        key = self.key(event)
        if key not in self.lines:
            self.lines[key] = EventLine(self.summed)
        return self.lines[key]

    def moment(self, event: Event) -> int:
        return end(event, self.hours) if self.hours else event["moment"]


Streams = dict[tuple[str, tuple[str, ...], float], KeyedLines]  # by stream, keys and hours


def keyed_lines(asof: Iterable[AsOf]) -> Streams:
    """One for each stream and keys, and one more for the hours after which what is open ends."""
    streams: Streams = {}
    for one in asof:
        for hours in (0.0, one.hours) if isinstance(one, Open) else (0.0,):
            lines = streams.setdefault((one.stream, one.keys, hours), KeyedLines(_key_of(one.keys), hours, [], {}))
            lines.summed.extend(value for value in _summed(one) if value not in lines.summed)
    return streams


def _key_of(keys: tuple[str, ...]) -> KeyOf:
    return itemgetter(*keys) if keys else lambda _: None


def _sum_reader(placed: Sequence[tuple[Window | Waited, int]], of_key: KeyedLines) -> Reader:
    """Of windows and waits with the same keys and anchor: each bound is looked up once in the line of events."""
    key_of, lines, none, anchored = of_key.key, of_key.lines, EventLine(of_key.summed), _anchor(placed[0][0])
    shifted = isinstance(placed[0][0], Waited)
    bounds = sorted({bound for one, _ in placed for bound in _span(one)}, reverse=True)
    spans = [span for one, slot in placed for span in _placed_spans(one, slot, bounds, of_key.summed)]

    def read(row: Row, own: Event | None, limit: int, values: list[float]) -> None:
        key, anchor = key_of(row), row[anchored]
        if shifted:
            anchor = min(anchor, limit)
        line = lines.get(key, none)
        if line.stale:
            line.refresh()
        moments, sums = line.moments, line.sums
        place, places = len(moments), []
        for bound in bounds:
            place = bisect_right(moments, min(anchor + bound, limit), 0, place)
            places.append(place)
        for first, last, slot, which in spans:
            begin, stop = places[first], places[last]
            if which is None:
                values[slot] = stop - begin
            elif stop > begin:
                of_value = sums[which]
                values[slot] = (of_value[stop] - of_value[begin]) / (stop - begin)
        if own is not None and own["moment"] <= limit and key_of(own) == key:
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


def _open_reader(declared: Open, slot: int, begun: KeyedLines, ended: KeyedLines) -> Reader:
    """Of what has begun and still goes on: count, share and minutes."""
    key_of, hours, back = begun.key, declared.hours, int(declared.hours * HOUR)
    begun_minutes, ended_minutes = (lines.summed.index(MINUTE_OF_MOMENT) for lines in (begun, ended))
    nothing = EventLine(begun.summed), EventLine(ended.summed)

    def read(row: Row, own: Event | None, limit: int, values: list[float]) -> None:
        key, now = key_of(row), min(row["predict_at"], limit)
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


def _latest_reader(latest: Latest, slot: int, of_key: KeyedLines) -> Reader:
    """Of the latest event: its fields, then its age."""
    key_of, lines, none = of_key.key, of_key.lines, EventLine(of_key.summed)
    ago, stale = int(latest.ago * HOUR), int(latest.hours * HOUR)
    fields, age = list(enumerate(latest.fields, start=slot)), slot + len(latest.fields) if latest.age else None

    def read(row: Row, own: Event | None, limit: int, values: list[float]) -> None:  # noqa: ARG001 - it is called as all are
        line, until = lines.get(key_of(row), none), row["predict_at"] - ago
        place = bisect_right(line.moments, min(until, limit)) - 1
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


def _usual_reader(usual: Usual, of_key: KeyedLines) -> UsualReader:
    """The most frequent value of the events before a row; of equally frequent ones the latest."""
    key_of, lines, none = of_key.key, of_key.lines, EventLine(of_key.summed)
    field, back = usual.field, int(usual.hours * HOUR)

    def read(row: Row, limit: int) -> str | None:
        line, now, identity = lines.get(key_of(row), none), row["predict_at"], row["id"]
        last = bisect_right(line.moments, min(now, limit))
        first = bisect_right(line.moments, now - back, 0, last)
        counts: dict[str, int] = {}
        for event in reversed(line.events[first:last]):
            if event["id"] != identity:
                counts[event[field]] = counts.get(event[field], 0) + 1
        return max(counts, key=counts.__getitem__, default=None)  # of equal counts the one that was met first

    return read


def usual_readers(
    asof: Iterable[AsOf], streams: Streams, waiting: Mapping[AsOf, str]
) -> list[tuple[str, str, UsualReader]]:
    """Name and source of each key of a row that points to other events, and what reads it."""
    pointers = [one for one in asof if isinstance(one, Usual)]
    return [
        (one.name, waiting.get(one, ""), _usual_reader(one, streams[one.stream, one.keys, 0.0])) for one in pointers
    ]


def row_readers(asof: Iterable[AsOf], streams: Streams, waiting: Mapping[AsOf, str]) -> list[tuple[str, str, Reader]]:
    """Stream and source, and what reads declarations into the slots of their columns, which follow one another.

    waiting: by declaration that waits for a source, the source; of others it is ''.
    """
    readers: list[tuple[str, str, Reader]] = []
    summed: dict[tuple[str, tuple[str, ...], str, str, bool], list[tuple[Window | Waited, int]]] = defaultdict(list)
    slot = 0
    for one in asof:
        lines, source = streams[one.stream, one.keys, 0.0], waiting.get(one, "")
        match one:
            case Window() | Waited():
                shifted = isinstance(one, Waited) and bool(source)
                summed[one.stream, one.keys, _anchor(one), source, shifted].append((one, slot))
            case Open():
                ended = streams[one.stream, one.keys, one.hours]
                readers.append((one.stream, source, _open_reader(one, slot, lines, ended)))
            case Latest():
                readers.append((one.stream, source, _latest_reader(one, slot, lines)))
        slot += len(column_names(one))
    for (stream, keys, _, source, _), group in summed.items():
        readers.append((stream, source, _sum_reader(group, streams[stream, keys, 0.0])))
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
