"""What has come so far, and the bundle that answers -> the answers to rows as of now."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ontime.core.evaluation.costs import answer_thresholds, decision
from ontime.core.features.moments import HOUR, NEVER
from ontime.core.features.table import read_by
from ontime.core.model.climatology import Climatology
from ontime.core.serving.admission import Tables
from ontime.core.serving.answers import BOTH
from ontime.core.serving.bundle import Bundle, check_bundle
from ontime.core.serving.live_table import LiveRow
from ontime.core.serving.message_admission import MessageAdmission
from ontime.core.serving.message_json import feed_dtypes, json_values
from ontime.core.serving.message_types import Message
from ontime.core.serving.messages import predicted_messages, row_ids
from ontime.core.serving.model_rows import Row
from ontime.core.serving.online_state import Known, OnlineState
from ontime.core.serving.row_answers import Answer, Answerer
from ontime.core.serving.row_keys import Key
from ontime.dataset.dataset import Dataset
from ontime.errors import ModelUnfitError, NotReadyError, UnknownRowError
from ontime.params import Costs

SECOND = 1_000_000  # microseconds
SWITCHED_OFF = "the kill switch is on"
NO_MODEL = "there is no model"


class Scored(NamedTuple):
    """The answer that a row got when it fell due: what comes later does not change it."""

    probability: float
    decision: str
    conformal_set: str
    version: str
    received: int
    degraded: tuple[str, ...]


class RowReply(NamedTuple):
    """The answer to a row. Moments are whole microseconds since 1970.

    predict_at: as of when. due: the moment that the model is made for. degraded: why climatology answered, empty where
    the model did. features: what a model read, (features,) float32, also where climatology answered; None where none
    did. model: its version, '' for none.
    """

    row: Row
    predict_at: int
    due: int
    version: str
    received: int
    degraded: tuple[str, ...]
    answer: Answer
    features: np.ndarray | None
    model: str

    @property
    def provisional(self) -> bool:
        """Whether it was asked before the moment that the model is made for."""
        return self.predict_at < self.due

    @property
    def prediction_id(self) -> str:
        """Of the row, the moment and the last message that were read, and the version."""
        text = f"{self.row['id']}\n{self.predict_at}\n{self.received}\n{self.version}"
        return hashlib.sha256(text.encode()).hexdigest()[:32]


class Answering(NamedTuple):
    """What answers: a bundle made ready, or a fallback alone; neither where nothing can be answered."""

    answerer: Answerer | None
    fallback: Climatology | None
    costs: Costs

    @property
    def version(self) -> str:
        """Of the bundle; empty where there is none."""
        return self.answerer.bundle.version if self.answerer else ""


class Live:
    """The online state, what makes its rows, and what answers. One thread takes messages in, any number ask.

    climatology_only: the kill switch.
    """

    def __init__(
        self,
        dataset: Dataset,
        lead_hours: float,
        reference: Tables,
        silent_hours: Mapping[str, float],
        costs: Costs,
        alive_until: int = NEVER,
    ) -> None:
        """reference: the clean reference tables. silent_hours: by source, after how long it counts as silent."""
        self.dataset, self.lead_hours, self.climatology_only = dataset, lead_hours, False
        self.admission = MessageAdmission.of(dataset.tables, dataset.messages, reference)
        sources = dataset.stress.sources
        self.state = OnlineState(
            dataset.tables, dataset.features, lead_hours, sources, silent_hours, alive_until=alive_until
        )
        self.answering = Answering(None, None, costs)
        self.scored: dict[str, Scored] = {}
        self._given: dict[str, RowReply] = {}  # of rows that are due and not scored yet
        self.messages = predicted_messages(dataset)
        self._table = next(table for table in dataset.tables if table.name == self.messages.table)
        types = feed_dtypes(dataset.tables, dataset.messages)[next(iter(self.messages.feeds))]
        self._key_types = {name: types[name] for name in self.messages.key}
        self._ids: dict[Key, str] = {}  # of rows that messages made
        self._keys: dict[str, Key] = {}
        self._names: dict[tuple[str, Key], str] = {}  # of rows of any table

    def serve(self, bundle: Bundle) -> None:
        """Answer by this bundle from now on. Raises ModelUnfitError, and changes nothing, where it does not fit."""
        check_bundle(bundle, self.dataset.features)
        if bundle.lead_hours != self.lead_hours:
            raise ModelUnfitError(
                f"bundle {bundle.version} answers {bundle.lead_hours:g} hours ahead, this service {self.lead_hours:g}: "
                "start another one for it (features.lead_hours in params.yaml)"
            )
        features = read_by(self.dataset.features, bundle.model.inputs.types)
        answerer = Answerer(bundle, features, self.state.online.names)
        self.state.check_fit(answerer)
        self.answering = Answering(answerer, bundle.fallback, bundle.costs)

    def serve_fallback(self, fallback: Climatology) -> None:
        """Answer by climatology alone, where there is no whole bundle.

        Raises ModelUnfitError, and changes nothing, where it counts by what rows do not have.
        """
        own = {feature.name for feature in self.dataset.features.own}
        if absent := [name for name in fallback.keys if name not in own]:
            raise ModelUnfitError(f"expected a fallback that counts by {', '.join(sorted(own))}, found {absent}")
        self.answering = Answering(None, fallback, self.answering.costs)

    def load(self, tables: Tables) -> None:
        """Take in all the rows of clean tables, before any message."""
        self.state.load(tables)

    def take(self, messages: Sequence[Message], received: int = 0) -> dict[str, list[LiveRow]]:
        """Take typed messages in; by table, the rows that they change. received: the number of the last one."""
        changed = self.admission.take(messages)
        self.state.take(changed, received)
        self.note(changed)
        return changed

    def hear(self, source: str, moment: int, received: int = 0) -> None:
        """A source is alive at a moment. received: the number of its heartbeat, or of a later one."""
        self.state.hear(source, moment)
        self.state.online.received = max(self.state.online.received, received)

    def forget(self, now: int) -> None:
        """Forget what no row reads any more, and rows that are no longer expected to be corrected."""
        self.state.forget(now)
        gone = [place for place, name in self._names.items() if not self.state.keeps(place[0], name)]
        for table, key in gone:
            self.admission.forget(table, [key])
            del self._names[table, key]
            if table == self.messages.table:
                self._keys.pop(self._ids.pop(key, ""), None)
        for name in [name for name in self.scored if self.state.row(name) is None]:
            del self.scored[name]
        for name in [name for name in self._given if self.state.row(name) is None]:
            self._given.pop(name, None)

    def _note_asked(self, rows: Iterable[LiveRow]) -> None:
        """Rows that can be asked for by the key of their messages."""
        for row in rows:
            if row.clean is not None:
                self._ids[row.key] = str(row.clean["id"])
                self._keys[str(row.clean["id"])] = row.key

    def note(self, changed: Mapping[str, Iterable[LiveRow]]) -> None:
        """Rows that messages made, by table: they are forgotten when they are old enough."""
        for table, rows in changed.items():
            self._names.update({(table, row.key): row.name for row in rows if row.clean is not None})
        self._note_asked(changed.get(self.messages.table, ()))

    def key(self, name: str) -> list[Any] | None:
        """The key of the messages of a row, as JSON has it; None where none have come."""
        key = self._keys.get(name)
        return (
            None
            if key is None
            else [*json_values(self._key_types, dict(zip(self._key_types, key, strict=True))).values()]
        )

    def ids(self, keys: Sequence[Key]) -> list[str]:
        """The rows of these keys. Raises UnknownRowError with all that are not known."""
        ids = [self._ids.get(key) for key in keys]
        if None in ids:
            of_keys = row_ids(self.messages, self._table, keys)
            ids = [of_key if name is None else name for name, of_key in zip(ids, of_keys, strict=True)]
        unknown = [place for place, name in enumerate(ids) if name is None or self.state.row(name) is None]
        if unknown:
            words = [f"rows[{place}]: {' '.join(map(str, keys[place]))}" for place in unknown]
            raise UnknownRowError(
                f"expected rows whose schedule has come; not known: {', '.join(words)}: "
                "correct the key, or send the schedule first"
            )
        return [name for name in ids if name is not None]

    def answer(self, ids: Sequence[str], now: int, reasons: int = 0) -> list[RowReply]:
        """The answers to rows (n) as of now, or as of when they fell due where that was before.

        reasons: so many features that moved the probability most, of each row that the model answers. Raises
        UnknownRowError for rows that are not known, NotReadyError where nothing answers, or no moment is known yet.
        """
        answering = self.answering
        if now == NEVER:
            raise NotReadyError("expected a heartbeat, found none: the time of the messages is not known yet")
        if answering.fallback is None:
            raise NotReadyError("expected a bundle that answers, found none, nor its fallback: give it its folder")
        known = self.state.known(ids, now)
        degraded = self._doubts(answering, known)
        features, answers = _answers(answering, known, degraded, reasons)
        lead = int(self.lead_hours * HOUR)
        replies = []
        for place, (row, why, answer) in enumerate(zip(known.rows, degraded, answers, strict=True)):
            due, version = row["starts_at"] - lead, "" if answer.fallback else answering.version
            reply = RowReply(
                row, row["predict_at"], due, version, known.received, why, answer,
                None if features is None else features[place], answering.version,
            )  # fmt: skip
            replies.append(reply if reply.provisional else self._once(reply))
        return replies

    def _once(self, reply: RowReply) -> RowReply:
        """The answer that a row got first when it was due, with the reasons that are asked for now."""
        if scored := self.scored.get(reply.row["id"]):
            return _as_scored(reply, scored)
        given = self._given.setdefault(reply.row["id"], reply)
        return given._replace(answer=given.answer._replace(reasons=reply.answer.reasons))

    def keep(self, replies: Sequence[RowReply]) -> None:
        """These answers are written down: they are those of their rows from now on."""
        for reply in replies:
            name = reply.row["id"]
            self.scored[name] = scored_of(reply)
            self._given.pop(name, None)

    def model_scores(self, replies: Sequence[RowReply]) -> dict[str, list[float]]:
        """By version what it says of rows (n), also where climatology answered; none where there is no model.

        A row that another model read is left out, as NaN: there was another bundle a moment ago.
        """
        answerer = self.answering.answerer
        if answerer is None:
            return {}
        read = [place for place, reply in enumerate(replies) if reply.model == answerer.bundle.version]
        scores = np.full(len(replies), np.nan)
        if read:
            features = np.array([replies[place].features for place in read], dtype=np.float32)
            scores[read] = answerer.bundle.model.predict_matrix(features, threads=1)
        return {answerer.bundle.version: scores.tolist()}

    def ages(self, now: int) -> dict[str, float | None]:
        """By source the seconds since it was heard from; None where it never was."""
        heard = {source: self.state.last_heard(source, now) for source in self.dataset.stress.sources}
        return {name: None if moment == NEVER else (now - moment) / SECOND for name, moment in heard.items()}

    def problem(self) -> str:
        """Why nothing can be answered; '' where something can."""
        if self.answering.fallback is None:
            return "expected a bundle that answers, found none, nor its fallback"
        return "" if self.state.has_rows else "expected rows, found none: load clean months up to now (ontime load)"

    def heard_outcomes(self, now: int) -> int:
        """When the source was last heard from that says what came of rows; now where there is none to wait for."""
        source = self.dataset.stress.outcomes
        return self.state.last_heard(source, now) if source else now

    def _doubts(self, answering: Answering, known: Known) -> list[tuple[str, ...]]:
        """Of each row why the model does not answer; empty where it does."""
        if self.climatology_only or answering.answerer is None:
            why = (SWITCHED_OFF,) if self.climatology_only else (NO_MODEL,)
            return [why] * len(known.rows)
        return [
            (*(f"{source} is silent" for source in silent), *(f"{name} is unknown" for name in unseen))
            for silent, unseen in zip(known.silent, map(answering.answerer.unseen, known.rows), strict=True)
        ]


def _answers(
    answering: Answering, known: Known, degraded: Sequence[tuple[str, ...]], reasons: int
) -> tuple[np.ndarray | None, list[Answer]]:
    """What the model read of rows (n), (n, features), and the answers."""
    if answering.answerer is None:
        return None, [_by_climatology(answering, row) for row in known.rows]
    matrix = answering.answerer.matrix(known.rows, known.values)
    fallback = np.array([bool(why) for why in degraded]) if any(degraded) else None
    return matrix, answering.answerer.answer_matrix(known.rows, matrix, fallback, reasons)


def _by_climatology(answering: Answering, row: Row) -> Answer:
    assert answering.fallback is not None
    rate = answering.fallback.rate_of(row)
    return Answer(rate, decision(rate, answer_thresholds(answering.costs)), BOTH, fallback=True)


def scored_of(reply: RowReply) -> Scored:
    """What stays of an answer that was given when a row fell due."""
    answer = reply.answer
    return Scored(
        answer.probability, answer.decision, answer.conformal_set, reply.version, reply.received, reply.degraded
    )


def _as_scored(reply: RowReply, scored: Scored) -> RowReply:
    """The answer that was given when the row fell due, with the features where they are still the same."""
    given = Answer(
        scored.probability, scored.decision, scored.conformal_set, bool(scored.degraded), reply.answer.reasons
    )
    return reply._replace(
        version=scored.version,
        received=scored.received,
        degraded=scored.degraded,
        answer=given,
        features=reply.features if reply.answer.probability == scored.probability else None,
    )
