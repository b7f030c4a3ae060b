"""Keys of messages, and of the rows that they make -> which rows share their key, where that must be unique."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, field

Key = tuple[Hashable, ...]


@dataclass
class RowKeys:
    """The key in the clean table of every row, by the key of its messages."""

    _known: dict[Key, Key] = field(default_factory=dict)
    _rows: defaultdict[Key, set[Key]] = field(default_factory=lambda: defaultdict(set))

    def note(self, row: Key, key: Key | None) -> set[Key]:
        """Note the key of a row, None where it has none. Returns other rows that now share it, or no longer do."""
        before = self._known.get(row)
        if before == key:
            return set()
        others: set[Key] = set()
        if before is not None:
            del self._known[row]
            self._rows[before].discard(row)
            others |= self._rows[before] or self._rows.pop(before)
        if key is not None:
            self._known[row] = key
            others |= self._rows[key]
            self._rows[key].add(row)
        return others

    def is_shared(self, row: Key) -> bool:
        """Whether another row has the same key."""
        key = self._known.get(row)
        return key is not None and len(self._rows[key]) > 1
