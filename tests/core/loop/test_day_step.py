"""The day step on small ledgers: what is answered, learned, decided, promoted and taken back."""

import json
from collections.abc import Mapping
from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
from policies import policy

from ontime.core.loop.day_step import Intake, Rules, State, begin, lag, step
from ontime.core.monitoring.alarms import beyond, rings, upper_bound
from ontime.core.monitoring.drift import place_among
from ontime.core.monitoring.ledger import ANSWERED, DAY, Memory
from ontime.core.monitoring.readings import Reading, expected, read
from ontime.params import Drift

FIRST = pd.Timestamp("2013-04-01").as_unit("us")
DRIFT = Drift(test="psi", quantile=0.9, k=2, n=3)
ROWS = 40


class Fakes:
    """Models whose probabilities are known: a version is 'm<day>', and `said` gives what each says of every row."""

    def __init__(self, said: Mapping[str, float], moved: float = 0.0, recipes: Mapping[str, str] | None = None) -> None:
        self.said, self.moved, self.recipes, self.trained = said, moved, recipes or {}, []

    def train(self, day: pd.Timestamp) -> str:
        self.trained.append(day)
        return f"m{day:%m-%d}"

    def say(self, version: str, rows: pd.DataFrame) -> np.ndarray:
        return np.full(len(rows), self.said.get(version, self.said["else"]))

    def fallback(self, rows: pd.DataFrame) -> np.ndarray:
        return np.full(len(rows), 0.111)

    def recipe(self, version: str) -> str:
        return self.recipes.get(version, "the same")

    def drift(self, version: str, first: pd.Timestamp, last: pd.Timestamp) -> Mapping[str, float]:  # noqa: ARG002
        return {"psi": self.moved}


def ids(day: pd.Timestamp) -> np.ndarray:
    return np.array([f"{day:%Y-%m-%d}-{number}" for number in range(ROWS)], dtype=object)


def outcomes(day: pd.Timestamp) -> np.ndarray:
    """One of four is true, a little more or less from day to day."""
    return (np.arange(ROWS) < 9 + day.day % 3).astype(np.int8)


def intake(day: pd.Timestamp, silent: bool = False, late: int = 2) -> Intake:
    """What came of the rows of two days before, or more, and the day's rows."""
    before = day - late * DAY
    return Intake(pd.DataFrame({"id": ids(day), "day": day}), np.full(ROWS, silent), ids(before), outcomes(before))


def live(
    models: Fakes, rules: Rules, days: int, ledger: Memory | None = None, late: int = 2
) -> tuple[State, list, Memory]:
    ledger = ledger or Memory()
    state, made = begin(FIRST, ledger, models, rules), []
    for number in range(days):
        day = FIRST + number * DAY
        state, decisions = step(state, day, intake(day, late=late), ledger, models, rules)
        made += decisions
    return state, made, ledger


def rules(**others: object) -> Rules:
    return Rules(policy(**others), DRIFT)


def test_the_champion_answers_and_the_challenger_is_only_heard():
    models = Fakes({"m04-01": 0.25, "else": 0.26})
    state, made, ledger = live(models, rules(rule="gated"), 40)
    assert [each.action for each in made][:1] == ["retrain"]
    assert state.challenger == "m05-06"
    rows = ledger.spoken(FIRST, FIRST + 30 * DAY, ANSWERED)
    assert (rows[ANSWERED] == 0.25).all()
    heard = ledger.spoken(FIRST, FIRST + 60 * DAY, "m05-06")
    assert heard["day"].min() == pd.Timestamp("2013-05-06")


def test_a_better_challenger_is_promoted_after_its_time_in_shadow_and_the_former_one_let_go():
    models = Fakes({"m04-01": 0.6, "else": 0.25})
    state, made, _ = live(models, rules(rule="gated"), 66)
    assert [(each.day, each.action) for each in made][:2] == [("2013-05-06", "retrain"), ("2013-05-20", "promote")]
    assert state.champion == "m05-06"
    assert state.former == ""


