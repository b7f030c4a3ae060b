"""The journal on SQL: state and decisions in one write; a loop that is killed lives on it as on the one in memory."""

from pathlib import Path
from shutil import copy
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lives import DAY_IN_LIFE, DAYS, Day, assert_same, live, uninterrupted
from sqlalchemy.exc import IntegrityError

from ontime.core.loop.state import DecisionRecord, State
from ontime.core.monitoring.readings import Reading
from ontime.service.store.opening import Store, open_store
from ontime.service.store.sql_journal import SqlJournal
from ontime.service.store.sql_ledger import SqlLedger
from ontime.service.store.writer import Writer

STATE = State("2013-04-01", "2013-04-02", "m1", "2013-04-01", "2013-03-31")
DECISION = DecisionRecord("2013-04-02", "retrain", "", "a month has begun")


def test_a_state_comes_back_as_it_was(store: Store, writer: Writer):
    journal = SqlJournal(store, writer)
    assert journal.load() is None
    journal.save(STATE, [])
    journal.save(STATE, [DECISION, DECISION])
    reopened = SqlJournal(store, writer)
    assert (reopened.load(), reopened.decisions) == (STATE, [DECISION, DECISION])


def test_a_state_is_saved_with_its_decisions_or_not_at_all(store: Store, writer: Writer):
    journal = SqlJournal(store, writer)
    journal.save(STATE, [DECISION])
    broken = DecisionRecord("2013-04-03", "reject", "m2", "")
    object.__setattr__(broken, "reason", None)
    with pytest.raises(IntegrityError):
        journal.save(State("2013-04-01", "2013-04-03", "m2", "2013-04-03", ""), [DECISION, broken])
    assert (journal.load(), journal.decisions) == (STATE, [DECISION])


@given(
    schedule=st.lists(DAY_IN_LIFE, min_size=DAYS, max_size=DAYS),
    rule=st.sampled_from(["drift", "gated", "monthly"]),
    moments=st.lists(st.integers(1, 12 * DAYS), min_size=10, max_size=40),
)
@settings(max_examples=settings().max_examples // 20)  # each is two loops of 45 days
def test_a_loop_on_sql_that_is_killed_is_the_uninterrupted_one_in_memory(
    empty_store: Path, schedule: list[Day], rule: str, moments: list[int]
):
    quiet = live([uninterrupted(planned) for planned in schedule], rule)
    with (
        TemporaryDirectory() as folder,
        open_store(f"sqlite:///{copy(empty_store, folder)}", "NORMAL") as store,
        Writer(store) as writer,
    ):
        killed = live(schedule, rule, moments, (SqlLedger(store, writer, lambda: 0), SqlJournal(store, writer)))
        assert_same(killed, quiet)
        assert all(isinstance(reading, Reading) for reading in killed.state.readings)
