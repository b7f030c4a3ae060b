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

    def typed(self, messages: Sequence[Message]) -> list[Message]:
        """The messages with values of the types of their columns.

        Raises MessageError with everything that is wrong, where one is of no feed, or has not the form of its feed.
        """
        wrong, typed = [], []
        for place, (feed, values) in enumerate(messages):
            if feed not in self.feeds:
                wrong.append(f"messages[{place}]: expected a message of {', '.join(self.feeds)}; found {feed}")
                continue
            try:
                typed.append((feed, self.tables[self.feeds[feed]].typed(feed, values)))
            except MessageError as error:
                wrong.append(f"messages[{place}]: {error}")
        if wrong:
            raise MessageError("\n".join(wrong))
        return typed

    def key(self, feed: str) -> Sequence[str]:
        """The columns that name the row of a feed's message."""
        return self.tables[self.feeds[feed]].declared.key

    def has(self, message: Message) -> bool:
        """Whether a typed message says nothing that the last one of its feed and key has not said."""
        feed, values = message
        return self.tables[self.feeds[feed]].has(feed, values)

    def take(self, messages: Sequence[Message]) -> dict[str, list[LiveRow]]:
        """By table the rows that these messages change, as they stand after all of them.

        Raises MessageError, and takes none of them, where one is of no feed, or has not the form of its feed.
        """
        by_table: dict[str, list[Message]] = {}
        for feed, values in self.typed(messages):
            by_table.setdefault(self.feeds[feed], []).append((feed, values))
        return {table: self.tables[table].take_typed(given) for table, given in by_table.items()}
