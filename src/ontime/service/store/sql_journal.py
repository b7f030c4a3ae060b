"""The loop's state and decisions on SQL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import Connection, insert, select

from ontime.core.loop.state import DecisionRecord, State
from ontime.service.store.opening import Store
from ontime.service.store.records import replace_lines
from ontime.service.store.tables import decisions, loop_state
from ontime.service.store.writer import Writer


class SqlJournal:
    """A journal that lasts as long as its store; see core/loop/journal.py."""

    def __init__(self, store: Store, writer: Writer) -> None:
        self._store, self._writer = store, writer

    def load(self) -> State | None:
        with self._store.reading() as connection:
            content = connection.scalar(select(loop_state.c.content))
        return None if content is None else State.load(json.loads(content))

    def save(self, state: State, decisions: Sequence[DecisionRecord]) -> None:
        self._writer.write(lambda connection: _save(connection, state, decisions))

    @property
    def decisions(self) -> list[DecisionRecord]:
        """All decisions, in order."""
        columns = [decisions.c[name] for name in DecisionRecord.__dataclass_fields__]
        with self._store.reading() as connection:
            return [DecisionRecord(*row) for row in connection.execute(select(*columns).order_by(decisions.c.seq))]


def _save(connection: Connection, state: State, made: Sequence[DecisionRecord]) -> None:
    replace_lines(connection, loop_state, [{"row": 1, "content": json.dumps(state.content())}])
    if made:
        connection.execute(insert(decisions), [asdict(decision) for decision in made])
