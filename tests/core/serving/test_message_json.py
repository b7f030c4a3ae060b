"""Values of messages through JSON: exactly those again; and texts that are no moments stay what they are."""

import json
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy import TOY

from ontime.core.serving.message_json import feed_dtypes, json_message, json_values, moment_text, values_of_json
from ontime.core.serving.message_types import LARGEST, MessageError, typed_values
from ontime.dataset.dataset import Dataset
from ontime.dataset.dtypes import DAY, FLAG, MOMENT, TABLE_TYPES, TEXT
from ontime.flights import FLIGHTS

YEARS = [int(np.datetime64(year, "us").astype(np.int64)) for year in ("0000-01-01", "9999-12-31T23:59:59.999999")]
MOMENTS = st.integers(*YEARS).map(lambda moment: np.datetime64(moment, "us"))
VALUES: dict[str, st.SearchStrategy] = {
    "Int64": st.integers(-LARGEST, LARGEST),
    "float64": st.floats(allow_nan=False, allow_infinity=False),
    TEXT: st.text() | st.sampled_from(["2013-11-05T12:00:00Z", "2013-11-05"]),
    FLAG: st.booleans(),
    MOMENT: MOMENTS | MOMENTS.map(lambda moment: moment.astype("datetime64[s]").astype("datetime64[us]")),
    DAY: MOMENTS.map(lambda moment: moment.astype("datetime64[D]").astype("datetime64[us]")),
}
EVERY_TYPE = {dtype: dtype for dtype in VALUES}


def exact(value: Any) -> Any:
    """A value with its type, and the bits of a float: 0.0 and -0.0 are two."""
    return type(value), struct.pack("d", value) if isinstance(value, float) else value


def same_after_json(dtypes: dict[str, str], values: dict[str, Any]) -> None:
    wire = json.loads(json.dumps(json_values(dtypes, values), allow_nan=False))
    back = typed_values("feed", dtypes, values_of_json(dtypes, wire))
    assert {name: exact(value) for name, value in back.items()} == {name: exact(one) for name, one in values.items()}


@given(st.fixed_dictionaries({dtype: st.none() | values for dtype, values in VALUES.items()}))
def test_values_of_every_type_are_the_same_after_json(values: dict[str, Any]):
    same_after_json(EVERY_TYPE, values)


@pytest.mark.parametrize("dataset", [FLIGHTS, TOY], ids=lambda dataset: dataset.name)
@given(st.data())
def test_messages_of_every_feed_are_the_same_after_json(dataset: Dataset, data: st.DataObject):
    for dtypes in feed_dtypes(dataset.tables, dataset.messages).values():
        values = {name: st.none() | VALUES[dtype] for name, dtype in dtypes.items()}
        same_after_json(dtypes, data.draw(st.fixed_dictionaries(values)))


def test_columns_of_every_type_that_a_table_may_have_are_drawn_here():
    assert {*VALUES} == {*TABLE_TYPES}


@pytest.mark.parametrize(
    ("dtype", "value", "expected"),
    [
        (MOMENT, "2013-11-05T12:00:00", "2013-11-05T12:00:00Z"),
        (MOMENT, "2013-11-05T12:00:00.5", "2013-11-05T12:00:00.500000Z"),
        (DAY, "2013-11-05", "2013-11-05"),
    ],
)
def test_moments_and_days_are_iso_8601(dtype: str, value: str, expected: str):
    assert json_values({"at": dtype}, {"at": np.datetime64(value, "us")}) == {"at": expected}


def test_a_moment_may_be_written_to_any_digit_up_to_the_microsecond():
    back = values_of_json({"at": MOMENT}, {"at": "2013-11-05T12:00:00.500Z"})
    assert back == {"at": np.datetime64("2013-11-05T12:00:00.5", "us")}
    assert moment_text(int(back["at"].astype(np.int64))) == "2013-11-05T12:00:00.500000Z"


@pytest.mark.parametrize(
    ("dtype", "text"),
    [
        (MOMENT, "2013-11-05T12:00:00"),
        (MOMENT, "2013-11-05T12:00:00+01:00"),
        (MOMENT, "2013-11-05T25:00:00Z"),
        (MOMENT, "2013-06-31T12:00:00Z"),
        (MOMENT, "2013-11-05T12:00:00.0000001Z"),
        (MOMENT, "2013-11-05"),
        (MOMENT, "NaT"),
        (MOMENT, "now"),
        (DAY, "2013-11-05T12:00:00Z"),
        (DAY, "2013-06-31"),
        (DAY, "today"),
        (DAY, ""),
    ],
)
def test_a_text_that_is_no_moment_is_refused_by_its_column(dtype: str, text: str):
    values = values_of_json({"at": dtype}, {"at": text})
    assert values == {"at": text}
    with pytest.raises(MessageError, match="at: expected datetime64"):
        typed_values("feed", {"at": dtype}, values)


def test_a_day_that_is_none_loses_nothing_and_is_refused():
    wire = json_values({"day": DAY}, {"day": np.datetime64("2013-11-05T12:00", "us")})
    with pytest.raises(MessageError, match="day: expected"):
        typed_values("feed", {"day": DAY}, values_of_json({"day": DAY}, wire))


def test_what_is_of_no_column_stays_as_it_is():
    assert values_of_json({}, {"colour": "2013-11-05"}) == {"colour": "2013-11-05"}


def test_a_message_is_a_feed_and_values():
    dtypes = feed_dtypes(TOY.tables, TOY.messages)
    plan = {"number": 3, "depot": None, "promised": np.datetime64("2020-01-01T10:00", "us")}
    expected = {"feed": "plan", "values": {"number": 3, "depot": None, "promised": "2020-01-01T10:00:00Z"}}
    assert json_message(dtypes, ("plan", plan)) == expected
