"""Messages, clean months, answers, outcomes, feedback and replies, written and read without frames.

What writes is a job for the `Writer`: a function of a connection inside a transaction.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, Row, Table, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from ontime.errors import OntimeError
from ontime.service.store.tables import (
    answers,
    clean_months,
    feedback,
    inputs,
    messages,
    outcomes,
    replies,
    scores,
)

INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}  # with ON CONFLICT, which SQL itself lacks
APPENDED = insert(messages).returning(messages.c.seq, sort_by_parameter_order=True)
Lines = list[dict[str, Any]]


class MessageLine(NamedTuple):
    """A message of a feed, or a heartbeat of a source, as it came.

    name: the feed or source. key: of a message, in canonical text. content: its values, JSON. moment: of a heartbeat.
    flaws: JSON, None where it keeps the contract. Moments in microseconds.
    """

    kind: Literal["message", "heartbeat"]
    name: str
    key: str | None
    content: str | None
    moment: int | None
    received_at: int
    flaws: str | None = None


class StoredMessage(NamedTuple):
    """A message or heartbeat with its sequence number."""

    seq: int
    line: MessageLine


class AnswerRecord(NamedTuple):
    """What a user got. `features` is a `features_blob`; `reason` says why it is degraded; `version` is '' then."""

    prediction_id: str
    id: str
    user: str | None
    answered_at: int
    day: str
    predict_at: int
    version: str
    last_event: int
    probability: float
    decision: str
    conformal_set: str | None
    provisional: bool
    degraded: bool
    reason: str | None = None
    features: bytes | None = None
    named_features: str | None = None


class OutcomeRecord(NamedTuple):
    """What came of a row. known_at: when it could be known first."""

    id: str
    outcome: bool
    known_at: int | None
    recorded_at: int


class Feedback(NamedTuple):
    """What a user says of an answer."""

    prediction_id: str
    verdict: str
    acted: bool | None
    comment: str | None
    user: str | None
    received_at: int


class Reply(NamedTuple):
    """What a request with an idempotency key was answered with. request_sha256: of its body."""

    key: str
    request_sha256: str
    status: int
    body: bytes
    at: int


class RowHistory(NamedTuple):
    """All that is kept of a row, a mapping a record, in the order of time. outcome: None where it is not known."""

    messages: list[StoredMessage]
    answers: Lines
    scores: Lines
    outcome: OutcomeRecord | None
    feedback: Lines


def append_messages(connection: Connection, lines: Sequence[MessageLine]) -> list[int]:
    """Keep messages and heartbeats in their order; returns their sequence numbers, which only grow."""
    if not lines:
        return []
    return list(connection.scalars(APPENDED, [line._asdict() for line in lines]))


def messages_after(connection: Connection, seq: int, limit: int) -> list[StoredMessage]:
    """At most so many messages and heartbeats with a higher sequence number, in its order."""
    chosen = select(messages).where(messages.c.seq > seq).order_by(messages.c.seq).limit(limit)
    return [_stored(row) for row in connection.execute(chosen)]


def save_month(connection: Connection, table: str, month: str, content: bytes) -> None:
    """Keep the clean month of a table, a Parquet file, in place of the one before."""
    line = {"table": table, "month": month, "content": content, "sha256": hashlib.sha256(content).hexdigest()}
    replace_lines(connection, clean_months, [line])


def load_months(connection: Connection, table: str) -> dict[str, bytes]:
    """The clean months of a table, in order, as Parquet files. Raises OntimeError where one is not as it was saved."""
    chosen = select(clean_months).where(clean_months.c.table == table).order_by(clean_months.c.month)
    months = {}
    for row in connection.execute(chosen):
        if hashlib.sha256(row.content).hexdigest() != row.sha256:
            raise OntimeError(f"store: clean month {row.month} of {table} is not as it was saved: load it again")
        months[row.month] = row.content
    return months


def add_answers(connection: Connection, records: Sequence[AnswerRecord]) -> None:
    """Keep what users got. Of answers with one prediction id the first stays."""
    keep_first(connection, answers, [record._asdict() for record in records])


def record_outcome_lines(connection: Connection, records: Sequence[OutcomeRecord]) -> None:
    """Keep outcomes, the last one of a row. Where it is the same as before, the record of it stays as it was."""
    if not records:
        return
    statement = INSERTS[connection.dialect.name](outcomes)
    given = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=[outcomes.c.id],
        set_={name: given[name] for name in ("outcome", "known_at", "recorded_at")},
        where=outcomes.c.outcome != given.outcome,
    )
    connection.execute(statement, [record._asdict() for record in records])


def record_feedback(connection: Connection, record: Feedback) -> bool:
    """Keep what a user says, in place of what was said of the same answer; False, and nothing, of an unknown answer."""
    known = select(answers.c.prediction_id).where(answers.c.prediction_id == record.prediction_id)
    if connection.scalar(known) is None:
        return False
    replace_lines(connection, feedback, [record._asdict()])
    return True


def save_inputs(connection: Connection, version: str, signature: Mapping[str, Any]) -> None:
    """Keep what a version reads, as its signature has it: of this version, features are written and read by it."""
    keep_first(connection, inputs, [{"version": version, "signature": json.dumps(signature, sort_keys=True)}])


def load_inputs(connection: Connection) -> dict[str, dict[str, Any]]:
    """The signatures of all versions whose inputs are kept."""
    return {row.version: json.loads(row.signature) for row in connection.execute(select(inputs))}


def find_reply(connection: Connection, key: str) -> Reply | None:
    """What a request with this idempotency key was answered with."""
    row = connection.execute(select(replies).where(replies.c.key == key)).one_or_none()
    return None if row is None else Reply(*row)


def save_reply(connection: Connection, reply: Reply) -> None:
    """Keep what a request was answered with. Of replies with one key the first stays."""
    keep_first(connection, replies, [reply._asdict()])


def row_history(connection: Connection, row_id: str, feeds: Sequence[str], key: str) -> RowHistory:
    """All that is kept of a row, and the messages of these feeds with its key."""
    of_row = messages.c.name.in_(feeds) & (messages.c.key == key) & (messages.c.kind == "message")
    answered = _lines(connection, answers, answers.c.id == row_id, "answered_at")
    outcome = connection.execute(select(outcomes).where(outcomes.c.id == row_id)).one_or_none()
    of_answers = feedback.c.prediction_id.in_([line["prediction_id"] for line in answered])
    return RowHistory(
        messages=[_stored(row) for row in connection.execute(select(messages).where(of_row).order_by(messages.c.seq))],
        answers=answered,
        scores=_lines(connection, scores, scores.c.id == row_id, "seq"),
        outcome=None if outcome is None else OutcomeRecord(*outcome),
        feedback=_lines(connection, feedback, of_answers, "received_at"),
    )


def keep_first(connection: Connection, table: Table, lines: Lines) -> None:
    """Insert rows; those whose key is there already change nothing."""
    if lines:
        connection.execute(INSERTS[connection.dialect.name](table).on_conflict_do_nothing(), lines)


def replace_lines(connection: Connection, table: Table, lines: Lines) -> None:
    """Insert rows in place of those with the same primary key."""
    statement = INSERTS[connection.dialect.name](table)
    others = {column.name: statement.excluded[column.name] for column in table.c if not column.primary_key}
    keyed = statement.on_conflict_do_update(index_elements=[*table.primary_key.columns], set_=others)
    connection.execute(keyed, lines)


def _lines(connection: Connection, table: Table, where: Any, order: str) -> Lines:  # noqa: ANN401 - a clause of SQL
    chosen = select(table).where(where).order_by(table.c[order])
    return [dict(row) for row in connection.execute(chosen).mappings()]


def _stored(row: Row[Any]) -> StoredMessage:
    seq, *line = row
    return StoredMessage(seq, MessageLine(*line))
