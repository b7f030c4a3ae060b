"""How clean tables become features: streams of events, and what is read of them as of the moment of a prediction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from ontime.dataset.clocks import Clock

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


class Value(NamedTuple):
    """A number that events carry.

    meaning: what its mean, or its latest value, is called in words; `{}` stands for the events that are read.
    """

    meaning: str
    unit: str


@dataclass(frozen=True)
class Stream:
    """Events of one kind, such as departures.

    Its frame has a row for each event, in any order: `id`, `moment` (UTC), columns of keys, and columns of `fields`.
    Events that last also have `until` (UTC): when they ended, missing while they go on. An event is known from its
    moment on. Where the clock of the stream is `beforehand`, it is known long before.

    about: what the events are called in words.
    table: the clean table that they are made from.
    fields: the numbers that an event carries: whole numbers without gaps, or any numbers where only the latest is read.
    heard_from: the stream whose source would have brought what did not happen: where it is silent, that nothing came is
    no news. What is read by absence waits until it has been heard from, by a message or a heartbeat.
    """

    about: str
    table: str
    clock: Clock
    fields: Mapping[str, Value] = field(default_factory=dict)
    heard_from: str = ""


@dataclass(frozen=True)
class Window:
    """The events in (anchor - hours, anchor + ahead] with the row's keys: their count, and means of their values.

    A row's own event, the one with its id, never counts.

    means: the fields whose mean is read; count: whether the number of events is a feature, too.
    anchor: `predict_at` or, of a stream that is known beforehand, `starts_at`. Only with `starts_at` may a window look
    `ahead` (hours).
    name: how the names of its columns begin; where there is none, they begin with stream, keys and hours.
    """

    stream: str
    keys: tuple[str, ...]
    hours: float
    means: tuple[str, ...] = ()
    count: bool = True
    anchor: str = "predict_at"
    ahead: float = 0.0
    name: str = ""


@dataclass(frozen=True)
class Open:
    """The events with the row's keys that began less than `hours` before `predict_at`, and still go on then.

    Read are their count, their share of all that began in those hours, and the mean time since they began, in minutes.
    """

    stream: str
    keys: tuple[str, ...]
    hours: float


@dataclass(frozen=True)
class Waited:
    """The events with the row's keys that began in (predict_at - within - hours, predict_at - within].

    Read is the mean time that they went on, in minutes, of each at most `within` hours. Unlike a window of those that
    ended it misses none that still go on.
    """

    stream: str
    keys: tuple[str, ...]
    hours: float
    within: float


@dataclass(frozen=True)
class Latest:
    """Fields of the latest event with the row's keys at `predict_at - ago`; missing where it is `hours` old or older.

    ago: hours; age: whether its age then, in minutes, is read, too.
    """

    stream: str
    keys: tuple[str, ...]
    hours: float
    fields: tuple[str, ...] = ()
    ago: float = 0.0
    age: bool = False


@dataclass(frozen=True)
class Usual:
    """A key of the row that points to other events, such as the tour that its vehicle usually made before.

    Of the events in (predict_at - hours, predict_at] with the row's keys, it is the most frequent value of `field`; of
    values that are equally frequent, the one that was seen last. It is missing where there is no event. A row's own
    event never counts. It is no feature; what is declared with `name` among its keys reads by it, and the streams that
    are read so have a column of that name.

    about: what it points to, in words. field: a column of text of the stream, never missing.
    """

    name: str
    about: str
    stream: str
    keys: tuple[str, ...]
    hours: float
    field: str


AsOf = Window | Open | Waited | Latest | Usual


def column_names(asof: AsOf) -> list[str]:
    """The names of the columns that a declaration makes, in order."""
    stem = f"{asof.stream}_{'_'.join(asof.keys) or 'all'}"
    match asof:
        case Window():
            stem = asof.name or f"{stem}_{span(asof.hours)}"
            return [*([f"{stem}_count"] if asof.count else []), *(f"{stem}_{value}" for value in asof.means)]
        case Open():
            return [f"open_{stem}_{what}" for what in ("count", "share", "minutes")]
        case Waited():
            return [f"waited_{span(asof.within)}_{stem}_{span(asof.hours)}_minutes"]
        case Latest():
            ago = f"_{span(asof.ago)}_ago" if asof.ago else ""
            return [f"latest_{stem}_{value}{ago}" for value in (*asof.fields, *(("age",) if asof.age else ()))]
        case Usual():
            return []


def span(hours: float) -> str:
    """Hours for people: '15min', '3h', '14d'."""
    if hours < 1:
        return f"{hours * 60:g}min"
    return f"{hours / 24:g}d" if hours >= 48 else f"{hours:g}h"


@dataclass(frozen=True)
class Feature:
    """A column of the feature table: what it means, and where it comes from.

    clock: the latest clock of what it reads; table: the clean table that it is made from; group: its feature group.
    window: how far back it looks, in words; dtype: its type in the feature table.
    heard_from: the stream that must have been heard from, where it reads what did not happen.
    """

    name: str
    meaning: str
    unit: str
    clock: Clock
    table: str
    group: str
    window: str = ""
    dtype: str = "float32"
    heard_from: str = ""


@dataclass(frozen=True)
class Derived:
    """A feature that follows from other columns of its row, for one row or many by the same code.

    reads: the names of these columns: features that come before it, or columns that are `dropped`.
    compute: `compute(*arrays)` gives its values (n,) from theirs (n,), in their order.
    """

    feature: Feature
    reads: tuple[str, ...]
    compute: Callable[..., np.ndarray]

    @property
    def name(self) -> str:
        """That of its column."""
        return self.feature.name


@dataclass(frozen=True)
class FeatureSet:
    """What is predicted, and from which features.

    tables: the clean tables that are read, first the one whose rows are predicted.
    rows: `rows(tables, lead_hours)` gives a row for each prediction: `id`, `starts_at`, `day`, `predict_at`, the keys,
    the features of `own`, `outcome` (boolean, missing where it is unknown) and `outcome_known_at` (UTC).
    events: `events(tables)` gives the frame of each stream.
    own: features that `rows` brings itself.
    streams: the kinds of events, by name.
    groups: by the name of a feature group, what is read of the streams.
    outcome: what is predicted, in words: 'arrives late'.
    climate: the features by which the rate of the outcome is looked up where nothing else is known, from coarse to
    fine; each with the width of its steps, or None where every value counts for itself.
    ablation: what is left out, one after another, to see what it is worth: its name in words, and its feature groups.
    derived: features that follow from others, in an order in which each can be computed.
    dropped: columns that only `derived` features read; they are no features.
    joined_by: the column of the table that is predicted by which its rows are joined, '' where they are not: the events
    of a row may follow from other rows with the same value, of its day or the one before, such as the tours of a
    vehicle.
    """

    tables: tuple[str, ...]
    rows: Callable[..., pd.DataFrame]
    events: Callable[..., dict[str, pd.DataFrame]]
    own: tuple[Feature, ...]
    streams: Mapping[str, Stream]
    groups: Mapping[str, tuple[AsOf, ...]]
    outcome: str
    climate: Mapping[str, float | None]
    ablation: Mapping[str, tuple[str, ...]]
    derived: tuple[Derived, ...] = ()
    dropped: tuple[str, ...] = ()
    joined_by: str = ""

    @property
    def asof(self) -> list[AsOf]:
        """Everything that is read of the streams, in the order of the groups."""
        return [asof for group in self.groups.values() for asof in group]

    @property
    def waiting(self) -> dict[AsOf, str]:
        """By declaration that reads by absence, the stream that must have been heard from.

        Of events that are known beforehand only the ends can be absent; `Open` and `Waited` read them.
        """
        sources = {asof: self.streams[asof.stream].heard_from for asof in self.asof if self._reads_absence(asof)}
        return {asof: source for asof, source in sources.items() if source}

    def _reads_absence(self, asof: AsOf) -> bool:
        return isinstance(asof, Open | Waited) or not self.streams[asof.stream].clock.beforehand

    @property
    def usual(self) -> dict[str, Usual]:
        """By name the keys of a row that point to other events; `rows` does not bring them."""
        return {asof.name: asof for asof in self.asof if isinstance(asof, Usual)}
