"""A feature set, and the tables that it reads -> flaws of how it is declared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ontime.dataset.contract import Table
from ontime.dataset.dtypes import FEATURE_TYPES, TEXT, declared_type
from ontime.dataset.features import AsOf, FeatureSet, Latest, Stream, Usual, Waited, Window, column_names
from ontime.dataset.flaws import Flaw, every_unknown_name, repeated_names, unknown_name
from ontime.dataset.forms import call_flaws

# What a row has beside its features, with its type; across the seam nothing else has a fixed name.
ROW_COLUMNS = ("id", "starts_at", "day", "predict_at", "outcome", "outcome_known_at")
# Columns of an event that are no field; 'minute' is what an Open sums, the minute of the moment.
EVENT_COLUMNS = ("id", "moment", "until", "minute")


def feature_flaws(features: FeatureSet) -> Iterator[Flaw]:
    """Everything that is wrong with a feature set whose form is right."""
    yield from call_flaws("features.rows", features.rows, 2)
    yield from call_flaws("features.events", features.events, 1)
    if not features.tables:
        yield Flaw(
            "features.tables", "the clean tables that are read", "none", "name the table whose rows are predicted"
        )
    yield from repeated_names("features.tables", "table", features.tables)
    for name, stream in features.streams.items():
        yield from every_unknown_name(
            f"features.streams.{name}.table", "one of features.tables", [stream.table], features.tables
        )
        yield from _reserved(f"features.streams.{name}.fields", stream.fields, EVENT_COLUMNS)
        yield from _heard_from(name, stream, features)
    for group, declared in features.groups.items():
        for place, asof in enumerate(declared):
            yield from _asof(f"features.groups.{group}[{place}]", asof, features)
    yield from repeated_names("features.groups", "key", [one.name for one in features.asof if isinstance(one, Usual)])
    yield from _columns(features)
    yield from _climate(features)
    own = [*features.own, *(one.feature for one in features.derived)]
    groups = {one.group for one in own} | set(features.groups)
    for name, left_out in features.ablation.items():
        yield from every_unknown_name(f"features.ablation.{name}", "a feature group", left_out, sorted(groups))


def feature_table_flaws(features: FeatureSet, tables: Sequence[Table]) -> Iterator[Flaw]:
    """Whether the tables of a feature set are monthly tables of the contract."""
    monthly = [table.name for table in tables if table.monthly]
    for name in features.tables:
        if name in {table.name for table in tables} - {*monthly}:
            remedy = f"take {name!r} out: what features read of it, a derived column of a monthly table can hold"
            yield Flaw("features.tables", "monthly tables", f"{name!r}, a reference table", remedy)
        elif name not in monthly:
            yield unknown_name("features.tables", "a monthly table", name, monthly)
    if features.joined_by:
        columns = [name for table in tables if table.name in features.tables[:1] for name in table.columns]
        yield from every_unknown_name(
            "features.joined_by", "a column of the table that is predicted", [features.joined_by], columns
        )


def feature_types(features: FeatureSet) -> dict[str, str | None]:
    """The names of all columns of the feature table that are features, with the type that is declared, if one is."""
    of_streams = [name for asof in features.asof for name in column_names(asof)]
    kept = [name for name in of_streams if name not in features.dropped]
    derived = {one.name: one.feature.dtype for one in features.derived}
    return {**{feature.name: feature.dtype for feature in features.own}, **dict.fromkeys(kept), **derived}


def keys_of_rows(features: FeatureSet) -> list[str]:
    """The keys by which streams are read, as far as rows bring them."""
    return [
        key for key in dict.fromkeys(key for asof in features.asof for key in asof.keys) if key not in features.usual
    ]


def keys_of_events(features: FeatureSet, stream: str) -> list[str]:
    """The keys by which a stream is read, and the fields that point from it to others."""
    read = [asof for asof in features.asof if asof.stream == stream]
    pointing = [asof.field for asof in read if isinstance(asof, Usual)]
    return list(dict.fromkeys([key for asof in read for key in asof.keys] + pointing))


def _heard_from(name: str, stream: Stream, features: FeatureSet) -> Iterator[Flaw]:
    """What waits is itself no message: another stream says that the source is alive."""
    heard = [other for other, declared in features.streams.items() if not declared.heard_from]
    where, named = f"features.streams.{name}.heard_from", [stream.heard_from] if stream.heard_from else []
    yield from every_unknown_name(where, "a stream that waits for none", named, heard)


def _asof(where: str, asof: AsOf, features: FeatureSet) -> Iterator[Flaw]:
    if asof.hours <= 0:
        yield Flaw(f"{where}.hours", "more than 0", repr(asof.hours), "say how many hours back it looks")
    stream = features.streams.get(asof.stream)
    if stream is None:
        yield unknown_name(f"{where}.stream", "one of features.streams", asof.stream, features.streams)
        return
    match asof:
        case Window():
            yield from _fields(f"{where}.means", asof.means, asof.stream, stream)
            yield from _window(where, asof, stream)
        case Latest():
            yield from _latest(where, asof, stream)
        case Usual():
            yield from _usual(where, asof, features)
        case Waited() if asof.within <= 0:
            yield Flaw(f"{where}.within", "more than 0 hours", repr(asof.within), "say how long a wait counts")


def _latest(where: str, latest: Latest, stream: Stream) -> Iterator[Flaw]:
    yield from _fields(f"{where}.fields", latest.fields, latest.stream, stream)
    if latest.ago < 0:
        yield Flaw(f"{where}.ago", "0 or more hours", repr(latest.ago), "what is known later may not be read")
    if not latest.fields and not latest.age:
        yield Flaw(f"{where}.fields", "a field at least", "none", "name what is read, or take it out")


def _fields(where: str, fields: Sequence[str], name: str, stream: Stream) -> Iterator[Flaw]:
    yield from every_unknown_name(where, f"a field of the stream {name!r}", fields, stream.fields)


def _usual(where: str, usual: Usual, features: FeatureSet) -> Iterator[Flaw]:
    if usual.field in features.streams[usual.stream].fields:
        yield Flaw(f"{where}.field", "a column of text", f"{usual.field!r}, a number", "name what it points to")
    if pointing := sorted({*usual.keys} & {*features.usual}):
        remedy = "read it by keys that `rows` brings"
        yield Flaw(f"{where}.keys", "keys that do not point to others", repr(pointing[0]), remedy)
    if not any(usual.name in other.keys for other in features.asof):
        yield Flaw(where, f"something that reads by {usual.name!r}", "nothing", "declare it, or take this one out")


def _window(where: str, window: Window, stream: Stream) -> Iterator[Flaw]:
    if not window.count and not window.means:
        yield Flaw(where, "a count or a mean", "count=False and no means", "name what is read, or take it out")
    if window.anchor not in {"predict_at", "starts_at"}:
        yield unknown_name(f"{where}.anchor", "a moment", window.anchor, ("predict_at", "starts_at"))
    elif window.anchor == "starts_at" and not stream.clock.beforehand:
        remedy = "use 'predict_at', else it reads what is not known yet"
        yield Flaw(
            f"{where}.anchor", f"'predict_at', since {window.stream!r} is not known beforehand", "'starts_at'", remedy
        )
    if window.ahead < 0 or (window.ahead and window.anchor != "starts_at"):
        remedy = "only a stream that is known beforehand may be read ahead, from 'starts_at' on"
        yield Flaw(
            f"{where}.ahead", "0, or hours after 'starts_at'", f"{window.ahead!r} after {window.anchor!r}", remedy
        )


def _columns(features: FeatureSet) -> Iterator[Flaw]:
    of_streams = [name for asof in features.asof for name in column_names(asof)]
    declared = {"own": [*features.own], "derived": [one.feature for one in features.derived]}
    names = {part: [feature.name for feature in of_part] for part, of_part in declared.items()}
    kept = [name for name in of_streams if name not in features.dropped]
    yield from every_unknown_name(
        "features.dropped", "a column that is read of the streams", features.dropped, of_streams
    )
    yield from repeated_names("features", "feature", [*names["own"], *kept, *names["derived"]])
    yield from _derived(features, [*names["own"], *of_streams])
    for part, of_part in declared.items():
        yield from _reserved(f"features.{part}", names[part], ROW_COLUMNS)
        for feature in of_part:
            where = f"features.{part}.{feature.name}"
            yield from declared_type(f"{where}.dtype", feature.dtype, FEATURE_TYPES)
            yield from every_unknown_name(f"{where}.table", "one of features.tables", [feature.table], features.tables)
    if not any([*names.values(), kept]):
        yield Flaw("features", "a feature at least", "none", "declare what a model may read")


def _derived(features: FeatureSet, before: Sequence[str]) -> Iterator[Flaw]:
    """before: the names of the columns that are there when the first feature is derived."""
    there = [*before]
    for one in features.derived:
        where = f"features.derived.{one.name}"
        yield from call_flaws(f"{where}.compute", one.compute, len(one.reads))
        yield from every_unknown_name(f"{where}.reads", "a column that is there before it", one.reads, there)
        there.append(one.name)
    read = {name for one in features.derived for name in one.reads}
    for name in [name for name in features.dropped if name not in read]:
        remedy = "take it out, or let a derived feature read it"
        yield Flaw("features.dropped", "columns that a derived feature reads", repr(name), remedy)


def _climate(features: FeatureSet) -> Iterator[Flaw]:
    own = {feature.name: feature.dtype for feature in features.own}
    for name, width in features.climate.items():
        where = f"features.climate.{name}"
        if name not in own:
            yield unknown_name(where, "a feature of features.own, which is always known", name, own)
        elif width is not None and own[name] == TEXT:
            yield Flaw(where, "None, since it is text", repr(width), "write None: every value counts for itself")
        elif width is not None and width <= 0:
            yield Flaw(where, "a width above 0, or None", repr(width), "say how wide a step is")


def _reserved(where: str, names: Iterable[str], reserved: Sequence[str]) -> Iterator[Flaw]:
    for name in names:
        if name in reserved:
            yield Flaw(
                where, f"other names than {', '.join(reserved)}", repr(name), "rename it: this one has a meaning"
            )
