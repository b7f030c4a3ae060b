"""Declarations of every form, rows and events drawn at random, and what either executor reads of them."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from ontime.core.features.moments import HOUR, MINUTE
from ontime.core.features.online import OnlineFeatures
from ontime.core.features.point_in_time import read_as_of
from ontime.dataset.features import AsOf, Latest, Open, Usual, Waited, Window

ASOF: list[AsOf] = [
    Window("left", ("depot",), 1, means=("delay", "late")),
    Window("left", ("depot", "kind"), 3, means=("delay",)),
    Window("left", (), 24, means=("late",), count=False),
    Window("plan", ("depot",), 2, anchor="starts_at", ahead=1, name="around"),
    Open("plan", ("depot",), 6),
    Open("plan", (), 2),
    Latest("state", ("depot",), 3, ("level", "flow")),
    Latest("state", ("depot",), 3, ("level",), ago=2),
    Latest("left", ("kind",), 5, ("delay",)),
    Waited("plan", ("depot",), 1, 0.25),
    Waited("plan", (), 3, 1),
    Usual("ahead", "the one that is usually ahead", "runs", ("depot",), 6, "name"),
    Window("left", ("ahead",), 2, means=("delay",)),
    Latest("left", ("kind", "ahead"), 4, ("late",), age=True),
    Latest("state", ("ahead",), 9, age=True),
    Open("plan", ("ahead",), 3),
]
# By absence: what is not left, not ended, not run waits for the messages of `state`, or for its heartbeats.
WAITING = {one: "state" for one in ASOF if one.stream != "state" and getattr(one, "anchor", "") != "starts_at"}
START = 1_360_000_000_000_000 // HOUR * HOUR

Row = Mapping[str, Any]


moments = st.integers(0, 12 * 12).map(lambda n: START + n * 5 * MINUTE) | st.integers(0, 12 * HOUR).map(
    lambda n: START + n
)
keys = {"depot": st.sampled_from("ABC"), "kind": st.sampled_from(["x", "y"])}
pointed_to = {**keys, "ahead": st.sampled_from("PQR")}
rows = st.lists(
    st.fixed_dictionaries({**keys, "starts_at": moments, "lead": st.sampled_from([0, 1, 30, 120])}),
    min_size=1,
    max_size=8,
)
left = st.fixed_dictionaries(
    {**pointed_to, "moment": moments, "delay": st.integers(-60, 2000), "late": st.integers(0, 1)}
)
plan = st.fixed_dictionaries({**pointed_to, "moment": moments, "until": st.none() | moments})
runs = st.fixed_dictionaries({**keys, "moment": moments, "name": st.sampled_from("PQRS")})
state = st.fixed_dictionaries(
    {
        **pointed_to,
        "moment": moments,
        "level": st.floats(-1e6, 1e6, width=32),
        "flow": st.just(math.nan) | st.floats(0, 1, width=32),
    }
)
tables = st.fixed_dictionaries(
    {
        "left": st.lists(left, max_size=30),
        "plan": st.lists(plan, max_size=30),
        "state": st.lists(state, max_size=20),
        "runs": st.lists(runs, max_size=12),
    }
)


def with_ids(rows: list[Row], tables: dict[str, list[Row]]) -> tuple[list[Row], dict[str, list[Row]]]:
    """Rows and events of the same number share an id, so that some rows have events of their own."""
    known = [
        {**row, "id": f"{n:03}", "predict_at": row["starts_at"] - row["lead"] * MINUTE} for n, row in enumerate(rows)
    ]
    named = {name: [{**e, "id": f"{n:03}"} for n, e in enumerate(events)] for name, events in tables.items()}
    return known, named


def as_frame(records: list[Row], columns: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame(records, columns=columns)
    for name in set(columns) & {"moment", "until", "predict_at", "starts_at"}:
        whole = pd.array([record[name] for record in records], dtype="Int64")
        frame[name] = pd.Series(pd.to_datetime(whole, unit="us", utc=True)).dt.as_unit("us")
    return frame


COLUMNS = {
    "left": ["id", "moment", "depot", "kind", "ahead", "delay", "late"],
    "plan": ["id", "moment", "until", "depot", "kind", "ahead"],
    "state": ["id", "moment", "depot", "kind", "ahead", "level", "flow"],
    "runs": ["id", "moment", "depot", "kind", "name"],
}


def by_columns(
    rows: list[Row], tables: dict[str, list[Row]], asof: list[AsOf] = ASOF, heard: list[int] | None = None
) -> pd.DataFrame:
    """heard: when the source of what waits was heard from; without it, it is alive throughout."""
    frames = {name: as_frame(tables[name], columns) for name, columns in COLUMNS.items()}
    rows = as_frame(rows, ["id", "predict_at", "starts_at", "depot", "kind"])
    moments = np.array(sorted(heard or []), dtype="datetime64[us]")
    return read_as_of(asof, rows, frames, {} if heard is None else dict.fromkeys(WAITING, moments))


def by_rows(rows: list[Row], tables: dict[str, list[Row]], heartbeats: list[int] | None = None) -> np.ndarray:
    online = OnlineFeatures(ASOF, None if heartbeats is None else WAITING)
    for name, events in tables.items():
        for event in events:
            online.add(name, event)
    for moment in heartbeats or []:
        online.hear("state", moment)
    return read_rows(online, rows)


def read_rows(online: OnlineFeatures, rows: list[Row]) -> np.ndarray:
    """What is read one by one, which is what is read of all at once."""
    one_by_one = np.array([online.read(row) for row in rows]).astype(np.float32).reshape(len(rows), len(online.names))
    at_once = online.read_many(rows)
    assert list(at_once) == online.names
    assert same_bits(one_by_one, np.stack([*at_once.values()], axis=1).astype(np.float32))
    return one_by_one


def when_heard(tables: dict[str, list[Row]], heartbeats: list[int]) -> list[int]:
    """By its messages and its heartbeats."""
    return [*heartbeats, *(event["moment"] for event in tables["state"])]


def same_bits(one: np.ndarray, other: np.ndarray) -> bool:
    return bool(((one == other) | (np.isnan(one) & np.isnan(other))).all())
