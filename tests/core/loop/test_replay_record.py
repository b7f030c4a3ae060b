"""What lives are judged to have cost, decided and got wrong: on two that are made by hand."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from policies import policy

from ontime.core.loop.day_step import Made, Rules, State
from ontime.core.loop.replay import Run, Year
from ontime.core.loop.replay_record import Judge, alarm_counts, decisions, summary, weeks
from ontime.core.loop.scenarios import PLAIN, World
from ontime.core.monitoring.ledger import ANSWERED, DAY, Memory
from ontime.core.monitoring.readings import WINDOW, Reading
from ontime.core.statistics.metrics import log_losses
from ontime.params import Costs, Drift, Intervals

FIRST = pd.Timestamp("2013-04-01")
DAYS = [FIRST + number * DAY for number in range(120)]
JUDGED = DAYS[60]
ROWS = 20
SAID = {"good": 0.25, "bad": 0.6}
DRIFT = Drift(test="psi", quantile=0.9, k=1, n=1)
INTERVALS = Intervals(level=0.9, replicates=100, block_days=7, simulations=100, seed=1)


def world(fault: str = PLAIN) -> World:
    """A quarter of each day's rows is true."""
    day = pd.Series(np.repeat(DAYS, ROWS)).astype("datetime64[us]")
    known_at = (day + DAY).dt.tz_localize("UTC")
    outcome = pd.Series(np.tile(np.arange(ROWS) < ROWS // 4, len(DAYS))).astype("boolean")
    ids = [f"{number}" for number in range(len(day))]
    rows = pd.DataFrame({"id": ids, "day": day, "outcome": outcome, "outcome_known_at": known_at})
    return World(fault, rows, np.zeros(len(rows), dtype=bool), JUDGED, DAYS[90])


def life(rule: str, champions: list[str], fault: str = PLAIN, readings: tuple[Reading, ...] = ()) -> Any:
    """A loop that answered each day by one of SAID."""
    year = Year(world(fault), 2.0)
    models = SimpleNamespace(year=year, say=lambda version, rows: np.full(len(rows), SAID[version]))
    ledger = Memory()
    for day, version in zip(DAYS, champions, strict=True):
        rows = year.rows(day, day)
        ledger.say(day, rows["id"].to_numpy(), {ANSWERED: models.say(version, rows)})
    run = Run(rule, Rules(policy(rule=rule), DRIFT), year.world)
    made = [Made("2013-05-06", "retrain", "good", "because")]
    spoke = [[version, "", ""] for version in champions]
    state = State("2013-04-01", champions[-1], "2013-04-01", "2013-04-01", readings=readings)
    return SimpleNamespace(run=run, models=models, ledger=ledger, made=made, spoke=spoke, state=state)


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(Year(world(), 2.0), DAYS, JUDGED, Costs(missed=3, false_alarm=1, unknown=0.6), INTERVALS)


@pytest.fixture(scope="module")
def table(judge: Judge) -> pd.DataFrame:
    lives = {
        "never": life("never", ["bad"] * 120),
        "monthly": life("monthly", ["bad"] * 30 + ["good"] * 90),
        "monthly, broken": life("monthly", ["bad"] * 30 + ["good"] * 40 + ["bad"] * 50, "broken"),
    }
    return summary(lives, judge).set_index(["policy", "fault", "window", "beside"])


def loss(version: str) -> float:
    return float(np.mean(log_losses(np.full(4, SAID[version]), np.array([1, 0, 0, 0]))))


def test_a_change_is_wrong_where_the_champion_before_would_have_lost_less(table: pd.DataFrame):
    found = table.loc[("monthly", PLAIN, "all", "never"), ["changes", "wrong_changes"]]
    assert found.tolist() == [1, 0]
    broken = table.loc[("monthly", "broken", "judged", "monthly"), ["changes", "wrong_changes"]]
    assert broken.tolist() == [1, 1]


def test_losses_are_those_of_what_was_answered_beside_the_run_that_is_named(table: pd.DataFrame):
    gap = loss("bad") - loss("good")
    judged = table.xs("judged", level="window")
    assert judged.loc[("monthly", PLAIN, "never"), "log_loss"] == pytest.approx(loss("good"), abs=1e-5)
    assert judged.loc[("monthly", PLAIN, "never"), "log_loss_less"] == pytest.approx(-gap, abs=1e-5)
    assert judged.loc[("never", PLAIN, "monthly"), "log_loss_less"] == pytest.approx(gap, abs=1e-5)
    share = 50 / 60
    assert judged.loc[("monthly", "broken", "monthly"), "log_loss_less"] == pytest.approx(share * gap, abs=1e-5)
    assert set(judged.xs("broken", level="fault").index) == {("monthly", "monthly")}
    fault = table.loc[("monthly", "broken", "fault", "monthly"), "log_loss_less"]
    assert fault == pytest.approx(20 / 30 * gap, abs=1e-5)
    chosen = table.loc[("monthly", PLAIN, "chosen", "never"), "log_loss_less"]
    assert chosen == pytest.approx(-gap / 2, abs=1e-5)


def read(number: int, moved: float) -> Reading:
    """Of the window that ends so many weeks after the first one of the year."""
    last = f"{FIRST + number * WINDOW + 6 * DAY:%Y-%m-%d}"
    return Reading(last, 0.6, last, 0.4, {"psi": moved})


def test_alarms_are_counted_from_the_first_day_that_is_lived(judge: Judge):
    readings = tuple(read(number, float(number in {-3, 2, 5})) for number in range(-8, 12))
    found = alarm_counts(life("drift", ["good"] * 120, readings=readings), judge)
    assert found["drift"] == {"right": 0, "late": 0, "false": 2, "missed": 0}


def test_each_week_says_where_its_loss_was_expected_and_each_decision_why(judge: Judge):
    readings = tuple(read(number, 0.5) for number in range(-8, 12))
    lives = {"never": life("never", ["good"] * 120, readings=readings), "broken": life("monthly", ["bad"] * 120, "x")}
    found = weeks(lives, judge)
    assert set(found["policy"]) == {"never"}
    assert len(found) == 12
    assert found["log_loss"].to_numpy() == pytest.approx(loss("good"), abs=1e-5)
    assert found["expected"].to_numpy() == pytest.approx(0.6)
    assert (found["expected_low"] <= found["expected_high"]).all()
    assert decisions(lives)["reason"].tolist() == ["because"] * 2
