"""Slices, stress, messages, protocol, story, and what they speak of -> flaws of how they are declared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from ontime.dataset.check_features import ROW_COLUMNS, feature_types
from ontime.dataset.contract import Table
from ontime.dataset.dtypes import MOMENT, TEXT
from ontime.dataset.features import FeatureSet
from ontime.dataset.flaws import Flaw, every_unknown_name, repeated_names, unknown_name
from ontime.dataset.messages import Messages
from ontime.dataset.protocol import Protocol
from ontime.dataset.slices import Slice
from ontime.dataset.story import Story
from ontime.dataset.stress import StressDeclaration

OWN_SLICES = ("all", "month")  # what every dataset is cut into beside its slices
EVERY_SOURCE = "every source"
STEP_KINDS = ("scope", "leak", "temptation")


def slice_flaws(slices: Sequence[Slice], features: FeatureSet) -> Iterator[Flaw]:
    """Whether each slice cuts a feature, and into as many bands as its edges make."""
    known = feature_types(features)
    yield from repeated_names("slices", "slice", (declared.name for declared in slices))
    for declared in slices:
        where = f"slices.{declared.name}"
        if declared.name in OWN_SLICES:
            yield Flaw(where, f"another name than {' and '.join(OWN_SLICES)}", repr(declared.name), "rename it")
        if declared.column not in known:
            yield unknown_name(f"{where}.column", "a feature", declared.column, list(known))
        elif known[declared.column] == TEXT and (declared.edges or declared.bands):
            yield Flaw(
                where, "no edges and no bands, since its column is text", "some", "each value is a band: drop them"
            )
        if any(one >= after for one, after in pairwise(declared.edges)):
            yield Flaw(f"{where}.edges", "ascending numbers", repr(declared.edges), "sort them")
        count = len(declared.edges) + 1
        if (declared.bands or declared.edges) and len(declared.bands) != count:
            expected = f"{count} names, one more than edges"
            yield Flaw(f"{where}.bands", expected, f"{len(declared.bands)}", "give every band its name")


def stress_flaws(stress: StressDeclaration, features: FeatureSet) -> Iterator[Flaw]:
    """Whether sources speak of streams, and examples of features."""
    for name, source in stress.sources.items():
        where = f"stress.sources.{name}"
        if name == EVERY_SOURCE:
            yield Flaw(where, f"another name than {EVERY_SOURCE!r}", repr(name), "rename it: all at once has this name")
        for part, streams in (("streams", source.streams), ("ends", source.ends)):
            yield from every_unknown_name(f"{where}.{part}", "one of features.streams", streams, features.streams)
        if not source.streams and not source.ends:
            yield Flaw(where, "streams that fail with it", "none", "name them, or take the source out")
    known = feature_types(features)
    if stress.outcomes:
        names = [*stress.sources]
        yield from every_unknown_name("stress.outcomes", "one of stress.sources", [stress.outcomes], names)
    yield from repeated_names("stress", "example or change", (one.name for one in (*stress.examples, *stress.changes)))
    for example in stress.examples:
        names = dict.fromkeys(name for values in example.expected.values() for name in values)
        yield from every_unknown_name(f"stress.examples.{example.name}.expected", "a feature", names, list(known))


def source_feed_flaws(stress: StressDeclaration, messages: Sequence[Messages]) -> Iterator[Flaw]:
    """Whether the feeds of sources are declared, where messages are, and come from one source only."""
    if not messages:
        return
    feeds = [feed for declared in messages for feed in declared.feeds]
    for name, source in stress.sources.items():
        yield from every_unknown_name(f"stress.sources.{name}.feeds", "a feed of messages", source.feeds, feeds)
    every = (feed for source in stress.sources.values() for feed in source.feeds)
    yield from repeated_names("stress.sources", "feed", every)


def message_flaws(messages: Sequence[Messages], tables: Sequence[Table]) -> Iterator[Flaw]:
    """Whether keys and feeds make every raw column of their table once, and when they are known is a moment in it."""
    monthly = {table.name: table for table in tables if table.monthly}
    yield from repeated_names("messages", "table", (declared.table for declared in messages))
    yield from repeated_names("messages", "feed", (feed for declared in messages for feed in declared.feeds))
    for place, declared in enumerate(messages):
        where = f"messages[{place}]"
        if declared.table not in monthly:
            yield unknown_name(f"{where}.table", "a monthly table", declared.table, list(monthly))
            continue
        yield from _feeds(where, declared, list(monthly[declared.table].schema.columns))
        yield from _of_key(where, declared, monthly[declared.table], "day")
        yield from _known_at(f"{where}.known_at", declared, monthly[declared.table])


def _feeds(where: str, declared: Messages, raw: Sequence[str]) -> Iterator[Flaw]:
    kind = f"a raw column of {declared.table}"
    yield from every_unknown_name(f"{where}.key", kind, declared.key, raw)
    if not declared.key or not declared.feeds:
        yield Flaw(where, "a key and a feed at least", "none", "name the columns of the key, and a kind of message")
    for feed, columns in declared.feeds.items():
        yield from every_unknown_name(f"{where}.feeds.{feed}", kind, columns, raw)
    carried = [*declared.key, *(name for columns in declared.feeds.values() for name in columns)]
    yield from repeated_names(f"{where}.feeds", "column, in the key or in one feed,", carried)
    for name in raw:
        if name not in carried:
            remedy = "add it to the feed that brings it"
            yield Flaw(f"{where}.feeds", f"every raw column of {declared.table} in a feed", f"{name!r} in none", remedy)


def _known_at(where: str, declared: Messages, table: Table) -> Iterator[Flaw]:
    yield from every_unknown_name(where, "a feed", declared.known_at, list(declared.feeds))
    moments = [name for name, column in table.columns.items() if (column.metadata or {}).get("dtype") == MOMENT]
    for feed, column in declared.known_at.items():
        if column not in moments:
            yield unknown_name(f"{where}.{feed}", f"a column of moments of the clean {table.name}", column, moments)


def _of_key(where: str, declared: Messages, table: Table, name: str) -> Iterator[Flaw]:
    """Whether a column of the clean table is in the key, or follows from it."""
    known = [] if name in table.added else [*declared.key]
    known += [one.name for one in table.derived_from(declared.key)]
    if name not in known:
        remedy = f"add to the key what {name!r} is derived from"
        yield Flaw(f"{where}.key", f"columns from which {name!r} follows", ", ".join(declared.key) or "none", remedy)


def predicted_flaws(messages: Sequence[Messages], features: FeatureSet, tables: Sequence[Table]) -> Iterator[Flaw]:
    """Whether messages, where there are any, bring all the tables that features read, and name the rows beforehand."""
    if not messages:
        return
    declared = {one.table: one for one in messages}
    for name in features.tables:
        if name not in declared:
            remedy = "declare them, or leave out all messages: then nothing is predicted from messages"
            yield Flaw("messages", f"messages of {name}, which features read", "none", remedy)
    predicted = declared.get(next(iter(features.tables), ""))
    for table in tables:
        if predicted is not None and table.name == predicted.table:
            where = f"messages[{list(messages).index(predicted)}]"
            yield from _of_key(where, predicted, table, "id")
            if (first := next(iter(predicted.feeds), None)) in predicted.known_at:
                remedy = "take it out: its rows are predicted from what it says"
                yield Flaw(f"{where}.known_at", f"{first!r} known beforehand", repr(predicted.known_at[first]), remedy)


def protocol_flaws(protocol: Protocol, tables: Sequence[Table], features: FeatureSet) -> Iterator[Flaw]:
    """Whether a protocol reads tables and features that there are."""
    contract = {table.name: table for table in tables}
    columns = {**dict.fromkeys(ROW_COLUMNS), **feature_types(features)}
    yield from every_unknown_name("protocol.tables", "a table", protocol.tables, list(contract))
    yield from every_unknown_name(
        "protocol.features", "a column of the feature table", protocol.features, list(columns)
    )
    yield from repeated_names("protocol.steps", "step", (step.name for step in protocol.steps))
    if not protocol.steps:
        yield Flaw("protocol.steps", "a step at least", "none", "the first rebuilds the published figure")
    for step in protocol.steps:
        yield from every_unknown_name(f"protocol.steps.{step.name}.kind", "a kind of step", [step.kind], STEP_KINDS)
        yield from _late(f"protocol.steps.{step.name}.late", step.late, contract)


def _late(where: str, late: Sequence[tuple[str, str]], contract: Mapping[str, Table]) -> Iterator[Flaw]:
    for table, column in late:
        if table not in contract:
            yield unknown_name(where, "a table", table, list(contract))
        elif column not in contract[table].columns:
            yield unknown_name(where, f"a column of {table}", column, list(contract[table].columns))


def story_flaws(story: Story, slices: Sequence[Slice]) -> Iterator[Flaw]:
    """Whether a story speaks of slices that there are."""
    names = [declared.name for declared in slices]
    yield from every_unknown_name("story.bands", "a slice", dict.fromkeys(name for name, _ in story.bands), names)
