"""Feeds that fail, come late, lose or garble messages -> the features that rows would then have had."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Self

import numpy as np
import pandas as pd

from ontime.core.features.point_in_time import names, read
from ontime.core.features.table import assemble
from ontime.dataset.features import AsOf, FeatureSet, Latest, Open
from ontime.dataset.stress import Feed
from ontime.params import Stress

Tables = Mapping[str, pd.DataFrame]
Events = Mapping[str, pd.DataFrame]
Draw = Callable[[], np.ndarray]  # a number in [0, 1) for each event

RECENT_HOURS = 48  # what a feed that has gone silent lately leaves empty; longer histories stay as they were
UNDISTURBED, EVERY_FEED = "undisturbed", "every feed"


class Disturbance(NamedTuple):
    """What happens to a feed: `kind` is one of KINDS, `level` its hours or share."""

    feed: str
    kind: str
    level: float


@dataclass(frozen=True)
class Sample:
    """Rows of the feature table's making: with keys, beside the events that they may read, and what was known."""

    features: FeatureSet
    frame: pd.DataFrame
    events: Events
    known: pd.DataFrame
    _drawn: dict[tuple[str, int], np.ndarray] = field(default_factory=dict)

    @classmethod
    def of(cls, features: FeatureSet, rows: Tables, tables: Tables, lead_hours: float) -> Self:
        """As for `core.features.build`."""
        frame, events = features.rows(rows, lead_hours), features.events(tables)
        return cls(features, frame, events, read(features.asof, frame, events))

    def drawn(self, stream: str, seed: int) -> np.ndarray:
        """A number in [0, 1) for each event of a stream by its id: the same in every stream, month and order."""
        if (stream, seed) not in self._drawn:
            names = self.events[stream]["id"].to_numpy(dtype=object)
            hashed = pd.util.hash_array(names, hash_key=f"{seed:016d}"[-16:], categorize=False)
            self._drawn[stream, seed] = hashed / 2.0**64
        return self._drawn[stream, seed]

    @property
    def table(self) -> pd.DataFrame:
        """The features as they are."""
        return assemble(self.features, self.frame, self.known)

    def under(self, events: Events, *, recent: bool = False) -> pd.DataFrame:
        """The features if those streams had these events; `recent`: just in windows of at most RECENT_HOURS."""
        asof = [
            one for one in self.features.asof if one.stream in events and not (recent and _reach(one) > RECENT_HOURS)
        ]
        found = read(asof, self.frame, events)
        known = {name: found[name] if name in found else self.known[name] for name in self.known}
        return assemble(self.features, self.frame, pd.DataFrame(known))


def disturbances(features: FeatureSet, feeds: Mapping[str, Feed], params: Stress) -> list[Disturbance]:
    """Every feed in every way that makes sense for it: what is known long before is not late, no value is not wrong."""
    found = [Disturbance(EVERY_FEED, "missing", 1.0)]
    for name, feed in feeds.items():
        streams = [features.streams[stream] for stream in feed.streams]
        found.append(Disturbance(name, "missing", 1.0))
        if not any(stream.clock.beforehand for stream in streams):
            found += [Disturbance(name, "stale", float(hours)) for hours in params.stale_hours]
        found += [Disturbance(name, "lossy", share) for share in params.shares]
        if any(stream.fields for stream in streams):
            found += [Disturbance(name, "noisy", share) for share in params.shares]
    return found


def disturbed(sample: Sample, feeds: Mapping[str, Feed], what: Disturbance, seed: int) -> pd.DataFrame:
    """The features of the sample under a disturbance."""
    hit = list(feeds.values()) if what.feed == EVERY_FEED else [feeds[what.feed]]
    events: dict[str, pd.DataFrame] = {}
    for stream in dict.fromkeys(stream for feed in hit for stream in (*feed.ends, *feed.streams)):
        frame, drawn = sample.events[stream], lambda stream=stream: sample.drawn(stream, seed)
        ends = any(stream in feed.ends for feed in hit)
        whole = any(stream in feed.streams for feed in hit)
        frame = ENDS[what.kind](frame, what.level, drawn) if ends else frame
        fields = list(sample.features.streams[stream].fields)
        events[stream] = KINDS[what.kind](frame, fields, what.level, drawn) if whole else frame
    return sample.under(events, recent=what.kind == "missing")


def read_columns(features: FeatureSet, streams: Sequence[str]) -> list[str]:
    """The columns that are windows, or latest values, of those streams' events."""
    return [name for one in features.asof if one.stream in streams and not isinstance(one, Open) for name in names(one)]


def _reach(asof: AsOf) -> float:
    return asof.hours + (asof.ago if isinstance(asof, Latest) else 0.0)


def _missing(events: pd.DataFrame, fields: list[str], level: float, drawn: Draw) -> pd.DataFrame:  # noqa: ARG001
    return events.head(0)


def _stale(events: pd.DataFrame, fields: list[str], hours: float, drawn: Draw) -> pd.DataFrame:  # noqa: ARG001
    late = pd.Timedelta(hours=hours).as_unit("us")
    moments = [name for name in ("moment", "until") if name in events]
    return events.assign(**{name: events[name] + late for name in moments})


def _lossy(events: pd.DataFrame, fields: list[str], share: float, drawn: Draw) -> pd.DataFrame:  # noqa: ARG001
    return events[drawn() >= share]


def _noisy(events: pd.DataFrame, fields: list[str], share: float, drawn: Draw) -> pd.DataFrame:
    """So many events carry the values of another one."""
    if not fields:
        return events
    number = drawn()
    wrong = np.argsort(number, kind="stable")[: int((number < share).sum())]
    source = np.arange(len(events))
    source[wrong] = np.roll(wrong, 1)
    values = events[fields].iloc[source].set_axis(events.index)
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
