"""A loop at rest and a day -> the loop on that day, every day between stepped once, whatever was missed or killed."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pandas as pd

from ontime.core.loop.day_step import day_step, initial_state
from ontime.core.loop.journal import Journal
from ontime.core.loop.state import Intake, Models, Rules, State
from ontime.core.monitoring.ledger import Ledger
from ontime.errors import OntimeError


class Loop(NamedTuple):
    """What a loop runs on. intake: by day what came in; for one day always the same."""

    journal: Journal
    ledger: Ledger
    models: Models
    rules: Rules
    intake: Callable[[pd.Timestamp], Intake]


def begin(loop: Loop, day: pd.Timestamp, champion: str) -> State:
    """The loop's state, with this champion from that day on where it has not begun yet."""
    state = loop.journal.load()
    if state is None:
        state = initial_state(day, champion, loop.ledger, loop.rules)
        loop.journal.save(state, [])
    return state


def advance(loop: Loop, day: pd.Timestamp) -> State:
    """Step every day after the last one up to this, in order; nothing where this is the last one.

    The journal's is the only write that ends a step. Killed before it, the next call steps the day again, and writes
    the same. Raises OntimeError where the day is before the last one, or the loop has not begun.
    """
    state = loop.journal.load()
    if state is None:
        raise OntimeError("the loop has not begun; expected a state in its journal, found none: begin it first")
    if day.tz is not None or day != day.normalize():
        raise OntimeError(f"expected a day without an hour and a zone, such as 2013-04-01, found {day}")
    if day < pd.Timestamp(state.last):
        raise OntimeError(
            f"expected {state.last}, the last day of the loop, or a later one, found {day:%Y-%m-%d}: no day is stepped "
            f"again; correct the clock"
        )
    while pd.Timestamp(state.last) < day:
        today = state.next_day
        state, decisions = day_step(state, today, loop.intake(today), loop.ledger, loop.models, loop.rules)
        loop.journal.save(state, decisions)
    return state
