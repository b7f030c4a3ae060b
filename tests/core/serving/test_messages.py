"""Feeds of messages that make a raw table, whatever comes twice, belongs to no row or has no name."""

import pandas as pd
import pandera.pandas as pa
from hypothesis import given
from hypothesis import strategies as st
from toy.clocks import LEFT, PLANNED

from ontime.core.contract.columns import column
from ontime.core.contract.findings import Level
from ontime.core.serving.messages import join_feeds, message_names
from ontime.dataset.contract import Table
from ontime.dataset.messages import Messages

KEY = ("depot", "number")
COLUMNS = {
    "depot": column("str", clock=PLANNED, reason=""),
    "number": column("Int64", clock=PLANNED, reason=""),
    "weight": column("Int64", clock=PLANNED, reason=""),
    "level": column("float64", clock=LEFT, reason="", nullable=True),
}
TABLE = Table(name="parcels", about="", schema=pa.DataFrameSchema(COLUMNS), key=KEY, monthly=True)
DECLARED = Messages(
    table="parcels",
    key=KEY,
    feeds={"plan": ("weight",), "scale": ("level",)},
    day=lambda keys: pd.Series(pd.Timestamp("2013-01-01"), index=keys.index),
)

# Numbers that are near one another and far apart, and keys that are missing in part or altogether.
keys = st.tuples(st.none() | st.sampled_from("AB"), st.none() | st.sampled_from([1, 2, 3, 2**40]))
plans = st.lists(st.tuples(keys, st.integers(0, 9)), max_size=8)
scales = st.lists(st.tuples(keys, st.none() | st.integers(0, 9)), max_size=8)


def frame(messages: list[tuple[tuple[str | None, int | None], int | None]], name: str, dtype: str) -> pd.DataFrame:
    key = {
        "depot": pd.array([depot for (depot, _), _ in messages], dtype="str"),
        "number": pd.array([number for (_, number), _ in messages], dtype="Int64"),
    }
    return pd.DataFrame(key | {name: pd.array([value for _, value in messages], dtype=dtype)})


@given(plans, scales)
def test_each_row_has_the_first_message_of_its_key_and_nothing_is_lost_silently(
    plan: list[tuple[tuple[str | None, int | None], int]], scale: list[tuple[tuple[str | None, int | None], int | None]]
):
    scales = frame(scale, "level", "Float64").astype({"level": "float64"})
    joined = join_feeds(DECLARED, TABLE, "2013-01", {"plan": frame(plan, "weight", "Int64"), "scale": scales}, 1.0)
    first = dict(reversed(scale))
    assert [*joined.raw] == [*COLUMNS]
    assert joined.raw["weight"].tolist() == [weight for _, weight in plan]
    expected = [first.get(key) for key, _ in plan]
    assert [None if pd.isna(level) else level for level in joined.raw["level"]] == expected
    unmatched = message_names(DECLARED, scales[[key not in dict(plan) for key, _ in scale]].drop_duplicates([*KEY]))
    assert joined.unmatched["key"].tolist() == unmatched.tolist()
    twice = len(scale) - len(first)
    stops = [finding for finding in joined.findings if finding.stops]
    assert len(stops) == (twice > 0)
    assert all(f"{twice} message" in finding.problem for finding in stops)
    assert [f.rule for f in joined.findings if f.level is Level.QUARANTINE] == ["in_plan"] * (len(unmatched) > 0)