def test_a_worse_challenger_is_kept_out():
    models = Fakes({"m04-01": 0.25, "else": 0.9})
    state, made, ledger = live(models, rules(rule="gated"), 60)
    assert [each.action for each in made][:2] == ["retrain", "keep"]
    assert state.champion == "m04-01"
    assert (ledger.spoken(FIRST, FIRST + 60 * DAY, ANSWERED)[ANSWERED] == 0.25).all()


def test_a_changed_recipe_must_be_better_where_the_same_one_may_be_equal():
    equal = {"m04-01": 0.25, "else": 0.25 + 1e-9}
    assert [each.action for each in live(Fakes(equal), rules(), 66)[1]][:2] == ["retrain", "promote"]
    made = live(Fakes(equal, recipes={"m05-06": "another"}), rules(), 66)[1]
    assert (made[1].action, "it must be better" in made[1].reason) == ("ask a person", True)


def test_without_a_gate_a_bad_model_answers_at_once_and_is_taken_back_once_it_shows():
    models = Fakes({"m04-01": 0.25, "else": 0.9})
    state, made, ledger = live(models, rules(rule="monthly"), 60)
    assert [(each.day, each.action, each.version) for each in made] == [
        ("2013-05-06", "retrain", "m05-06"),
        ("2013-05-13", "roll back", "m05-06"),
    ]
    assert (state.champion, state.former) == ("m04-01", "")
    told = [ledger.asked(day, day, ANSWERED)[0] for day in pd.date_range("2013-05-05", "2013-05-13")]
    assert told == [0.25, *[0.9] * 7, 0.25]


@pytest.mark.parametrize("late", [10, 11, 14, 21])
def test_a_bad_model_is_taken_back_however_late_its_outcomes_come(late: int):
    models = Fakes({"m04-01": 0.25, "else": 0.9})
    _, made, _ = live(models, rules(rule="monthly"), 64, late=late)
    assert [(each.action, each.version) for each in made][:2] == [("retrain", "m05-06"), ("roll back", "m05-06")]


def test_where_nothing_becomes_known_a_person_is_asked_before_the_way_back_is_lost():
    models = Fakes({"m04-01": 0.25, "else": 0.9})
    state, made, _ = live(models, rules(rule="monthly"), 70, late=90)
    assert [(each.day, each.action, each.version) for each in made] == [
        ("2013-05-06", "retrain", "m05-06"),
        ("2013-06-03", "retrain", "m06-03"),
        ("2013-06-03", "ask a person", "m05-06"),
    ]
    assert "its promotion on 2013-05-06 was still watched; m04-01 is let go" in made[-1].reason
    assert (state.champion, state.former) == ("m06-03", "m05-06")


def test_a_challenger_of_which_nothing_becomes_known_ends_with_a_person_being_asked():
    models = Fakes({"else": 0.25})
    state, made, _ = live(models, rules(rule="gated"), 66, late=90)
    assert [(each.day, each.action, each.version) for each in made] == [
        ("2013-05-06", "retrain", "m05-06"),
        ("2013-06-03", "ask a person", "m05-06"),
        ("2013-06-03", "retrain", "m06-03"),
    ]
    assert "fewer than 5 days are known after 28" in made[1].reason
    assert state.challenger == "m06-03"


def test_while_a_challenger_waits_no_other_is_trained():
    class Undecided(Fakes):
        def say(self, version: str, rows: pd.DataFrame) -> np.ndarray:
            odd = rows["day"].iloc[0].day_of_year % 2
            return np.full(len(rows), 0.35 if version == "m04-01" else (0.25, 0.39)[odd])

    models = Undecided({"else": 0.25})
    _, made, _ = live(models, rules(rule="gated", max_days=56), 100)
    told = [(each.day, each.action, each.version) for each in made]
    assert told[:2] == [("2013-05-06", "retrain", "m05-06"), ("2013-07-01", "ask a person", "m05-06")]


def test_a_ledger_makes_room_for_outcomes_of_rows_that_it_was_not_told_of():
    ledger = Memory()
    for number in range(60):
        ledger.learn(ids(FIRST + number * DAY), outcomes(FIRST + number * DAY))
    last = FIRST + 59 * DAY
    ledger.say(last, ids(last), {"a": np.full(ROWS, 0.5)})
    assert len(ledger.spoken(last, last, "a")) == ROWS


