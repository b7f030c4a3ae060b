"""Sources that fall silent, come late, lose or garble messages -> the features that rows would then have had."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Self

import numpy as np
import pandas as pd

from ontime.core.features.point_in_time import hours_back, read_as_of, with_usual
from ontime.core.features.table import assemble
from ontime.dataset.features import FeatureSet, Open, Usual, Waited, column_names
from ontime.dataset.stress import Source
from ontime.params import Stress

Tables = Mapping[str, pd.DataFrame]
Events = Mapping[str, pd.DataFrame]
Draw = Callable[[], np.ndarray]  # a number in [0, 1) for each event

RECENT_HOURS = 48  # a source that fell silent so long ago empties shorter windows; longer histories stay as they were
EVERY_SOURCE = "every source"


class Disturbance(NamedTuple):
    """What happens to a source: `kind` is a key of KINDS, `level` the hours or the share of messages."""

    source: str
    kind: str
    level: float


@dataclass(frozen=True)
class Sample:
    """Rows whose features can be computed again after something has happened to the events that they read.

    frame: the rows (n) as `FeatureSet.rows` gives them; events: a frame by stream; known: what was known of the events
    at each row's moment, a column for each thing that is read (n).
    """

    features: FeatureSet
    frame: pd.DataFrame
    events: Events
    known: pd.DataFrame
    _drawn: dict[tuple[str, int], np.ndarray] = field(default_factory=dict)

    @classmethod
    def of(cls, features: FeatureSet, rows: Tables, tables: Tables, lead_hours: float) -> Self:
        """rows, tables: as for `build` in table.py."""
        events = features.events(tables)
        frame = with_usual(features.asof, features.rows(rows, lead_hours), events)
        return cls(features, frame, events, read_as_of(features.asof, frame, events))

    def drawn(self, stream: str, seed: int) -> np.ndarray:
        """A number in [0, 1) for each event of a stream (events,).

        It follows from the event's id and the seed alone: it is the same in every stream, month and order.
        """
        if (stream, seed) not in self._drawn:
            ids = self.events[stream]["id"].to_numpy(dtype=object)
            hashed = pd.util.hash_array(ids, hash_key=f"{seed:016d}"[-16:], categorize=False)
            self._drawn[stream, seed] = hashed / 2.0**64
        return self._drawn[stream, seed]

    @property
    def table(self) -> pd.DataFrame:
        """The features of the rows as they are."""
        return assemble(self.features, self.frame, self.known)

    def under(
        self, events: Events, *, recent: bool = False, heard: Mapping[str, np.ndarray] | None = None
    ) -> pd.DataFrame:
        """The features of the rows if those streams had these events.

        recent: whether only what reaches back RECENT_HOURS or less is read anew. heard: by stream that others wait for,
        the moments at which it was heard from, as for `read_as_of`; without them it is alive throughout.
        """
        moments = heard or {}
        waiting = self.features.waiting.items()
        heard_from = {asof: moments[source] for asof, source in waiting if source in moments}
        reread = [asof for asof in self.features.asof if not (recent and hours_back(asof) > RECENT_HOURS)]
        changes = [asof for asof in reread if asof.stream in events or asof in heard_from]
        others = {asof.name for asof in changes if isinstance(asof, Usual)}
        anew = [asof for asof in reread if asof in changes or not others.isdisjoint(asof.keys)]
        changed = read_as_of(anew, self.frame.drop(columns=[*others]), {**self.events, **events}, heard_from)
        known = {name: changed[name] if name in changed else self.known[name] for name in self.known}
        return assemble(self.features, self.frame, pd.DataFrame(known))


def disturbances(features: FeatureSet, sources: Mapping[str, Source], params: Stress) -> list[Disturbance]:
    """All sources silent at once, and then each source in every way in which it can fail.

    A source that is known long before does not come late. A source whose messages carry no values has none to garble.
    """
    ways = [Disturbance(EVERY_SOURCE, "missing", 1.0)]
    for name, source in sources.items():
        streams = [features.streams[stream] for stream in source.streams]
        ways.append(Disturbance(name, "missing", 1.0))
        if not any(stream.clock.beforehand for stream in streams):
            ways += [Disturbance(name, "stale", float(hours)) for hours in params.stale_hours]
        ways += [Disturbance(name, "lossy", share) for share in params.shares]
        if any(stream.fields for stream in streams):
            ways += [Disturbance(name, "noisy", share) for share in params.shares]
    return ways


def disturbed(sample: Sample, sources: Mapping[str, Source], what: Disturbance, seed: int) -> pd.DataFrame:
    """The features of the sample under a disturbance."""
    failing = list(sources.values()) if what.source == EVERY_SOURCE else [sources[what.source]]
    streams = dict.fromkeys(stream for source in failing for stream in (*source.ends, *source.streams))
    events = {stream: _disturbed_events(sample, stream, failing, what, seed) for stream in streams}
    return sample.under(events, recent=what.kind == "missing")


def _disturbed_events(
    sample: Sample, stream: str, failing: Sequence[Source], what: Disturbance, seed: int
) -> pd.DataFrame:
    def drawn() -> np.ndarray:
        return sample.drawn(stream, seed)

    events = sample.events[stream]
    if any(stream in source.ends for source in failing):
        events = ENDS[what.kind](events, what.level, drawn)
    if any(stream in source.streams for source in failing):
        fields = list(sample.features.streams[stream].fields)
        events = KINDS[what.kind](events, fields, what.level, drawn)
    return events


def columns_of_streams(features: FeatureSet, streams: Sequence[str]) -> list[str]:
    """The columns that are windows, or latest values, of those streams' events."""
    windows = [asof for asof in features.asof if asof.stream in streams and not isinstance(asof, Open | Waited)]
    return [name for asof in windows for name in column_names(asof)]


