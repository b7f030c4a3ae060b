"""What the day step takes in, what it keeps from day to day, and what it writes down of each decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple, Protocol, Self

import numpy as np
import pandas as pd
from pydantic.dataclasses import dataclass

from ontime.core.monitoring.ledger import DAY
from ontime.core.monitoring.readings import Reading
from ontime.errors import validated
from ontime.params import Drift, Policy


class TrainingResult(NamedTuple):
    """What came of a training: a version, or '' and why it failed.

    requested: the day of the request. The version learned from what was known when that day began.
    """

    requested: str
    version: str
    failure: str = ""


class Intake(NamedTuple):
    """What came in between the beginning of the day before and that of a day.

    ids, outcomes (n,): outcomes of earlier rows that became known. trainings: those that ended.
    """

    ids: np.ndarray
    outcomes: np.ndarray
    trainings: Sequence[TrainingResult] = ()


class Models(Protocol):
    """What keeps models. A version is a hash of a model's content."""

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
    """What the loop keeps from day to day. Days are text; a version or a day that is not there is ''.

    begun: the loop's first day. last: the last one that was stepped; at first the day before `begun`. champion: the
    version that answers, since the day `promoted`. trained: the day up to which the last model learned. requested: the
    day of the request for a training that has not ended: whoever trains models reads it here. challenger: it waits in
    shadow. former: the champion before, in shadow for a while after a promotion. readings: what each window showed.
    """

    begun: str
    last: str
    champion: str
    promoted: str
    trained: str
    requested: str = ""
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
    def next_day(self) -> pd.Timestamp:
        """The day that is to be stepped next."""
        return (pd.Timestamp(self.last) + DAY).as_unit("us")

    @property
    def versions(self) -> list[str]:
        """The versions that predict every row, the champion first."""
        return list(dict.fromkeys(name for name in (self.champion, self.challenger, self.former) if name))


@dataclass(frozen=True)
class DecisionRecord:
    """A decision with its day, and the version that it is about; '' where there is none yet."""

    day: str
    action: str
    version: str
    reason: str
