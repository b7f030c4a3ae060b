"""The tables of the store. Moments are whole microseconds since 1970 in UTC, days text such as 2013-11-05."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

HEAD = "0001"  # the migration that makes these tables; a test binds it to service/migrations/
SEQUENCE = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up in an INTEGER only
DAY_TEXT = String(10)
METADATA = MetaData()


def _counted() -> Column[int]:
    """A primary key that only grows: the order in which rows were written."""
    return Column("seq", SEQUENCE, primary_key=True, autoincrement=True)


messages = Table(
    "messages",
    METADATA,
    _counted(),
    Column("kind", Text, nullable=False),  # message or heartbeat
    Column("name", Text, nullable=False),  # the feed of a message, the source of a heartbeat
    Column("key", Text),  # of a message: its key in canonical text
    Column("content", Text),  # of a message: its values, JSON
    Column("moment", BigInteger),  # of a heartbeat
    Column("received_at", BigInteger, nullable=False),
    Column("flaws", Text),  # JSON; null where it keeps the contract
    Index("messages_key", "key"),
    sqlite_autoincrement=True,  # a number is never given twice, not even after rows were deleted
)

clean_months = Table(
    "clean_months",
    METADATA,
    Column("table", Text, primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("content", LargeBinary, nullable=False),  # Parquet
    Column("sha256", String(64), nullable=False),
)

answers = Table(
    "answers",
    METADATA,
    Column("prediction_id", Text, primary_key=True),
    Column("id", Text, nullable=False),
    Column("user", Text),
    Column("answered_at", BigInteger, nullable=False),
    Column("day", DAY_TEXT, nullable=False),
    Column("predict_at", BigInteger, nullable=False),
    Column("version", Text, nullable=False),  # '' where climatology answered
    Column("last_event", BigInteger, nullable=False),
    Column("probability", Double, nullable=False),
    Column("decision", Text, nullable=False),
    Column("conformal_set", Text),
    Column("provisional", Boolean, nullable=False),
    Column("degraded", Boolean, nullable=False),
    Column("reason", Text),  # why it is degraded
    Column("features", LargeBinary),  # float32, little-endian, in the order of the version's inputs
    Column("named_features", Text),  # JSON by name, where they were recorded so
    Index("answers_id", "id"),
    Index("answers_day", "day"),
    Index("answers_user", "user"),
)

scores = Table(
    "scores",
    METADATA,
    _counted(),
    Column("id", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("day", DAY_TEXT, nullable=False),
    Column("predict_at", BigInteger),
    Column("answered_at", BigInteger),
    Column("last_event", BigInteger),
    Column("probability", Double, nullable=False),
    Column("degraded", Boolean),
    Column("features", LargeBinary),  # as those of answers
    Column("decision", Text),  # of what was answered, as are the set and why it is degraded
    Column("conformal_set", Text),
    Column("reason", Text),
    UniqueConstraint("id", "version", name="scores_once"),
    Index("scores_version_day", "version", "day"),
    sqlite_autoincrement=True,
)

outcomes = Table(
    "outcomes",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("outcome", Boolean, nullable=False),
    Column("known_at", BigInteger),
    Column("recorded_at", BigInteger, nullable=False),
)

inputs = Table(
    "inputs",
    METADATA,
    Column("version", Text, primary_key=True),
    Column("signature", Text, nullable=False),  # JSON: what the version reads, so that its features stay readable
)

decisions = Table(
    "decisions",
    METADATA,
    _counted(),
    Column("day", DAY_TEXT, nullable=False),
    Column("action", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("reason", Text, nullable=False),
    sqlite_autoincrement=True,
)

loop_state = Table(
    "loop_state",
    METADATA,
    Column("row", Integer, primary_key=True, autoincrement=False),  # always 1: there is one
    Column("content", Text, nullable=False),  # JSON
)

feedback = Table(
    "feedback",
    METADATA,
    Column("prediction_id", Text, primary_key=True),
    Column("verdict", Text, nullable=False),
    Column("acted", Boolean),
    Column("comment", Text),
    Column("user", Text),
    Column("received_at", BigInteger, nullable=False),
    Index("feedback_user", "user"),
)

replies = Table(
    "replies",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("request_sha256", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
)
