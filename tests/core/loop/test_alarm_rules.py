"""Rises of the loss, alarms that are right, late and false, and shares whose intervals hold."""

import numpy as np
import pandas as pd
import pytest

from ontime.core.loop.alarm_rules import AlarmRule, Followed, outcome, rises, rules, table, worth
from ontime.core.loop.alarm_rules import _share as share
from ontime.core.monitoring.readings import Reading
from ontime.core.profiles.distances import TESTS
from ontime.params import Intervals
from ontime.stages.alarms import _known as told

INTERVALS = Intervals(level=0.9, replicates=100, block_days=7, simulations=100, seed=1)
RULE = AlarmRule("drift", "psi", 0.9, 1, 1)


def followed(beyond: list[bool], up: list[bool], due: list[bool] | None = None) -> Followed:
    readings = [
        Reading(f"2013-04-{place + 1:02}", 0.4, f"w{place}", 0.4, {"psi": float(over)})
        for place, over in enumerate(beyond)
    ]
    nothing = np.zeros(len(up))
    return Followed(readings, np.array(up), np.array(due or [False] * len(up)), nothing, nothing)


def marks(column: str, beyond: list[bool], up: list[bool], due: list[bool] | None = None) -> list[int]:
    return np.flatnonzero(outcome(RULE, followed(beyond, up, due))[column]).tolist()


NO, YES = False, True


@pytest.mark.parametrize(
    ("beyond", "up", "right", "late", "false", "missed"),
    [
        ([NO, YES, YES, NO], [NO, YES, YES, NO], [1], [], [], []),  # with the rise
        ([YES, YES, NO, NO], [NO, YES, YES, NO], [0], [], [], []),  # a window before
        ([NO, NO, NO, YES, NO], [NO, YES, YES, YES, NO], [], [3], [], []),  # when it has been up for two
        ([NO, NO, YES, NO], [NO, NO, NO, NO], [], [], [2], []),
        ([NO, NO, NO, NO], [NO, YES, YES, NO], [], [], [], [1]),
        ([YES, NO, NO, NO, YES, NO], [NO, NO, YES, NO, NO, NO], [], [], [0, 4], [2]),
    ],
)
def test_an_alarm_is_right_late_or_false_and_a_rise_without_one_is_missed(beyond, up, right, late, false, missed):
    found = {name: marks(name, beyond, up) for name in ("right", "late", "false", "missed")}
    assert found == {"right": right, "late": late, "false": false, "missed": missed}


def test_an_alarm_that_goes_on_is_one_alarm():
    assert marks("alarms", [NO, YES, YES, YES, NO, YES, NO], [NO] * 7) == [1, 5]
    assert marks("worth", [NO, YES, YES, NO], [NO] * 4, [NO, YES, YES, NO]) == [1]


def test_drift_from_what_another_model_learned_from_is_no_alarm():
    rule = AlarmRule("drift", "psi", 0.9, 2, 2)
    found = followed([NO, YES, YES, NO], [NO] * 4)
    versions = [each._replace(version=name) for each, name in zip(found.readings, "aabb", strict=True)]
    assert outcome(rule, found)["alarms"].tolist() == [False, False, True]
    assert not outcome(rule, found._replace(readings=versions))["alarms"].any()


def test_an_alarm_after_which_nothing_is_known_is_not_judged():
    assert marks("alarms", [NO, NO, YES], [NO] * 3) == []


def test_windows_of_the_time_before_are_compared_with_and_not_judged():
    lines = outcome(RULE, followed([YES, YES, NO, YES, NO], [NO, NO, NO]))
    assert lines["alarms"].tolist() == [False, True]


def test_a_loss_rises_where_what_follows_is_beyond_what_was():
    before = np.array([0.40, 0.42, 0.41, 0.43, 0.40])
    losses = np.array([0.41, 0.42, 0.60, 0.62, 0.61, 0.60])
    assert rises(before, losses, 0.9).tolist()[:2] == [True, True]
    assert not rises(before, np.full(6, 0.41), 0.9).any()
    assert not rises(before, np.array([0.9, 0.41, 0.42, 0.41, 0.42]), 0.9)[0]  # its own loss is not what follows
    assert rises(before, np.array([0.41, 0.42, 0.41, 0.42, 1.2]), 0.9)[0]  # the fourth that follows is
    assert not rises(np.array([]), losses, 0.9)[0]  # too little is known


