"""Messages of parcels, one by one: rows as they stand, what waits, corrections, keys that are shared."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from live_rows import Message, by_messages, by_month, single_values
from toy import TOY
from toy.clocks import DELIVERED, PLANNED
from toy.contracts import PARCELS
from toy.messages import MESSAGES
from toy.source import DEPOTS, read

from ontime.core.serving.live_table import LiveTable, Violation
from ontime.core.serving.message_types import MessageError
from ontime.dataset.contract import DerivedColumn
from ontime.errors import OntimeError

REFERENCE = {"depots": DEPOTS}
JANUARY = next(frame for table, month, frame in read("1", "2020-01") if table == "parcels").head(5)
KEY, SCANS = MESSAGES[0].key, MESSAGES[0].feeds["scans"]
PARCEL = single_values(JANUARY.iloc[3])
PLAN: Message = ("plan", {name: PARCEL[name] for name in KEY})
SCAN: Message = ("scans", {name: PARCEL[name] for name in (*KEY, *SCANS)})
HOUR = np.timedelta64(1, "h")


def table(**changes: Any) -> LiveTable:
    return LiveTable(replace(PARCELS, **changes), MESSAGES[0], REFERENCE)


def with_values(message: Message, **values: Any) -> Message:
    feed, given = message
    return feed, given | values


def test_a_row_stands_as_its_messages_have_it():
    live = table()
    (planned,) = live.take([PLAN])
    assert planned.name == "2020-01-01/3"
    assert planned.clean is not None
    assert {name: planned.clean[name] for name in SCANS} == {"left": None, "delivered": None}
    (scanned,) = live.take([SCAN])
    day = np.datetime64("2020-01-01", "us")
    assert scanned.clean == PARCEL | {"day": day, "id": "2020-01-01/3", "lost_from": None}
    assert (scanned.violations, scanned.waits) == ((), False)


def test_a_message_that_comes_before_its_row_waits_for_it():
    live = table()
    (early,) = live.take([SCAN])
    assert (early.clean, early.violations, early.waits) == (None, (), True)
    assert live.waiting() == [early.key]
    (made,) = live.take([PLAN])
    assert made == table().take([PLAN, SCAN])[0]
    assert live.waiting() == []


def test_a_later_message_of_the_same_feed_and_key_corrects_the_one_before():
    live = table()
    (wrong,) = live.take([PLAN, with_values(SCAN, delivered=PARCEL["left"] - HOUR)])
    broken = [(one.column, one.rule, one.clock) for one in wrong.violations]
    assert broken == [("delivered", "left_first", DELIVERED.place), ("left", "left_first", DELIVERED.place)]
    assert wrong.clean is not None
    assert (wrong.clean["left"], wrong.clean["delivered"]) == (PARCEL["left"], None)
    assert wrong.clean["lost_from"] == "delivered"
    assert live.take([SCAN]) == table().take([PLAN, SCAN])


def test_a_row_that_breaks_a_rule_at_the_first_clock_is_removed():
    (row,) = table().take([with_values(PLAN, depot="EAST")])
    assert row.clean is None
    assert row.violations == (Violation("depot", "depot_known", "EAST", PLANNED.place),)


def test_a_message_whose_key_is_incomplete_belongs_to_no_row_and_is_not_kept():
    live = table()
    (row,) = live.take([with_values(SCAN, number=None)])
    assert row.name == f"? {PARCEL['depot']} {str(PARCEL['promised'])[:19].replace('T', ' ')}+00:00"
    assert row.violations == (Violation("number, depot, promised", "in_plan", row.name, PLANNED.place),)
    assert live.waiting() == []


def test_where_one_message_has_not_its_form_none_is_taken():
    live = table()
    with pytest.raises(MessageError, match="a message of plan has not its form: number: expected Int64, found 'three'"):
        live.take([SCAN, with_values(PLAN, number="three")])
    assert live.waiting() == []


def test_rows_that_share_their_key_are_both_removed_until_one_is_another():
    """Of the same day and number, but to be delivered at another hour."""
    live, other = table(), with_values(PLAN, promised=PARCEL["promised"] + HOUR)
    (alone,) = live.take([PLAN])
    shared = live.take([other])
    assert {row.key for row in shared} == {alone.key, (*alone.key[:2], PARCEL["promised"] + HOUR)}
    assert [row.clean for row in shared] == [None, None]
    assert {one for row in shared for one in row.violations} == {
        Violation("id", "key_unique", "2020-01-01/3", PLANNED.place)
    }
    live.forget([shared[0].key])
    assert live.take([PLAN]) == [alone]


def test_what_is_forgotten_is_as_if_it_had_never_come():
    live = table()
    (row,) = live.take([PLAN, SCAN])
    live.forget([row.key])
    assert live.take([PLAN]) == table().take([PLAN])


def test_a_table_that_lacks_what_its_rules_need_is_refused():
    with pytest.raises(OntimeError, match="messages of parcels cannot be checked: expected the clean tables depots"):
        LiveTable(PARCELS, MESSAGES[0], {})


def test_the_whole_row_is_judged_once_for_all_messages_of_a_batch():
    calls = []

    def counted(promised: np.ndarray) -> np.ndarray:
        calls.append(len(promised))
        return PARCELS.derived[0].compute(promised)

    live = table(derived=(DerivedColumn("day", ("promised",), counted), *PARCELS.derived[1:]))
    live.take([PLAN, SCAN, with_values(PLAN, number=4), SCAN])
    assert calls == [2]


def moments(name: str) -> st.SearchStrategy[Any]:
    others = st.sampled_from([single_values(row)[name] for _, row in JANUARY.iterrows()])
    return st.none() | others | others.map(lambda moment: None if moment is None else moment - 5 * HOUR)


parcels = st.fixed_dictionaries(
    {
        "number": st.none() | st.sampled_from([-1, 0, 1, 2, 10**6 + 1, 2**62]),
        "depot": st.none() | st.sampled_from(["NORTH", "SOUTH", "EAST", ""]),
        "promised": moments("promised"),
    }
)
plans = parcels.map(lambda values: ("plan", values))
scans = st.tuples(parcels, moments("left"), moments("delivered")).map(
    lambda drawn: ("scans", drawn[0] | {"left": drawn[1], "delivered": drawn[2]})
)


@given(st.lists(plans | scans, min_size=1, max_size=30), st.lists(st.integers(1, 9), max_size=4))
def test_message_by_message_rows_and_violations_are_those_of_the_month(sent: list[Message], sizes: list[int]):
    rows, violations = by_messages(TOY, REFERENCE, sent, sizes)
    expected_rows, expected_violations = by_month(TOY, REFERENCE, sent, "2020-01")
    assert rows == expected_rows
    assert violations == expected_violations
