"""Feature rows and a recipe -> each month predicted by what the same recipe could learn before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from ontime.core.model.model import Checkpoints, Model, refit, search
from ontime.core.model.split import in_month, pieces
from ontime.params import Split, Train


class Month(NamedTuple):
    """A month of a backtest: its rows, the rows that were known at its start, and what learned from those."""

    name: str
    rows: pd.DataFrame
    known: pd.DataFrame
    model: Model

    def said(self) -> pd.DataFrame:
        """id, day, outcome, probability."""
        frame = self.rows[["id", "day", "outcome"]].astype({"outcome": "bool"})
        return frame.assign(probability=self.model.predict(self.rows))


@dataclass(frozen=True)
class Backtest:
    """Rows with what was known `lead_hours` before they start; the features that models read, type by name; how."""

    rows: pd.DataFrame
    lead_hours: float
    types: Mapping[str, str]
    split: Split
    recipe: Train

    def search(
        self, months: Sequence[str], kept: Checkpoints, step: Callable[[], object] = lambda: None
    ) -> dict[str, int]:
        """How many trees are best for each month, by the months before it; `step` is told that one is found.

        To be called for all months before `refit` is: what is `kept` of the search of a later month are the trees of an
        earlier one.
        """
        rounds = {}
        for month in months:
            data = pieces(self.rows, month, self.split, self.lead_hours)
            rounds[month] = search(data, self.types, self.recipe, kept).rounds
            step()
        return rounds

    def refit(self, rounds: Mapping[str, int], kept: Checkpoints) -> Iterator[Month]:
        """Each month with a model of so many trees on all that was known at its start."""
        for month, number in rounds.items():
            data = pieces(self.rows, month, self.split, self.lead_hours)
            model = refit(data, self.types, number, self.recipe, kept)
            yield Month(month, in_month(self.rows, month), data.known, model)
