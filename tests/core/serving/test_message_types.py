"""Values of messages as APIs hand them over: cast where nothing is lost, else all that is wrong at once."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from ontime.core.serving.message_types import MessageError, typed_values
from ontime.dataset.dtypes import DAY, FLAG, MOMENT, TABLE_TYPES, TEXT

NAN = float("nan")
HALF_PAST = np.datetime64("2013-07-01T07:30", "us")
SOUND: list[tuple[str, Any, Any]] = [
    ("Int64", 5, 5),
    ("Int64", 2**63 - 1, 2**63 - 1),
    ("Int64", 5.0, 5),
    ("Int64", NAN, None),
    ("float64", 2.5, 2.5),
    ("float64", 3, 3.0),
    ("float64", NAN, None),
    (TEXT, "UA", "UA"),
    (TEXT, "", ""),
    (FLAG, False, False),
    (MOMENT, HALF_PAST, HALF_PAST),
    (MOMENT, HALF_PAST.astype("datetime64[ns]"), HALF_PAST),
    (MOMENT, np.datetime64("NaT"), None),
    (DAY, np.datetime64("2013-07-01", "D"), np.datetime64("2013-07-01", "us")),
]
BROKEN = [
    ("Int64", "5"),
    ("Int64", 5.5),
    ("Int64", True),
    ("Int64", 2**63),
    ("Int64", 2.0**60),
    ("float64", "2.5"),
    ("float64", True),
    ("float64", 2**53 + 1),
    (TEXT, 5),
    (TEXT, b"UA"),
    (FLAG, 1),
    (FLAG, "true"),
    (MOMENT, datetime(2013, 7, 1, tzinfo=UTC)),
    (MOMENT, "2013-07-01T07:30Z"),
    (MOMENT, np.datetime64("2013-07-01T07:30:00.000000001")),
    (DAY, 20130701),
]


@pytest.mark.parametrize(("dtype", "value", "expected"), [*SOUND, *((dtype, None, None) for dtype in TABLE_TYPES)])
def test_a_value_is_cast_where_nothing_is_lost(dtype: str, value: Any, expected: Any):
    values = typed_values("feed", {"column": dtype}, {"column": value})
    assert values == {"column": expected}
    assert type(values["column"]) is type(expected)


@pytest.mark.parametrize(("dtype", "value"), BROKEN)
def test_a_value_that_is_none_of_its_type_is_named(dtype: str, value: Any):
    with pytest.raises(MessageError) as error:
        typed_values("feed", {"column": dtype}, {"column": value})
    assert str(error.value) == f"a message of feed has not its form: column: expected {dtype}, found {value!r}"


def test_all_that_is_wrong_is_named_at_once():
    with pytest.raises(MessageError) as error:
        typed_values("plan", {"number": "Int64", "depot": TEXT}, {"number": "x", "colour": "red"})
    text = "a message of plan has not its form: number: expected Int64, found 'x'; depot: missing; colour: unknown"
    assert str(error.value) == text


def test_a_column_of_messages_may_have_any_type_of_a_table():
    assert {dtype for dtype, *_ in SOUND} == {*TABLE_TYPES}
