"""Records come back as they were kept, and the same one again changes nothing."""

import pytest
from sqlalchemy import update
from store_records import ANSWER, FEEDBACK, HEARTBEAT, MESSAGE, REPLY, history

from ontime.errors import OntimeError
from ontime.service.store.opening import Store
from ontime.service.store.records import (
    OutcomeRecord,
    RowHistory,
    add_answers,
    append_messages,
    find_reply,
    load_months,
    messages_after,
    record_feedback,
    record_outcome_lines,
    save_month,
    save_reply,
)
from ontime.service.store.retention import delete_before
from ontime.service.store.tables import clean_months
from ontime.service.store.writer import Writer


def test_messages_come_back_in_the_order_in_which_they_were_appended(store: Store, writer: Writer):
    lines = [MESSAGE, HEARTBEAT, MESSAGE._replace(key='["r2"]')] * 700
    assert writer.write(lambda connection: append_messages(connection, lines)) == [*range(1, 2101)]
    assert writer.write(lambda connection: append_messages(connection, [])) == []
    with store.reading() as connection:
        assert [message.line for message in messages_after(connection, 0, 3000)] == lines
        assert [message.seq for message in messages_after(connection, 5, 3)] == [6, 7, 8]
        assert messages_after(connection, 2100, 1) == []


def test_a_sequence_number_is_never_given_twice(writer: Writer):
    writer.write(lambda connection: append_messages(connection, [MESSAGE] * 3))
    assert writer.write(lambda connection: delete_before(connection, 11))["messages"] == 3
    assert writer.write(lambda connection: append_messages(connection, [MESSAGE])) == [4]


def test_a_clean_month_is_replaced_whole(store: Store, writer: Writer):
    for month, content in (("2013-02", b"x" * 100), ("2013-01", b"old"), ("2013-01", b"new")):
        writer.write(lambda connection, name=month, file=content: save_month(connection, "legs", name, file))
    writer.write(lambda connection: save_month(connection, "weather", "2013-01", b"w"))
    with store.reading() as connection:
        assert [*load_months(connection, "legs").items()] == [("2013-01", b"new"), ("2013-02", b"x" * 100)]


def test_a_clean_month_that_was_changed_is_refused(store: Store, writer: Writer):
    writer.write(lambda connection: save_month(connection, "legs", "2013-01", b"sound"))
    writer.write(lambda connection: connection.execute(update(clean_months).values(content=b"broken")).close())
    with store.reading() as connection, pytest.raises(OntimeError, match="2013-01 of legs is not as it was saved"):
        load_months(connection, "legs")


def test_the_history_of_a_row_has_all_that_is_kept_of_it_and_of_no_other(store: Store, writer: Writer):
    later, other = ANSWER._replace(prediction_id="p2", answered_at=11), ANSWER._replace(prediction_id="p3", id="r2")
    writer.write(lambda connection: add_answers(connection, [later, ANSWER, other]))
    writer.write(lambda connection: add_answers(connection, [ANSWER._replace(probability=0.9)]))
    writer.write(lambda connection: record_outcome_lines(connection, [OutcomeRecord("r1", True, 5, 6)]))
    lines = [MESSAGE, MESSAGE._replace(name="others"), MESSAGE._replace(key='["r2"]'), HEARTBEAT]
    writer.write(lambda connection: append_messages(connection, lines))
    assert writer.write(lambda connection: record_feedback(connection, FEEDBACK))
    kept = history(store)
    assert kept.answers == [ANSWER._asdict(), later._asdict()]
    assert kept.outcome == OutcomeRecord("r1", True, 5, 6)
    assert [message.line for message in kept.messages] == [MESSAGE]
    assert kept.feedback == [FEEDBACK._asdict()]
    assert history(store, "absent") == RowHistory([], [], [], None, [])


def test_feedback_may_be_changed_and_needs_an_answer(store: Store, writer: Writer):
    assert not writer.write(lambda connection: record_feedback(connection, FEEDBACK))
    writer.write(lambda connection: add_answers(connection, [ANSWER]))
    changed = FEEDBACK._replace(verdict="wrong", acted=True, comment="it left")
    for one in (FEEDBACK, changed):
        assert writer.write(lambda connection, given=one: record_feedback(connection, given))
    assert history(store).feedback == [changed._asdict()]


def test_a_reply_is_kept_once(store: Store, writer: Writer):
    for reply in (REPLY, REPLY._replace(status=500)):
        writer.write(lambda connection, given=reply: save_reply(connection, given))
    with store.reading() as connection:
        assert find_reply(connection, "k1") == REPLY
        assert find_reply(connection, "k2") is None


def test_a_reader_sees_one_state_while_others_write(store: Store, writer: Writer):
    with store.reading() as connection:
        assert messages_after(connection, 0, 9) == []
        writer.write(lambda writing: append_messages(writing, [MESSAGE]))
        assert messages_after(connection, 0, 9) == []
