"""Feeds of messages that make a raw table, whatever comes twice, belongs to no row or has no name."""

import pandas as pd
import pandera.pandas as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy.clocks import LEFT, PLANNED

from ontime.core.contract.columns import column
from ontime.core.contract.findings import Level
from ontime.core.serving.messages import Joined, join_feeds
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
)

# Numbers that are near one another and far apart, and keys that are missing in part or altogether.
keys = st.tuples(st.none() | st.sampled_from("AB"), st.none() | st.sampled_from([1, 2, 3, 2**40]))
plans = st.lists(st.tuples(keys, st.integers(0, 2)), max_size=8)
scales = st.lists(st.tuples(keys, st.none() | st.integers(0, 2)), max_size=8)
Sent = list[tuple[tuple[str | None, int | None], int | None]]


def frame(messages: Sent, name: str, dtype: str) -> pd.DataFrame:
    key = {
        "depot": pd.array([depot for (depot, _), _ in messages], dtype="str"),
        "number": pd.array([number for (_, number), _ in messages], dtype="Int64"),
    }
    return pd.DataFrame(key | {name: pd.array([value for _, value in messages], dtype=dtype)})


def joined_feeds(plan: Sent, scale: Sent, max_broken: float = 1.0) -> Joined:
    levels = frame(scale, "level", "Float64").astype({"level": "float64"})
    return join_feeds(DECLARED, TABLE, "2013-01", {"plan": frame(plan, "weight", "Int64"), "scale": levels}, max_broken)


def name(key: tuple[str | None, int | None]) -> str:
    return " ".join("?" if part is None else str(part) for part in key)


@given(plans, scales)
def test_each_row_has_its_only_message_and_nothing_is_lost_silently(plan: Sent, scale: Sent):
    joined = joined_feeds(plan, scale)
    rows, different = [one for one in dict.fromkeys(plan) if None not in one[0]], [*dict.fromkeys(scale)]
    by_key = {key: [level for of, level in different if of == key] for key, _ in rows}
    assert [*joined.raw] == [*COLUMNS]
    assert joined.raw["weight"].tolist() == [weight for _, weight in rows]
    expected = [by_key[key][0] if len(by_key[key]) == 1 else None for key, _ in rows]
    assert [None if pd.isna(level) else level for level in joined.raw["level"]] == expected
    lost = [place for place, (key, _) in enumerate(rows) if len(by_key[key]) > 1]
    broken = [(row, *one[:3]) for one in joined.lost for row in one.rows]
    assert broken == [(place, "level", "key_unique", LEFT.place) for place in lost]
    keyless = [name(key) for key, _ in dict.fromkeys(plan) if None in key]
    unmatched = [name(key) for key, _ in different if key not in by_key]
    sharing = [name(key) for key, _ in different if len(by_key.get(key, [])) > 1]
    assert joined.quarantine[["table", "key", "rule"]].to_numpy().tolist() == [
        *(["plan", key, "in_plan"] for key in keyless),
        *(["scale", key, "in_plan"] for key in unmatched),
        *(["scale", key, "key_unique"] for key in sharing),
    ]
    again = [("plan", len(plan) - len({*plan})), ("scale", len(scale) - len(different))]
    assert [(f.table, f.rule, int(f.problem.split()[0])) for f in joined.findings] == [
        *(("plan", "in_plan", len(keyless)) for _ in keyless[:1]),
        *(("scale", "in_plan", len(unmatched)) for _ in unmatched[:1]),
        *(("scale", "key_unique", len(sharing)) for _ in sharing[:1]),
        *((feed, "row_once", times) for feed, times in again if times),
    ]


PLAN: Sent = [(("A", number), 1) for number in range(1, 31)]
SCALE: Sent = [(("A", number), number % 3) for number in range(1, 31)]

# What delivery does to messages: those that are added to either feed, and the rule that names them, or none.
DELIVERED: dict[str, tuple[Sent, Sent, str | None]] = {
    "one came twice": ([], SCALE[:1], "row_once"),
    "all came twice": (PLAN, SCALE, "row_once"),
    "one came with another value": ([], [(("A", 1), 9)], "key_unique"),
    "one came without a value too": ([], [(("A", 1), None)], "key_unique"),
    "two of one row came three times": ([], [(("A", 1), 9), SCALE[0], (("A", 1), 9)], "key_unique"),
    "two have no number": ([], [(("A", None), 8), (("A", None), 9)], "in_plan"),
    "two have no number and are equal": ([], [(("A", None), 8), (("A", None), 8)], "in_plan"),
    "rows are empty": ([], [((None, None), None)] * 2, "in_plan"),
    "rows of the plan are empty": ([((None, None), None)] * 2, [], "in_plan"),
    "the plan has no number twice, nor has the scale": (
        [(("A", None), 1), (("A", None), 2)],
        [(("A", None), 1)],
        "in_plan",
    ),
    "one is of another month": ([], [(("B", 7), 1)], "in_plan"),
    "one of another month came twice, and differs": ([], [(("B", 7), 1), (("B", 7), 2)], "in_plan"),
}


@pytest.mark.parametrize("case", DELIVERED)
def test_what_delivery_does_to_a_few_messages_stops_nothing_and_costs_only_their_rows(case: str):
    plan, scale, rule = DELIVERED[case]
    joined, sound = joined_feeds([*PLAN, *plan], [*SCALE, *scale], 0.0), joined_feeds(PLAN, SCALE)
    assert rule in [finding.rule for finding in joined.findings]
    assert not [finding for finding in joined.findings if finding.stops]
    lost = [row for one in joined.lost for row in one.rows.tolist()]
    assert lost == ([0] if rule == "key_unique" else [])
    pd.testing.assert_frame_equal(joined.raw.drop(index=lost), sound.raw.drop(index=lost))
    assert joined.raw.loc[lost, "level"].isna().all()


@pytest.mark.parametrize(
    ("added", "rule"),
    [
        ([(("A", None), number) for number in range(6)], "in_plan"),
        ([(("B", number), 0) for number in range(6)], "in_plan"),
        ([(("A", number), 9) for number in (1, 2, 3)], "key_unique"),
    ],
)
def test_more_than_a_few_that_are_more_than_the_share_stop(added: Sent, rule: str):
    few, many = joined_feeds(PLAN, [*SCALE, *added[1:]], 0.1), joined_feeds(PLAN, [*SCALE, *added], 0.1)
    assert [(finding.rule, finding.level) for finding in few.findings] == [(rule, Level.QUARANTINE)]
    assert [(finding.rule, finding.level) for finding in many.findings] == [(rule, Level.STOP)]
    assert not any(finding.stops for finding in joined_feeds(PLAN, [*SCALE, *added], 0.2).findings)


def test_where_a_key_cannot_be_read_no_message_is_blamed():
    plan, scale = frame(PLAN, "weight", "Int64"), frame(SCALE, "level", "float64")
    joined = join_feeds(DECLARED, TABLE, "2013-01", {"plan": plan, "scale": scale.drop(columns="number")}, 0.0)
    assert [(finding.table, finding.rule) for finding in joined.findings] == [("scale", "column_present")]
    assert joined.quarantine.empty