def _missing(events: pd.DataFrame, fields: list[str], level: float, drawn: Draw) -> pd.DataFrame:  # noqa: ARG001
    return events.head(0)


def _stale(events: pd.DataFrame, fields: list[str], hours: float, drawn: Draw) -> pd.DataFrame:  # noqa: ARG001
    late = pd.Timedelta(hours=hours).as_unit("us")
    moments = [name for name in ("moment", "until") if name in events]
    return events.assign(**{name: events[name] + late for name in moments})


def _lossy(events: pd.DataFrame, fields: list[str], share: float, drawn: Draw) -> pd.DataFrame:  # noqa: ARG001
    return events[drawn() >= share]


def _noisy(events: pd.DataFrame, fields: list[str], share: float, drawn: Draw) -> pd.DataFrame:
    """That share of the events carries the values of another one of them."""
    if not fields:
        return events
    number = drawn()
    wrong = np.argsort(number, kind="stable")[: int((number < share).sum())]
    places = np.arange(len(events))
    places[wrong] = np.roll(wrong, 1)
    values = events[fields].iloc[places].set_axis(events.index)
    return events.assign(**{name: values[name] for name in fields})


def _no_ends(events: pd.DataFrame, level: float, drawn: Draw) -> pd.DataFrame:  # noqa: ARG001
    return events.assign(until=events["until"].mask(np.ones(len(events), dtype=bool)))


def _late_ends(events: pd.DataFrame, hours: float, drawn: Draw) -> pd.DataFrame:  # noqa: ARG001
    return events.assign(until=events["until"] + pd.Timedelta(hours=hours).as_unit("us"))


def _lost_ends(events: pd.DataFrame, share: float, drawn: Draw) -> pd.DataFrame:
    return events.assign(until=events["until"].mask(drawn() < share))


KINDS: dict[str, Callable[[pd.DataFrame, list[str], float, Draw], pd.DataFrame]] = {
    "missing": _missing,
    "stale": _stale,
    "lossy": _lossy,
    "noisy": _noisy,
}
ENDS: dict[str, Callable[[pd.DataFrame, float, Draw], pd.DataFrame]] = {
    "missing": _no_ends,
    "stale": _late_ends,
    "lossy": _lost_ends,
    "noisy": lambda events, level, drawn: events,  # noqa: ARG005
}
