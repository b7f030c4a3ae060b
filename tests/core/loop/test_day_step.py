"""The day step on small ledgers: what is recorded, requested, decided, promoted and rolled back."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from loops import FIRST, ROWS, Fakes, ids, intake, outcomes, rows_of, rules, run_days

from ontime.core.loop.day_step import day_step, initial_state, label_delay
from ontime.core.loop.score_rows import score_rows
from ontime.core.loop.state import DecisionRecord, Intake, State, TrainingResult
from ontime.core.monitoring.ledger import ANSWERED, DAY, InMemoryLedger
from ontime.errors import OntimeError


def test_the_champion_answers_and_the_challenger_is_scored_in_shadow():
    models = Fakes({"m04-01": 0.25, "else": 0.26})
    state, decisions, ledger = run_days(models, rules(rule="gated"), 40)
    assert [one.action for one in decisions][:1] == ["retrain"]
    assert state.challenger == "m05-06"
    rows = ledger.scored_rows(FIRST, FIRST + 30 * DAY, ANSWERED)
    assert (rows[ANSWERED] == 0.25).all()
    shadow = ledger.scored_rows(FIRST, FIRST + 60 * DAY, "m05-06")
    assert shadow["day"].min() == pd.Timestamp("2013-05-07")  # the day after it was requested


def test_a_better_challenger_is_promoted_after_its_time_in_shadow_and_the_former_one_discarded():
    models = Fakes({"m04-01": 0.6, "else": 0.25})
    state, decisions, _ = run_days(models, rules(rule="gated"), 66)
    assert [(one.day, one.action, one.version) for one in decisions][:3] == [
        ("2013-05-06", "retrain", ""),
        ("2013-05-07", "ready", "m05-06"),
        ("2013-05-20", "promote", "m05-06"),
    ]
    assert state.champion == "m05-06"
    assert state.former == ""


def test_a_worse_challenger_is_rejected():
    models = Fakes({"m04-01": 0.25, "else": 0.9})
    state, decisions, ledger = run_days(models, rules(rule="gated"), 60)
    assert [one.action for one in decisions][:3] == ["retrain", "ready", "reject"]
    assert state.champion == "m04-01"
    assert (ledger.scored_rows(FIRST, FIRST + 60 * DAY, ANSWERED)[ANSWERED] == 0.25).all()


def test_a_changed_recipe_must_be_better_where_the_same_one_may_be_equal():
    equal = {"m04-01": 0.25, "else": 0.25 + 1e-9}
    assert [one.action for one in run_days(Fakes(equal), rules(), 66)[1]][:3] == ["retrain", "ready", "promote"]
    decisions = run_days(Fakes(equal, recipes={"m05-06": "another"}), rules(), 66)[1]
    assert (decisions[2].action, "superiority is required" in decisions[2].reason) == ("escalate", True)


def test_without_a_gate_a_bad_model_answers_at_once_and_is_rolled_back_once_it_shows():
    models = Fakes({"m04-01": 0.25, "else": 0.9})
    state, decisions, ledger = run_days(models, rules(rule="monthly"), 60)
    assert [(one.day, one.action, one.version) for one in decisions] == [
        ("2013-05-06", "retrain", ""),
        ("2013-05-07", "ready", "m05-06"),
        ("2013-05-13", "roll back", "m05-06"),
    ]
    assert (state.champion, state.former) == ("m04-01", "")
    answers = [ledger.predictions(day, day, ANSWERED)[0] for day in pd.date_range("2013-05-06", "2013-05-13")]
    assert answers == [0.25, *[0.9] * 6, 0.25]


@pytest.mark.parametrize("late", [10, 11, 14, 21])
def test_a_bad_model_is_rolled_back_however_late_its_outcomes_come(late: int):
    models = Fakes({"m04-01": 0.25, "else": 0.9})
    _, decisions, _ = run_days(models, rules(rule="monthly"), 64, late=late)
    assert [(one.action, one.version) for one in decisions][1:3] == [("ready", "m05-06"), ("roll back", "m05-06")]


def test_where_nothing_becomes_known_it_is_escalated_that_the_way_back_is_lost():
    models = Fakes({"m04-01": 0.25, "else": 0.9})
    state, decisions, _ = run_days(models, rules(rule="monthly"), 70, late=90)
    assert [(one.day, one.action, one.version) for one in decisions] == [
        ("2013-05-06", "retrain", ""),
        ("2013-05-07", "ready", "m05-06"),
        ("2013-06-03", "retrain", ""),
        ("2013-06-04", "ready", "m06-03"),
        ("2013-06-04", "escalate", "m05-06"),
    ]
    assert "its promotion on 2013-05-07 was still watched; m04-01 is discarded" in decisions[-1].reason
    assert (state.champion, state.former) == ("m06-03", "m05-06")


def test_a_challenger_of_which_nothing_becomes_known_is_escalated_and_discarded():
    models = Fakes({"else": 0.25})
    state, decisions, _ = run_days(models, rules(rule="gated"), 66, late=90)
    assert [(one.day, one.action, one.version) for one in decisions] == [
        ("2013-05-06", "retrain", ""),
        ("2013-05-07", "ready", "m05-06"),
        ("2013-06-03", "escalate", "m05-06"),
        ("2013-06-03", "retrain", ""),
        ("2013-06-04", "ready", "m06-03"),
    ]
    assert decisions[2].reason == (
        "the outcomes of fewer than 5 days are known: inconclusive after 28 days; "
        "unless a person decides otherwise, the challenger is discarded"
    )
    assert state.challenger == "m06-03"


def test_while_a_challenger_waits_no_other_is_trained():
    class Undecided(Fakes):
        def predict(self, version: str, rows: pd.DataFrame) -> np.ndarray:
            odd = rows["day"].iloc[0].day_of_year % 2
            return np.full(len(rows), 0.35 if version == "m04-01" else (0.25, 0.39)[odd])

    models = Undecided({"else": 0.25})
    _, decisions, _ = run_days(models, rules(rule="gated", max_days=56), 100)
    first_three = [(one.day, one.action) for one in decisions][:3]
    assert first_three == [("2013-05-06", "retrain"), ("2013-05-07", "ready"), ("2013-07-01", "escalate")]


@pytest.mark.parametrize(("lead_hours", "days"), [(0.75, 2), (2, 2), (6, 3), (24, 3), (48, 4)])
def test_the_earlier_a_day_begins_the_older_are_the_outcomes_it_knows(lead_hours: float, days: int):
    assert label_delay(lead_hours) == days * DAY


def test_a_loop_with_a_longer_label_delay_reads_and_judges_no_younger_days():
    models, slow = Fakes({"m04-01": 0.6, "else": 0.25}), rules()._replace(label_delay=5 * DAY)
    state, decisions, _ = run_days(models, slow, 66, late=5)
    assert [one.last for one in state.readings][:2] == ["2013-04-03", "2013-04-10"]
    assert "on 9 days" in next(one.reason for one in decisions if one.action == "promote")


def test_a_day_on_which_nothing_comes_in_is_the_last_day_and_no_more():
    models, ledger = Fakes({"else": 0.25}), InMemoryLedger()
    state = initial_state(FIRST, "m04-01", ledger, rules())
    none = Intake(np.empty(0, dtype=object), np.empty(0, dtype=np.int8))
    after, decisions = day_step(state, FIRST, none, ledger, models, rules())
    assert (after, decisions) == (replace(state, last="2013-04-01"), [])


@pytest.mark.parametrize("day", [FIRST - DAY, FIRST + DAY])
def test_a_step_of_another_day_than_the_next_is_refused_and_records_nothing(day: pd.Timestamp):
    models, ledger = Fakes({"else": 0.25}), InMemoryLedger()
    ledger.record_scores(rows_of(FIRST - DAY), {"a": np.full(ROWS, 0.5)})
    state = initial_state(FIRST, "m04-01", ledger, rules())
    with pytest.raises(OntimeError, match=f"{day:%Y-%m-%d}: expected 2013-04-01, the day after 2013-03-31"):
        day_step(state, day, Intake(ids(FIRST - DAY), outcomes(FIRST - DAY)), ledger, models, rules())
    assert ledger.scored_rows(FIRST - DAY, FIRST, "a").empty


def until_requested(**others: Any) -> tuple[Fakes, InMemoryLedger, State]:
    """A loop on the day on which it requests a model: that of 2013-05-06."""
    models, ledger = Fakes({"else": 0.25}), InMemoryLedger()
    state, *_ = run_days(models, rules(**others), 36, ledger)
    assert (state.last, state.requested, state.trained) == ("2013-05-06", "2013-05-06", "2013-04-01")
    return models, ledger, state


def next_step(state: State, results: list[TrainingResult], models: Fakes, ledger: InMemoryLedger, **others: Any) -> Any:
    none = Intake(np.empty(0, dtype=object), np.empty(0, dtype=np.int8), results)
    return day_step(state, state.next_day, none, ledger, models, rules(**others))


@pytest.mark.parametrize("requested", ["", "2013-04-29", "2013-05-13"])
def test_what_comes_of_a_request_that_is_not_open_changes_nothing(requested: str):
    models, ledger, state = until_requested()
    results = [TrainingResult(requested, "another"), TrainingResult(requested, "", "no memory")]
    after, decisions = next_step(state, results, models, ledger)
    assert (after, decisions) == (replace(state, last="2013-05-07"), [])
    closed, _ = next_step(after, [TrainingResult("2013-05-06", "m05-06")], models, ledger)
    again, decisions = next_step(closed, [*results, TrainingResult("2013-05-06", "another")], models, ledger)
    assert (again, decisions) == (replace(closed, last="2013-05-09"), [])


def test_of_a_failure_and_a_version_for_one_request_the_version_counts():
    models, ledger, state = until_requested()
    results = [TrainingResult("2013-05-06", "", "no memory"), TrainingResult("2013-05-06", "m05-06")]
    for both in (results, results[::-1]):
        _, decisions = next_step(state, both, models, ledger)
        assert [(one.action, one.version) for one in decisions] == [("ready", "m05-06")]


def test_a_training_that_failed_is_requested_again_at_the_next_look():
    models, ledger, state = until_requested()
    state, decisions = next_step(state, [TrainingResult("2013-05-06", "", "no memory")], models, ledger)
    assert [(one.action, one.version, one.reason) for one in decisions] == [
        ("failed", "", "the training requested on 2013-05-06 failed: no memory")
    ]
    assert (state.requested, state.challenger, state.trained) == ("", "", "2013-04-01")
    decisions = []
    while not decisions:
        state, decisions = next_step(state, [], models, ledger)
    assert [(one.day, one.action) for one in decisions] == [("2013-05-13", "retrain")]
    assert state.requested == "2013-05-13"


def test_while_a_request_is_open_the_champion_answers_and_no_other_is_made():
    models = Fakes({"m04-01": 0.25, "else": 0.26})
    state, decisions, ledger = run_days(models, rules(rule="monthly"), 80, training_days=30)
    assert [(one.day, one.action, one.version) for one in decisions][:3] == [
        ("2013-05-06", "retrain", ""),
        ("2013-06-05", "ready", "m05-06"),
        ("2013-06-10", "retrain", ""),
    ]
    assert (state.champion, state.trained) == ("m05-06", "2013-05-06")
    assert (ledger.predictions(FIRST, pd.Timestamp("2013-06-04"), ANSWERED) == 0.25).all()
    assert (ledger.predictions(pd.Timestamp("2013-06-05"), FIRST + 79 * DAY, ANSWERED) == 0.26).all()


def test_a_model_that_is_the_champion_again_is_new_training_and_no_challenger():
    models, ledger, state = until_requested()
    after, decisions = next_step(state, [TrainingResult("2013-05-06", state.champion)], models, ledger)
    assert after == replace(state, last="2013-05-07", requested="", trained="2013-05-06")
    assert [(one.action, one.version) for one in decisions] == [("ready", state.champion)]


def test_a_verdict_comes_before_the_new_model_that_arrives_with_it():
    """The bad champion is rolled back first, so that the good one is the way back from the newest."""
    models, ledger = Fakes({"m04-01": 0.25, "bad": 0.9, "else": 0.25}), InMemoryLedger()
    state, *_ = run_days(models, rules(rule="never"), 30, ledger)
    state = replace(state, last="2013-04-30", champion="bad", former="m04-01", promoted="2013-05-01")
    state = replace(state, requested="2013-04-29")
    decisions: list[DecisionRecord] = []
    while not decisions:
        day = state.next_day
        looked_at = day >= pd.Timestamp("2013-05-13")  # when enough is known of it
        results = [TrainingResult("2013-04-29", "new")] if looked_at else []
        came_in = intake(day)._replace(trainings=results)
        state, decisions = day_step(state, day, came_in, ledger, models, rules(rule="monthly"))
        score_rows(state, rows_of(day), np.zeros(ROWS, dtype=bool), ledger, models)
    assert [(one.action, one.version) for one in decisions][:2] == [("roll back", "bad"), ("ready", "new")]
    assert (state.champion, state.former) == ("new", "m04-01")


def test_a_promotion_that_turns_out_badly_is_rolled_back():
    models = Fakes({"m04-01": 0.25, "bad": 0.9, "else": 0.25})
    _, _, ledger = run_days(models, rules(rule="never"), 30)
    day = FIRST + 30 * DAY
    state = State("2013-04-01", "2013-04-30", "bad", f"{day:%Y-%m-%d}", f"{day:%Y-%m-%d}", former="m04-01")
    rolled_back = []
    for number in range(30, 50):
        day = FIRST + number * DAY
        state, decisions = day_step(state, day, intake(day), ledger, models, rules())
        score_rows(state, rows_of(day), np.zeros(ROWS, dtype=bool), ledger, models)
        rolled_back += [one for one in decisions if one.action == "roll back"]
    assert len(rolled_back) == 1
    assert rolled_back[0].reason.startswith("log loss of champion minus former champion on ")
    assert rolled_back[0].reason.endswith(", non-inferiority margin 0.002: inferior")
    assert state.champion == "m04-01"


@pytest.mark.parametrize("rule", ["drift", "never"])
def test_an_alarm_on_drift_asks_for_a_model_only_where_the_rule_minds_it(rule: str):
    models = Fakes({"else": 0.25}, drift=1.0)
    _, decisions, _ = run_days(models, rules(rule=rule), 40)
    requested = [one.day for one in decisions if one.action == "retrain"]
    assert requested == (["2013-04-15", "2013-04-29"] if rule == "drift" else [])


def test_an_answer_once_given_is_never_changed_by_what_becomes_known_later():
    models = Fakes({"m04-01": 0.25, "else": 0.9})
    _, _, short = run_days(models, rules(rule="monthly"), 20)
    _, _, long = run_days(models, rules(rule="monthly"), 60)
    last = FIRST + 19 * DAY
    assert np.array_equal(short.predictions(FIRST, last, ANSWERED), long.predictions(FIRST, last, ANSWERED))


@pytest.mark.parametrize("number", [21, 49])
def test_nothing_is_read_or_decided_from_outcomes_that_are_not_known_yet(number: int):
    """Those of the last two days may be anything, on a day of readings and on the day of a verdict."""
    models = Fakes({"m04-01": 0.6, "else": 0.25}, drift=0.5)
    day, ledger = FIRST + number * DAY, InMemoryLedger()
    state, *_ = run_days(models, rules(), number, ledger)
    poisoned = deepcopy(ledger)
    for hidden in (day - DAY, day):
        poisoned.record_outcomes(ids(hidden), 1 - outcomes(hidden))
    after = [day_step(state, day, intake(day), one, models, rules()) for one in (ledger, poisoned)]
    assert after[0] == after[1]
    assert len(after[0][0].readings) == number // 7
    assert [one.action for one in after[0][1]] == (["promote"] if number == 49 else [])
