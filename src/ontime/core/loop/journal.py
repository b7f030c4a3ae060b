"""The loop's state and decisions, kept from step to step: the contract, and a journal in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ontime.core.loop.state import DecisionRecord, State


class Journal(Protocol):
    """Where a loop keeps its state, and its decisions in order."""

    def load(self) -> State | None:
        """The state that was saved last; None before the first."""
        ...

    def save(self, state: State, decisions: Sequence[DecisionRecord]) -> None:
        """Keep a state in place of the one before, and the decisions that led to it: one write, all of it or none."""


@dataclass
class InMemoryJournal:
    """A journal that lasts as long as the process."""

    state: State | None = None
    decisions: list[DecisionRecord] = field(default_factory=list)

    def load(self) -> State | None:
        return self.state

    def save(self, state: State, decisions: Sequence[DecisionRecord]) -> None:
        self.state, self.decisions = state, [*self.decisions, *decisions]
