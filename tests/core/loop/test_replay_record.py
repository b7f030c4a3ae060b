"""Which policy is recommended, and what is recorded of weeks, alarms and decisions: on runs made by hand."""

import pandas as pd
import pytest
from policies import policy
from replays import FIRST, loss, run, scorer

from ontime.core.loop.replay_data import EVALUATION, SELECTION
from ontime.core.loop.replay_record import (
    alarm_counts,
    decision_table,
    not_shown_worse,
    recommended_policy,
    verdicts,
    weekly_losses,
)
from ontime.core.loop.scenarios import PLAIN
from ontime.core.monitoring.ledger import DAY
from ontime.core.monitoring.readings import WINDOW, Reading


def reading(number: int, drift: float) -> Reading:
    """Of the window that ends so many weeks after the first one of the replay."""
    last = f"{FIRST + number * WINDOW + 6 * DAY:%Y-%m-%d}"
    return Reading(last, 0.6, last, 0.4, {"psi": drift})


def test_alarms_are_counted_from_the_first_day_of_the_replay():
    readings = tuple(reading(number, float(number in {-3, 2, 5})) for number in range(-8, 12))
    counts = alarm_counts(run("drift", ["good"] * 120, readings=readings), scorer())
    assert counts["drift"] == {"true_alarms": 0, "late_alarms": 0, "false_alarms": 2, "missed_rises": 0}


def test_each_week_says_where_its_loss_was_estimated_and_each_decision_why():
    readings = tuple(reading(number, 0.5) for number in range(-8, 12))
    runs = {"never": run("never", ["good"] * 120, readings=readings), "broken": run("monthly", ["bad"] * 120, "x")}
    weeks = weekly_losses(runs, scorer())
    assert set(weeks["policy"]) == {"never"}
    assert len(weeks) == 12
    assert weeks["log_loss"].to_numpy() == pytest.approx(loss("good"), abs=1e-5)
    assert weeks["log_loss_estimated"].to_numpy() == pytest.approx(0.6)
    assert (weeks["log_loss_estimated_low"] <= weeks["log_loss_estimated_high"]).all()
    assert (weeks["psi_rank"] == 0.5).all()
    assert decision_table(runs)["reason"].tolist() == ["because"] * 2


@pytest.mark.parametrize(
    ("losses", "trainings", "recommended"),
    [
        ({"never": 0.50, "monthly": 0.40, "drift": 0.4015}, {"never": 0, "monthly": 8, "drift": 2}, "drift"),
        ({"never": 0.50, "monthly": 0.40, "drift": 0.4025}, {"never": 0, "monthly": 8, "drift": 2}, "monthly"),
        ({"never": 0.40, "monthly": 0.3985, "drift": 0.41}, {"never": 0, "monthly": 8, "drift": 2}, "never"),
        ({}, {}, "gated"),
    ],
)
def test_the_policy_of_fewest_trainings_within_the_margin_of_the_best_is_recommended(
    losses: dict[str, float], trainings: dict[str, int], recommended: str
):
    lines = [
        {"policy": name, "window": SELECTION, "fault": PLAIN, "baseline": "never", "log_loss": loss}
        for name, loss in losses.items()
    ]
    columns = ["policy", "window", "fault", "baseline", "log_loss"]
    table = pd.DataFrame(lines, columns=columns).assign(retrainings=[trainings[name] for name in losses])
    assert recommended_policy(table, policy(rule="gated", margin=0.002)) == recommended


def judged(policy_name: str, baseline: str, low: float, high: float, window: str = EVALUATION) -> dict[str, object]:
    """A line of the table of runs, whose difference of log loss lies in the middle of these bounds."""
    name = "log_loss_minus_baseline"
    line = {"policy": policy_name, "fault": PLAIN, "window": window, "baseline": baseline}
    return line | {name: (low + high) / 2, f"{name}_low": low, f"{name}_high": high, f"{name}_about": "other months"}


def test_a_verdict_is_what_the_interval_of_its_window_says_and_how_small_a_difference_it_could_show():
    lines = [judged("monthly", "never", -0.02, -0.01), judged("monthly", "never", -0.01, 0.02, "test window")]
    shown = verdicts(pd.DataFrame([*lines, judged("drift", "never", 0.1, 0.2)]), "monthly")
    assert {name: one["verdict"] for name, one in shown.items()} == {
        EVALUATION: "better",
        "test window": "no difference shown",
    }
    assert shown["test window"]["smallest_shown"] == pytest.approx(0.015)
    assert shown[EVALUATION]["difference"]["about"] == "other months"


def test_policies_are_shown_to_be_worse_than_monthly_or_not():
    bounds = {"never": (0.01, 0.02), "once": (-0.01, 0.02), "drift": (-0.03, -0.01), "monthly": (0.0, 0.0)}
    table = pd.DataFrame([judged(name, "monthly", *pair) for name, pair in bounds.items()])
    assert not_shown_worse(table) == ["once", "drift"]
