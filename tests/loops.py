"""A loop on a small ledger: models whose probabilities are known, and rows whose outcomes are."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from policies import policy

from ontime.core.loop.advance import Loop, advance, begin
from ontime.core.loop.journal import InMemoryJournal
from ontime.core.loop.score_rows import score_rows
from ontime.core.loop.state import Intake, Rules, State, TrainingResult
from ontime.core.monitoring.ledger import DAY, InMemoryLedger
from ontime.params import Drift

FIRST = pd.Timestamp("2013-04-01").as_unit("us")
DRIFT = Drift(test="psi", quantile=0.9, k=2, n=3)
ROWS = 40


class Fakes:
    """Models that give every row the same probability.

    A version is 'm<day>'; `probability` has that of each version, or of all others as 'else'.
    """

    def __init__(
        self, probability: Mapping[str, float], drift: float = 0.0, recipes: Mapping[str, str] | None = None
    ) -> None:
        self.probability, self.rank, self.recipes = probability, drift, recipes or {}

    def predict(self, version: str, rows: pd.DataFrame) -> np.ndarray:
        return np.full(len(rows), self.probability.get(version, self.probability["else"]))

    def fallback(self, rows: pd.DataFrame) -> np.ndarray:
        return np.full(len(rows), 0.111)

    def recipe(self, version: str) -> str:
        return self.recipes.get(version, "the same")

    def drift(self, version: str, first: pd.Timestamp, last: pd.Timestamp) -> Mapping[str, float]:  # noqa: ARG002
        return {"psi": self.rank}


def ids(day: pd.Timestamp) -> np.ndarray:
    return np.array([f"{day:%Y-%m-%d}-{number}" for number in range(ROWS)], dtype=object)


def outcomes(day: pd.Timestamp) -> np.ndarray:
    """One of four is true, a little more or less from day to day."""
    return (np.arange(ROWS) < 9 + day.day % 3).astype(np.int8)


def rows_of(day: pd.Timestamp) -> pd.DataFrame:
    return pd.DataFrame({"id": ids(day), "day": day})


def version_of(day: pd.Timestamp) -> str:
    """What a training gives that was requested on that day."""
    return f"m{day:%m-%d}"


def intake(day: pd.Timestamp, late: int = 2, training_days: int = 1) -> Intake:
    """The outcomes of two days before, or more, and a model: of each day there is one after so many days."""
    before, requested = day - late * DAY, day - training_days * DAY
    return Intake(ids(before), outcomes(before), [TrainingResult(f"{requested:%Y-%m-%d}", version_of(requested))])


def begun(
    models: Fakes,
    rules: Rules,
    intake: Callable[[pd.Timestamp], Intake] = intake,
    ledger: InMemoryLedger | None = None,
) -> Loop:
    """A loop that stands before its first day."""
    loop = Loop(InMemoryJournal(), ledger or InMemoryLedger(), models, rules, intake)
    begin(loop, FIRST, version_of(FIRST))
    return loop


def run_days(
    models: Fakes, rules: Rules, days: int, ledger: InMemoryLedger | None = None, **others: int
) -> tuple[State, list, InMemoryLedger]:
    """So many days, each with its rows. others: of `intake`."""
    journal, ledger = InMemoryJournal(), ledger or InMemoryLedger()
    loop = Loop(journal, ledger, models, rules, lambda day: intake(day, **others))
    state = begin(loop, FIRST, version_of(FIRST))
    for number in range(days):
        state = advance(loop, FIRST + number * DAY)
        score(loop, state.next_day - DAY)
    return state, journal.decisions, ledger


def score(loop: Loop, day: pd.Timestamp, silent: bool = False) -> None:
    """Score the rows of a day by what the journal holds."""
    state = loop.journal.load()
    assert state is not None
    score_rows(state, rows_of(day), np.full(ROWS, silent), loop.ledger, loop.models)


def rules(**others: object) -> Rules:
    return Rules(policy(**others), DRIFT)
