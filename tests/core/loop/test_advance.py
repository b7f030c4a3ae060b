"""The loop in life: days that are missed or come twice, trainings that take time or fail, calls that are killed."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lives import DAY_IN_LIFE, DAYS, LAST, ORDINARY, Day, assert_same, live, uninterrupted
from loops import FIRST, ROWS, Fakes, begun, ids, intake, outcomes, rows_of, rules

from ontime.core.loop.advance import Loop, advance, begin
from ontime.core.loop.journal import InMemoryJournal
from ontime.core.loop.score_rows import score_rows
from ontime.core.loop.state import Intake
from ontime.core.monitoring.ledger import ANSWERED, DAY, InMemoryLedger
from ontime.errors import OntimeError


@given(
    schedule=st.lists(DAY_IN_LIFE, min_size=DAYS, max_size=DAYS),
    rule=st.sampled_from(["drift", "gated", "monthly"]),
    moments=st.lists(st.integers(1, 12 * DAYS), max_size=40),
)
@example(schedule=[ORDINARY] * DAYS, rule="gated", moments=[*range(1, 12 * DAYS, 3)])
@example(schedule=[ORDINARY] * DAYS, rule="drift", moments=[*range(2, 12 * DAYS, 5)])
@settings(max_examples=settings().max_examples // 4)  # each is two loops of 45 days
def test_whatever_is_killed_or_comes_twice_state_decisions_and_ledger_are_those_of_the_uninterrupted_loop(
    schedule: list[Day], rule: str, moments: list[int]
):
    killed = live(schedule, rule, moments)
    quiet = live([uninterrupted(planned) for planned in schedule], rule)
    assert_same(killed, quiet)


@pytest.mark.parametrize(
    ("rule", "actions"),
    [
        ("monthly", ["retrain", "ready", "roll back"]),
        ("gated", ["retrain", "ready", "reject"]),
        ("drift", ["retrain", "ready", "retrain", "ready", "escalate", "retrain", "ready", "escalate"]),
    ],
)
def test_what_the_property_is_about_happens_in_its_schedules(rule: str, actions: list[str]):
    assert [one.action for one in live([ORDINARY] * DAYS, rule).decisions] == actions


@given(st.lists(st.integers(0, DAYS - 1), max_size=20), st.sampled_from(["never", "drift"]))
def test_a_week_is_looked_at_once_whatever_days_are_missed(called: list[int], rule: str):
    loop = begun(Fakes({"else": 0.25}, drift=1.0), rules(rule=rule))
    for number in sorted(called):
        advance(loop, FIRST + number * DAY)
    state = advance(loop, FIRST + (DAYS - 1) * DAY)
    looks = [FIRST + week * 7 * DAY for week in range(1, 7)]
    assert [reading.last for reading in state.readings] == [f"{look - 2 * DAY:%Y-%m-%d}" for look in looks]


def test_days_that_were_missed_are_caught_up_as_if_they_had_come_in_time():
    models = Fakes({"m04-01": 0.6, "else": 0.25})
    daily, at_once = begun(models, rules(rule="monthly")), begun(models, rules(rule="monthly"))
    for day in pd.date_range(FIRST, LAST).as_unit("us"):
        advance(daily, day)
    advance(at_once, LAST)
    assert daily.journal == at_once.journal
    assert [one.action for one in at_once.journal.decisions] == ["retrain", "ready"]


def test_a_day_that_comes_again_changes_nothing():
    loop = begun(Fakes({"else": 0.25}), rules(rule="monthly"))
    state = advance(loop, LAST)
    unread = loop._replace(intake=lambda day: pytest.fail(f"{day} was read again"))
    assert advance(unread, LAST) == state
    assert loop.journal.load() == state


def test_a_day_before_the_last_one_is_refused_with_both():
    loop = begun(Fakes({"else": 0.25}), rules())
    state = advance(loop, FIRST + 9 * DAY)
    with pytest.raises(OntimeError, match=r"expected 2013-04-10, .* found 2013-04-09: no day is stepped again"):
        advance(loop, FIRST + 8 * DAY)
    assert loop.journal.load() == state
    fresh = begun(Fakes({"else": 0.25}), rules())
    with pytest.raises(OntimeError, match=r"expected 2013-03-31, .* found 2013-03-30"):
        advance(fresh, FIRST - 2 * DAY)


@pytest.mark.parametrize("moment", ["2013-04-05T13:00", "2013-04-05T00:00Z"])
def test_a_moment_that_is_no_day_is_refused_and_nothing_stepped(moment: str):
    loop = begun(Fakes({"else": 0.25}), rules())
    state = loop.journal.load()
    with pytest.raises(OntimeError, match="expected a day without an hour and a zone"):
        advance(loop, pd.Timestamp(moment))
    assert loop.journal.load() == state


def test_a_loop_that_has_not_begun_says_so():
    loop = Loop(InMemoryJournal(), InMemoryLedger(), Fakes({"else": 0.25}), rules(), intake)
    with pytest.raises(OntimeError, match="the loop has not begun"):
        advance(loop, FIRST)


def test_a_loop_that_begins_again_goes_on_where_it_was():
    loop = begun(Fakes({"else": 0.25}), rules())
    state = advance(loop, FIRST + 9 * DAY)
    assert begin(loop, FIRST, "another") == state


def test_an_answer_never_waits_for_a_training():
    """A request that never ends leaves every row its answer."""

    def no_training(day: pd.Timestamp) -> Intake:
        return Intake(ids(day - 2 * DAY), outcomes(day - 2 * DAY))

    loop = begun(Fakes({"else": 0.25}), rules(rule="monthly"), no_training)
    for number in range(80):
        day = FIRST + number * DAY
        score_rows(advance(loop, day), rows_of(day), np.zeros(ROWS, dtype=bool), loop.ledger, loop.models)
    assert [one.action for one in loop.journal.decisions] == ["retrain"]
    assert len(loop.ledger.predictions(FIRST, FIRST + 79 * DAY, ANSWERED)) == 80 * ROWS
