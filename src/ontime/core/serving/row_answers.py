"""Rows, what was known of them and a bundle -> their answers, one row or many by the same code, without frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ontime.core.evaluation.costs import answer_thresholds, decision
from ontime.core.serving.answers import BOTH, set_name
from ontime.core.serving.bundle import Bundle
from ontime.core.serving.model_rows import ModelRows, Row
from ontime.dataset.features import FeatureSet


class Reason(NamedTuple):
    """What a feature adds to the log-odds of a row's outcome; value: that of the feature, None where it is missing."""

    feature: str
    value: float | str | None
    contribution: float


class Answer(NamedTuple):
    """What is answered to a row; fallback: whether the bundle's fallback answered in place of its model.

    Conformal sets promise nothing of the fallback: its set holds both outcomes.
    """

    probability: float
    decision: str
    conformal_set: str
    fallback: bool
    reasons: tuple[Reason, ...] = ()


class Answerer:
    """A bundle that is ready to answer rows.

    features: a feature set that declares all that its model reads. names: the columns that are read of the streams, in
    the order in which they come. Raises ModelUnfitError where both together lack what the model reads.
    """

    def __init__(self, bundle: Bundle, features: FeatureSet, names: Sequence[str]) -> None:
        self.bundle, self.names = bundle, list(names)
        self._inputs, self._thresholds = bundle.model.inputs, answer_thresholds(bundle.costs)
        self._rows = ModelRows(features, self._inputs, names)
        own = {feature.name for feature in features.own}
        self._seen = [(name, {*values}) for name, values in self._inputs.categories.items() if name in own]

    def answer(
        self, rows: Sequence[Row], known: np.ndarray, fallback: np.ndarray | None = None, reasons: int = 0
    ) -> list[Answer]:
        """The answers to rows (n): with their own features, and (n, names) what was known of the streams.

        fallback (n,) bool: which rows the bundle's fallback answers; without it, none. reasons: so many of the features
        that move the probability most are given for each row that the model answers.
        """
        return self.answer_matrix(rows, self.matrix(rows, known), fallback, reasons) if rows else []

    def matrix(self, rows: Sequence[Row], known: np.ndarray) -> np.ndarray:
        """What the model reads of rows (n): (n, features) float32."""
        return self._rows.matrix(rows, known)

    def answer_matrix(
        self, rows: Sequence[Row], matrix: np.ndarray, fallback: np.ndarray | None = None, reasons: int = 0
    ) -> list[Answer]:
        """`answer` of rows whose matrix is there."""
        probability = self.bundle.model.predict_matrix(matrix, threads=1)
        by_fallback = [False] * len(rows) if fallback is None else fallback.tolist()
        for place in range(len(rows)) if any(by_fallback) else ():
            if by_fallback[place]:
                probability[place] = self.bundle.fallback.rate_of(rows[place])
        answers = [
            self.judged(one, fallback=fell_back)
            for one, fell_back in zip(probability.tolist(), by_fallback, strict=True)
        ]
        return self._explained(answers, rows, matrix, reasons) if reasons else answers

    def judged(self, probability: float, *, fallback: bool) -> Answer:
        """The answer to a row whose probability is there."""
        conformal_set = BOTH if fallback else set_name(probability, self.bundle.calibration)
        return Answer(probability, decision(probability, self._thresholds), conformal_set, fallback)

    def unseen(self, row: Row) -> tuple[str, ...]:
        """The names of a row that the model has never seen, by feature."""
        return tuple(
            f"{name} {row[name]}" for name, known in self._seen if row[name] is not None and row[name] not in known
        )

    def _explained(self, answers: list[Answer], rows: Sequence[Row], matrix: np.ndarray, count: int) -> list[Answer]:
        reasons = self._reasons(rows, matrix, count)
        return [one if one.fallback else one._replace(reasons=why) for one, why in zip(answers, reasons, strict=True)]

    def _reasons(self, rows: Sequence[Row], matrix: np.ndarray, count: int) -> list[tuple[Reason, ...]]:
        """Of each row the features that add or take most, by Shapley values."""
        added = self.bundle.model.contributions_of(matrix, threads=1)
        names = list(self._inputs.types)
        most = np.argsort(-np.abs(added), axis=1, kind="stable")[:, :count]
        return [
            tuple(
                Reason(names[place], _shown(row, names[place], numbers[place]), float(contributions[place]))
                for place in places
            )
            for row, numbers, contributions, places in zip(rows, matrix, added, most.tolist(), strict=True)
        ]


def _shown(row: Row, name: str, number: np.float32) -> float | str | None:
    if isinstance(row.get(name), str):
        return row[name]
    return None if np.isnan(number) else float(number)
