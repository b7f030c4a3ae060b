"""What was said of each row, by which model, and what came of it -> the rows of some days, side by side; in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import pandas as pd

ANSWERED = "answered"  # the voice of what users were told, whichever model it came from
UNKNOWN = -1
DAY = pd.Timedelta(days=1)


class Ledger(Protocol):
    """What the loop writes down and looks up. A voice is a model's version, or what was ANSWERED.

    say(day, ids, said): a probability (n,) of each voice for the rows of a day; learn(ids, outcomes): what came of
    rows; spoken(first, last, *voices): of the days first to last for which all these voices spoke the rows whose
    outcome is known: `day`, `outcome`, and a column for each voice; asked(first, last, voice): the probabilities of all
    its rows of these days, whatever is known of them.
    """

    def say(self, day: pd.Timestamp, ids: np.ndarray, said: Mapping[str, np.ndarray]) -> None: ...

    def learn(self, ids: np.ndarray, outcomes: np.ndarray) -> None: ...

    def spoken(self, first: pd.Timestamp, last: pd.Timestamp, *voices: str) -> pd.DataFrame: ...

    def asked(self, first: pd.Timestamp, last: pd.Timestamp, voice: str) -> np.ndarray: ...


class Memory:
    """A ledger that lasts as long as the process; rows of a day come together."""

    def __init__(self) -> None:
        self._days: dict[pd.Timestamp, dict[str, np.ndarray]] = {}
        self._places: dict[str, int] = {}
        self._outcomes = np.full(1024, UNKNOWN, dtype=np.int8)
        self._rows: dict[pd.Timestamp, np.ndarray] = {}

    def say(self, day: pd.Timestamp, ids: np.ndarray, said: Mapping[str, np.ndarray]) -> None:
        if day not in self._rows:
            self._rows[day] = np.array([self._place(name) for name in ids], dtype=np.int64)
        self._days.setdefault(day, {}).update(said)

    def learn(self, ids: np.ndarray, outcomes: np.ndarray) -> None:
        places = [self._place(name) for name in ids]  # which may make room
        self._outcomes[places] = outcomes

    def spoken(self, first: pd.Timestamp, last: pd.Timestamp, *voices: str) -> pd.DataFrame:
        days = self._between(first, last, voices)
        outcome = self._outcomes[_together([self._rows[day] for day in days], np.int64)]
        known = outcome != UNKNOWN
        day = np.repeat(np.array(days, dtype="datetime64[us]"), [len(self._rows[day]) for day in days])
        said = {voice: _together([self._days[day][voice] for day in days], np.float64)[known] for voice in voices}
        return pd.DataFrame({"day": day[known], "outcome": outcome[known] == 1, **said})

    def asked(self, first: pd.Timestamp, last: pd.Timestamp, voice: str) -> np.ndarray:
        return _together([self._days[day][voice] for day in self._between(first, last, (voice,))], np.float64)

    def _between(self, first: pd.Timestamp, last: pd.Timestamp, voices: tuple[str, ...]) -> list[pd.Timestamp]:
        days = pd.date_range(first, last, freq=DAY).as_unit("us")
        return [day for day in days if set(voices) <= self._days.get(day, {}).keys()]

    def _place(self, name: str) -> int:
        place = self._places.setdefault(name, len(self._places))
        if place >= len(self._outcomes):
            self._outcomes = np.append(self._outcomes, np.full(len(self._outcomes), UNKNOWN, dtype=np.int8))
        return place


def _together(parts: Sequence[np.ndarray], dtype: type) -> np.ndarray:
    return np.concatenate(parts) if parts else np.empty(0, dtype=dtype)
