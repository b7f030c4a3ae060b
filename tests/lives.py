"""A loop in life: days that are missed or come twice, trainings that take time or fail, calls that are killed."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from loops import FIRST, ROWS, Fakes, intake, rows_of, rules, version_of

from ontime.core.loop.advance import Loop, advance, begin
from ontime.core.loop.journal import InMemoryJournal, Journal
from ontime.core.loop.score_rows import score_rows
from ontime.core.loop.state import DecisionRecord, Intake, State, TrainingResult
from ontime.core.monitoring.ledger import ANSWERED, DAY, InMemoryLedger, Ledger

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


class MortalLedger:
    """A ledger whose writes may be killed."""

    def __init__(self, ledger: Ledger, killer: Killer) -> None:
        self.ledger, self.killer = ledger, killer

    def record_scores(self, *arguments: Any) -> None:
        self.killer.write(self.ledger.record_scores, *arguments)

    def record_outcomes(self, *arguments: Any) -> None:
        self.killer.write(self.ledger.record_outcomes, *arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.ledger, name)


class RecordedJournal(Journal, Protocol):
    """A journal whose decisions can be read."""

    decisions: Sequence[DecisionRecord]


class MortalJournal:
    """A journal whose writes may be killed."""

    def __init__(self, journal: Journal, killer: Killer) -> None:
        self.journal, self.killer = journal, killer
        self.load = journal.load

    def save(self, *arguments: Any) -> None:
        self.killer.write(self.journal.save, *arguments)


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
    decisions: Sequence[DecisionRecord]
    ledger: Ledger


def live(
    schedule: Sequence[Day],
    rule: str,
    moments: Sequence[int] = (),
    kept: tuple[Ledger, RecordedJournal] | None = None,
) -> Life:
    """A loop in a schedule. It is killed at these moments, and begins again with nothing but ledger and journal.

    kept: the ledger and the journal, empty; without them, those in memory.
    """
    killer = Killer(moments)
    inner_ledger, inner_journal = kept or (InMemoryLedger(), InMemoryJournal())
    ledger, journal = MortalLedger(inner_ledger, killer), MortalJournal(inner_journal, killer)
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
    return Life(until_it_lives(step, LAST), inner_journal.decisions, inner_ledger)


def until_it_lives(call: Callable[[Any], Any], argument: Any) -> Any:
    while True:
        try:
            return call(argument)
        except Killed:
            continue


def scores(ledger: Ledger, version: str) -> list[list[float]]:
    """By day, in ascending order, since a ledger's order is that in which rows came."""
    return [sorted(ledger.predictions(day, day, version)) for day in pd.date_range(START, LAST).as_unit("us")]


def known_rows(ledger: Ledger) -> list[tuple]:
    return sorted(ledger.scored_rows(START, LAST, ANSWERED).itertuples(index=False))


def uninterrupted(planned: Day) -> Day:
    """The same day with no call made twice, and all rows at once."""
    return planned._replace(advanced=min(planned.advanced, 1), order=range(ROWS), parts=1, repeated=0)


def assert_same(killed: Life, quiet: Life) -> None:
    """State, decisions and ledger of two loops."""
    assert (killed.state, list(killed.decisions)) == (quiet.state, list(quiet.decisions))
    for version in (ANSWERED, *(version_of(START + number * DAY) for number in range(DAYS))):
        assert scores(killed.ledger, version) == scores(quiet.ledger, version)
    assert known_rows(killed.ledger) == known_rows(quiet.ledger)
