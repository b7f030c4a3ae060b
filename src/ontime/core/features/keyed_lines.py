"""Declarations -> the lines of events by key that they read; filled event by event, or by whole columns at once."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ontime.core.features.column_readers import Keys, Value
from ontime.core.features.event_lines import Event, EventLine, end
from ontime.core.features.keys import key_codes, order_of_codes
from ontime.core.features.moments import MINUTE, ends, microseconds
from ontime.dataset.features import AsOf, Open, Waited, Window

Key = Any  # what stands in the columns of the keys: one value, or a tuple of several
MINUTE_OF_MOMENT = "minute"


class KeyedLines(NamedTuple):
    """The lines of a stream's events by key: in the order of their moments or, with `hours`, of their ends.

    key: what gives the key of a row or an event; summed: the values whose sums are read.
    """

    keys: Keys
    key: Callable[[Mapping[str, Any]], Key]
    hours: float
    summed: list[Value]
    lines: dict[Key, EventLine]

    def insert(self, event: Event) -> None:
        """Take in an event."""
        key = self.key(event)
        if key not in self.lines:
            self.lines[key] = EventLine(self.summed)
        self.lines[key].insert(self._moment(event), event)

    def delete(self, event: Event) -> None:
        """Take it out again. A line without events is none."""
        key = self.key(event)
        self.lines[key].delete(self._moment(event), event)
        if not self.lines[key].moments:
            del self.lines[key]

    def fill(self, frame: pd.DataFrame, events: Sequence[Event]) -> None:
        """Take in all events at once, where there was none before.

        frame (n), events (n): the same in both forms, in the order of moment and id.
        """
        begun = microseconds(frame["moment"])
        moments = ends(begun, microseconds(frame["until"]), self.hours) if self.hours else begun
        codes, by_time = key_codes([frame], self.keys)[0], np.argsort(moments, kind="stable")
        order = by_time[order_of_codes(codes[by_time])]
        sums = np.zeros((len(order) + 1, len(self.summed)), dtype=np.int64)
        for which, value in enumerate(self.summed):
            np.cumsum(_numbers(frame, begun, value)[order], out=sums[1:, which])
        in_order = list(map(events.__getitem__, order.tolist()))
        moment_bytes, sum_bytes, width = moments[order].tobytes(), sums.tobytes(), 8 * len(self.summed)
        borders = np.append(np.flatnonzero(np.diff(codes[order], prepend=-1)), len(order)).tolist()
        for first, last in pairwise(borders):
            line = EventLine(self.summed)
            line.moments = array("q", moment_bytes[8 * first : 8 * last])
            line.events = in_order[first:last]
            line.sums = array("q", sum_bytes[width * first : width * (last + 1)])
            self.lines[self.key(in_order[first])] = line

    def _moment(self, event: Event) -> int:
        return end(event, self.hours) if self.hours else event["moment"]


Streams = dict[tuple[str, Keys, float], KeyedLines]  # by stream, keys and hours


def keyed_lines(asof: Iterable[AsOf]) -> Streams:
    """One for each stream and keys, and one more for the hours after which what is open ends."""
    streams: Streams = {}
    for one in asof:
        key = itemgetter(*one.keys) if one.keys else lambda _: None
        for hours in (0.0, one.hours) if isinstance(one, Open) else (0.0,):
            lines = streams.setdefault((one.stream, one.keys, hours), KeyedLines(one.keys, key, hours, [], {}))
            lines.summed.extend(value for value in summed_values(one) if value not in lines.summed)
    return streams


def summed_values(one: AsOf) -> Sequence[Value]:
    """The values whose sums a declaration reads."""
    match one:
        case Window():
            return one.means
        case Waited():
            return (float(one.within),)
        case Open():
            return (MINUTE_OF_MOMENT,)
    return ()


def _numbers(frame: pd.DataFrame, begun: np.ndarray, value: Value) -> np.ndarray:
    """What `number` gives of each event: (n,) int64."""
    if isinstance(value, float):
        return (ends(begun, microseconds(frame["until"]), value) - begun) // MINUTE
    return begun // MINUTE if value == MINUTE_OF_MOMENT else frame[value].to_numpy(dtype=np.int64)