def test_drift_of_the_champion_before_does_not_ring_against_the_new_one():
    readings = [Reading(f"w{place}", None, None, None, {"psi": 1.0}, version) for place, version in enumerate("aab")]
    assert rings(readings[:2], "drift", DRIFT)
    assert not rings(readings, "drift", DRIFT)
    assert rings([*readings, readings[-1]], "drift", DRIFT)


@pytest.mark.parametrize(("lead_hours", "days"), [(0.75, 2), (2, 2), (6, 3), (24, 3), (48, 4)])
def test_the_earlier_a_day_begins_the_older_are_the_outcomes_it_knows(lead_hours: float, days: int):
    assert lag(lead_hours) == days * DAY


def test_a_loop_with_a_longer_lag_reads_and_judges_no_younger_days():
    models, slow = Fakes({"m04-01": 0.6, "else": 0.25}), rules()._replace(lag=5 * DAY)
    state, made, _ = live(models, slow, 66, late=5)
    assert [each.last for each in state.readings][:2] == ["2013-04-03", "2013-04-10"]
    assert "on 10 days" in next(each.reason for each in made if each.action == "promote")


def test_a_day_without_rows_is_lived_through():
    models, ledger = Fakes({"else": 0.25}), Memory()
    state = begin(FIRST, ledger, models, rules())
    none = Intake(intake(FIRST).rows.iloc[:0], np.empty(0, dtype=bool), ids(FIRST), outcomes(FIRST))
    after, made = step(state, FIRST, none, ledger, models, rules())
    assert (after, made) == (state, [])
    assert len(ledger.asked(FIRST, FIRST, ANSWERED)) == 0


def test_a_promotion_that_turns_out_badly_is_taken_back():
    models = Fakes({"m04-01": 0.25, "bad": 0.9, "else": 0.25})
    _, _, ledger = live(models, rules(rule="never"), 30)
    day = FIRST + 30 * DAY
    state = State(f"{FIRST:%Y-%m-%d}", "bad", f"{day:%Y-%m-%d}", f"{day:%Y-%m-%d}", former="m04-01")
    made = []
    for number in range(30, 50):
        state, decisions = step(state, FIRST + number * DAY, intake(FIRST + number * DAY), ledger, models, rules())
        made += [each for each in decisions if each.action == "roll back"]
    assert len(made) == 1
    assert "the former champion would have been better" in made[0].reason
    assert state.champion == "m04-01"


@pytest.mark.parametrize("rule", ["drift", "never"])
def test_an_alarm_on_drift_asks_for_a_model_only_where_the_rule_minds_it(rule: str):
    models = Fakes({"else": 0.25}, moved=1.0)
    _, made, _ = live(models, rules(rule=rule), 40)
    assert [each.day for each in made] == (["2013-04-15", "2013-04-29"] if rule == "drift" else [])


def test_where_the_watched_feed_is_silent_climatology_answers_and_the_model_is_still_heard():
    models, ledger = Fakes({"else": 0.25}), Memory()
    state = begin(FIRST, ledger, models, rules())
    step(state, FIRST, intake(FIRST, silent=True), ledger, models, rules())
    assert (ledger.asked(FIRST, FIRST, ANSWERED) == 0.111).all()
    assert (ledger.asked(FIRST, FIRST, state.champion) == 0.25).all()


def test_an_answer_once_given_is_never_changed_by_what_becomes_known_later():
    models = Fakes({"m04-01": 0.25, "else": 0.9})
    _, _, short = live(models, rules(rule="monthly"), 20)
    _, _, long = live(models, rules(rule="monthly"), 60)
    last = FIRST + 19 * DAY
    assert np.array_equal(short.asked(FIRST, last, ANSWERED), long.asked(FIRST, last, ANSWERED))


