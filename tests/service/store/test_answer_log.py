"""Answers that are written soon: together, in order with what comes later, again after a failure, all at the end."""

from threading import Event

import pytest
from store_records import ANSWER, FEEDBACK, history

from ontime.errors import NotReadyError
from ontime.service.store import answer_log
from ontime.service.store.answer_log import AnswerLog
from ontime.service.store.opening import Store
from ontime.service.store.records import record_feedback
from ontime.service.store.writer import Writer


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers are written when the test says so."""
    monkeypatch.setattr(answer_log, "EVERY", 60)


@pytest.mark.usefixtures("held")
def test_answers_of_a_short_time_are_one_job(writer: Writer, store: Store):
    with AnswerLog(writer) as log:
        for number in range(3):
            log.add([ANSWER._replace(prediction_id=f"p{number}")])
        log.flush()
        writer.write(lambda _: None)
        assert len(history(store).answers) == 3
        assert writer.jobs == 2


def test_answers_are_written_without_being_asked_to(writer: Writer, store: Store):
    with AnswerLog(writer) as log:
        log.add([ANSWER])
        for _ in range(100):
            if history(store).answers:
                break
            Event().wait(0.05)
        assert len(history(store).answers) == 1


@pytest.mark.usefixtures("held")
def test_feedback_after_a_flush_finds_the_answer(writer: Writer):
    with AnswerLog(writer) as log:
        log.add([ANSWER])
        log.flush()
        assert writer.write(lambda connection: record_feedback(connection, FEEDBACK))


@pytest.mark.usefixtures("held")
def test_what_waits_is_written_at_the_end(writer: Writer, store: Store):
    with AnswerLog(writer) as log:
        log.add([ANSWER])
    writer.close()
    assert len(history(store).answers) == 1


@pytest.mark.usefixtures("held")
def test_what_the_writer_does_not_take_is_kept(store: Store):
    full = Writer(store, capacity=0)
    log = AnswerLog(full)
    log.add([ANSWER])
    with pytest.raises(NotReadyError, match="try again"):
        log.flush()
    full.capacity = 1
    log.flush()
    full.close()
    assert len(history(store).answers) == 1


def test_more_answers_than_may_wait_are_refused(writer: Writer):
    log = AnswerLog(writer, capacity=2)
    log.add([ANSWER, ANSWER])
    with pytest.raises(NotReadyError, match="2 answers wait"):
        log.add([ANSWER])
