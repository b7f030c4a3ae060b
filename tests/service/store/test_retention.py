"""What is old, or of a user, is deleted; all else stays."""

from store_records import ANSWER, FEEDBACK, MESSAGE, REPLY, history

from ontime.service.store.opening import Store
from ontime.service.store.records import (
    OutcomeRecord,
    add_answers,
    append_messages,
    record_feedback,
    record_outcome_lines,
    save_reply,
)
from ontime.service.store.retention import delete_before, delete_user
from ontime.service.store.writer import Writer


def test_a_user_is_deleted_with_what_was_said_of_the_answers(store: Store, writer: Writer):
    other = ANSWER._replace(prediction_id="p2", user="u2")
    anonymous = ANSWER._replace(prediction_id="p3", user=None)
    writer.write(lambda connection: add_answers(connection, [ANSWER, other, anonymous]))
    for prediction_id, user in (("p1", "u2"), ("p2", "u1"), ("p3", "u3")):
        given = FEEDBACK._replace(prediction_id=prediction_id, user=user)
        writer.write(lambda connection, given=given: record_feedback(connection, given))
    assert writer.write(lambda connection: delete_user(connection, "u1")) == {"feedback": 2, "answers": 1}
    kept = history(store)
    assert [line["prediction_id"] for line in kept.answers] == ["p2", "p3"]
    assert [line["prediction_id"] for line in kept.feedback] == ["p3"]


def test_what_is_old_is_deleted_and_what_is_not_stays(store: Store, writer: Writer):
    writer.write(lambda connection: append_messages(connection, [MESSAGE, MESSAGE._replace(received_at=50)]))
    writer.write(
        lambda connection: add_answers(connection, [ANSWER, ANSWER._replace(prediction_id="p2", answered_at=50)])
    )
    writer.write(lambda connection: record_outcome_lines(connection, [OutcomeRecord("r1", True, None, 50)]))
    writer.write(lambda connection: save_reply(connection, REPLY))
    gone = writer.write(lambda connection: delete_before(connection, 50))
    assert gone == {"messages": 1, "answers": 1, "scores": 0, "outcomes": 0, "feedback": 0, "replies": 1}
    kept = history(store)
    assert ([message.seq for message in kept.messages], len(kept.answers)) == ([2], 1)
    assert kept.outcome is not None
