"""How the rows of a table arrive, message by message."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Messages:
    """How the rows of a monthly table arrive, message by message.

    A feed is one kind of message, such as departures. A message of the first feed makes a row. A message of another
    feed adds values to the row that has the same key.

    key: raw columns that every message carries; they name the row.
    feeds: by the name of each feed, the raw columns that its messages carry beside the key. A message of any but the
    first feed has a value in at least one of them.
    day: `day(keys)` gives the day of each message (n,). Its month is the month of the table.
    identity: `identity(keys)` gives the `id` of each row (n,). Only a table whose rows are predicted needs it.
    """

    table: str
    key: tuple[str, ...]
    feeds: Mapping[str, tuple[str, ...]]
    day: Callable[[pd.DataFrame], pd.Series]
    identity: Callable[[pd.DataFrame], pd.Series] | None = None
