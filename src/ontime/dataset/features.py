"""How clean tables become features: streams of events, and what is read of them as of a moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from ontime.dataset.clocks import Clock

if TYPE_CHECKING:
    import pandas as pd


class Value(NamedTuple):
    """A number that the events of a stream carry: what its mean, or its latest, is called in words, and its unit."""

    meaning: str
    unit: str


@dataclass(frozen=True)
class Stream:
    """Events of one kind: a frame with `id`, `moment` (UTC; known from then on), columns of keys and of `fields`.

    Fields are whole numbers without gaps; where only the latest is read, any numbers. Events that last have `until`
    (UTC), which is missing while they go on. A stream whose clock is `beforehand` is known long before its moments.
    """

    about: str
    source: str
    clock: Clock
    fields: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Window:
    """Events in (anchor - hours, anchor + ahead] with the row's keys: their count, and means of their values.

    The anchor is the row's `predict_at`; for a stream known beforehand it may be `starts_at`, and only there may a
    window look `ahead`. A row's own event, the one with its id, never counts.
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
    """Events that have begun by `predict_at`, less than `hours` ago, and go on: count, share of those begun, age."""

    stream: str
    keys: tuple[str, ...]
    hours: float


@dataclass(frozen=True)
class Latest:
    """Fields of the row's keys' latest event at `predict_at - ago`, missing where it is `hours` old or older."""

    stream: str
    keys: tuple[str, ...]
    hours: float
    fields: tuple[str, ...]
    ago: float = 0.0


AsOf = Window | Open | Latest


@dataclass(frozen=True)
class Feature:
    """What a column of the feature table means, and its type there."""

    name: str
    meaning: str
    unit: str
    clock: Clock
    source: str
    group: str
    window: str = ""
    dtype: str = "float32"


@dataclass(frozen=True)
class FeatureSet:
    """How clean tables become features.

    tables: what is read, first the table whose rows are predicted; rows(tables, lead_hours): a frame with `id`,
    `starts_at`, `day`, `predict_at`, keys, the features of `own`, `outcome` and `outcome_known_at`; events(tables): a
    frame for each of `streams`; groups: what is read of those, by the feed it comes from; derive(frame): adds
    `derived`, for which alone the columns `dropped` were read; outcome: what is predicted, in words; climate: features
    by whose values (or steps of that width) the outcome's rate is looked up where nothing else is known, from coarse
    to fine; feeds: in words, the groups that would be missing together.
    """

    tables: tuple[str, ...]
    rows: Callable[..., pd.DataFrame]
    events: Callable[..., dict[str, pd.DataFrame]]
    own: tuple[Feature, ...]
    streams: Mapping[str, Stream]
    groups: Mapping[str, tuple[AsOf, ...]]
    derive: Callable[[pd.DataFrame], pd.DataFrame]
    derived: tuple[Feature, ...]
    outcome: str
    climate: Mapping[str, float | None]
    feeds: Mapping[str, tuple[str, ...]]
    dropped: tuple[str, ...] = ()

    @property
    def asof(self) -> list[AsOf]:
        """Every declaration of every group, in order."""
        return [asof for group in self.groups.values() for asof in group]
