"""The day step on small ledgers: what is answered, recorded, decided, promoted and rolled back."""

from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
from loops import FIRST, Fakes, ids, intake, outcomes, rules, run_days

from ontime.core.loop.day_step import day_step, initial_state, label_delay
from ontime.core.loop.state import Intake, State
from ontime.core.monitoring.ledger import ANSWERED, DAY, InMemoryLedger


def test_the_champion_answers_and_the_challenger_is_scored_in_shadow():
    models = Fakes({"m04-01": 0.25, "else": 0.26})
    state, decisions, ledger = run_days(models, rules(rule="gated"), 40)
    assert [one.action for one in decisions][:1] == ["retrain"]
    assert state.challenger == "m05-06"
    rows = ledger.scored_rows(FIRST, FIRST + 30 * DAY, ANSWERED)
    assert (rows[ANSWERED] == 0.25).all()
    shadow = ledger.scored_rows(FIRST, FIRST + 60 * DAY, "m05-06")
    assert shadow["day"].min() == pd.Timestamp("2013-05-06")


def test_a_better_challenger_is_promoted_after_its_time_in_shadow_and_the_former_one_discarded():
    models = Fakes({"m04-01": 0.6, "else": 0.25})
    state, decisions, _ = run_days(models, rules(rule="gated"), 66)
    assert [(one.day, one.action) for one in decisions][:2] == [("2013-05-06", "retrain"), ("2013-05-20", "promote")]
    assert state.champion == "m05-06"
    assert state.former == ""


def test_a_worse_challenger_is_rejected():
    models = Fakes({"m04-01": 0.25, "else": 0.9})
    state, decisions, ledger = run_days(models, rules(rule="gated"), 60)
    assert [one.action for one in decisions][:2] == ["retrain", "reject"]
    assert state.champion == "m04-01"
    assert (ledger.scored_rows(FIRST, FIRST + 60 * DAY, ANSWERED)[ANSWERED] == 0.25).all()


def test_a_changed_recipe_must_be_better_where_the_same_one_may_be_equal():
    equal = {"m04-01": 0.25, "else": 0.25 + 1e-9}
    assert [one.action for one in run_days(Fakes(equal), rules(), 66)[1]][:2] == ["retrain", "promote"]
    decisions = run_days(Fakes(equal, recipes={"m05-06": "another"}), rules(), 66)[1]
    assert (decisions[1].action, "superiority is required" in decisions[1].reason) == ("escalate", True)


def test_without_a_gate_a_bad_model_answers_at_once_and_is_rolled_back_once_it_shows():
    models = Fakes({"m04-01": 0.25, "else": 0.9})
    state, decisions, ledger = run_days(models, rules(rule="monthly"), 60)
    assert [(one.day, one.action, one.version) for one in decisions] == [
        ("2013-05-06", "retrain", "m05-06"),
        ("2013-05-13", "roll back", "m05-06"),
    ]
    assert (state.champion, state.former) == ("m04-01", "")
    answers = [ledger.predictions(day, day, ANSWERED)[0] for day in pd.date_range("2013-05-05", "2013-05-13")]
    assert answers == [0.25, *[0.9] * 7, 0.25]


@pytest.mark.parametrize("late", [10, 11, 14, 21])
def test_a_bad_model_is_rolled_back_however_late_its_outcomes_come(late: int):
    models = Fakes({"m04-01": 0.25, "else": 0.9})
    _, decisions, _ = run_days(models, rules(rule="monthly"), 64, late=late)
    assert [(one.action, one.version) for one in decisions][:2] == [("retrain", "m05-06"), ("roll back", "m05-06")]


def test_where_nothing_becomes_known_it_is_escalated_that_the_way_back_is_lost():
    models = Fakes({"m04-01": 0.25, "else": 0.9})
    state, decisions, _ = run_days(models, rules(rule="monthly"), 70, late=90)
    assert [(one.day, one.action, one.version) for one in decisions] == [
        ("2013-05-06", "retrain", "m05-06"),
        ("2013-06-03", "retrain", "m06-03"),
        ("2013-06-03", "escalate", "m05-06"),
    ]
    assert "its promotion on 2013-05-06 was still watched; m04-01 is discarded" in decisions[-1].reason
    assert (state.champion, state.former) == ("m06-03", "m05-06")


