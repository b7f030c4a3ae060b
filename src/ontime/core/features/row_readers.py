"""Declarations -> what reads each of them for one row, from the lines of events that online.py keeps."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, cast

from ontime.core.features.column_readers import Keys
from ontime.core.features.event_lines import Event, EventLine, end, number
from ontime.core.features.keyed_lines import MINUTE_OF_MOMENT, KeyedLines, Streams, summed_values
from ontime.core.features.moments import HOUR, MINUTE
from ontime.dataset.features import AsOf, Latest, Open, Usual, Waited, Window, column_names

Row = Mapping[str, Any]
# Of a row, its own event and the moment up to which it may be read, into the slots of its columns.
Reader = Callable[[Row, Event | None, int, list[float]], None]
UsualReader = Callable[[Row, Event | None, int], str | None]  # of a row and its own event, up to a moment


class _Span(NamedTuple):
    """What is read of the events between two bounds.

    first, last: the places of the bounds; slot: of the result; which: the place of the value that the result is a mean
    of among those that are summed, None for the count.
    """

    first: int
    last: int
    slot: int
    which: int | None


def _sum_reader(placed: Sequence[tuple[Window | Waited, int]], of_key: KeyedLines, *, waits: bool) -> Reader:
    """Of windows and waits with the same keys and anchor: each bound is looked up once in the line of events.

    waits: whether they are read up to a moment only. The reader is compiled without loops, which takes half the time.
    """
    one, _ = placed[0]
    bounds = sorted({bound for one, _ in placed for bound in _span(one)}, reverse=True)
    spans = [span for one, slot in placed for span in _placed_spans(one, slot, bounds, of_key.summed)]
    anchor = "limit" if waits and isinstance(one, Waited) else f"row[{_anchor(one)!r}]"
    lines = [*_bounds(bounds, clipped=waits and isinstance(one, Window)), *_values(spans, len(of_key.summed))]
    code = _READER.format(anchor=anchor, lines="\n    ".join(lines), until=bounds[0], places=_listed(len(bounds)))
    names = {
        "key_of": of_key.key,
        "line_of": of_key.lines.get,
        "bisect_right": bisect_right,
        "leave_out": partial(_leave_out, bounds, spans),
    }
    exec(code, names)  # noqa: S102 - it is made of the declarations' numbers alone
    return cast(Reader, names["read"])


_READER = """
def read(row, own, limit, values):
    key = key_of(row)
    line = line_of(key)
    if line is None:
        return
    anchor, moments, sums = {anchor}, line.moments, line.sums
    place = len(moments)
    {lines}
    if own is not None and own["moment"] <= anchor + {until} and own["moment"] <= limit and key_of(own) == key:
        leave_out(own, anchor, [{places}], line, values)
"""
# A bound is mostly among the last events before the one after it: half of the steps of a search over all.
_BOUND = """moment = {moment}
    near = place - 256
    place_{place} = place = bisect_right(moments, moment, near if near > 0 and moments[near] <= moment else 0, place)"""


def _listed(count: int) -> str:
    return ", ".join(f"place_{number}" for number in range(count))


def _bounds(bounds: Sequence[int], *, clipped: bool) -> Iterator[str]:
    """Code: how many events there are up to each of the descending bounds, and up to the limit if it is clipped."""
    for place, bound in enumerate(bounds):
        moment = f"anchor + {bound}"
        moment = f"{moment} if {moment} < limit else limit" if clipped else moment
        yield _BOUND.format(moment=moment, place=place)


def _values(spans: Sequence[_Span], width: int) -> Iterator[str]:
    """Code: counts, and means where something is counted."""
    for first, last in dict.fromkeys((span.first, span.last) for span in spans):
        inside = [span for span in spans if (span.first, span.last) == (first, last)]
        yield f"count = place_{last} - place_{first}"
        yield from (f"values[{span.slot}] = count" for span in inside if span.which is None)
        means = [span for span in inside if span.which is not None]
        if means:
            yield "if count:"
        for _, _, slot, which in means:
            begin, stop = (f"sums[place_{place} * {width} + {which}]" for place in (first, last))
            yield f"    values[{slot}] = ({stop} - {begin}) / count"


def _placed_spans(one: Window | Waited, slot: int, bounds: Sequence[int], summed: Sequence[str | float]) -> list[_Span]:
    first, last = (bounds.index(bound) for bound in _span(one))
    counted = [None] if isinstance(one, Window) and one.count else []
    read = counted + [summed.index(value) for value in summed_values(one)]
    return [_Span(first, last, slot + place, which) for place, which in enumerate(read)]


def _leave_out(
    bounds: Sequence[int],
    spans: Iterable[_Span],
    own: Event,
    anchor: int,
    places: Sequence[int],
    line: EventLine,
    values: list[float],
) -> None:
    """Take a row's own event out of what was read of each span that holds it."""
    moment = own["moment"] - anchor
    for first, last, slot, which in spans:
        if bounds[first] < moment <= bounds[last]:
            begin, stop = places[first], places[last]
            count = stop - begin - 1
            if which is None:
                values[slot] = count
            else:
                width = len(line.summed)
                total = line.sums[stop * width + which] - line.sums[begin * width + which]
                total -= number(own, line.summed[which])
                values[slot] = total / count if count else math.nan


