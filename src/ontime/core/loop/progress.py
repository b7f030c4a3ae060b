"""How far the runs of a replay have come <-> the text of a checkpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from typing import NamedTuple, Self

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from ontime.core.loop.state import DecisionRecord, State
from ontime.errors import OntimeError, validated


class Serving(NamedTuple):
    """The versions that predicted on a day; '' where there was none."""

    champion: str
    challenger: str
    former: str


@dataclass(frozen=True)
class RunProgress:
    """How far a run has come: its state, its decisions, and which versions predicted on each of its days."""

    state: State
    decisions: list[DecisionRecord]
    serving: list[Serving]


@dataclass(frozen=True)
class Progress:
    """How far a replay has come: how many days are done, and each run by its name."""

    days: int = 0
    runs: Mapping[str, RunProgress] = field(default_factory=dict)

    def text(self) -> str:
        """As JSON."""
        return TypeAdapter(Progress).dump_json(self).decode()

    @classmethod
    def load(cls, text: str) -> Self:
        """From its text. Raises OntimeError with all that is wrong."""
        try:
            content = json.loads(text)
        except json.JSONDecodeError as error:
            raise OntimeError(f"the progress of the replay is not valid JSON: {error}") from error
        return validated(cls, content, "the progress of the replay")
