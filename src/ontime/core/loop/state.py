"""What the day step takes in, what it keeps from day to day, and what it writes down of each decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, NamedTuple, Protocol, Self

import numpy as np
import pandas as pd
from pydantic.dataclasses import dataclass

from ontime.core.monitoring.ledger import DAY
from ontime.core.monitoring.readings import Reading
from ontime.errors import validated
from ontime.params import Drift, Policy


class Intake(NamedTuple):
    """What came in until a day began, and the rows to be answered on it.

    rows: `id` and features as of each row's `predict_at`, after the contract. silent (n,) bool: whether the watched
    source had then sent nothing for too long. ids, outcomes (m,): outcomes of earlier rows that have become known.
    """

    rows: pd.DataFrame
    silent: np.ndarray
    ids: np.ndarray
    outcomes: np.ndarray


class Models(Protocol):
    """What trains models and keeps them. A version is a hash of a model's content."""

    def train(self, day: pd.Timestamp) -> str:
        """The version that is learned from what was known when the day began."""
        ...

    def predict(self, version: str, rows: pd.DataFrame) -> np.ndarray:
        """Probabilities (n,) of a version for rows (n,)."""
        ...

    def fallback(self, rows: pd.DataFrame) -> np.ndarray:
        """Probabilities (n,) of climatology for rows (n,)."""
        ...

    def recipe(self, version: str) -> str:
        """What a version was made by, whatever data it learned from: equal texts, equal recipes."""
        ...

    def drift(self, version: str, first: pd.Timestamp, last: pd.Timestamp) -> Mapping[str, float]:
        """How the drift of the rows of some days ranks among the weeks that a version learned from, by test."""
        ...


class Rules(NamedTuple):
    """When to retrain and whom to promote; when an alarm rings; the label delay.

    label_delay: how old the youngest day is whose outcomes are nearly all known when a day begins.
    """

    policy: Policy
    drift: Drift
    label_delay: pd.Timedelta = 2 * DAY


@dataclass(frozen=True)
class State:
    """What the loop keeps from day to day. Days are text; a version that is not there is ''.

    begun: the loop's first day. champion: the version that answers, since the day `promoted`. trained: when the last
    model was trained. challenger: it waits in shadow. former: the champion before, in shadow for a while after a
    promotion. readings: what each window showed.
    """

    begun: str
    champion: str
    promoted: str
    trained: str
    challenger: str = ""
    former: str = ""
    readings: tuple[Reading, ...] = ()

    def content(self) -> dict[str, Any]:
        """What JSON holds of it."""
        return asdict(self)

    @classmethod
    def load(cls, content: Mapping[str, Any]) -> Self:
        """From what JSON holds of it. Raises OntimeError with all that is wrong."""
        return validated(cls, content, "the state of the loop")

    @property
    def versions(self) -> list[str]:
        """The versions that predict every row, the champion first."""
        return list(dict.fromkeys(name for name in (self.champion, self.challenger, self.former) if name))


@dataclass(frozen=True)
class DecisionRecord:
    """A decision with its day, and the version that it is about."""

    day: str
    action: str
    version: str
    reason: str
