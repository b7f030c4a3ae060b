"""Keys of messages, and of the rows that they make -> which rows share their key, where that must be unique."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

Key = tuple[Hashable, ...]


@dataclass
class RowKeys:
    """The key in the clean table of every row, by the key of its messages; and the other way round."""

    _known: dict[Key, Key] = field(default_factory=dict)
    _rows: dict[Key, dict[Key, None]] = field(default_factory=dict)  # dictionaries, not sets: they keep their order

    def note(self, row: Key, key: Key | None) -> list[Key]:
        """Note the key of a row, None where it has none. Returns other rows that now share it, or no longer do."""
        before = self._known.get(row)
        if before == key:
            return []
        others = [*self._leave(row), *(self._rows.get(key, ()) if key is not None else ())]
        if key is not None:
            self._known[row] = key
            self._rows.setdefault(key, {})[row] = None
        return others

    def is_shared(self, row: Key) -> bool:
        """Whether another row has the same key."""
        key = self._known.get(row)
        return key is not None and len(self._rows[key]) > 1

    def _leave(self, row: Key) -> list[Key]:
        """Take a row from those of its key; the others of these."""
        key = self._known.pop(row, None)
        if key is None:
            return []
        rows = self._rows[key]
        del rows[row]
        if not rows:
            del self._rows[key]
        return [*rows]
