"""What `rows`, `events` and the derived features give -> the same, or every flaw of it at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from ontime.dataset.check_features import keys_of_events, keys_of_rows
from ontime.dataset.dtypes import (
    DAY,
    FLAG,
    MOMENT,
    TEXT,
    castable_flaws,
    column_flaws,
    gap_flaws,
    is_whole,
    kind_of,
)
from ontime.dataset.features import Derived, FeatureSet, Open, Waited, Window
from ontime.dataset.flaws import Flaw, raise_flaws, unknown_name

Tables = Mapping[str, pd.DataFrame]

# What every row has beside its keys and features. All but the last two have a value in every row.
ROW_TYPES = {
    "id": TEXT,
    "starts_at": MOMENT,
    "predict_at": MOMENT,
    "day": DAY,
    "outcome": FLAG,
    "outcome_known_at": MOMENT,
}
KNOWN_FROM_THE_START = ("id", "starts_at", "predict_at", "day")
EVENT_TYPES = {"id": TEXT, "moment": MOMENT}
FROM_DAY = pd.Timedelta(days=2)  # local days and UTC differ by less; `day` says which months of the past are read


def checked_rows(features: FeatureSet, tables: Tables, lead_hours: float) -> pd.DataFrame:
    """The rows (n) that are predicted. Raises DeclarationError with all that is wrong with them."""
    rows = features.rows(tables, lead_hours)
    own = {feature.name: feature.dtype for feature in features.own}
    wanted = {**dict.fromkeys((*keys_of_rows(features), *own)), **ROW_TYPES}
    flaws = column_flaws("features.rows", rows, wanted)
    if isinstance(rows, pd.DataFrame) and rows.columns.is_unique:
        flaws += _own_flaws(features, rows, own)
        sound = {name for name, dtype in ROW_TYPES.items() if name in rows and str(rows[name].dtype) == dtype}
        flaws += _row_flaws(rows, sound, lead_hours)
    raise_flaws(flaws, "what `rows` of the features gives")
    return rows


def _own_flaws(features: FeatureSet, rows: pd.DataFrame, own: Mapping[str, str]) -> Iterator[Flaw]:
    for name, dtype in own.items():
        where = f"features.rows, column {name}"
        if name in rows:
            yield from castable_flaws(where, rows[name], dtype)
            if features.climate.get(name) is not None:
                yield from gap_flaws(where, rows[name], "fill them, or take it out of features.climate")


def _row_flaws(rows: pd.DataFrame, sound: set[str], lead_hours: float) -> Iterator[Flaw]:
    where = "features.rows"
    known = [name for name in KNOWN_FROM_THE_START if name in sound]
    yield from _gaps(where, rows[known], "it is known from the start: leave such rows out")
    if "id" in sound:
        yield from _repeated_ids(where, rows["id"])
    if {"starts_at", "predict_at"} <= sound:
        lead = pd.Timedelta(hours=lead_hours).as_unit("us")
        wrong = rows["predict_at"] != rows["starts_at"] - lead
        remedy = "predict_at = starts_at - pd.Timedelta(hours=lead_hours).as_unit('us')"
        yield from _some(f"{where}, column predict_at", f"{lead_hours:g} hours before starts_at", wrong, rows, remedy)
    if "day" in sound:
        wrong = rows["day"] != rows["day"].dt.normalize()
        yield from _some(f"{where}, column day", "dates, at midnight", wrong, rows, ".dt.normalize()")
    if {"day", "starts_at"} <= sound:
        wrong = (rows["starts_at"].dt.tz_localize(None) - rows["day"]).abs() > FROM_DAY
        yield from _some(
            f"{where}, column day", "the local date of starts_at", wrong, rows, "make it of the same moment"
        )
    if {"outcome", "outcome_known_at"} <= sound:
        wrong = rows["outcome"].notna() & rows["outcome_known_at"].isna()
        remedy = "give the moment from which it is known, or make the outcome missing"
        yield from _some(f"{where}, column outcome_known_at", "a moment for every outcome", wrong, rows, remedy)


def checked_events(features: FeatureSet, ends: frozenset[str], tables: Tables) -> dict[str, pd.DataFrame]:
    """The events of every stream. ends: streams that must say `until`, beside those that are read as open.

    Raises DeclarationError with all that is wrong with them.
    """
    events = features.events(tables)
    raise_flaws(_event_flaws(features, ends, events), "what `events` of the features gives")
    return events


def _event_flaws(features: FeatureSet, ends: frozenset[str], events: object) -> Iterator[Flaw]:
    if not isinstance(events, Mapping):
        yield Flaw("features.events", "a dictionary of frames", f"a {type(events).__name__}", "give a frame by stream")
        return
    for name in events:
        if name not in features.streams:
            yield unknown_name("features.events", "one of features.streams", str(name), list(features.streams))
    for name in features.streams:
        if name in events:
            yield from _stream_flaws(features, name, events[name], ends)
        else:
            yield Flaw("features.events", f"the events of the stream {name!r}", "none", "give its frame, be it empty")


def _stream_flaws(features: FeatureSet, name: str, frame: pd.DataFrame, ends: frozenset[str]) -> Iterator[Flaw]:
    where, fields = f"features.events, stream {name!r}", features.streams[name].fields
    lasting = name in ends or any(isinstance(asof, Open | Waited) and asof.stream == name for asof in features.asof)
    until = {"until": MOMENT} if lasting or (isinstance(frame, pd.DataFrame) and "until" in frame) else {}
    wanted = {**dict.fromkeys((*keys_of_events(features, name), *fields)), **EVENT_TYPES, **until}
    yield from column_flaws(where, frame, wanted)
    if not isinstance(frame, pd.DataFrame) or not frame.columns.is_unique:
        return
    there = [column for column in EVENT_TYPES if column in frame]
    yield from _gaps(where, frame[there], "leave out what has not happened: .dropna()")
    if "id" in frame:
        yield from _repeated_ids(where, frame["id"])
    for usual in features.usual.values():
        pointing = [usual.field] if usual.stream == name else []
        pointing += [usual.name] if usual.name in keys_of_events(features, name) else []
        for column in [column for column in pointing if column in frame]:
            yield from _text_flaws(f"{where}, column {column}", frame[column])
    means = {mean for asof in features.asof if isinstance(asof, Window) and asof.stream == name for mean in asof.means}
    for field in fields:
        if field in frame:
            yield from _field_flaws(f"{where}, field {field}", frame, field, averaged=field in means)


def _gaps(where: str, frame: pd.DataFrame, remedy: str) -> Iterator[Flaw]:
    for name in frame:
        yield from gap_flaws(f"{where}, column {name}", frame[name], remedy)


def _text_flaws(where: str, values: pd.Series) -> Iterator[Flaw]:
    """What points to other events, or is pointed to, is text and never missing."""
    if kind_of(values) != kind_of(pd.Series(dtype=TEXT)):
        yield Flaw(where, "text, since it names what is pointed to", str(values.dtype), ".astype('str')")
    else:
        yield from gap_flaws(where, values, "leave out events without one: .dropna()")


def _field_flaws(where: str, frame: pd.DataFrame, field: str, *, averaged: bool) -> Iterator[Flaw]:
    values = frame[field]
    if not (pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values)):
        yield Flaw(where, "numbers", str(values.dtype), ".astype('float64'), or .astype('Int64')")
    elif averaged:
        wrong = pd.Series(~is_whole(values), index=frame.index)
        expected = "whole numbers without gaps, since a Window takes their mean"
        remedy = "leave out events without one (.dropna()), round it, or read it by a Latest"
        yield from _some(where, expected, wrong, frame, remedy, values)


def checked_values(derived: Derived, *columns: np.ndarray) -> np.ndarray:
    """The values of a derived feature from the columns (n,) that it reads.

    Raises DeclarationError where there are not n of them, or where they cannot have the type that is declared.
    """
    values, where = derived.compute(*columns), f"features.derived.{derived.name}.compute"
    rows = len(columns[0]) if columns else 0
    if not isinstance(values, np.ndarray) or values.shape != (rows,):
        shape = f"one of shape {values.shape}" if isinstance(values, np.ndarray) else f"a {type(values).__name__}"
        remedy = "give a value for each row"
        flaws = [Flaw(where, f"an array of {rows:,} numbers", shape, remedy)]
    elif values.dtype.kind == "f" and derived.feature.dtype.startswith("float"):
        return values  # at once: a service asks row by row
    else:
        flaws = [*castable_flaws(where, pd.Series(values), derived.feature.dtype)]
    raise_flaws(flaws, f"the derived feature {derived.name}")
    return values


def check_keys(features: FeatureSet, rows: pd.DataFrame, events: Tables) -> None:
    """Raises DeclarationError where a key of rows and of events is of different kinds, so that none is ever equal."""
    raise_flaws(_key_flaws(features, rows, events), "what `rows` and `events` of the features give")


def _key_flaws(features: FeatureSet, rows: pd.DataFrame, events: Tables) -> Iterator[Flaw]:
    for name in features.streams:
        for key in [key for key in keys_of_events(features, name) if key in rows]:
            of_rows, of_events = kind_of(rows[key]), kind_of(events[name][key])
            if of_rows != of_events and len(rows) and len(events[name]):
                where = f"features.events, stream {name!r}, key {key}"
                yield Flaw(where, f"{of_rows}, as the rows have", of_events, "give both the same type")


def _repeated_ids(where: str, ids: pd.Series) -> Iterator[Flaw]:
    if not ids.is_unique:
        twice = ids[ids.duplicated()]
        example = f"{len(twice):,} that came before, for example {twice.iloc[0]!r}"
        yield Flaw(
            f"{where}, column id", "each id once", example, "make the id of all that names it, or drop the copies"
        )


def _some(
    where: str, expected: str, wrong: pd.Series, frame: pd.DataFrame, remedy: str, values: pd.Series | None = None
) -> Iterator[Flaw]:
    """The flaw of the rows where something is wrong, with the first of them as an example."""
    wrong = wrong.fillna(value=False)
    if not wrong.any():
        return
    place = int(wrong.to_numpy(dtype=bool).argmax())
    name = frame["id"].iloc[place] if "id" in frame else f"row {place + 1}"
    example = f"{name} has {values.iloc[place]}" if values is not None else str(name)
    yield Flaw(where, expected, f"{int(wrong.sum()):,} of {len(wrong):,} otherwise, for example {example}", remedy)
