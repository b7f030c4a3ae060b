"""How the rows of a table arrive, message by message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Messages:
    """How the rows of a monthly table arrive, message by message.

    A feed is one kind of message, such as departures. A message of the first feed makes a row. A message of another
    feed adds values to the row that has the same key.

    key: raw columns that every message carries; they name the row. The row's `day`, and the `id` of a row that is
    predicted, are columns of the table that follow from them. The month of a message is that of its day.
    feeds: by the name of each feed, the raw columns that its messages carry beside the key. A message of any but the
    first feed has a value in at least one of them.
    known_at: by the name of a feed, the column of the clean table that says when a message of it is known (UTC). A feed
    that is not there is known beforehand, as the first one of rows that are predicted must be.
    """

    table: str
    key: tuple[str, ...]
    feeds: Mapping[str, tuple[str, ...]]
    known_at: Mapping[str, str] = field(default_factory=dict)
