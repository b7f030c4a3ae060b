"""What the service writes down and looks up, in its own words <-> the store."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, Self

import pandas as pd
from sqlalchemy.engine import Connection

from ontime.core.monitoring.ledger import ANSWERED
from ontime.core.serving.message_json import day_text, moment_text
from ontime.errors import BrokenContractError, UnknownRowError
from ontime.service.live import RowReply, Scored
from ontime.service.scheduler import Outcome
from ontime.service.schemas import FeedbackGiven
from ontime.service.store import records as sql
from ontime.service.store import tables
from ontime.service.store.answer_log import AnswerLog
from ontime.service.store.opening import Store, open_store
from ontime.service.store.records import MessageLine, StoredMessage
from ontime.service.store.writer import Writer

log = logging.getLogger(__name__)

AT_ONCE = 10_000  # lines of the log that are read at a time
BETWEEN = "; "  # reasons
OK = 200


class ServiceRecords:
    """A store that is read from any thread, and written by one."""

    def __init__(self, store: Store, writer: Writer, answer_log: AnswerLog) -> None:
        self._store, self._writer, self._answer_log = store, writer, answer_log
        self._versions: set[str] = set()

    @classmethod
    @contextmanager
    def open(cls, url: str) -> Iterator[Self]:
        """Of the store at a URL, while the block lasts. Raises OntimeError where it cannot be used."""
        with open_store(url) as store, Writer(store) as writer, AnswerLog(writer) as answer_log:
            yield cls(store, writer, answer_log)

    @property
    def waiting(self) -> int:
        """How many writes wait."""
        return self._writer.queue_length

    @property
    def lost(self) -> int:
        """How many answers the store refused."""
        return self._answer_log.lost

    def append(self, lines: Sequence[MessageLine]) -> list[int]:
        """Write messages and heartbeats to disk; their numbers."""
        return self._writer.write(lambda connection: sql.append_messages(connection, lines))

    def load(self, months: Mapping[tuple[str, str], bytes], lines: Sequence[MessageLine]) -> None:
        """Keep clean months in place of all that were there, and the messages of their last days, all or nothing.

        A message that has come before is not written again: it would take back what has corrected it since.
        """
        come = {(line.name, line.key, line.content) for _, line in self.log() if line.kind == "message"}
        new = [line for line in lines if (line.name, line.key, line.content) not in come]

        def job(connection: Connection) -> None:
            connection.execute(tables.clean_months.delete())
            for (name, month), content in months.items():
                sql.save_month(connection, name, month, content)
            sql.append_messages(connection, new)

        self._writer.write(job)

    def months(self, names: Sequence[str]) -> dict[str, pd.DataFrame]:
        """Clean tables, all their months together; those of which there are none are left out."""
        with self._store.reading() as connection:
            parts = {name: sql.load_months(connection, name) for name in names}
        return {
            name: pd.concat([pd.read_parquet(io.BytesIO(one)) for one in months.values()], ignore_index=True)
            for name, months in parts.items()
            if months
        }

    def log(self) -> list[StoredMessage]:
        """All messages and heartbeats, in the order in which they came."""
        lines: list[StoredMessage] = []
        with self._store.reading() as connection:
            while some := sql.messages_after(connection, lines[-1].seq if lines else 0, AT_ONCE):
                lines += some
        return lines

    def answers(self, replies: Sequence[RowReply], user: str | None, at: int) -> None:
        """Keep what a user got. It is written soon; nobody waits for it. Raises NotReadyError where too many wait."""
        self._answer_log.add([_answer(reply, user, at) for reply in replies])

    def once(
        self, key: str, request: str, replies: Sequence[RowReply], user: str | None, at: int, body: str
    ) -> Future[bytes]:
        """Keep what a user got, and the reply to the request of that key; the reply that stands, once it is on disk."""
        records, digest = [_answer(reply, user, at) for reply in replies], _digest(request)

        def job(connection: Connection) -> bytes:
            sql.save_reply(connection, sql.Reply(key, digest, OK, body.encode(), at))
            kept = _kept(sql.find_reply(connection, key), digest)
            if kept == body.encode():
                sql.add_answers(connection, records)
            return kept

        return self._writer.submit(job, wait=0)

    def reply(self, key: str, request: str) -> bytes | None:
        """What the request with this key was answered with; None where it was not yet.

        Raises BrokenContractError where the key was used for another request.
        """
        with self._store.reading() as connection:
            kept = sql.find_reply(connection, key)
        return None if kept is None else _kept(kept, _digest(request))

    def feedback(self, given: FeedbackGiven, at: int) -> Future[None]:
        """Keep what a user says. The future raises UnknownRowError where there was no such prediction."""
        record = sql.Feedback(given.prediction_id, given.verdict, given.acted, given.comment, given.user, at)

        def job(connection: Connection) -> None:
            if not sql.record_feedback(connection, record):
                raise UnknownRowError(f"expected a prediction_id that was given, found {given.prediction_id}")

        self._answer_log.flush()  # the answer may be a moment old
        return self._writer.submit(job)

    def scores(self, replies: Sequence[RowReply], of_versions: Mapping[str, Sequence[float]], at: int) -> None:
        """Keep what rows got when they fell due, and what each version said of them; what is there stays."""
        answered = {ANSWERED: [reply.answer.probability for reply in replies]}
        lines = [
            _score(reply, version, probability, at)
            for version, probabilities in {**of_versions, **answered}.items()
            for reply, probability in zip(replies, probabilities, strict=True)
            if not math.isnan(probability)
        ]
        self._writer.write(lambda connection: sql.keep_first(connection, tables.scores, lines))

    def outcomes(self, outcomes: Sequence[Outcome], at: int) -> None:
        """Keep what came of rows: the last counts."""
        records = [sql.OutcomeRecord(one.id, bool(one.outcome), one.known_at, at) for one in outcomes]
        self._writer.write(lambda connection: sql.record_outcome_lines(connection, records))

    def scored(self, since: int) -> dict[str, Scored]:
        """By id the answers of rows that fell due at a moment or later."""
        table = tables.scores
        chosen = table.select().where((table.c.version == ANSWERED) & (table.c.predict_at >= since))
        with self._store.reading() as connection:
            rows = connection.execute(chosen).all()
            versions = connection.execute(
                table.select().where((table.c.version != ANSWERED) & (table.c.predict_at >= since))
            ).all()
        version_of = {row.id: row.version for row in reversed(versions)}
        return {
            row.id: Scored(
                row.probability,
                row.decision,
                row.conformal_set,
                "" if row.degraded else version_of.get(row.id, ""),
                row.last_event,
                tuple((row.reason or "").split(BETWEEN)) if row.degraded else (),
            )
            for row in rows
        }

    def known_outcomes(self) -> dict[str, int]:
        """By id the outcomes that are kept."""
        with self._store.reading() as connection:
            return {row.id: int(row.outcome) for row in connection.execute(tables.outcomes.select())}

    def keep_inputs(self, version: str, signature: Mapping[str, Any]) -> None:
        """Keep what a version reads, so that the features of its answers stay readable."""
        if version not in self._versions:
            self._writer.write(lambda connection: sql.save_inputs(connection, version, signature))
            self._versions.add(version)

    def history(self, name: str, feeds: Sequence[str], key: str) -> dict[str, Any]:
        """What was predicted of a row, what came of it and what was said, as JSON has it; the newest answers last."""
        with self._store.reading() as connection:
            history = sql.row_history(connection, name, feeds, key)
        outcome = history.outcome
        return {
            "messages": [
                {"feed": one.line.name, "received": one.seq, "values": json.loads(one.line.content or "{}")}
                for one in history.messages
            ],
            "answers": [_shown(line) for line in history.answers],
            "scores": [_shown(line) for line in history.scores],
            "outcome": None if outcome is None else bool(outcome.outcome),
            "feedback": [_shown(line) for line in history.feedback],
        }


def _answer(reply: RowReply, user: str | None, at: int) -> sql.AnswerRecord:
    return sql.AnswerRecord(
        prediction_id=reply.prediction_id,
        id=reply.row["id"],
        user=user,
        answered_at=at,
        day=day_text(reply.row["day"]),
        predict_at=reply.predict_at,
        version=reply.version,
        last_event=reply.received,
        probability=reply.answer.probability,
        decision=reply.answer.decision,
        conformal_set=reply.answer.conformal_set,
        provisional=reply.provisional,
        degraded=bool(reply.degraded),
        reason=BETWEEN.join(reply.degraded) or None,
        features=_blob(reply),
    )


def _score(reply: RowReply, version: str, probability: float, at: int) -> dict[str, Any]:
    of_answer = {
        "decision": reply.answer.decision,
        "conformal_set": reply.answer.conformal_set,
        "reason": BETWEEN.join(reply.degraded) or None,
    }
    return (of_answer if version == ANSWERED else dict.fromkeys(of_answer)) | {
        "id": reply.row["id"],
        "version": version,
        "day": day_text(reply.row["day"]),
        "predict_at": reply.predict_at,
        "answered_at": at,
        "last_event": reply.received,
        "probability": probability,
        "degraded": bool(reply.degraded),
        "features": _blob(reply) if version != ANSWERED else None,
    }


def _blob(reply: RowReply) -> bytes | None:
    return None if reply.features is None else reply.features.astype("<f4").tobytes()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _kept(reply: sql.Reply | None, digest: str) -> bytes:
    assert reply is not None
    if reply.request_sha256 != digest:
        raise BrokenContractError("expected the request that this Idempotency-Key came with first, found another one")
    return reply.body


MOMENTS = ("answered_at", "predict_at", "received_at")


def _shown(line: Mapping[str, Any]) -> dict[str, Any]:
    """A record without its blob, with its moments as text."""
    shown = {name: value for name, value in line.items() if name not in {"features", "named_features", "seq"}}
    return shown | {name: moment_text(shown[name]) for name in MOMENTS if shown.get(name) is not None}
