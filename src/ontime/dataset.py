"""What the machinery may know about a dataset: its parts, tables, clocks and rules; imports nothing of ours."""

from __future__ import annotations

import enum
import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa


class Clock(enum.IntEnum):
    """When a value becomes known. What breaks the contract at one clock costs a row that clock's columns and later."""

    REFERENCE = 0
    SCHEDULE = 1
    OBSERVED = 2
    DEPARTURE = 3
    ARRIVAL = 4

    def __str__(self) -> str:
        return self.name.lower()


KNOWN_WHEN = {
    Clock.REFERENCE: "always: facts of the calendar and the map",
    Clock.SCHEDULE: "when the schedule is published, long before",
    Clock.OBSERVED: "when the observed hour is over",
    Clock.DEPARTURE: "at the actual departure",
    Clock.ARRIVAL: "at the actual arrival",
}


class Part(NamedTuple):
    """One stored file of a table: a month of it, or all of it where `month` is None."""

    table: str
    month: str | None
    frame: pd.DataFrame


@dataclass(frozen=True)
class Rule:
    """What must hold in every row. Its clock is the latest of its columns' clocks.

    `holds(frame, *needed)` gives a boolean Series (n,): True, or missing, where the rule holds or cannot be judged
    because a value is missing. `needs` names the tables handed over as `needed`: reference tables whole, monthly ones
    for that month.
    """

    name: str
    columns: tuple[str, ...]
    holds: Callable[..., pd.Series]
    reason: str
    remedy: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measure:
    """What must hold for a month as a whole: `value(frame, *needed)` inside `warn` (low, high) and inside `stop`."""

    name: str
    columns: tuple[str, ...]
    value: Callable[..., float]
    warn: tuple[float, float]
    stop: tuple[float, float]
    unit: str
    reason: str
    remedy: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """The contract of one table: what the source brings, and what the clean table has beside it.

    schema: the raw columns, in the order of the file; derive: (raw frame, *needed) -> the frame with the columns of
    `added`, which may replace raw ones; key: unique in the clean table. The rules read the derived frame.
    """

    name: str
    about: str
    schema: pa.DataFrameSchema
    key: tuple[str, ...]
    monthly: bool = False
    added: Mapping[str, pa.Column] = field(default_factory=dict)
    derive: Callable[..., pd.DataFrame] | None = None
    needs: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    measures: tuple[Measure, ...] = ()

    @property
    def columns(self) -> dict[str, pa.Column]:
        """Every column of the clean table: the raw ones, replaced and followed by the added ones."""
        return {**self.schema.columns, **self.added}


class Value(NamedTuple):
    """A number that the events of a stream carry: what its mean, or its latest, is called in words, and its unit."""

    meaning: str
    unit: str