def test_a_challenger_of_which_nothing_becomes_known_is_escalated_and_discarded():
    models = Fakes({"else": 0.25})
    state, decisions, _ = run_days(models, rules(rule="gated"), 66, late=90)
    assert [(one.day, one.action, one.version) for one in decisions] == [
        ("2013-05-06", "retrain", "m05-06"),
        ("2013-06-03", "escalate", "m05-06"),
        ("2013-06-03", "retrain", "m06-03"),
    ]
    assert decisions[1].reason == (
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
    first_two = [(one.day, one.action, one.version) for one in decisions][:2]
    assert first_two == [("2013-05-06", "retrain", "m05-06"), ("2013-07-01", "escalate", "m05-06")]


@pytest.mark.parametrize(("lead_hours", "days"), [(0.75, 2), (2, 2), (6, 3), (24, 3), (48, 4)])
def test_the_earlier_a_day_begins_the_older_are_the_outcomes_it_knows(lead_hours: float, days: int):
    assert label_delay(lead_hours) == days * DAY


def test_a_loop_with_a_longer_label_delay_reads_and_judges_no_younger_days():
    models, slow = Fakes({"m04-01": 0.6, "else": 0.25}), rules()._replace(label_delay=5 * DAY)
    state, decisions, _ = run_days(models, slow, 66, late=5)
    assert [one.last for one in state.readings][:2] == ["2013-04-03", "2013-04-10"]
    assert "on 10 days" in next(one.reason for one in decisions if one.action == "promote")


def test_a_day_without_rows_changes_nothing():
    models, ledger = Fakes({"else": 0.25}), InMemoryLedger()
    state = initial_state(FIRST, ledger, models, rules())
    none = Intake(intake(FIRST).rows.iloc[:0], np.empty(0, dtype=bool), ids(FIRST), outcomes(FIRST))
    after, decisions = day_step(state, FIRST, none, ledger, models, rules())
    assert (after, decisions) == (state, [])
    assert len(ledger.predictions(FIRST, FIRST, ANSWERED)) == 0


def test_a_promotion_that_turns_out_badly_is_rolled_back():
    models = Fakes({"m04-01": 0.25, "bad": 0.9, "else": 0.25})
    _, _, ledger = run_days(models, rules(rule="never"), 30)
    day = FIRST + 30 * DAY
    state = State(f"{FIRST:%Y-%m-%d}", "bad", f"{day:%Y-%m-%d}", f"{day:%Y-%m-%d}", former="m04-01")
    rolled_back = []
    for number in range(30, 50):
        state, decisions = day_step(state, FIRST + number * DAY, intake(FIRST + number * DAY), ledger, models, rules())
        rolled_back += [one for one in decisions if one.action == "roll back"]
    assert len(rolled_back) == 1
    assert rolled_back[0].reason.startswith("log loss of champion minus former champion on ")
    assert rolled_back[0].reason.endswith(", non-inferiority margin 0.002: inferior")
    assert state.champion == "m04-01"


@pytest.mark.parametrize("rule", ["drift", "never"])
def test_an_alarm_on_drift_asks_for_a_model_only_where_the_rule_minds_it(rule: str):
    models = Fakes({"else": 0.25}, drift=1.0)
    _, decisions, _ = run_days(models, rules(rule=rule), 40)
    assert [one.day for one in decisions] == (["2013-04-15", "2013-04-29"] if rule == "drift" else [])


def test_where_the_watched_source_is_silent_climatology_answers_and_the_model_is_scored_in_shadow():
    models, ledger = Fakes({"else": 0.25}), InMemoryLedger()
    state = initial_state(FIRST, ledger, models, rules())
    day_step(state, FIRST, intake(FIRST, silent=True), ledger, models, rules())
    assert (ledger.predictions(FIRST, FIRST, ANSWERED) == 0.111).all()
    assert (ledger.predictions(FIRST, FIRST, state.champion) == 0.25).all()


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
        poisoned.record_predictions(hidden, ids(hidden), {})
        poisoned.record_outcomes(ids(hidden), 1 - outcomes(hidden))
    after = [day_step(state, day, intake(day), one, models, rules()) for one in (ledger, poisoned)]
    assert after[0] == after[1]
    assert len(after[0][0].readings) == number // 7
    assert [one.action for one in after[0][1]] == (["promote"] if number == 49 else [])