def test_a_new_model_is_worth_it_by_what_comes_after_it_was_trained():
    gaps = np.array([[0.0, 0.1, 0.1], [9.0, 0.0, -0.1], [9.0, 9.0, 0.0]])
    assert worth(gaps, 0.05).tolist() == [True, False, False]


def lived(losses: np.ndarray, drift: np.ndarray) -> Followed:
    """A model from April on, a window a week."""
    ends = pd.date_range("2013-04-07", periods=len(losses), freq="7D")
    readings = [
        Reading(f"{end:%Y-%m-%d}", loss, f"{end:%Y-%m-%d}", loss, dict.fromkeys([*TESTS, "p_values"], moved))
        for end, loss, moved in zip(ends, losses, drift, strict=True)
    ]
    before = np.array([0.40, 0.42, 0.41, 0.43, 0.40])
    gaps = np.tile(losses - 0.41, (len(losses), 1))
    return Followed(readings, rises(before, losses, 0.9), worth(gaps, 0.002), losses, losses - 0.01)


def test_what_is_chosen_knows_nothing_of_the_months_that_judge():
    random, since = np.random.default_rng(4), pd.Timestamp("2013-09-01")
    losses, drift = 0.41 + 0.05 * random.random((3, 38)), random.random((3, 38))
    late = pd.date_range("2013-04-07", periods=38, freq="7D") >= since
    changed = np.where(late, 2.0, losses)
    moved = np.where(late, 1 - drift, drift)
    found = [
        table(rules(TESTS), [lived(*each) for each in zip(*given, strict=True)], since, INTERVALS)
        for given in ((losses, drift), (changed, moved))
    ]
    chosen, again = (each[each["window"] == "chosen"].reset_index(drop=True) for each in found)
    pd.testing.assert_frame_equal(chosen, again)
    assert chosen["missed"].max() > 0
    assert not found[0].equals(found[1])


def test_of_rules_that_are_equally_good_the_strictest_is_chosen():
    found = table(rules(TESTS), [lived(np.full(38, 0.41), np.zeros(38))], pd.Timestamp("2013-09-01"), INTERVALS)
    assert set(found.loc[found["chosen"], "quantile"]) == {0.95}
    assert set(found.loc[found["chosen"], "k"]) == {3}


def test_what_was_answered_before_is_taken_with_the_outcomes_that_were_known():
    days = pd.to_datetime(["2013-03-29", "2013-03-31", "2013-04-02"])
    known_at = pd.to_datetime(["2013-03-30", "2013-04-02", "2013-04-03"]).tz_localize("UTC")
    rows = pd.DataFrame({"id": list("abc"), "day": days, "outcome": True, "outcome_known_at": known_at})
    earlier = rows[["id", "day", "outcome"]].assign(probability=0.5)
    found = told(earlier, rows, pd.Timestamp("2013-04-01"), 2.0)
    assert found["id"].tolist() == ["a", "b"]
    assert found["outcome"].isna().tolist() == [False, True]


def test_every_thing_that_can_be_watched_is_tried():
    tried = rules(TESTS)
    assert {(rule.monitor, rule.test) for rule in tried} == {
        ("realised", ""),
        ("estimated", ""),
        *(("drift", test) for test in (*TESTS, "p_values")),
    }
    assert len(set(tried)) == len(tried)


def test_shares_of_alarms_that_models_share_hold_as_often_as_they_say():
    """Five models ring in the same weeks, and are right or not together."""
    random, held = np.random.default_rng(3), []
    for _ in range(1000):
        right = int((random.random(12) < 0.3).sum())
        found = share("precision", 5 * right, 60, 12, 0.9)
        held.append(found["precision_low"] <= 0.3 <= found["precision_high"])
    assert np.mean(held) >= 0.9


def test_no_alarm_has_no_precision_and_no_right_one_still_has_an_interval():
    assert np.isnan(share("precision", 0, 0, 0, 0.9)["precision"])
    none = share("precision", 0, 6, 6, 0.9)
    assert (none["precision"], none["precision_low"]) == (0, 0)
    assert none["precision_high"] == pytest.approx(1 - 0.05 ** (1 / 6), abs=1e-3)
