"""Values of messages <-> JSON, exactly: moments and days as text in ISO 8601, all else as JSON has it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ontime.core.contract.values import Value, declared_dtype
from ontime.core.serving.message_types import Message
from ontime.core.serving.messages import feed_tables
from ontime.dataset.contract import Table
from ontime.dataset.dtypes import DAY, MOMENT
from ontime.dataset.messages import Messages

Json = Any  # what JSON holds

UTC = "Z"
# Years of four digits, and at most microseconds.
ISO = {
    MOMENT: re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII),
    DAY: re.compile(r"\d{4}-\d\d-\d\d", re.ASCII),
}


def feed_dtypes(contract: Sequence[Table], messages: Sequence[Messages]) -> dict[str, dict[str, str]]:
    """By name of each feed, the type of each column of its messages."""
    forms = feed_tables(contract, messages)
    return {
        feed: {name: declared_dtype(column) for name, column in form.schema.columns.items()}
        for feed, form in forms.items()
    }


def json_message(dtypes: Mapping[str, Mapping[str, str]], message: Message) -> dict[str, Json]:
    """A message as POST /v1/events takes it. dtypes: as `feed_dtypes` gives them."""
    feed, values = message
    return {"feed": feed, "values": json_values(dtypes[feed], values)}


def json_values(dtypes: Mapping[str, str], values: Mapping[str, Value]) -> dict[str, Json]:
    """Typed values of a message as JSON has them. What is infinite stays so, and is no JSON."""
    return {name: _json_value(dtypes[name], value) for name, value in values.items()}


def values_of_json(dtypes: Mapping[str, str], values: Mapping[str, Json]) -> dict[str, Any]:
    """The same back, for `typed_values` to judge: a text that is no moment or day stays one, which is refused there."""
    return {name: _value_of_json(dtypes.get(name), value) for name, value in values.items()}


def moment_text(moment: int) -> str:
    """A moment in whole microseconds since 1970, such as 2013-11-05T12:00:00Z."""
    return f"{_short(np.datetime64(moment, 'us'))}{UTC}"


def day_text(moment: int) -> str:
    """The day of a moment in whole microseconds since 1970, such as 2013-11-05."""
    return str(np.datetime64(moment, "us").astype("datetime64[D]"))


def moment_of_text(text: str) -> np.datetime64 | None:
    """The moment in UTC that a text such as 2013-11-05T12:00:00Z names; None where it is none."""
    return _parsed(text, MOMENT)


def day_of_text(text: str) -> np.datetime64 | None:
    """The day that a text such as 2013-11-05 names; None where it is none."""
    return _parsed(text, DAY)


def _json_value(dtype: str, value: Value) -> Json:
    if value is None or dtype not in ISO:
        return value
    text = _short(value)
    return f"{text}{UTC}" if dtype == MOMENT else text.removesuffix("T00:00:00")


def _value_of_json(dtype: str | None, value: Json) -> Any:  # noqa: ANN401 - not judged yet
    if dtype not in ISO or not isinstance(value, str):
        return value
    moment = _parsed(value, dtype)
    return value if moment is None else moment


def _parsed(text: str, dtype: str) -> np.datetime64 | None:
    if not ISO[dtype].fullmatch(text):
        return None
    try:
        return np.datetime64(text.removesuffix(UTC), "us")
    except ValueError:  # there is no 31 June
        return None


def _short(moment: np.datetime64) -> str:
    """To the second, or to the microsecond where it is needed."""
    return str(moment.astype("datetime64[us]")).removesuffix(".000000")
