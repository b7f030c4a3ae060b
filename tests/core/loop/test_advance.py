"""The loop in life: days that are missed or come twice, trainings that take time or fail, calls that are killed."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from loops import FIRST, ROWS, Fakes, begun, ids, intake, outcomes, rows_of, rules, version_of

from ontime.core.loop.advance import Loop, advance, begin
from ontime.core.loop.journal import InMemoryJournal
from ontime.core.loop.score_rows import score_rows
from ontime.core.loop.state import DecisionRecord, Intake, State, TrainingResult
from ontime.core.monitoring.ledger import ANSWERED, DAY, InMemoryLedger
from ontime.errors import OntimeError

START = FIRST + 14 * DAY  # a month begins in the third week
DAYS = 45
LAST = START + (DAYS - 1) * DAY


class Killed(Exception):  # noqa: N818 - no error: it is what the test does
    pass


class Killer:
    """Kills before or after a write, at the numbers of `moments`: two for each write."""

    def __init__(self, moments: Sequence[int]) -> None:
        self.moments, self.number = set(moments), 0

    def write(self, call: Callable[..., None], *arguments: Any) -> None:
        self._pass()
        call(*arguments)
        self._pass()

    def _pass(self) -> None:
        self.number += 1
        if self.number in self.moments:
            raise Killed


class MortalLedger(InMemoryLedger):
    def __init__(self, killer: Killer) -> None:
        super().__init__()
        self.killer = killer

    def record_scores(self, *arguments: Any) -> None:
        self.killer.write(super().record_scores, *arguments)

    def record_outcomes(self, *arguments: Any) -> None:
        self.killer.write(super().record_outcomes, *arguments)


class MortalJournal(InMemoryJournal):
    def __init__(self, killer: Killer) -> None:
        super().__init__()
        self.killer = killer

    def save(self, *arguments: Any) -> None:
        self.killer.write(super().save, *arguments)


class RowByRow(Fakes):
    """Gives every row of a day another probability, the same in any batch."""

    def predict(self, version: str, rows: pd.DataFrame) -> np.ndarray:
        return super().predict(version, rows) + rows.index.to_numpy() / 1e4


class Day(NamedTuple):
    """What happens on a day. advanced: how often the loop is called.

    order: in which the day's rows fall due, in so many parts. repeated: how many of the last parts come again, those of
    days before among them. delays: after how many days what came of a training of this day is reported, requested or
    not, once or more; fails: whether it failed.
    """

    advanced: int
    order: Sequence[int]
    parts: int
    repeated: int
    delays: Sequence[int]
    fails: bool


DAY_IN_LIFE = st.builds(
    Day,
    advanced=st.sampled_from([1, 1, 1, 0, 2]),
    order=st.permutations(range(ROWS)),
    parts=st.integers(1, 4),
    repeated=st.integers(0, 9),
    delays=st.lists(st.integers(0, 9), max_size=3),
    fails=st.booleans(),
)
ORDINARY = Day(1, range(ROWS), 1, 0, [1], False)


def trainings_of(schedule: Sequence[Day], day: pd.Timestamp) -> list[TrainingResult]:
    """What a day brings of trainings, also of those that nobody requested."""
    results = []
    for number, planned in enumerate(schedule):
        requested = START + number * DAY
        version, failure = ("", "no memory") if planned.fails else (version_of(requested), "")
        times = [delay for delay in planned.delays if requested + delay * DAY == day]
        results += [TrainingResult(f"{requested:%Y-%m-%d}", version, failure)] * len(times)
    return results


class Life(NamedTuple):
    """What a loop has come to."""

    state: State
    decisions: list[DecisionRecord]
    ledger: InMemoryLedger


def live(schedule: Sequence[Day], rule: str, moments: Sequence[int] = ()) -> Life:
    """A loop in a schedule. It is killed at these moments, and begins again with nothing but ledger and journal."""
    killer = Killer(moments)
    ledger, journal = MortalLedger(killer), MortalJournal(killer)
    models = RowByRow({"m04-15": 0.3, "m05-06": 0.9, "else": 0.25}, drift=1.0)

    def come_in(day: pd.Timestamp) -> Intake:
        return intake(day)._replace(trainings=trainings_of(schedule, day))

    loop = Loop(journal, ledger, models, rules(rule=rule, shadow_days=3), come_in)

    def step(day: pd.Timestamp) -> State:
        begin(loop, START, version_of(START))
        return advance(loop, day)

    def score(rows: pd.DataFrame) -> None:
        state = begin(loop, START, version_of(START))
        score_rows(state, rows, np.zeros(len(rows), dtype=bool), ledger, models)

    scored: list[pd.DataFrame] = []
    for number, planned in enumerate(schedule):
        day = START + number * DAY
        for _ in range(planned.advanced):
            until_it_lives(step, day)
        parts = np.array_split(np.array(planned.order), planned.parts)
        due = [rows_of(day).iloc[part] for part in parts]
        scored += due
        for rows in [*due, *scored[len(scored) - planned.repeated :]]:
            until_it_lives(score, rows)
    return Life(until_it_lives(step, LAST), journal.decisions, ledger)


def until_it_lives(call: Callable[[Any], Any], argument: Any) -> Any:
    while True:
        try:
            return call(argument)
        except Killed:
            continue


def scores(ledger: InMemoryLedger, version: str) -> list[list[float]]:
    """By day, in ascending order, since a ledger's order is that in which rows came."""
    return [sorted(ledger.predictions(day, day, version)) for day in pd.date_range(START, LAST).as_unit("us")]


def known_rows(ledger: InMemoryLedger) -> list[tuple]:
    return sorted(ledger.scored_rows(START, LAST, ANSWERED).itertuples(index=False))


def uninterrupted(planned: Day) -> Day:
    """The same day with no call made twice, and all rows at once."""
    return planned._replace(advanced=min(planned.advanced, 1), order=range(ROWS), parts=1, repeated=0)


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
    assert (killed.state, killed.decisions) == (quiet.state, quiet.decisions)
    for version in (ANSWERED, *(version_of(START + number * DAY) for number in range(DAYS))):
        assert scores(killed.ledger, version) == scores(quiet.ledger, version)
    assert known_rows(killed.ledger) == known_rows(quiet.ledger)


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
