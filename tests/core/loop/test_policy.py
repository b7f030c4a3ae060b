"""When to train anew, whom to promote and when to roll back: reasons, and how often a verdict is wrong."""

import numpy as np
import pandas as pd
import pytest
from policies import policy

from ontime.core.loop.policy import (
    ESCALATE,
    MIN_DAYS,
    PROMOTE,
    REJECT,
    RETRAIN,
    ROLL_BACK,
    WAIT,
    Training,
    judge_challenger,
    loss_difference,
    retraining_due,
    watch_promotion,
)

SILENT = {"drift": False, "realised": False, "estimated": False}
APRIL, JULY = Training(pd.Timestamp("2013-04-01"), pd.Timestamp("2013-04-01")), pd.Timestamp("2013-07-15")
SPREAD = 0.012  # of daily differences of log loss between models of two months, as in the backtest
ROWS = 900.0


def days(mean: float, size: int, seed: int, resemblance: float = 0.2, heavy: bool = False) -> np.ndarray:
    """Daily differences whose neighbours resemble one another."""
    random = np.random.default_rng(seed)
    noise = random.standard_t(4, size) / np.sqrt(2) if heavy else random.standard_normal(size)
    for step in range(1, size):
        noise[step] = resemblance * noise[step - 1] + np.sqrt(1 - resemblance**2) * noise[step]
    return mean + SPREAD * noise


def verdict(gaps: np.ndarray, **others: object) -> str:
    return judge_challenger(
        gaps * ROWS, np.full(len(gaps), ROWS), changed=False, shadow_days=28, policy=policy(**others)
    ).action


LOOKS = (13, 20, 27)  # days whose outcomes are known when the loop looks
LATE_LOOKS = (6, 13, 20)  # the same where labels come a week late


def first_verdict(gaps: np.ndarray, *, changed: bool, looks: tuple[int, ...] = LOOKS) -> str:
    """As the loop asks: once a week from the fourteenth day on, until there is an answer."""
    for size, waited in zip(looks, (14, 21, 28), strict=True):
        part = gaps[:size]
        decision = judge_challenger(
            part * ROWS, np.full(size, ROWS), changed=changed, shadow_days=waited, policy=policy()
        )
        if decision.action != WAIT:
            return decision.action
    return decision.action


@pytest.mark.parametrize(
    ("resemblance", "heavy", "looks"),
    [(0.2, False, LOOKS), (0.2, True, LOOKS), (0.25, False, LOOKS), (0.2, False, LATE_LOOKS)],
)
@pytest.mark.parametrize(("changed", "truth"), [(False, 0.002), (True, 0.0)])
def test_what_is_not_allowed_is_promoted_as_seldom_as_the_level_says(
    changed: bool, truth: float, resemblance: float, heavy: bool, looks: tuple[int, ...]
):
    """With days that resemble their neighbours a little more than is allowed for, too."""
    drawn = [days(truth, 28, seed, resemblance, heavy) for seed in range(600)]
    promoted = [first_verdict(gaps, changed=changed, looks=looks) == PROMOTE for gaps in drawn]
    assert np.mean(promoted) <= 0.12  # a tenth, and what 600 draws stray


def test_a_good_model_is_promoted_more_often_the_better_it_is():
    power = [
        np.mean([first_verdict(days(gap, 28, seed), changed=False) == PROMOTE for seed in range(200)])
        for gap in (0.0, -0.005, -0.01)
    ]
    assert power[0] < power[1] < power[2]
    assert power[2] > 0.95


@pytest.mark.parametrize("resemblance", [0.0, 0.2])
def test_bounds_hold_the_truth_as_often_as_they_say(resemblance: float):
    rows, held = np.full(28, ROWS), []
    for seed in range(800):
        gap = loss_difference(days(0.001, 28, seed, resemblance) * ROWS, rows, 0.9)
        assert gap
        held.append((gap.low <= 0.001, gap.high >= 0.001))
    assert (np.mean(held, axis=0) >= 0.88).all()
    assert (np.mean(held, axis=0) <= 0.97).all()


def test_days_of_many_rows_count_for_more():
    gap = loss_difference(np.array([0.0, 0, 0, 0, 100]), np.array([1.0, 1, 1, 1, 1000]), 0.9)
    assert gap
    assert gap.value == pytest.approx(100 / 1004)


def test_a_trained_again_model_may_be_a_little_worse_and_a_changed_one_must_be_better():
    gaps = np.full(28, 0.001) + np.tile([-1e-5, 1e-5], 14)
    assert verdict(gaps) == PROMOTE
    changed = judge_challenger(gaps * ROWS, np.full(28, ROWS), changed=True, shadow_days=28, policy=policy())
    assert changed.action == REJECT
    assert changed.reason.endswith(", superiority is required: inferior")


