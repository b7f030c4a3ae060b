"""Records that are old, or of one user, deleted: jobs for the `Writer`."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from ontime.service.store.tables import answers, feedback, messages, outcomes, replies, scores

CLOCKS = {  # by which a record is old
    messages: messages.c.received_at,
    answers: answers.c.answered_at,
    scores: scores.c.answered_at,
    outcomes: outcomes.c.recorded_at,
    feedback: feedback.c.received_at,
    replies: replies.c.at,
}


def delete_before(connection: Connection, moment: int) -> dict[str, int]:
    """Delete what was written down before a moment (microseconds): rows deleted by table.

    What the loop decided and stands at, and the inputs of versions, stay. Scores without a moment stay too.
    """
    return {
        table.name: connection.execute(delete(table).where(clock < moment)).rowcount for table, clock in CLOCKS.items()
    }


def delete_user(connection: Connection, user: str) -> dict[str, int]:
    """Delete the answers that a user got, and what was said of them or by that user: rows deleted by table."""
    of_user = select(answers.c.prediction_id).where(answers.c.user == user)
    theirs = feedback.c.prediction_id.in_(of_user) | (feedback.c.user == user)
    gone = {"feedback": connection.execute(delete(feedback).where(theirs)).rowcount}
    return gone | {"answers": connection.execute(delete(answers).where(answers.c.user == user)).rowcount}
