"""The tables of the first release."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = (
    "answers",
    "clean_months",
    "decisions",
    "feedback",
    "inputs",
    "loop_state",
    "messages",
    "outcomes",
    "replies",
    "scores",
)


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "answers",
        sa.Column("prediction_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("user", sa.Text()),
        sa.Column("answered_at", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("predict_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("last_event", sa.BigInteger(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("conformal_set", sa.Text()),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("degraded", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("features", sa.LargeBinary()),
        sa.Column("named_features", sa.Text()),
        sa.PrimaryKeyConstraint("prediction_id"),
    )
    op.create_index("answers_day", "answers", ["day"])
    op.create_index("answers_id", "answers", ["id"])
    op.create_index("answers_user", "answers", ["user"])
    op.create_table(
        "clean_months",
        sa.Column("table", sa.Text(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("table", "month"),
    )
    op.create_table(
        "decisions",
        sa.Column("seq", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "feedback",
        sa.Column("prediction_id", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("acted", sa.Boolean()),
        sa.Column("comment", sa.Text()),
        sa.Column("user", sa.Text()),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("prediction_id"),
    )
    op.create_index("feedback_user", "feedback", ["user"])
    op.create_table(
        "inputs",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version"),
    )
    op.create_table(
        "loop_state",
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("row"),
    )
    op.create_table(
        "messages",
        sa.Column("seq", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text()),
        sa.Column("content", sa.Text()),
        sa.Column("moment", sa.BigInteger()),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("flaws", sa.Text()),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_autoincrement=True,
    )
    op.create_index("messages_key", "messages", ["key"])
    op.create_table(
        "outcomes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Boolean(), nullable=False),
        sa.Column("known_at", sa.BigInteger()),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "replies",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_sha256", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "scores",
        sa.Column("seq", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("predict_at", sa.BigInteger()),
        sa.Column("answered_at", sa.BigInteger()),
        sa.Column("last_event", sa.BigInteger()),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("degraded", sa.Boolean()),
        sa.Column("features", sa.LargeBinary()),
        sa.Column("decision", sa.Text()),
        sa.Column("conformal_set", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("id", "version", name="scores_once"),
        sqlite_autoincrement=True,
    )
    op.create_index("scores_version_day", "scores", ["version", "day"])


def downgrade() -> None:
    """Remove them, and all that is in them."""
    for table in TABLES:
        op.drop_table(table)
