"""Events of one key, in the order of their moments <-> sums of their values up to each of them."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from ontime.core.features.point_in_time import HOUR, MINUTE, Value

Event = Mapping[str, Any]


class EventLine:
    """Events in the order of moment and id, with sums of their values over the first 0, 1, ... of them.

    moments: whole microseconds since 1970, those of the events or, of a line of ends, when each was over.
    summed: the values that are summed. sums: for each of them a list (events + 1,), as far as it was computed where the
    line is `stale`.
    """

    def __init__(self, summed: Sequence[Value]) -> None:
        self.moments = array("q")
        self.events: list[Event] = []
        self.summed = summed
        self.sums = [array("q", [0]) for _ in summed]
        self.stale = False

    def insert(self, moment: int, event: Event) -> None:
        """Take in an event at its moment, or at its end."""
        place = self._place(moment, event)
        self.moments.insert(place, moment)
        self.events.insert(place, event)
        self._shorten(place)

    def delete(self, moment: int, event: Event) -> None:
        """Take it out again."""
        place = self._place(moment, event)
        del self.moments[place], self.events[place]
        self._shorten(place)

    def refresh(self) -> None:
        """Continue the sums where events have come in since."""
        for value, sums in zip(self.summed, self.sums, strict=True):
            for event in self.events[len(sums) - 1 :]:
                sums.append(sums[-1] + number(event, value))
        self.stale = False

    def _place(self, moment: int, event: Event) -> int:
        first, last = bisect_left(self.moments, moment), bisect_right(self.moments, moment)
        order = [(other["moment"], other["id"]) for other in self.events[first:last]]
        return first + bisect_left(order, (event["moment"], event["id"]))

    def _shorten(self, place: int) -> None:
        for sums in self.sums:
            del sums[place + 1 :]
        self.stale = True


def number(event: Event, value: Value) -> int:
    """A field of an event, the minute of its moment, or the minutes that it went on."""
    if isinstance(value, float):
        return (end(event, value) - event["moment"]) // MINUTE
    return event["moment"] // MINUTE if value == "minute" else int(event[value])


def end(event: Event, hours: float) -> int:
    """When an event is over: at `until`, not before its moment, at most `hours` after it."""
    latest = event["moment"] + int(hours * HOUR)
    return latest if event["until"] is None else min(max(event["until"], event["moment"]), latest)
