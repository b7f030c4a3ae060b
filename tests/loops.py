"""A loop on a small ledger: models whose probabilities are known, and rows whose outcomes are."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from policies import policy

from ontime.core.loop.day_step import day_step, initial_state
from ontime.core.loop.state import Intake, Rules, State
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
        self.probability, self.rank, self.recipes, self.trained = probability, drift, recipes or {}, []

    def train(self, day: pd.Timestamp) -> str:
        self.trained.append(day)
        return f"m{day:%m-%d}"

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


def intake(day: pd.Timestamp, silent: bool = False, late: int = 2) -> Intake:
    """What came of the rows of two days before, or more, and the day's rows."""
    before = day - late * DAY
    return Intake(pd.DataFrame({"id": ids(day), "day": day}), np.full(ROWS, silent), ids(before), outcomes(before))


def run_days(
    models: Fakes, rules: Rules, days: int, ledger: InMemoryLedger | None = None, late: int = 2
) -> tuple[State, list, InMemoryLedger]:
    ledger = ledger or InMemoryLedger()
    state, decisions = initial_state(FIRST, ledger, models, rules), []
    for number in range(days):
        day = FIRST + number * DAY
        state, new = day_step(state, day, intake(day, late=late), ledger, models, rules)
        decisions += new
    return state, decisions, ledger


def rules(**others: object) -> Rules:
    return Rules(policy(**others), DRIFT)