def _open_reader(declared: Open, slot: int, begun: KeyedLines, ended: KeyedLines) -> Reader:
    """Of what has begun and still goes on: count, share and minutes."""
    key_of, hours, back = begun.key, declared.hours, int(declared.hours * HOUR)
    begun_minutes, ended_minutes = (lines.summed.index(MINUTE_OF_MOMENT) for lines in (begun, ended))
    width, ended_width = len(begun.summed), len(ended.summed)

    def read(row: Row, own: Event | None, limit: int, values: list[float]) -> None:
        key, now = key_of(row), min(row["predict_at"], limit)
        line = begun.lines.get(key)
        if line is None:
            return
        ends = ended.lines[key]
        has_begun, has_ended = bisect_right(line.moments, now), bisect_right(ends.moments, now)
        count, recent = has_begun - has_ended, has_begun - bisect_right(line.moments, now - back, 0, has_begun)
        sums, ended_sums = line.sums, ends.sums
        minutes = sums[has_begun * width + begun_minutes] - sums[begun_minutes]
        minutes -= ended_sums[has_ended * ended_width + ended_minutes] - ended_sums[ended_minutes]
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
    key_of, lines = of_key.key, of_key.lines
    ago, stale = int(latest.ago * HOUR), int(latest.hours * HOUR)
    fields, age = list(enumerate(latest.fields, start=slot)), slot + len(latest.fields) if latest.age else None

    def read(row: Row, own: Event | None, limit: int, values: list[float]) -> None:  # noqa: ARG001 - it is called as all are
        line, until = lines.get(key_of(row)), row["predict_at"] - ago
        if line is None:
            return
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
    key_of, lines = of_key.key, of_key.lines
    field, back = usual.field, int(usual.hours * HOUR)

    def read(row: Row, own: Event | None, limit: int) -> str | None:
        line, now = lines.get(key_of(row)), row["predict_at"]
        if line is None:
            return None
        last = bisect_right(line.moments, min(now, limit))
        first = bisect_right(line.moments, now - back, 0, last)
        latest_first = [event[field] for event in line.events[first:last] if event is not own][::-1]
        return max(dict.fromkeys(latest_first), key=latest_first.count, default=None)  # of equal counts the first

    return read


def usual_readers(
    asof: Iterable[AsOf], streams: Streams, waiting: Mapping[AsOf, str]
) -> list[tuple[str, str, str, UsualReader]]:
    """Name, stream and source of each key of a row that points to other events, and what reads it."""
    pointers = [(one, streams[one.stream, one.keys, 0.0]) for one in asof if isinstance(one, Usual)]
    return [(one.name, one.stream, waiting.get(one, ""), _usual_reader(one, lines)) for one, lines in pointers]


def row_readers(
    asof: Iterable[AsOf], streams: Streams, waiting: Mapping[AsOf, str]
) -> dict[tuple[str, str], list[Reader]]:
    """By stream and source, what reads declarations into the slots of their columns, which follow one another.

    waiting: by declaration that waits for a source, the source; of others it is ''.
    """
    readers: dict[tuple[str, str], list[Reader]] = defaultdict(list)
    summed: dict[tuple[str, Keys, str, str, bool], list[tuple[Window | Waited, int]]] = defaultdict(list)
    slot = 0
    for one in asof:
        lines, source = streams[one.stream, one.keys, 0.0], waiting.get(one, "")
        match one:
            case Window() | Waited():
                shifted = isinstance(one, Waited) and bool(source)
                summed[one.stream, one.keys, _anchor(one), source, shifted].append((one, slot))
            case Open():
                ended = streams[one.stream, one.keys, one.hours]
                readers[one.stream, source].append(_open_reader(one, slot, lines, ended))
            case Latest():
                readers[one.stream, source].append(_latest_reader(one, slot, lines))
        slot += len(column_names(one))
    for (stream, keys, _, source, _), group in summed.items():
        readers[stream, source].append(_sum_reader(group, streams[stream, keys, 0.0], waits=bool(source)))
    return dict(readers)


def of_no_events(asof: Iterable[AsOf]) -> list[float]:
    """The values of all columns where there is nothing to read: 0 for counts, else missing."""
    values: list[float] = []
    for one in asof:
        counted = isinstance(one, Open) or (isinstance(one, Window) and one.count)
        values += [0.0 if counted and not place else math.nan for place in range(len(column_names(one)))]
    return values


def _anchor(one: Window | Waited) -> str:
    return one.anchor if isinstance(one, Window) else "predict_at"


def _span(one: Window | Waited) -> tuple[int, int]:
    """After which moment its events lie, and until which, as microseconds from its anchor."""
    if isinstance(one, Window):
        return -int(one.hours * HOUR), int(one.ahead * HOUR)
    return -int(one.within * HOUR) - int(one.hours * HOUR), -int(one.within * HOUR)