@pytest.mark.parametrize("number", [21, 49])
def test_nothing_is_read_or_decided_from_outcomes_that_are_not_known_yet(number: int):
    """Those of the last two days may be anything, on a day of readings and on the day of a verdict."""
    models = Fakes({"m04-01": 0.6, "else": 0.25}, moved=0.5)
    day, ledger = FIRST + number * DAY, Memory()
    state, *_ = live(models, rules(), number, ledger)
    poisoned = deepcopy(ledger)
    for hidden in (day - DAY, day):
        poisoned.say(hidden, ids(hidden), {})
        poisoned.learn(ids(hidden), 1 - outcomes(hidden))
    after = [step(state, day, intake(day), each, models, rules()) for each in (ledger, poisoned)]
    assert after[0] == after[1]
    assert len(after[0][0].readings) == number // 7
    assert [each.action for each in after[0][1]] == (["promote"] if number == 49 else [])


def test_what_is_expected_of_a_week_does_not_know_its_outcomes():
    ledger = Memory()
    live(Fakes({"m04-01": 0.6, "else": 0.25}), rules(), 29, ledger)
    last = FIRST + 26 * DAY
    before = read(last, ledger, {})
    for day in pd.date_range(last - 6 * DAY, last).as_unit("us"):
        ledger.learn(ids(day), 1 - outcomes(day))
    after = read(last, ledger, {})
    assert after.estimated == before.estimated is not None
    assert after.realised != before.realised


def test_a_state_goes_through_json():
    models = Fakes({"m04-01": 0.6, "else": 0.25}, moved=0.5)
    shadow, *_ = live(models, rules(), 45)
    promoted, *_ = live(models, rules(), 52)
    assert (shadow.challenger, promoted.former) == ("m05-06", "m04-01")
    for state in (shadow, promoted):
        assert State.load(json.loads(json.dumps(state.content()))) == state


def ledger_of(losses: list[float], late: int = 0) -> Memory:
    """Weeks of rows whose answers have these mean losses; outcomes of the last `late` weeks are not known."""
    ledger = Memory()
    for week, loss in enumerate(losses):
        for day in range(7):
            name = FIRST + (7 * week + day) * DAY
            ledger.say(name, ids(name), {ANSWERED: np.full(ROWS, np.exp(-loss))})
            if week < len(losses) - late:
                ledger.learn(ids(name), np.ones(ROWS, dtype=np.int8))
    return ledger


def test_a_reading_waits_for_outcomes_that_come_late():
    last = FIRST + 27 * DAY
    found = read(last, ledger_of([0.1, 0.2, 0.3, 0.4], late=1), {})
    assert found.realised == pytest.approx(0.3, abs=1e-6)
    assert found.realised_of == "2013-04-21"
    assert read(last, ledger_of([0.1, 0.2, 0.3, 0.4]), {}).realised == pytest.approx(0.4, abs=1e-6)


def readings(values: list[float]) -> list[Reading]:
    return [Reading(f"w{place}", value, f"w{place}", value, {"psi": value}) for place, value in enumerate(values)]


def test_an_alarm_rings_when_windows_are_beyond_those_before_and_the_last_one_is():
    usual = [0.40, 0.42, 0.41, 0.43, 0.40, 0.42]
    assert not beyond(readings([*usual, 0.43]), "realised", DRIFT)
    assert beyond(readings([*usual, 0.60]), "realised", DRIFT)
    assert not rings(readings([*usual, 0.60]), "realised", DRIFT)
    assert rings(readings([*usual, 0.60, 0.80]), "realised", DRIFT)
    assert not rings(readings([*usual, 0.60, 0.80, 0.41]), "estimated", DRIFT)
    assert rings(readings([0.0, 0.95, 0.5, 0.95]), "drift", DRIFT)
    assert not rings(readings([0.95, 0.5, 0.5, 0.95]), "drift", DRIFT)


def test_a_week_that_stays_the_latest_known_is_counted_once():
    usual = readings([0.40, 0.42, 0.41, 0.43, 0.40, 0.42, 0.9])
    late = usual[-1]._replace(last="w7")
    assert beyond(usual, "realised", DRIFT)
    assert not beyond([*usual, late], "realised", DRIFT)
    assert not rings([*usual, late], "realised", DRIFT)


def test_a_loss_that_is_not_known_rings_nothing():
    unknown = [each._replace(realised=None) for each in readings([0.4, 0.5, 0.4, 0.5, 0.9])]
    assert not beyond(unknown, "realised", DRIFT)


