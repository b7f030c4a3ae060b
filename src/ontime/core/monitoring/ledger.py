"""Scores by row and version, outcomes and answers -> the scored rows of some days; the contract, and one in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import pandas as pd

from ontime.errors import OntimeError

ANSWERED = "answered"  # in place of a version: what is answered at a row's `predict_at`, whichever model gives it
ANSWER_KEY = ["id", "user", "answered_at"]
ANSWER_CONTENT = ["version", "probability", "decision", "provisional", "degraded", "last_event", "features"]
ANSWER_COLUMNS = [*ANSWER_KEY, "day", "predict_at", *ANSWER_CONTENT]
UNKNOWN = -1
DAY = pd.Timedelta(days=1)


class Ledger(Protocol):
    """What the loop writes down and looks up, by row; a row has an id and a day.

    *Scores* are what versions predict for a row at its `predict_at`: from these the loop learns. *Answers* are what
    users got, as often as they wanted one, also before `predict_at`: from these it does not. A version names a model;
    ANSWERED is the version of the answer at `predict_at`. A span of days includes its first and its last. Each record
    is one write, all of it or none, and the same one again changes nothing.
    """

    def record_scores(self, rows: pd.DataFrame, probabilities: Mapping[str, np.ndarray]) -> None:
        """Keep the probabilities (n,) of each version for rows (n,). A row is scored once: the first score stays.

        rows: `id`, no two alike, and `day`. What else it has may be kept with the scores: `predict_at`, `answered_at`,
        `last_event`, `degraded` (climatology answered), and the features as they were. Raises OntimeError, and keeps
        nothing, where an id comes twice or a probability is none.
        """

    def record_outcomes(self, ids: np.ndarray, outcomes: np.ndarray) -> None:
        """Keep the outcomes (n,), 1 or 0, of rows (n,): the last of a row counts. It may be scored later, or never.

        Raises OntimeError, and keeps nothing, where an outcome is neither.
        """

    def record_answers(self, answers: pd.DataFrame) -> None:
        """Keep what users got: ANSWER_COLUMNS. Of answers with one ANSWER_KEY the first stays.

        last_event: what an answer rests on, it and all before it. provisional: given before `predict_at`. degraded:
        climatology answered, and `version` is ''. features: a mapping by name, as they were.
        """

    def scored_rows(self, first: pd.Timestamp, last: pd.Timestamp, *versions: str) -> pd.DataFrame:
        """The rows of the span that all these versions scored and whose outcome is known, in order of `day`.

        Columns: `day`, `outcome` (bool), and the probabilities of each version under its name.
        """
        ...

    def predictions(self, first: pd.Timestamp, last: pd.Timestamp, version: str) -> np.ndarray:
        """The probabilities (n,) of a version for all rows of the span that it scored, their outcome known or not.

        In order of `day`, and within a day as they were recorded.
        """
        ...

    def answers(self, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
        """The answers for rows of the span: ANSWER_COLUMNS, in order of `answered_at`."""
        ...


def check_scores(rows: pd.DataFrame, probabilities: Mapping[str, np.ndarray]) -> None:
    """Raises OntimeError where a row comes twice, or is given what is no probability."""
    if not rows["id"].is_unique:
        twice = rows.loc[rows["id"].duplicated(), "id"]
        raise OntimeError(f"scores: expected each row once, found {twice.iloc[0]} twice: score it once")
    for version, values in probabilities.items():
        if not ((values >= 0) & (values <= 1)).all():
            wrong = values[~((values >= 0) & (values <= 1))][0]
            raise OntimeError(f"scores of {version}: expected probabilities from 0 to 1, found {wrong}: mend the model")


def check_outcomes(outcomes: np.ndarray) -> None:
    """Raises OntimeError where an outcome is neither 1 nor 0."""
    if not np.isin(outcomes, (0, 1)).all():
        wrong = outcomes[~np.isin(outcomes, (0, 1))][0]
        raise OntimeError(f"outcomes: expected 1 or 0, found {wrong}: leave out what is not known")


class Scores(NamedTuple):
    """Rows of a day that were scored together: their places (n,) among all rows, and the probabilities by version."""

    places: np.ndarray
    probabilities: Mapping[str, np.ndarray]


class InMemoryLedger:
    """A ledger that lasts as long as the process. Of scores it keeps id, day, version and probability alone."""

    def __init__(self) -> None:
        self._scores: dict[pd.Timestamp, list[Scores]] = {}  # by day
        self._places: dict[str, int] = {}  # by id
        self._scored = np.zeros(1024, dtype=bool)  # by place, as are outcomes
        self._outcomes = np.full(1024, UNKNOWN, dtype=np.int8)
        self._answers = pd.DataFrame(columns=ANSWER_COLUMNS)

    def record_scores(self, rows: pd.DataFrame, probabilities: Mapping[str, np.ndarray]) -> None:
        check_scores(rows, probabilities)
        places, days = self._places_of(rows["id"].to_numpy()), rows["day"].to_numpy()
        new = ~self._scored[places]
        for day in np.unique(days[new]):
            chosen = new & (days == day)
            scores = {version: _chosen(values, chosen) for version, values in probabilities.items()}
            self._scores.setdefault(pd.Timestamp(day), []).append(Scores(places[chosen], scores))
        self._scored[places] = True

    def record_outcomes(self, ids: np.ndarray, outcomes: np.ndarray) -> None:
        check_outcomes(outcomes)
        places = self._places_of(ids)
        self._outcomes[places] = outcomes

    def record_answers(self, answers: pd.DataFrame) -> None:
        both = [frame for frame in (self._answers, answers[ANSWER_COLUMNS]) if len(frame)]
        if both:
            self._answers = pd.concat(both, ignore_index=True).drop_duplicates(ANSWER_KEY, ignore_index=True)

    def scored_rows(self, first: pd.Timestamp, last: pd.Timestamp, *versions: str) -> pd.DataFrame:
        batches = self._scored_by(first, last, versions)
        outcome = self._outcomes[_concatenated([scores.places for _, scores in batches], np.int64)]
        known = outcome != UNKNOWN
        days = np.array([day for day, _ in batches], dtype="datetime64[us]")
        day = np.repeat(days, [len(scores.places) for _, scores in batches])
        probabilities = {version: _of_version(batches, version)[known] for version in versions}
        return pd.DataFrame({"day": day[known], "outcome": outcome[known] == 1, **probabilities})

    def predictions(self, first: pd.Timestamp, last: pd.Timestamp, version: str) -> np.ndarray:
        return _of_version(self._scored_by(first, last, (version,)), version)

    def answers(self, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
        inside = self._answers[(self._answers["day"] >= first) & (self._answers["day"] <= last)]
        return inside.sort_values("answered_at", kind="stable", ignore_index=True)

    def _scored_by(
        self, first: pd.Timestamp, last: pd.Timestamp, versions: tuple[str, ...]
    ) -> list[tuple[pd.Timestamp, Scores]]:
        days = pd.date_range(first, last, freq=DAY).as_unit("us")
        batches = [(day, scores) for day in days for scores in self._scores.get(day, [])]
        return [(day, scores) for day, scores in batches if set(versions) <= scores.probabilities.keys()]

    def _places_of(self, ids: np.ndarray) -> np.ndarray:
        """The places (n,) of rows; new ones get the next, and room for it."""
        places = np.array([self._places.setdefault(row_id, len(self._places)) for row_id in ids], dtype=np.int64)
        while len(self._places) > len(self._outcomes):
            self._outcomes = np.append(self._outcomes, np.full(len(self._outcomes), UNKNOWN, dtype=np.int8))
            self._scored = np.append(self._scored, np.zeros(len(self._scored), dtype=bool))
        return places


def _chosen(values: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """The chosen ones (n,) bool of values (n,): where all are, themselves, which many ledgers may share."""
    return values if chosen.all() else values[chosen]


def _of_version(batches: Sequence[tuple[pd.Timestamp, Scores]], version: str) -> np.ndarray:
    return _concatenated([scores.probabilities[version] for _, scores in batches], np.float64)


def _concatenated(parts: Sequence[np.ndarray], dtype: type) -> np.ndarray:
    return np.concatenate(parts) if parts else np.empty(0, dtype=dtype)
