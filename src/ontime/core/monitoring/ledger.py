"""Predictions by row and version, and outcomes by row -> the rows of some days, scored; the contract, and in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import pandas as pd

ANSWERED = "answered"  # in place of a version: the answers that users got, whichever model gave them
UNKNOWN = -1
DAY = pd.Timedelta(days=1)


class Ledger(Protocol):
    """What the loop writes down and looks up.

    A version names a model; ANSWERED is the version of what users got. A span of days includes its first and its last.
    """

    def record_predictions(self, day: pd.Timestamp, ids: np.ndarray, probabilities: Mapping[str, np.ndarray]) -> None:
        """Keep, for the rows `ids` (n,) of a day, the probabilities (n,) of each version."""

    def record_outcomes(self, ids: np.ndarray, outcomes: np.ndarray) -> None:
        """Keep the outcomes (n,), 1 or 0, of rows (n,). A row may be predicted later, or never."""

    def scored_rows(self, first: pd.Timestamp, last: pd.Timestamp, *versions: str) -> pd.DataFrame:
        """The rows whose outcome is known, of those days of the span that all these versions predicted.

        Columns: `day`, `outcome` (bool), and the probabilities of each version under its name.
        """
        ...

    def predictions(self, first: pd.Timestamp, last: pd.Timestamp, version: str) -> np.ndarray:
        """The probabilities of a version for all rows of the span, whether or not their outcome is known: (n,)."""
        ...


class InMemoryLedger:
    """A ledger that lasts as long as the process. The rows of a day are recorded together."""

    def __init__(self) -> None:
        self._probabilities: dict[pd.Timestamp, dict[str, np.ndarray]] = {}
        self._rows: dict[pd.Timestamp, np.ndarray] = {}  # by day the places of its rows among the outcomes
        self._places: dict[str, int] = {}  # by id
        self._outcomes = np.full(1024, UNKNOWN, dtype=np.int8)

    def record_predictions(self, day: pd.Timestamp, ids: np.ndarray, probabilities: Mapping[str, np.ndarray]) -> None:
        if day not in self._rows:
            self._rows[day] = np.array([self._place(row_id) for row_id in ids], dtype=np.int64)
        self._probabilities.setdefault(day, {}).update(probabilities)

    def record_outcomes(self, ids: np.ndarray, outcomes: np.ndarray) -> None:
        places = [self._place(row_id) for row_id in ids]  # which may make room
        self._outcomes[places] = outcomes

    def scored_rows(self, first: pd.Timestamp, last: pd.Timestamp, *versions: str) -> pd.DataFrame:
        days = self._predicted_days(first, last, versions)
        outcome = self._outcomes[_concatenated([self._rows[day] for day in days], np.int64)]
        known = outcome != UNKNOWN
        day = np.repeat(np.array(days, dtype="datetime64[us]"), [len(self._rows[day]) for day in days])
        probabilities = {version: self._of_days(days, version)[known] for version in versions}
        return pd.DataFrame({"day": day[known], "outcome": outcome[known] == 1, **probabilities})

    def predictions(self, first: pd.Timestamp, last: pd.Timestamp, version: str) -> np.ndarray:
        return self._of_days(self._predicted_days(first, last, (version,)), version)

    def _predicted_days(self, first: pd.Timestamp, last: pd.Timestamp, versions: tuple[str, ...]) -> list[pd.Timestamp]:
        days = pd.date_range(first, last, freq=DAY).as_unit("us")
        return [day for day in days if set(versions) <= self._probabilities.get(day, {}).keys()]

    def _of_days(self, days: Sequence[pd.Timestamp], version: str) -> np.ndarray:
        return _concatenated([self._probabilities[day][version] for day in days], np.float64)

    def _place(self, row_id: str) -> int:
        place = self._places.setdefault(row_id, len(self._places))
        if place >= len(self._outcomes):
            self._outcomes = np.append(self._outcomes, np.full(len(self._outcomes), UNKNOWN, dtype=np.int8))
        return place


def _concatenated(parts: Sequence[np.ndarray], dtype: type) -> np.ndarray:
    return np.concatenate(parts) if parts else np.empty(0, dtype=dtype)