@dataclass(frozen=True)
class Stream:
    """Events of one kind: a frame with `id`, `moment` (UTC; known from then on), columns of keys and of `fields`.

    Fields are whole numbers without gaps; where only the latest is read, any numbers. Events that last have `until`
    (UTC), which is missing while they go on. A stream whose clock is `schedule` is known long before its moments.
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


@dataclass(frozen=True)
class Slice:
    """How a column of the feature table cuts rows into bands, which are looked at one by one.

    Without `bands` each value is a band. With them, numbers fall between `edges` (ascending, a value at an edge in the
    upper band), one band more than edges, in words. `missing`: the band of missing values, in words.
    """

    name: str
    column: str
    edges: tuple[float, ...] = ()
    bands: tuple[str, ...] = ()
    missing: str = "missing"


@dataclass(frozen=True)
class Feed:
    """Messages that come, and fail, together: the events of `streams`, and the ends (`until`) of those of `ends`."""

    streams: tuple[str, ...]
    ends: tuple[str, ...] = ()


@dataclass(frozen=True)
class Example:
    """Clean tables made by hand, and what some of their rows must show at a lead of `lead_hours`.

    given and law say in words what is made and what must hold; expected: by id the values of features, NaN where there
    is none.
    """

    name: str
    given: str
    law: str
    tables: Callable[[], Mapping[str, pd.DataFrame]]
    expected: Mapping[str, Mapping[str, float]]
    lead_hours: float = 2.0


@dataclass(frozen=True)
class Change:
    """What is changed in clean tables: no feature may move, or, where it `raises`, the mean probability may not fall.

    `tables(clean tables)` gives the changed ones; `recent`: just the windows of at most two days read them.
    """

    name: str
    given: str
    tables: Callable[[Mapping[str, pd.DataFrame]], Mapping[str, pd.DataFrame]]
    raises: bool = False
    recent: bool = False


@dataclass(frozen=True)
class Stress:
    """What may happen to the dataset: feeds that fail, examples and changes that keep a law.

    known: the laws that are broken, each with the reason; a law that is not broken may not stand there.
    """

    feeds: Mapping[str, Feed]
    examples: tuple[Example, ...] = ()
    changes: tuple[Change, ...] = ()
    known: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Messages:
    """How the rows of a monthly table come to be known, message by message.

    Every message carries the raw columns `key`, and those of its feed. A message of the first of `feeds` is a row; one
    of the others, which has at least one of its columns, adds to the row of its key. day(keys): the day of each message
    (n,), whose month is that of the table; identity(keys): the `id` of each row (n,), where rows are predicted.
    """

    table: str
    key: tuple[str, ...]
    feeds: Mapping[str, tuple[str, ...]]
    day: Callable[[pd.DataFrame], pd.Series]
    identity: Callable[[pd.DataFrame], pd.Series] | None = None


@dataclass(frozen=True)
class Step:
    """One step of an audit: what is asked, what is read to answer, and how the answers are judged.

    title and about say it in a few words and in a sentence. kind: 'scope' asks another question, 'leak' takes away what
    nobody has when predicting, 'temptation' adds such a thing. outcome: the column that is predicted, missing where a
    row takes no part; `<outcome>_known_at` (UTC) stands beside it. split: a name of `core.audit.SPLITS`. columns: what
    is read, text, booleans and floats. late: of a leak, the columns of the contract (table, column) that come too late.
    """

    name: str
    title: str
    about: str
    kind: str
    outcome: str
    split: str
    columns: tuple[str, ...]
    late: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Protocol:
    """A published figure, how it came about, and the steps from there to a figure that can be compared with one's own.

    The first step is the published one: of the whole data, up to the month `until`, it has so many rows
    and positives, and holds the share `held_out` back to be judged on. tables: raw tables; features: columns of the
    feature table; rows(tables, features): a row for each that takes part, with `id`, `day` and the steps' columns.
    """

    source: str
    roc_auc: float
    published_rows: int
    published_positives: int
    until: str
    held_out: float
    tables: tuple[str, ...]
    features: tuple[str, ...]
    rows: Callable[[Mapping[str, pd.DataFrame], pd.DataFrame], pd.DataFrame]
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Story:
    """What a report tells of the dataset in its own words; without one it speaks of rows and of their outcome.

    rows: what a row is called, of several; remarks: paragraphs by the name of the section that they end, `question`
    begins with its own; bands: by slice and band, why the model is as good or as bad there as it is, in a few words;
    harms: what happens when it is wrong; unknown: what the data cannot say.
    """

    question: str = "How early, and how surely, can an outcome be known?"
    rows: str = "rows"
    remarks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    bands: Mapping[tuple[str, str], str] = field(default_factory=dict)
    intended: tuple[str, ...] = ()
    not_intended: tuple[str, ...] = ()
    harms: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    licence: str = ""


@dataclass(frozen=True)
class Dataset:
    """A dataset to the machinery: a name and its parts, each written 'module:attribute' and imported on first use.

    package: what brings the raw tables, by its name in requirements.lock; its release is `fetch.release`. Empty where
    no package does.
    """

    name: str
    parts: Mapping[str, str]
    package: str = ""

    def _part(self, name: str) -> Any:  # noqa: ANN401 - each property below says what it is
        module, attribute = self.parts[name].split(":")
        return getattr(importlib.import_module(module), attribute)

    @property
    def read(self) -> Callable[[str, str], Iterator[Part]]:
        """`read(release, until)`: the raw tables of that release of the source, up to and with the month `until`."""
        return self._part("read")

    @property
    def tables(self) -> tuple[Table, ...]:
        """The contract, a table after those it needs."""
        return self._part("tables")

    @property
    def features(self) -> FeatureSet:
        """The declaration of the features."""
        return self._part("features")

    @property
    def slices(self) -> tuple[Slice, ...]:
        """Where a model is asked how good it is, beside the months."""
        return self._part("slices")

    @property
    def stress(self) -> Stress:
        """What may happen to it, and what must hold then."""
        return self._part("stress")

    @property
    def messages(self) -> tuple[Messages, ...]:
        """How each monthly table comes in messages, where that is declared."""
        return self._part("messages") if "messages" in self.parts else ()

    @property
    def protocol(self) -> Protocol | None:
        """How a published figure came about, where there is one."""
        return self._part("protocol") if "protocol" in self.parts else None

    @property
    def story(self) -> Story:
        """What a report tells of it, in its own words."""
        return self._part("story") if "story" in self.parts else Story()