def told(estimated: list[float], realised: list[float], late: int = 1) -> list[Reading]:
    """Readings of weeks whose loss is known `late` weeks after their estimate."""
    losses = [(None, None)] * late + [(loss, f"w{place}") for place, loss in enumerate(realised)]
    return [Reading(f"w{place}", *losses[place], value, {}) for place, value in enumerate(estimated)]


def test_what_is_expected_stands_on_the_errors_known_by_then_and_not_on_what_came():
    readings = told([0.40, 0.42, 0.41, 0.43, 0.40, 0.44], [0.45, 0.46, 0.47, 0.47, 0.46])
    found = expected(readings, 0.9)
    assert found is not None
    assert found.value == pytest.approx(0.44 + 0.05)
    assert found.low < found.value < found.high
    known, waiting = (readings[-1]._replace(realised=loss, realised_of=of) for loss, of in ((9.9, "w5"), (None, None)))
    assert expected([*readings[:-1], known], 0.9) == expected([*readings[:-1], waiting], 0.9)
    assert expected(readings[:4], 0.9) is None
    assert expected([*readings[:-1], readings[-1]._replace(estimated=None)], 0.9) is None


def test_losses_lie_where_they_are_expected_as_often_as_it_says():
    random, held = np.random.default_rng(3), []
    for _ in range(2000):
        estimated = 0.4 + 0.05 * random.normal(size=11)
        realised = estimated + 0.02 + 0.03 * random.normal(size=11)
        found = expected(told(list(estimated), list(realised[:10])), 0.9)
        assert found is not None
        held.append(found.low <= realised[10] <= found.high)
    assert 0.88 <= np.mean(held) <= 0.95  # errors that do not resemble are allowed to: the band is a little wide


@pytest.mark.parametrize("following", [1, 4])
def test_the_bound_is_exceeded_as_often_as_it_says(following: int):
    random, over = np.random.default_rng(1), []
    for _ in range(4000):
        past, next_ones = random.normal(size=8), random.normal(size=following)
        over.append(next_ones.mean() > upper_bound(past, 0.9, following))
    assert np.mean(over) == pytest.approx(0.1, abs=0.015)


def test_the_place_among_own_weeks_agrees_with_the_threshold_at_every_quantile():
    own = np.random.default_rng(2).gamma(2, size=13)
    for index in np.linspace(0, own.max() * 1.2, 40):
        for quantile in (0.6, 0.8, 0.9):
            threshold = np.quantile(own, quantile, method="weibull")
            assert (place_among(own, index) > quantile) == (index > threshold)
    assert place_among(own, own.max() * 2) == 1
    assert place_among(np.array([]), 1.0) == 0


def test_a_ledger_gives_only_the_days_on_which_all_voices_spoke_and_outcomes_are_known():
    ledger = Memory()
    for number, voices in enumerate((("a",), ("a", "b"), ("b",))):
        day = FIRST + number * DAY
        ledger.say(day, ids(day), dict.fromkeys(voices, np.full(ROWS, 0.5)))
    assert ledger.spoken(FIRST, FIRST + 2 * DAY, "a", "b").empty
    second = FIRST + DAY
    ledger.learn(ids(second)[:3], outcomes(second)[:3])
    rows = ledger.spoken(FIRST, FIRST + 2 * DAY, "a", "b")
    assert len(rows) == 3
    assert set(rows["day"]) == {second}
    assert len(ledger.asked(FIRST, FIRST + 2 * DAY, "a")) == 2 * ROWS


def test_a_reading_is_of_what_was_answered_whoever_answered_it():
    models = Fakes({"m04-01": 0.3, "else": 0.25})
    state, *_ = live(models, rules(rule="never"), 60)
    other, *_ = live(models, rules(rule="monthly"), 60)
    assert (state.champion, other.champion) == ("m04-01", "m05-06")
    assert {each.version for each in state.readings} == {"m04-01"}
    assert [each.version for each in other.readings][-2:] == ["m05-06"] * 2
    values = [[each.realised for each in one.readings] for one in (state, other)]
    assert values[0][:5] == values[1][:5]
    assert all(mine > its for mine, its in zip(values[0][6:], values[1][6:], strict=True))
