"""Feature rows and a recipe -> each month predicted by what the same recipe could learn before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from ontime.core.model.model import Model
from ontime.core.model.split import month_rows, training_data
from ontime.core.model.training import Checkpoints, refit_model, search_rounds
from ontime.params import Split, Train


class BacktestMonth(NamedTuple):
    """A month of a backtest: its rows, the rows that were known when it began, and the model that learned from them."""

    name: str
    rows: pd.DataFrame
    known: pd.DataFrame
    model: Model

    def predictions(self) -> pd.DataFrame:
        """id, day, outcome, probability of the month's rows."""
        frame = self.rows[["id", "day", "outcome"]].astype({"outcome": "bool"})
        return frame.assign(probability=self.model.predict(self.rows))


@dataclass(frozen=True)
class Backtest:
    """How each month is predicted by a model that learned from what was known when it began.

    rows: features as of `lead_hours` before they start, of all months; types: those that models read, type by name.
    """

    rows: pd.DataFrame
    lead_hours: float
    types: Mapping[str, str]
    split: Split
    recipe: Train

    def search(
        self, months: Sequence[str], kept: Checkpoints, step: Callable[[], object] = lambda: None
    ) -> dict[str, int]:
        """How many trees are best for each month, by the months before it; `step` is called after each month.

        Search all months before any is refitted. The search for a month learns from what was known some months
        earlier, and keeps its trees under that earlier month, whose model then needs few more.
        """
        rounds = {}
        for month in months:
            data = training_data(self.rows, month, self.split, self.lead_hours)
            rounds[month] = search_rounds(data, self.types, self.recipe, kept).rounds
            step()
        return rounds

    def refit(self, rounds: Mapping[str, int], kept: Checkpoints) -> Iterator[BacktestMonth]:
        """Each month with a model of so many trees, learned from all that was known when it began."""
        for month, number in rounds.items():
            data = training_data(self.rows, month, self.split, self.lead_hours)
            model = refit_model(data, self.types, number, self.recipe, kept)
            yield BacktestMonth(month, month_rows(self.rows, month), data.known, model)
