"""Both executors against each other, bit for bit, and against an oracle in plain, slow Python."""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_events import (
    ASOF,
    START,
    WAITING,
    Row,
    by_columns,
    by_rows,
    moments,
    read_rows,
    rows,
    same_bits,
    tables,
    when_heard,
    with_ids,
)

from ontime.core.features.event_lines import end
from ontime.core.features.moments import HOUR, MINUTE, microseconds
from ontime.core.features.online import OnlineFeatures
from ontime.core.features.point_in_time import reach, read_as_of
from ontime.dataset.features import AsOf, Latest, Open, Usual, Waited, Window, column_names, span


def slow(asof: AsOf, row: Row, events: list[Row], heard: float = math.inf) -> list[float]:
    """What the docstrings of the forms say, event by event. heard: when its source was last heard from."""
    same = [e for e in events if all(e[key] == row[key] for key in asof.keys) and e["id"] != row["id"]]
    same = [e for e in same if e["moment"] <= heard]
    now = min(row["predict_at"], heard) if isinstance(asof, Open | Waited) else row["predict_at"]
    match asof:
        case Window():
            since, until = row[asof.anchor] - asof.hours * HOUR, row[asof.anchor] + asof.ahead * HOUR
            inside = [e for e in same if since < e["moment"] <= until]
            means = [mean([e[value] for e in inside]) for value in asof.means]
            return [*([len(inside)] if asof.count else []), *means]
        case Open():
            begun = [e for e in same if now - asof.hours * HOUR < e["moment"] <= now]
            going = [e for e in begun if e["until"] is None or e["until"] > now]
            share = len(going) / len(begun) if begun else math.nan
            return [len(going), share, mean([now // MINUTE - e["moment"] // MINUTE for e in going])]
        case Waited():
            limit = asof.within * HOUR
            until = now - limit
            begun = [e for e in same if until - asof.hours * HOUR < e["moment"] <= until]
            went_on = [limit if e["until"] is None else min(max(0, e["until"] - e["moment"]), limit) for e in begun]
            return [mean([int(wait) // MINUTE for wait in went_on])]
        case Latest():
            until = now - asof.ago * HOUR
            fresh = [e for e in same if until - asof.hours * HOUR < e["moment"] <= until]
            newest = max(fresh, key=lambda e: (e["moment"], e["id"])) if fresh else None
            age = [(until - newest["moment"]) / MINUTE if newest else math.nan] if asof.age else []
            return [*(newest[value] if newest else math.nan for value in asof.fields), *age]
    return []


def pointed(row: Row, tables: Mapping[str, list[Row]], heard: float = math.inf) -> Row:
    """The row with the keys that point to other events, as the docstring of Usual says."""
    for one in ASOF:
        if isinstance(one, Usual):
            events = [
                e for e in tables[one.stream] if all(e[key] == row[key] for key in one.keys) and e["id"] != row["id"]
            ]
            until = min(row["predict_at"], heard)
            inside = [e for e in events if row["predict_at"] - one.hours * HOUR < e["moment"] <= until]
            seen = [e[one.field] for e in sorted(inside, key=lambda e: (e["moment"], e["id"]))]
            last = {name: place for place, name in enumerate(seen)}
            most = max(seen, key=lambda name: (seen.count(name), last[name]), default=None)
            row = {**row, one.name: most}
    return row


def mean(values: list[int]) -> float:
    return sum(values) / len(values) if values else math.nan


@given(rows, tables)
def test_both_executors_give_the_same_bits_and_the_oracle_agrees(rows: list[Row], tables: dict[str, list[Row]]):
    rows, tables = with_ids(rows, tables)
    columns = by_columns(rows, tables).to_numpy(dtype=np.float32)
    known = [pointed(row, tables) for row in rows]
    oracle = [
        [value for asof in ASOF if not isinstance(asof, Usual) for value in slow(asof, row, tables[asof.stream])]
        for row in known
    ]
    assert same_bits(columns, by_rows(rows, tables))
    assert same_bits(columns, np.array(oracle).astype(np.float32))


@given(rows, tables, st.lists(moments, max_size=5))
def test_what_is_read_by_absence_waits_until_its_source_was_heard_from(
    rows: list[Row], tables: dict[str, list[Row]], heartbeats: list[int]
):
    rows, tables = with_ids(rows, tables)
    heard = when_heard(tables, heartbeats)
    oracle = []
    for row in rows:
        last = max((moment for moment in heard if moment <= row["predict_at"]), default=-math.inf)
        known, until = pointed(row, tables, last), {one: last if one in WAITING else math.inf for one in ASOF}
        oracle.append([value for one in ASOF for value in slow(one, known, tables[one.stream], until[one])])
    columns = by_columns(rows, tables, heard=heard).to_numpy(dtype=np.float32)
    assert same_bits(columns, np.array(oracle).astype(np.float32))
    assert same_bits(columns, by_rows(rows, tables, heartbeats))


def in_minutes(records: list[Row]) -> list[Row]:
    whole = {"moment", "until", "starts_at", "predict_at"}
    return [
        {name: value // MINUTE * MINUTE if name in whole and value else value for name, value in record.items()}
        for record in records
    ]


@given(rows, tables)
@settings(max_examples=30)
def test_with_a_heartbeat_every_minute_nothing_waits(rows: list[Row], tables: dict[str, list[Row]]):
    rows, tables = with_ids(rows, tables)
    rows, tables = in_minutes(rows), {name: in_minutes(events) for name, events in tables.items()}
    heartbeats = [START + minute * MINUTE for minute in range(-180, 12 * 60 + 1)]
    alive = by_columns(rows, tables)
    assert by_columns(rows, tables, heard=heartbeats).equals(alive)
    assert same_bits(by_rows(rows, tables, heartbeats), alive.to_numpy(dtype=np.float32))


@given(rows, tables, moments)
def test_while_a_source_is_silent_what_happens_is_no_news(rows: list[Row], tables: dict[str, list[Row]], last: int):
    """Of what happens after the source was last heard from, half is lost and the rest ends never."""
    rows, tables = with_ids(rows, tables)
    before = {**tables, "state": []}
    after = {name: [e for n, e in enumerate(events) if e["moment"] <= last or n % 2] for name, events in before.items()}
    after["plan"] = [
        {**e, "until": None if e["until"] is None or e["until"] > last else e["until"]} for e in after["plan"]
    ]
    names = [name for one in WAITING for name in column_names(one)]
    silent = [by_columns(rows, tables, heard=[last])[names] for tables in (before, after)]
    assert silent[0].equals(silent[1])
    assert same_bits(by_rows(rows, after, [last]), by_columns(rows, after, heard=[last]).to_numpy(dtype=np.float32))


def test_from_a_source_that_was_never_heard_from_nothing_is_read():
    row = {"id": "row", "depot": "A", "kind": "x", "starts_at": START, "predict_at": START}
    keys = {"depot": "A", "kind": "x", "ahead": "P", "moment": START - HOUR // 2}
    tables = {
        "left": [{"id": "1", **keys, "delay": 1, "late": 0}],
        "plan": [{"id": "2", **keys, "until": None}],
        "state": [],
        "runs": [],
    }
    alive, silent = by_columns([row], tables), by_columns([row], tables, heard=[])
    assert alive[["left_depot_1h_count", "open_plan_depot_count"]].to_numpy().tolist() == [[1, 1]]
    assert silent[["left_depot_1h_count", "open_plan_depot_count", "around_count"]].to_numpy().tolist() == [[0, 0, 1]]
    assert silent[["left_depot_1h_delay", "open_plan_depot_minutes"]].isna().all(axis=None)


@given(rows, tables, st.randoms())
def test_the_order_of_events_does_not_matter(rows: list[Row], tables: dict[str, list[Row]], random):
    rows, tables = with_ids(rows, tables)
    shuffled = {name: random.sample(events, len(events)) for name, events in tables.items()}
    assert by_columns(rows, tables).equals(by_columns(rows, shuffled))
    assert same_bits(by_rows(rows, tables), by_rows(rows, shuffled))


@given(rows, tables)
def test_what_is_known_later_changes_nothing(rows: list[Row], tables: dict[str, list[Row]]):
    rows, tables = with_ids(rows, tables)
    asof = [one for one in ASOF if getattr(one, "anchor", "predict_at") == "predict_at"]
    now = max(row["predict_at"] for row in rows)
    known = {name: [e for e in events if e["moment"] <= now] for name, events in tables.items()}
    known["plan"] = [
        {**e, "until": None if e["until"] is None or e["until"] > now else e["until"]} for e in known["plan"]
    ]
    assert by_columns(rows, tables, asof).equals(by_columns(rows, known, asof))


@given(rows, tables)
def test_events_further_back_than_any_window_change_nothing(rows: list[Row], tables: dict[str, list[Row]]):
    rows, tables = with_ids(rows, tables)
    first = min(row["predict_at"] for row in rows) - int(reach(ASOF) * HOUR)
    old = {
        name: [{**e, "moment": first - n * MINUTE, "id": f"old{n}"} for n, e in enumerate(events)]
        for name, events in tables.items()
    }
    old["plan"] = [{**e, "until": None} for e in old["plan"]]
    more = {name: old[name] + events for name, events in tables.items()}
    assert by_columns(rows, more).equals(by_columns(rows, tables))


@given(rows, tables)
@settings(max_examples=30)
def test_an_event_that_is_replaced_or_removed_was_never_there(rows: list[Row], tables: dict[str, list[Row]]):
    rows, tables = with_ids(rows, tables)
    online = OnlineFeatures(ASOF)
    for name, events in tables.items():
        for event in events:
            online.add(name, {**event, "moment": event["moment"] + HOUR, "until": None})
            online.read(rows[0])
            online.add(name, event)
        online.add(name, {**events[0], "id": "old", "moment": START - HOUR, "until": None}) if events else None
        online.remove(name, "old")
    assert same_bits(read_rows(online, rows), by_rows(rows, tables))


def test_an_event_exactly_at_the_border_counts_at_the_end_and_not_at_the_beginning():
    row = {"id": "row", "depot": "A", "kind": "x", "starts_at": START, "predict_at": START}
    events = [
        {"id": f"{n}", "depot": "A", "kind": "x", "ahead": "P", "moment": START + shift, "delay": 1, "late": 0}
        for n, shift in enumerate([-HOUR, -HOUR + 1, 0, 1])
    ]
    tables = {"left": events, "plan": [], "state": [], "runs": []}
    assert by_columns([row], tables)["left_depot_1h_count"].tolist() == [2]


def test_counts_are_whole_and_means_are_single_precision():
    row = {"id": "row", "depot": "A", "kind": "x", "starts_at": START, "predict_at": START}
    frame = by_columns([row], {"left": [], "plan": [], "state": [], "runs": []})
    kinds = {name: str(dtype) for name, dtype in frame.dtypes.items()}
    assert {name for name, kind in kinds.items() if kind == "int32"} == {
        name for name in kinds if name.endswith("_count")
    }
    assert set(kinds.values()) == {"int32", "float32"}


def test_names_say_what_is_read():
    assert [name for asof in ASOF for name in column_names(asof)] == [
        *("left_depot_1h_count", "left_depot_1h_delay", "left_depot_1h_late"),
        *("left_depot_kind_3h_count", "left_depot_kind_3h_delay", "left_all_24h_late", "around_count"),
        *("open_plan_depot_count", "open_plan_depot_share", "open_plan_depot_minutes"),
        *("open_plan_all_count", "open_plan_all_share", "open_plan_all_minutes"),
        *("latest_state_depot_level", "latest_state_depot_flow", "latest_state_depot_level_2h_ago"),
        "latest_left_kind_delay",
        *("waited_15min_plan_depot_1h_minutes", "waited_1h_plan_all_3h_minutes"),
        *("left_ahead_2h_count", "left_ahead_2h_delay", "latest_left_kind_ahead_late", "latest_left_kind_ahead_age"),
        "latest_state_ahead_age",
        *("open_plan_ahead_count", "open_plan_ahead_share", "open_plan_ahead_minutes"),
    ]
    assert [span(hours) for hours in (0.5, 3, 24, 336)] == ["30min", "3h", "24h", "14d"]


def test_keys_that_do_not_fit_are_refused():
    many = pd.DataFrame({"id": range(2_000_000), "key": range(2_000_000)}).astype({"id": "str"})
    at = pd.Series(pd.Timestamp("2013-01-01", tz="UTC").as_unit("us"), index=many.index)
    row = many.head(1).assign(predict_at=at.head(1) + pd.Timedelta(days=300), starts_at=at.head(1))
    with pytest.raises(ValueError, match="give fewer months at a time"):
        read_as_of([Window("s", ("key",), 1)], row, {"s": many.assign(moment=at)})


def test_moments_are_microseconds_and_the_missing_is_told_apart():
    assert microseconds(pd.Series(pd.to_datetime(["1970-01-01T00:00:01Z", None]))).tolist() == [10**6, -(2**63)]
    assert end({"moment": 0, "until": -5}, 1) == 0
