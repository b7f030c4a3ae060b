"""What `rows`, `events` and the derived features of the second dataset's features may give wrongly: each is told."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from broken import clean_tables, features, featurized, flaws_in_words, one_missing, toy_with
from toy import TOY
from toy.clocks import LEFT
from toy.features import FEATURES, events, rows

from ontime.core.features.table import KEYS, MARGIN_DAYS, build, declared_features
from ontime.dataset.check_features import ROW_COLUMNS, feature_types
from ontime.dataset.feature_outputs import FROM_DAY, ROW_TYPES
from ontime.dataset.features import Derived, Feature, Latest, Usual, Value, Window
from ontime.dataset.flaws import DeclarationError
from ontime.flights import FLIGHTS

ROAD = FEATURES.groups["road"]


def changed_rows(**columns: Any) -> dict[str, Any]:
    return features(rows=lambda tables, lead_hours: rows(tables, lead_hours).assign(**columns))


def renamed(hour: str) -> dict[str, Any]:
    return features(rows=lambda tables, lead_hours: rows(tables, lead_hours).rename(columns={"hour": hour}))


def changed_events(**columns: Any) -> dict[str, Any]:
    return features(events=lambda tables: {"left": events(tables)["left"].assign(**columns)})


TREND = Feature("trend", "trend", "", LEFT, "parcels", "road")


def derived(compute: Callable[..., Any]) -> dict[str, Any]:
    """Features with one more, which follows from the share of parcels that left late."""
    return features(derived=(Derived(TREND, ("left_depot_24h_late",), compute),))


BY_KIND = features(groups={"road": (*ROAD, Window("left", ("kind",), 24))})
POINTED = (*ROAD, Usual("next", "the next", "left", ("depot",), 24, "kind"), Window("left", ("next",), 24))


def pointing(**columns: Any) -> dict[str, Any]:
    """Features that read by a key which points to others, and events with these columns."""
    return features(
        groups={"road": POINTED},
        events=lambda tables: {"left": events(tables)["left"].assign(**{"kind": "a", "next": "a"} | columns)},
    )


GIVEN: dict[str, tuple[dict[str, Any], str, str]] = {
    # keys that point to other events
    "a number to point to": (pointing(kind=1), "stream 'left', column kind", "text, since it names"),
    "a number that is pointed to": (pointing(next=1.0), "stream 'left', column next", "text, since it names"),
    "nothing to point to": (pointing(kind=lambda e: one_missing(e["depot"])), "column kind", "1 of"),
    "an event that nothing can point to": (pointing(next=lambda e: one_missing(e["depot"])), "column next", "1 of"),
    # rows
    "an integer id": (
        changed_rows(id=lambda r: range(len(r))),
        "features.rows, column id: expected str; found int64",
        "'str'",
    ),
    "an Int64 id": (changed_rows(id=lambda r: r.index.astype("Int64")), "features.rows, column id", ".astype('str')"),
    "an id that is missing": (
        changed_rows(id=lambda r: one_missing(r["id"])),
        "features.rows, column id",
        "1 of 800 missing",
    ),
    "ids twice": (changed_rows(id="same"), "features.rows, column id", "each id once"),
    "naive starts_at": (
        changed_rows(starts_at=lambda r: r["starts_at"].dt.tz_localize(None)),
        "features.rows, column starts_at",
        ".dt.tz_localize(<their zone>)",
    ),
    "local starts_at": (
        changed_rows(starts_at=lambda r: r["starts_at"].dt.tz_convert("Europe/Rome")),
        "features.rows, column starts_at",
        ".dt.tz_convert('UTC')",
    ),
    "nanoseconds in rows": (
        changed_rows(predict_at=lambda r: r["predict_at"].dt.as_unit("ns")),
        "features.rows, column predict_at",
        ".dt.as_unit('us')",
    ),
    "text for a moment": (
        changed_rows(starts_at=lambda r: r["starts_at"].astype("str")),
        "column starts_at",
        "pd.to_datetime",
    ),
    "starts_at missing": (changed_rows(starts_at=lambda r: one_missing(r["starts_at"])), "column starts_at", "1 of"),
    "another lead": (
        changed_rows(predict_at=lambda r: r["starts_at"]),
        "column predict_at: expected 1 hours before",
        "lead_hours",
    ),
    "a day that is none": (
        changed_rows(day=lambda r: r["starts_at"].dt.tz_localize(None)),
        "column day",
        "at midnight",
    ),
    "a day of another time": (changed_rows(day=lambda r: r["day"] + pd.Timedelta(days=9)), "column day", "local date"),
    "no day in rows": (
        features(rows=lambda tables, lead_hours: rows(tables, lead_hours).drop(columns="day")),
        "features.rows: expected a column day",
        "found columns id, depot",
    ),
    "an outcome of numbers": (
        changed_rows(outcome=lambda r: r["outcome"].astype("Int64")),
        "column outcome",
        "'boolean'",
    ),
    "an outcome without its moment": (
        changed_rows(outcome_known_at=lambda r: one_missing(r["outcome_known_at"])),
        "column outcome_known_at",
        "from which it is known",
    ),
    "a feature that rows lack": (renamed("hours"), "features.rows: expected a column hour;", "rename 'hours'"),
    "fractions in a whole feature": (
        changed_rows(hour=lambda r: r["hour"] / 7),
        "features.rows, column hour",
        "float64",
    ),
    "a gap in a whole feature": (
        changed_rows(hour=lambda r: one_missing(r["hour"].astype("Int64"))),
        "features.rows, column hour",
        "1 of",
    ),
    "too large": (changed_rows(hour=lambda r: r["hour"].astype("int64") + 2**40), "column hour", "what int32 can hold"),
    "numbers for text": (changed_rows(depot=lambda r: r["hour"]), "features.rows, column depot", "expected text"),
    "text for numbers": (
        changed_rows(hour=lambda r: r["hour"].astype("str")),
        "features.rows, column hour",
        "whole numbers",
    ),
    "a key that rows lack": (BY_KIND, "features.rows: expected a column kind", "add it"),
    "a key that events lack": (
        BY_KIND | {"features": replace(BY_KIND["features"], rows=lambda t, h: rows(t, h).assign(kind=1))},
        "features.events, stream 'left': expected a column kind",
        "add it",
    ),
    "keys of two kinds": (changed_events(depot=lambda e: range(len(e))), "stream 'left', key depot", "numbers"),
    # events
    "a stream without events": (features(events=lambda _: {}), "features.events", "the stream 'left'"),
    "events of no stream": (
        features(events=lambda tables: {**events(tables), "arrived": events(tables)["left"]}),
        "features.events",
        "'arrived'",
    ),
    "no frames": (features(events=lambda tables: list(events(tables))), "features.events", "a dictionary"),
    "a gap in a mean": (
        changed_events(late=lambda e: one_missing(e["late"])),
        "stream 'left', field late",
        "without gaps",
    ),
    "a gap in a nullable mean": (
        changed_events(late=lambda e: one_missing(e["late"].astype("Int64"))),
        "features.events, stream 'left', field late",
        "1 of",
    ),
    "fractions in a mean": (
        changed_events(late=lambda e: e["late"] + 0.5),
        "stream 'left', field late",
        "whole numbers",
    ),
    "infinity in a mean": (changed_events(late=float("inf")), "stream 'left', field late", "has inf"),
    "text in a field": (changed_events(late="yes"), "stream 'left', field late", "numbers"),
    "no field": (
        features(events=lambda tables: {"left": events(tables)["left"].drop(columns="late")}),
        "features.events, stream 'left': expected a column late",
        "add it",
    ),
    "no end of what lasts": (
        features(events=lambda tables: {"left": events(tables)["left"].drop(columns="until")}),
        "features.events, stream 'left': expected a column until",
        "add it",
    ),
    "an end without zone": (
        changed_events(until=lambda e: e["until"].dt.tz_localize(None)),
        "features.events, stream 'left', column until",
        ".dt.tz_localize(",
    ),
    "a moment that is missing": (
        changed_events(moment=lambda e: one_missing(e["moment"])),
        "column moment",
        ".dropna()",
    ),
    "an integer id of events": (
        changed_events(id=lambda e: range(len(e))),
        "stream 'left', column id",
        ".astype('str')",
    ),
    "ids of events twice": (changed_events(id="same"), "features.events, stream 'left', column id", "each id once"),
    # derived features
    "a derived feature of text": (
        derived(lambda share: share.astype("str")),
        "features.derived.trend.compute: expected numbers",
        "astype",
    ),
    "a derived feature of other length": (derived(lambda share: share[1:]), "features.derived.trend.compute", "(799,)"),
    "a derived feature that is one number": (derived(np.mean), "features.derived.trend.compute", "a float32"),
    "a derived feature as a column": (derived(pd.Series), "features.derived.trend.compute", "a Series"),
}


@pytest.mark.parametrize("case", GIVEN)
def test_what_a_function_gives_is_told_where_it_comes_in(case: str):
    parts, declaration, words = GIVEN[case]
    text = flaws_in_words(toy_with(**parts))
    assert declaration in text
    assert words in text
    assert "what to do: " in text


def test_what_rows_give_is_told_all_at_once():
    parts = changed_rows(
        id="same", starts_at=lambda r: r["starts_at"].dt.tz_localize(None), hour=lambda r: r["hour"] / 7
    )
    with pytest.raises(DeclarationError) as error:
        featurized(toy_with(**parts))
    assert "3 flaws" in str(error.value)


def test_a_float_without_a_fraction_is_a_whole_number_and_gives_the_same_features():
    as_float = featurized(toy_with(**changed_events(late=lambda e: e["late"].astype("float64"))))
    pd.testing.assert_frame_equal(as_float, featurized(TOY))


def test_a_gap_in_a_field_that_only_the_latest_is_read_of_is_sound():
    stream = replace(
        FEATURES.streams["left"], fields={**FEATURES.streams["left"].fields, "weight": Value("weight", "kg")}
    )
    parts = changed_events(weight=lambda e: one_missing(e["late"] / 3))
    read = {"streams": {"left": stream}, "groups": {"road": (*ROAD, Latest("left", ("depot",), 24, ("weight",)))}}
    table = featurized(toy_with(features=replace(parts["features"], **read)))
    assert table["latest_left_depot_weight"].notna().any()


def test_a_key_that_points_to_others_reads_their_events():
    table = featurized(toy_with(**pointing()))
    assert table["left_next_24h_count"].max() > table["left_depot_24h_count"].max()


def test_no_check_changes_a_feature():
    tables = clean_tables(TOY)
    pd.testing.assert_frame_equal(build(TOY.features, tables, tables, 1.0), build(FEATURES, tables, tables, 1.0))
    assert not isinstance(FEATURES.rows, type(TOY.features.rows))


def test_columns_of_rows_are_those_of_the_feature_table():
    assert set(ROW_TYPES) == set(ROW_COLUMNS) == set(KEYS)
    for dataset in (FLIGHTS, TOY):
        assert list(feature_types(dataset.features)) == [one.name for one in declared_features(dataset.features)]
    assert pd.Timedelta(days=MARGIN_DAYS) == FROM_DAY