def test_what_is_inconclusive_waits_and_is_then_escalated():
    gaps, rows = np.tile([-0.05, 0.05], 14), np.full(28, 1.0)
    assert judge_challenger(gaps, rows, changed=False, shadow_days=14, policy=policy()).action == WAIT
    decision = judge_challenger(gaps, rows, changed=False, shadow_days=28, policy=policy())
    assert decision.action == ESCALATE
    assert decision.reason == (
        "log loss of challenger minus champion on 28 days and 28 rows: +0.0000 "
        "(one-sided 90 % bounds -0.0225 to +0.0225), non-inferiority margin 0.002: inconclusive after 28 days; "
        "unless a person decides otherwise, the challenger is discarded"
    )


def test_nothing_is_concluded_from_a_few_days():
    few = np.full(MIN_DAYS - 1, 0.1)
    assert judge_challenger(few, few / 0.1, changed=False, shadow_days=27, policy=policy()).action == WAIT
    assert judge_challenger(few, few / 0.1, changed=False, shadow_days=28, policy=policy()).action == ESCALATE
    assert watch_promotion(few, few / 0.1, policy()).action == WAIT


def test_a_promotion_is_rolled_back_only_if_the_former_champion_was_surely_better():
    worse, rows = np.tile([0.08, 0.12], 5), np.ones(10)
    assert watch_promotion(worse, rows, policy()).action == ROLL_BACK
    assert watch_promotion(-worse, rows, policy()).action == WAIT
    assert watch_promotion(np.tile([-1.0, 1.01], 5), rows, policy()).action == WAIT


def test_a_promotion_of_equals_is_seldom_rolled_back():
    """At one of two looks, a week apart."""
    back = [
        any(watch_promotion(gaps[:size] * ROWS, np.full(size, ROWS), policy()).action == ROLL_BACK for size in (6, 13))
        for gaps in (days(0.002, 13, seed) for seed in range(800))
    ]
    assert np.mean(back) <= 0.11


@pytest.mark.parametrize(
    ("rule", "day", "ringing", "action"),
    [
        ("never", "2013-12-02", dict.fromkeys(SILENT, True), WAIT),
        ("monthly", "2013-05-06", SILENT, RETRAIN),
        ("gated", "2013-05-06", SILENT, RETRAIN),
        ("monthly", "2013-04-29", SILENT, WAIT),
        ("monthly", "2014-04-07", SILENT, RETRAIN),
        ("quarterly", "2013-06-24", SILENT, WAIT),
        ("quarterly", "2013-07-01", SILENT, RETRAIN),
        ("quarterly", "2014-04-07", SILENT, RETRAIN),
        ("once", "2013-06-24", dict.fromkeys(SILENT, True), WAIT),
        ("once", "2013-07-01", SILENT, RETRAIN),
        ("drift", "2013-05-06", SILENT, WAIT),
        ("drift", "2013-05-06", SILENT | {"drift": True}, RETRAIN),
        ("drift", "2013-05-06", SILENT | {"realised": True}, WAIT),
        ("realised", "2013-05-06", SILENT | {"realised": True}, RETRAIN),
        ("estimated", "2013-04-08", SILENT | {"estimated": True}, WAIT),
    ],
)
def test_each_rule_asks_for_a_new_model_when_it_should(rule: str, day: str, ringing: dict[str, bool], action: str):
    decision = retraining_due(policy(rule=rule), pd.Timestamp(day), APRIL, ringing)
    assert decision.action == action
    assert decision.reason


def test_once_is_not_twice():
    again = retraining_due(policy(rule="once"), pd.Timestamp("2013-12-02"), APRIL._replace(last=JULY), SILENT)
    assert (again.action, again.reason) == (WAIT, "the only training that the rule asks for was on 2013-07-15")


@pytest.mark.parametrize(("rule", "watched"), [("drift", "drift"), ("estimated", "estimated loss")])
def test_a_training_by_alarm_says_what_rang(rule: str, watched: str):
    decision = retraining_due(policy(rule=rule), pd.Timestamp("2013-05-06"), APRIL, SILENT | {rule: True})
    assert decision.reason == f"the alarm on {watched} rang; the last training was on 2013-04-01"


def test_a_verdict_says_what_was_tested_and_how_it_ended():
    rows = np.full(28, ROWS)
    small, large = (np.full(28, mean) + np.tile([-1e-5, 1e-5], 14) for mean in (0.001, 0.1))
    reasons = [
        judge_challenger(gaps * ROWS, rows, changed=changed, shadow_days=28, policy=policy()).reason
        for gaps, changed in ((small, False), (large, False), (-small, True))
    ]
    assert [reason.partition("), ")[2] for reason in reasons] == [
        "non-inferiority margin 0.002: non-inferior",
        "non-inferiority margin 0.002: inferior",
        "superiority is required: superior",
    ]
