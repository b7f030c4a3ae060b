"""Flights and weather message by message: the rows and violations of the month, whatever comes in whatever order."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from live_rows import Message, by_messages, by_month

from ontime.core.contract.checks import check_part
from ontime.core.serving.message_admission import MessageAdmission
from ontime.core.serving.message_types import table_messages
from ontime.flights import FLIGHTS
from ontime.flights.source import read_parts

MONTH = "2013-11"  # in which clocks go back
TABLES = {table.name: table for table in FLIGHTS.tables}
TABLE_OF = {feed: declared.table for declared in FLIGHTS.messages for feed in declared.feeds}

# Values that are wrong in many ways, or right in another row.
DAYS = ("1900-01-01", "2013-11-03T06:00", "2200-01-01")
OTHERS = {
    "Int64": [None, -1, 0, 1, 15, 59, 60, 300, 517, 2359, 2400, 2401, 5000, 2**53 + 1, 2**62],
    "float64": [None, -100.0, 0.0, 50.0, 99.5, 1048.36, float("inf")],
    "str": [None, "", "UA", "zz", "ZZ", "SJU", "EWR", "ZZZ", "N12345", "NA", "UA\n"],
    "datetime64[us, UTC]": [None, *(np.datetime64(day, "us") for day in DAYS)],
}


@cache
def raw() -> dict[tuple[str, str | None], pd.DataFrame]:
    return {(part.table, part.month): part.frame for part in read_parts("0.0.3", MONTH)}


@cache
def reference() -> dict[str, pd.DataFrame | None]:
    names = ("airlines", "airports", "planes")
    return {name: check_part(TABLES[name], raw()[name, None], None, {}, 1.0).clean for name in names}


def messages(places: list[int]) -> list[Message]:
    tables = ((of, TABLES[of.table], raw()[of.table, MONTH].iloc[places]) for of in FLIGHTS.messages)
    return [(feed, dict(values)) for table in tables for feed, values in table_messages(*table)]


@cache
def sound() -> list[Message]:
    """Messages of a few rows: from the first hours of the month to the last."""
    return messages([0, 1, 700, 1500, -1])


@st.composite
def changed(draw: st.DrawFn) -> Message:
    """A message of a sound row with some of its values changed."""
    feed, values = draw(st.sampled_from(sound()))
    columns = TABLES[TABLE_OF[feed]].schema.columns

    def other(name: str) -> Any:
        of_others = [given[name] for one, given in sound() if one == feed]
        return draw(st.sampled_from([*OTHERS[columns[name].metadata["dtype"]], *of_others]))

    names = draw(st.lists(st.sampled_from([*values]), min_size=1, max_size=3, unique=True))
    return feed, values | {name: other(name) for name in names}


@given(st.data())
def test_message_by_message_rows_and_violations_are_those_of_the_month(data: st.DataObject):
    kept = data.draw(st.lists(st.sampled_from(sound()), max_size=20))
    sent = data.draw(st.permutations(kept + data.draw(st.lists(changed(), min_size=1, max_size=20))))
    sizes = data.draw(st.lists(st.integers(1, 20), max_size=3))
    rows, violations = by_messages(FLIGHTS, reference(), sent, sizes)
    expected_rows, expected_violations = by_month(FLIGHTS, reference(), sent, MONTH)
    assert rows == expected_rows
    assert violations == expected_violations


def test_all_messages_of_some_days_make_the_clean_rows_of_the_month():
    ordered = messages([*range(1000, 1500)])
    sent = [ordered[place] for place in np.random.default_rng(0).permutation(len(ordered))]
    rows, violations = by_messages(FLIGHTS, reference(), sent, [100] * 10)
    assert (rows, violations) == by_month(FLIGHTS, reference(), sent, MONTH)
    assert (len(rows), violations) == (1000, [])


def test_no_frame_is_made_of_a_message(monkeypatch: pytest.MonkeyPatch):
    admission = MessageAdmission.of(FLIGHTS.tables, FLIGHTS.messages, reference())
    sent = sound()

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a frame")

    for made in (pd.DataFrame, pd.Series):
        monkeypatch.setattr(made, "__init__", refuse)
    feed, values = sent[-1]
    for message in sent:
        admission.take([message])
    (wrong,) = admission.take([(feed, values | {"arr_delay": 5000})])["flights"]
    assert wrong.violations
