"""Events of one key, in the order of their moments <-> sums of their values up to each of them."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ontime.core.features.column_readers import Value
from ontime.core.features.moments import HOUR, MINUTE

Event = Mapping[str, Any]


class EventLine:
    """Events in the order of moment and id, with sums of their values over the first 0, 1, ... of them.

    moments: whole microseconds since 1970, those of the events or, of a line of ends, when each was over.
    summed: the values that are summed; sums: (events + 1, values) row by row, from any numbers on: only
    differences count, so that the earliest events are forgotten without touching the others.
    """

    __slots__ = ("events", "moments", "summed", "sums")

    def __init__(self, summed: Sequence[Value]) -> None:
        self.moments = array("q")
        self.events: list[Event] = []
        self.summed = summed
        self.sums = array("q", [0] * len(summed))

    def insert(self, moment: int, event: Event) -> None:
        """Take in an event at its moment, or at its end."""
        latest = not self.moments or moment > self.moments[-1]
        place = len(self.moments) if latest else self._place(moment, event)
        self.moments.insert(place, moment)
        self.events.insert(place, event)
        if width := len(self.summed):
            self.sums[place * width : place * width] = self.sums[place * width : (place + 1) * width]
            self._add(1, event, place + 1)

    def delete(self, moment: int, event: Event) -> None:
        """Take it out again."""
        place = self._place(moment, event)
        del self.moments[place], self.events[place]
        if width := len(self.summed):
            if place:
                self._add(-1, event, place)
            del self.sums[place * width : (place + 1) * width]

    def _add(self, times: int, event: Event, first: int) -> None:
        """Add the values of an event, so many times, to the sums from a place on."""
        numbers = [times * number(event, value) for value in self.summed]
        np.frombuffer(self.sums, dtype=np.int64).reshape(-1, len(numbers))[first:] += numbers

    def _place(self, moment: int, event: Event) -> int:
        first, last = bisect_left(self.moments, moment), bisect_right(self.moments, moment)
        order = [(other["moment"], other["id"]) for other in self.events[first:last]]
        return first + bisect_left(order, (event["moment"], event["id"]))


def number(event: Event, value: Value) -> int:
    """A field of an event, the minute of its moment, or the minutes that it went on."""
    if isinstance(value, float):
        return (end(event, value) - event["moment"]) // MINUTE
    return event["moment"] // MINUTE if value == "minute" else int(event[value])


def end(event: Event, hours: float) -> int:
    """When an event is over: at `until`, not before its moment, at most `hours` after it."""
    latest = event["moment"] + int(hours * HOUR)
    return latest if event["until"] is None else min(max(event["until"], event["moment"]), latest)
