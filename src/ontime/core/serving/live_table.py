"""Messages of a table, one by one or in batches -> the rows as they now stand, and what breaks the contract in them."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import Any, NamedTuple

from ontime.core.contract.columns import LOST, column_clocks
from ontime.core.contract.duplicates import KEY_UNIQUE
from ontime.core.contract.row_rules import Arrays, Broken, Frames, RowRules, first_clock, lost_clocks
from ontime.core.contract.values import Value, declared_dtype, key_text, row_values, single_value, value_text
from ontime.core.serving.message_types import Message, typed_values
from ontime.core.serving.messages import feed_tables, key_names
from ontime.core.serving.row_keys import Key, RowKeys
from ontime.dataset.contract import Table
from ontime.dataset.messages import Messages
from ontime.errors import OntimeError


class Violation(NamedTuple):
    """A value of a row that breaks a check or a rule, as text, None where it is missing.

    clock: place of the clock from which on the row loses its columns.
    """

    column: str
    rule: str
    value: str | None
    clock: int


class LiveRow(NamedTuple):
    """A row as it stands after a message.

    key: of its messages; name: what quarantine and findings call it.
    clean: its columns by name, as the clean table of a month has them; None where it is removed, or not made yet.
    waits: whether the message that makes it has not come yet.
    """

    key: Key
    name: str
    clean: dict[str, Value] | None
    violations: tuple[Violation, ...] = ()
    waits: bool = False


class _Judged(NamedTuple):
    """Rows (n): their keys, raw values, the arrays that rules read; what breaks rules, and checks of raw values."""

    keys: Sequence[Key]
    raw: list[dict[str, Value]]
    arrays: Arrays
    later: list[Broken]
    own: list[Broken]


@dataclass
class LiveTable:
    """The rows of a monthly table, as the messages that have come so far make them.

    A row is judged as that of a month is, by the same code. What differs, since a month is whole and this never is:

    - a message may come before the one that makes its row; it waits, where a month quarantines it as `in_<first feed>`;
    - a later message of the same feed and key corrects the one before, where a month trusts neither of the two;
    - shares, measures and shift are of a whole, and are not judged here.

    reference: the clean reference tables. Raises OntimeError where one is missing that the table needs.
    """

    table: Table
    declared: Messages
    reference: Frames
    _received: dict[Key, dict[str, Mapping[str, Value]]] = field(default_factory=dict)
    _row_keys: RowKeys = field(default_factory=RowKeys)
    _rules: RowRules = field(init=False)

    def __post_init__(self) -> None:
        needed = {name for declared in (self.table, *self.table.rules) for name in declared.needs}
        if absent := ", ".join(sorted(needed - {*self.reference})):
            raise OntimeError(f"messages of {self.table.name} cannot be checked: expected the clean tables {absent}")
        self._rules = RowRules.of(self.table, self.reference)

    def take(self, messages: Iterable[Message]) -> list[LiveRow]:
        """The rows that these messages change, as they stand after all of them.

        A message whose key is incomplete belongs to no row: it is answered with its violation, and not kept. Raises
        MessageError, and takes none of them, where one has not the form of its feed.
        """
        return self.take_typed([(feed, self.typed(feed, values)) for feed, values in messages])

    def typed(self, feed: str, values: Mapping[str, Any]) -> dict[str, Value]:
        """The values of a message, of the types of its columns. Raises MessageError where it has not its form."""
        return typed_values(feed, self._dtypes[feed], values)

    def has(self, feed: str, values: Mapping[str, Value]) -> bool:
        """Whether the last message of a feed with this key has the same values."""
        return self._received.get(tuple([values[name] for name in self.declared.key]), {}).get(feed) == values

    def take_typed(self, messages: Iterable[Message]) -> list[LiveRow]:
        """`take` of messages that are typed."""
        changed: dict[Key, None] = {}
        unnamed = []
        for feed, values in messages:
            key = tuple([values[name] for name in self.declared.key])
            if None in key:
                unnamed.append(self._unnamed(key))
            else:
                self._received.setdefault(key, {})[feed] = values
                changed[key] = None
        return [*self._rows(changed), *unnamed]

    def forget(self, keys: Iterable[Key]) -> None:
        """Keep nothing more of the rows of these keys."""
        for key in keys:
            self._received.pop(key, None)
            self._row_keys.note(key, None)

    def waiting(self) -> list[Key]:
        """The keys of messages whose row has not been made yet."""
        return [key for key, feeds in self._received.items() if self._first not in feeds]

    def _rows(self, keys: Iterable[Key]) -> list[LiveRow]:
        """The rows of these keys, and others whose own key is now shared, or no longer."""
        made, waiting = [], []
        for key in keys:
            (made if self._first in self._received[key] else waiting).append(key)
        names = self._key_names(waiting) if waiting else ()
        rows = [LiveRow(key, name, None, waits=True) for key, name in zip(waiting, names, strict=True)]
        if made:
            judged = self._judged(made)
            touched = [self._row_keys.note(key, self._row_key(judged, row)) for row, key in enumerate(made)]
            own = {*made}
            others = [key for key in dict.fromkeys(itertools.chain(*touched)) if key not in own]
            rows += self._live_rows(judged)
            rows += self._live_rows(self._judged(others)) if others else []
        return rows

    def _judged(self, keys: Sequence[Key]) -> _Judged:
        raw = [self._raw(key) for key in keys]
        values = {name: row_values([row[name] for row in raw], dtype) for name, dtype in self._raw_types.items()}
        own = self._rules.check(values)
        return _Judged(keys, raw, *self._rules.judge(values, own), own)

    def _raw(self, key: Key) -> dict[str, Value]:
        """The raw values of a row, missing where no message has brought them."""
        values: dict[str, Value] = dict.fromkeys(self._raw_types)
        for of_feed in self._received[key].values():
            values |= of_feed
        return values

    def _row_key(self, judged: _Judged, row: int) -> Key | None:
        """The key of a row in the clean table; None where it is incomplete."""
        key = tuple([single_value(judged.arrays[name], row, self._types[name]) for name in self.table.key])
        return None if None in key else key

    def _live_rows(self, judged: _Judged) -> list[LiveRow]:
        every = [*judged.own, *judged.later]
        lost = lost_clocks(every, len(judged.keys)).tolist()
        violations: defaultdict[int, list[Violation]] = defaultdict(list)
        for column, rule, clock, rows, texts in every:
            for row, text in zip(rows.tolist(), texts, strict=True):
                violations[row].append(Violation(column, rule, text, clock))
        return [self._live_row(judged, row, lost[row], violations[row]) for row in range(len(judged.keys))]

    def _live_row(self, judged: _Judged, row: int, lost: int, violations: list[Violation]) -> LiveRow:
        """lost: place of the clock from which on the row is lost."""
        key, name = judged.keys[row], self._name(judged, row)
        if self._row_keys.is_shared(key):
            lost = self._first_clock
            violations.append(Violation(", ".join(self.table.key), KEY_UNIQUE, name, lost))
        violations.sort(key=itemgetter(0, 1))
        clean = None if lost <= self._first_clock else self._clean(judged, row, lost)
        return LiveRow(key, name, clean, tuple(violations))

    def _clean(self, judged: _Judged, row: int, lost: int) -> dict[str, Value]:
        raw, added = judged.raw[row], self.table.added
        clean: dict[str, Value] = {}
        for name, clock in self._clocks.items():
            if clock >= lost:
                clean[name] = None
            else:
                clean[name] = single_value(judged.arrays[name], row, self._types[name]) if name in added else raw[name]
        clean |= dict.fromkeys(one.column for one in judged.own if row in one.rows and one.column not in added)
        return clean | {LOST: self._clock_names.get(lost)}

    def _name(self, judged: _Judged, row: int) -> str:
        """A row is called by its key as it came, or by that of its messages where all of it is missing."""
        raw, arrays, types = judged.raw[row], judged.arrays, self._types
        values = [single_value(arrays[n], row, types[n]) if n in self.table.added else raw[n] for n in self.table.key]
        texts = [value_text(value, types[name]) for name, value in zip(self.table.key, values, strict=True)]
        return key_text(texts) if any(texts) else self._key_names([judged.keys[row]])[0]

    def _unnamed(self, key: Key) -> LiveRow:
        """What a message comes to whose key is incomplete."""
        (name,), column = self._key_names([key]), ", ".join(self.declared.key)
        return LiveRow(key, name, None, (Violation(column, f"in_{self._first}", name, self._first_clock),))

    def _key_names(self, keys: Sequence[Key]) -> list[str]:
        """What messages of these keys are called."""
        columns = zip(self.declared.key, zip(*keys, strict=True), strict=True)
        return key_names(self._form, {name: row_values(of, self._raw_types[name]) for name, of in columns}).tolist()

    @cached_property
    def _first(self) -> str:
        return next(iter(self.declared.feeds))

    @cached_property
    def _first_clock(self) -> int:
        return first_clock(self.table)

    @cached_property
    def _form(self) -> Table:
        return feed_tables([self.table], [self.declared])[self._first]

    @cached_property
    def _raw_types(self) -> dict[str, str]:
        return {name: declared_dtype(column) for name, column in self.table.schema.columns.items()}

    @cached_property
    def _types(self) -> dict[str, str]:
        return {name: declared_dtype(column) for name, column in self.table.columns.items()}

    @cached_property
    def _dtypes(self) -> dict[str, dict[str, str]]:
        """By feed, the type of each of its columns."""
        key, feeds = self.declared.key, self.declared.feeds
        return {feed: {name: self._raw_types[name] for name in (*key, *names)} for feed, names in feeds.items()}

    @cached_property
    def _clocks(self) -> dict[str, int]:
        return {name: clock.place for name, clock in column_clocks(self.table).items()}

    @cached_property
    def _clock_names(self) -> dict[int, str]:
        return {clock.place: clock.name for clock in column_clocks(self.table).values()}
