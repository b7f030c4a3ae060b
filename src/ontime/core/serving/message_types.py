"""A message as an API hands it over, or a row of a table -> its values, of the types that the contract declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ontime.core.contract.values import Value, declared_dtype, frame_rows
from ontime.core.serving.messages import feed_tables, to_feeds
from ontime.dataset.contract import Table
from ontime.dataset.dtypes import DAY, FLAG, MOMENT, TEXT
from ontime.dataset.messages import Messages
from ontime.errors import BrokenContractError

Message = tuple[str, Mapping[str, Any]]  # the feed, and the values by column

LARGEST = 2**63 - 1  # of int64
EXACT_FLOATS = 2**53  # within which float64 holds every whole number


class MessageError(BrokenContractError):
    """A message has not the form of its feed; the text lists everything that is wrong with it."""


def table_messages(declared: Messages, table: Table, raw: pd.DataFrame) -> list[Message]:
    """The single messages that make the raw table, feed after feed."""
    forms, messages = feed_tables([table], [declared]), []
    for feed, frame in to_feeds(declared, raw).items():
        dtypes = {name: declared_dtype(column) for name, column in forms[feed].schema.columns.items()}
        messages += [(feed, values) for values in frame_rows(dtypes, frame)]
    return messages


def typed_values(feed: str, dtypes: Mapping[str, str], message: Mapping[str, Any]) -> dict[str, Value]:
    """The values of a message, cast where nothing is lost.

    dtypes: type of each column of the feed. A value is missing where it is None or not a number; moments, in UTC, and
    days are datetime64. Raises MessageError where columns are missing or unknown, or values are none of their type.
    """
    values, wrong = {}, []
    for name, dtype in dtypes.items():
        try:
            values[name] = _CASTS[dtype](message[name])
        except KeyError:
            wrong.append(f"{name}: missing")
        except (TypeError, ValueError):
            wrong.append(f"{name}: expected {dtype}, found {message[name]!r}")
    wrong += [f"{name}: unknown" for name in message if name not in dtypes]
    if wrong:
        raise MessageError(f"a message of {feed} has not its form: {'; '.join(map(str, wrong))}")
    return values


def _whole(value: object) -> int | None:
    match value:
        case bool():
            raise TypeError
        case int() if -LARGEST <= value <= LARGEST:
            return value
        case float() if value != value:  # noqa: PLR0124 - not a number
            return None
        case float() if value.is_integer() and abs(value) < EXACT_FLOATS:
            return int(value)
    return _none(value)


def _number(value: object) -> float | None:
    match value:
        case bool():
            raise TypeError
        case float():
            return None if value != value else value  # noqa: PLR0124 - not a number
        case int() if abs(value) <= EXACT_FLOATS:
            return float(value)
    return _none(value)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else _none(value)


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else _none(value)


def _microseconds(value: object) -> np.datetime64 | None:
    if not isinstance(value, np.datetime64):
        return _none(value)
    whole = value.astype("datetime64[us]")
    if np.isnat(whole):
        return None
    if whole != value:
        raise ValueError
    return whole


def _none(value: object) -> None:
    if value is not None:
        raise TypeError


_CASTS: dict[str, Callable[[object], Value]] = {
    "Int64": _whole,
    "float64": _number,
    TEXT: _text,
    FLAG: _flag,
    MOMENT: _microseconds,
    DAY: _microseconds,
}
