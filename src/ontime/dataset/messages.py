"""How the rows of a table come to be known, message by message."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Messages:
    """How the rows of a monthly table come to be known, message by message.

    Every message carries the raw columns `key`, and those of its feed. A message of the first of `feeds` is a row; one
    of the others, which has at least one of its columns, adds to the row of its key. day(keys): the day of each message
    (n,), whose month is that of the table; identity(keys): the `id` of each row (n,), where rows are predicted.
    """

    table: str
    key: tuple[str, ...]
    feeds: Mapping[str, tuple[str, ...]]
    day: Callable[[pd.DataFrame], pd.Series]
    identity: Callable[[pd.DataFrame], pd.Series] | None = None
