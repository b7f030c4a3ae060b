"""A feature set and clean tables -> the feature table of a month, with outcomes; and what every column means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

import pandas as pd

from ontime.core.features.point_in_time import reach, read_as_of
from ontime.dataset.feature_outputs import check_keys
from ontime.dataset.features import (
    AsOf,
    Feature,
    FeatureSet,
    Latest,
    Open,
    Stream,
    Usual,
    Waited,
    Window,
    column_names,
    span,
)
from ontime.errors import OntimeError

Tables = Mapping[str, pd.DataFrame]
Read = Callable[[str, str], pd.DataFrame]

ROW = ["id", "starts_at", "day", "predict_at"]
OUTCOME = ["outcome", "outcome_known_at"]
KEYS = [*ROW, *OUTCOME]  # what every row has beside its features
MARGIN_DAYS = 2  # local days and UTC differ, and an early departure may stand in the month after


def build(features: FeatureSet, rows: Tables, tables: Tables, lead_hours: float) -> pd.DataFrame:
    """The feature table: `id, starts_at, day, predict_at`, the features, `outcome`, `outcome_known_at`.

    rows: clean tables with only the rows to predict; tables: the same with the past that they may read.
    """
    frame, events = features.rows(rows, lead_hours), features.events(tables)
    check_keys(features, frame, events)
    return assemble(features, frame, read_as_of(features.asof, frame, events))


def assemble(features: FeatureSet, frame: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """The feature table of rows (n) as `features.rows` gives them, and of what was known at their moments (n)."""
    declared = declared_features(features)
    types = {feature.name: feature.dtype for feature in declared}
    columns = pd.concat([frame, known], axis=1)
    for one in features.derived:
        arrays = [columns[name].to_numpy() for name in one.reads]
        columns = columns.assign(**{one.name: one.compute(*arrays)})
    return columns[[*ROW, *types, *OUTCOME]].astype(types)


def build_months(
    features: FeatureSet, months: Sequence[str], there: Sequence[str], read: Read, lead_hours: float
) -> Iterator[tuple[str, pd.DataFrame]]:
    """The feature table of one month after another, by month, each computed with the past that it may read.

    there: the months that there are clean tables of; read(table, month): a month of a clean table.
    """
    kept: dict[str, dict[str, pd.DataFrame]] = {}
    predicted = features.tables[0]
    for month in months:
        needed = [near for near in months_needed(features, month, lead_hours) if near in there]
        kept = {near: kept.get(near) or {name: read(name, near) for name in features.tables} for near in needed}
        tables = with_past(features, month, kept, lead_hours)
        yield month, build(features, {**tables, predicted: kept[month][predicted]}, tables, lead_hours)


def with_past(features: FeatureSet, month: str, kept: Mapping[str, Tables], lead_hours: float) -> Tables:
    """Of the months `kept`, what the rows of `month` may read, as one frame by table."""
    days = days_needed(features, month, lead_hours)
    return {
        name: pd.concat([_within(tables[name], *days) for tables in kept.values()], ignore_index=True)
        for name in features.tables
    }


def months_needed(features: FeatureSet, month: str, lead_hours: float) -> list[str]:
    """The months whose events the rows of `month` may read: those before it, itself and the next."""
    first, last = days_needed(features, month, lead_hours)
    return [str(period) for period in pd.period_range(first, last, freq="M")]


def days_needed(features: FeatureSet, month: str, lead_hours: float) -> tuple[pd.Timestamp, pd.Timestamp]:
    """The first and the last day whose events the rows of `month` may read."""
    own = pd.Period(month)
    ahead = max((one.ahead for one in features.asof if isinstance(one, Window)), default=0.0)
    first = own.start_time - pd.Timedelta(hours=reach(features.asof) + lead_hours, days=MARGIN_DAYS)
    return first.normalize(), (own.end_time + pd.Timedelta(hours=ahead, days=MARGIN_DAYS)).normalize()


def declared_features(features: FeatureSet) -> list[Feature]:
    """Every feature in the order of the feature table: own ones, those read of the streams, derived ones."""
    kept = [feature for feature in _read_of_streams(features) if feature.name not in features.dropped]
    return [*features.own, *kept, *(one.feature for one in features.derived)]


def column_types(features: FeatureSet) -> dict[str, str]:
    """The type by name of every column that is read of the streams, what is dropped among them, and of derived ones."""
    return {one.name: one.dtype for one in (*_read_of_streams(features), *(one.feature for one in features.derived))}


def read_by(features: FeatureSet, names: Iterable[str]) -> FeatureSet:
    """The same feature set with only the declarations that give these columns, or that such columns are derived from.

    A model of few features so costs few; every value is what it was. Features that rows bring themselves stay.
    """
    wanted, derived = set(names), []
    for one in reversed(features.derived):
        if one.name in wanted:
            wanted.update(one.reads)
            derived.insert(0, one)
    read = [asof for asof in features.asof if not wanted.isdisjoint(column_names(asof))]
    keys = {key for asof in read for key in asof.keys}
    groups = {
        group: tuple(asof for asof in declared if asof in read or (isinstance(asof, Usual) and asof.name in keys))
        for group, declared in features.groups.items()
    }
    dropped = tuple(name for name in features.dropped if any(name in column_names(asof) for asof in read))
    return replace(features, groups=groups, derived=tuple(derived), dropped=dropped)


def model_features(features: FeatureSet, leave_out: Sequence[str]) -> dict[str, str]:
    """The features that a model reads, type by name: all but those that are left out.

    leave_out: feature groups, names, and patterns of names with `*`. Raises OntimeError where one of them matches
    nothing, or where no feature is left.
    """
    declared = declared_features(features)
    matched = {
        pattern: {one.name for one in declared if one.group == pattern or fnmatchcase(one.name, pattern)}
        for pattern in leave_out
    }
    if unknown := [pattern for pattern, names in matched.items() if not names]:
        groups = sorted({feature.group for feature in declared})
        raise OntimeError(f"train.leave_out: no feature or group is {unknown}; groups: {groups}; see docs/features.md")
    out = set().union(*matched.values())
    types = {feature.name: feature.dtype for feature in declared if feature.name not in out}
    if not types:
        raise OntimeError("train.leave_out: no feature is left for the model")
    return types


def ablations(features: FeatureSet, leave_out: Sequence[str]) -> dict[str, dict[str, str]]:
    """By name of each ablation, the features that a model reads without its groups: type by name."""
    return {name: model_features(features, [*leave_out, *groups]) for name, groups in features.ablation.items()}


def _within(table: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
    inside = table["day"].between(first, last)
    return table if inside.all() else table[inside]


def _read_of_streams(features: FeatureSet) -> Iterator[Feature]:
    for group, declared in features.groups.items():
        for asof in declared:
            yield from _of_asof(asof, features, group)


def _of_asof(asof: AsOf, features: FeatureSet, group: str) -> list[Feature]:
    stream, pointers = features.streams[asof.stream], features.usual
    of = next((f" of {pointers[key].about}" for key in asof.keys if key in pointers), "")
    same = [key for key in asof.keys if key not in pointers]
    keys = f"{', '.join(same[:-1])} and {same[-1]}" if len(same) > 1 else "".join(same)
    events = f"{stream.about}{of}" + (f" with the same {keys}" if keys else "")
    source = features.waiting.get(asof, "")
    return [
        Feature(name, meaning, unit, stream.clock, stream.table, group, _window(asof), dtype, source)
        for name, (meaning, unit, dtype) in zip(column_names(asof), _meanings(asof, stream, events), strict=True)
    ]


def _meanings(asof: AsOf, stream: Stream, events: str) -> list[tuple[str, str, str]]:
    """Meaning, unit and type of each column that a declaration makes. events: what it reads, in words."""
    match asof:
        case Usual():
            return []
        case Window():
            counted = [(f"number of {events}", "", "int32")] if asof.count else []
            fields = [stream.fields[name] for name in asof.means]
            return [*counted, *((field.meaning.format(events), field.unit, "float32") for field in fields)]
        case Open():
            return [
                (f"number of {events} that are overdue", "", "int32"),
                (f"share of {events} that are overdue", "", "float32"),
                (f"mean time that {events} are overdue", "minutes", "float32"),
            ]
        case Waited(within=within):
            return [(f"mean time that {events} were overdue, each at most {span(within)}", "minutes", "float32")]
        case Latest():
            fields = [stream.fields[name] for name in asof.fields]
            ages = [(f"time since the latest of {events}", "minutes", "float32")] if asof.age else []
            return [*((f"latest {field.meaning.format(events)}", field.unit, "float32") for field in fields), *ages]


def _window(asof: AsOf) -> str:
    match asof:
        case Window(ahead=ahead) if ahead:
            return f"-{span(asof.hours)} to +{span(ahead)}"
        case Waited(within=within):
            return f"{span(asof.hours)}, {span(within)} ago"
        case Latest(ago=ago) if ago:
            return f"{span(ago)} ago, at most {span(asof.hours)} old"
        case Latest() | Open() | Usual():
            return f"at most {span(asof.hours)} old"
    return span(asof.hours)
