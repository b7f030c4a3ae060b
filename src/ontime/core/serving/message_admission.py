"""Messages of all feeds, one by one or in batches -> the rows of each table as they now stand, without a frame."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ontime.core.contract.row_rules import Frames
from ontime.core.serving.live_table import LiveRow, LiveTable
from ontime.core.serving.message_types import Message, MessageError
from ontime.core.serving.row_keys import Key
from ontime.dataset.contract import Table
from ontime.dataset.messages import Messages


@dataclass(frozen=True)
class MessageAdmission:
    """The monthly tables that messages make, by name, and the table of each feed.

    It keeps what has come of every row until the row is forgotten. One thread at a time may use it.
    """

    tables: Mapping[str, LiveTable]
    feeds: Mapping[str, str]

    @classmethod
    def of(cls, contract: Sequence[Table], messages: Sequence[Messages], reference: Frames) -> MessageAdmission:
        """reference: the clean reference tables. Raises OntimeError where one is missing that is needed."""
        contracts = {table.name: table for table in contract}
        tables = {one.table: LiveTable(contracts[one.table], one, reference) for one in messages}
        return cls(tables, {feed: one.table for one in messages for feed in one.feeds})

    def waiting(self) -> int:
        """How many rows have messages, but not yet the one that makes them."""
        return sum(len(table.waiting()) for table in self.tables.values())

    def forget(self, table: str, keys: Iterable[Key]) -> None:
        """Keep nothing more of the rows of a table that have these keys: no message of theirs is expected."""
        self.tables[table].forget(keys)

    def take(self, messages: Sequence[Message]) -> dict[str, list[LiveRow]]:
        """By table the rows that these messages change, as they stand after all of them.

        Raises MessageError, and takes none of them, where one is of no feed, or has not the form of its feed.
        """
        unknown = sorted({feed for feed, _ in messages} - {*self.feeds})
        if unknown:
            raise MessageError(f"expected messages of {', '.join(self.feeds)}; found {', '.join(unknown)}")
        typed: dict[str, list[Message]] = {}
        for feed, values in messages:
            table = self.feeds[feed]
            typed.setdefault(table, []).append((feed, self.tables[table].typed(feed, values)))
        return {table: self.tables[table].take_typed(given) for table, given in typed.items()}
