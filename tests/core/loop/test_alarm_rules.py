"""Alarms that are true, late and false, and shares whose intervals hold."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ontime.core.loop.alarm_rules import (
    AlarmRule,
    alarm_episodes,
    alarm_outcomes,
    alarm_rules,
    alarm_share,
    alarm_table,
)
from ontime.core.loop.frozen_model import FrozenModel, loss_rises, worth_retraining
from ontime.core.loop.replay_data import SELECTION
from ontime.core.monitoring.readings import WINDOW, Reading
from ontime.core.profiles.distances import TESTS
from ontime.params import Intervals

INTERVALS = Intervals(level=0.9, replicates=100, block_days=7, simulations=100, seed=1)
RULE = AlarmRule("drift", "psi", 0.9, 1, 1)


def frozen(beyond: list[bool], up: list[bool], useful: list[bool] | None = None) -> FrozenModel:
    readings = [
        Reading(f"2013-04-{place + 1:02}", 0.4, f"w{place}", 0.4, {"psi": float(over)})
        for place, over in enumerate(beyond)
    ]
    nothing = np.zeros(len(up))
    return FrozenModel(readings, np.array(up), np.array(useful or [False] * len(up)), nothing, nothing)


def marks(column: str, beyond: list[bool], up: list[bool], useful: list[bool] | None = None) -> list[int]:
    return np.flatnonzero(alarm_outcomes(RULE, frozen(beyond, up, useful))[column]).tolist()


NO, YES = False, True


@pytest.mark.parametrize(
    ("beyond", "up", "true", "late", "false", "missed"),
    [
        ([NO, YES, YES, NO], [NO, YES, YES, NO], [1], [], [], []),  # with the rise
        ([YES, YES, NO, NO], [NO, YES, YES, NO], [0], [], [], []),  # a window before
        ([NO, NO, NO, YES, NO], [NO, YES, YES, YES, NO], [], [3], [], []),  # when it has been up for two
        ([NO, NO, YES, NO], [NO, NO, NO, NO], [], [], [2], []),
        ([NO, NO, NO, NO], [NO, YES, YES, NO], [], [], [], [1]),
        ([YES, NO, NO, NO, YES, NO], [NO, NO, YES, NO, NO, NO], [], [], [0, 4], [2]),
    ],
)
def test_an_alarm_is_true_late_or_false_and_a_rise_without_one_is_missed(beyond, up, true, late, false, missed):
    expected = {"true_alarms": true, "late_alarms": late, "false_alarms": false, "missed_rises": missed}
    assert {name: marks(name, beyond, up) for name in expected} == expected


def test_an_alarm_that_goes_on_is_one_alarm():
    assert marks("alarms", [NO, YES, YES, YES, NO, YES, NO], [NO] * 7) == [1, 5]
    assert marks("useful_alarms", [NO, YES, YES, NO], [NO] * 4, [NO, YES, YES, NO]) == [1]


def test_drift_from_what_another_model_learned_from_is_no_alarm():
    rule = AlarmRule("drift", "psi", 0.9, 2, 2)
    model = frozen([NO, YES, YES, NO], [NO] * 4)
    versions = [replace(reading, version=name) for reading, name in zip(model.readings, "aabb", strict=True)]
    assert alarm_outcomes(rule, model)["alarms"].tolist() == [False, False, True]
    assert not alarm_outcomes(rule, model._replace(readings=versions))["alarms"].any()


def test_an_alarm_after_which_nothing_is_known_is_not_judged():
    assert marks("alarms", [NO, NO, YES], [NO] * 3) == []


def test_windows_of_the_time_before_are_compared_with_and_not_judged():
    lines = alarm_outcomes(RULE, frozen([YES, YES, NO, YES, NO], [NO, NO, NO]))
    assert lines["alarms"].tolist() == [False, True]


def frozen_from_april(losses: np.ndarray, drift: np.ndarray) -> FrozenModel:
    """A model from April on, a window a week."""
    ends = pd.date_range("2013-04-07", periods=len(losses), freq="7D")
    readings = [
        Reading(f"{end:%Y-%m-%d}", loss, f"{end:%Y-%m-%d}", loss, dict.fromkeys([*TESTS, "p_values"], moved))
        for end, loss, moved in zip(ends, losses, drift, strict=True)
    ]
    before = np.array([0.40, 0.42, 0.41, 0.43, 0.40])
    gaps = np.tile(losses - 0.41, (len(losses), 1))
    return FrozenModel(readings, loss_rises(before, losses, 0.9), worth_retraining(gaps, 0.002), losses, losses - 0.01)


def test_what_is_chosen_knows_nothing_of_the_months_that_judge():
    random, since = np.random.default_rng(4), pd.Timestamp("2013-09-01")
    losses, drift = 0.41 + 0.05 * random.random((3, 38)), random.random((3, 38))
    late = pd.date_range("2013-04-07", periods=38, freq="7D") >= since
    changed = np.where(late, 2.0, losses)
    moved = np.where(late, 1 - drift, drift)
    tables = []
    for given in ((losses, drift), (changed, moved)):
        models = [frozen_from_april(*series) for series in zip(*given, strict=True)]
        tables.append(alarm_table(alarm_rules(TESTS), models, since, INTERVALS))
    selection, again = (table[table["window"] == SELECTION].reset_index(drop=True) for table in tables)
    pd.testing.assert_frame_equal(selection, again)
    assert selection["missed_rises"].max() > 0
    assert not tables[0].equals(tables[1])


def test_of_rules_that_are_equally_good_the_strictest_is_selected():
    found = alarm_table(
        alarm_rules(TESTS),
        [frozen_from_april(np.full(38, 0.41), np.zeros(38))],
        pd.Timestamp("2013-09-01"),
        INTERVALS,
    )
    assert set(found.loc[found["selected"], "quantile"]) == {0.95}
    assert set(found.loc[found["selected"], "k"]) == {3}


def test_every_thing_that_can_be_watched_is_tried():
    tried = alarm_rules(TESTS)
    assert {(rule.monitor, rule.test) for rule in tried} == {
        ("realised", ""),
        ("estimated", ""),
        *(("drift", test) for test in (*TESTS, "p_values")),
    }
    assert len(set(tried)) == len(tried)


def test_shares_of_alarms_that_models_share_hold_as_often_as_they_say():
    """Five models ring in the same weeks, a month apart, and are true or not together."""
    random, held = np.random.default_rng(3), []
    ends = pd.Series(pd.date_range("2013-01-06", periods=12, freq="28D").repeat(5))
    for _ in range(500):
        true = pd.Series((random.random(12) < 0.3).repeat(5))
        shares = true.groupby(alarm_episodes(ends)).mean().to_numpy()
        row = alarm_share("precision", shares, 0.9)
        held.append(row["precision_low"] <= 0.3 <= row["precision_high"])
    assert np.mean(held) >= 0.9


def test_alarms_whose_windows_overlap_count_once():
    """Each is judged by the four weeks after it: those of weeks 1, 2 and 4 share some with week 1, week 5 does not."""
    ends = pd.Series([pd.Timestamp("2013-01-06") + week * WINDOW for week in (1, 2, 4, 5, 10, 1)])
    episodes = alarm_episodes(ends)
    assert episodes.tolist() == ends.iloc[[0, 0, 0, 3, 4, 0]].tolist()
    model = frozen_from_april(np.full(38, 0.41), np.isin(np.arange(38), [6, 8, 20]).astype(float))
    table = alarm_table([RULE], [model] * 5, pd.Timestamp("2013-12-31"), INTERVALS).iloc[0]
    assert (table["alarms"], table["episodes"]) == (15, 2)
    assert table["precision_high"] == pytest.approx(1 - 0.05 ** (1 / 2), abs=1e-3), "of two draws, not of fifteen"


def test_no_alarm_has_no_precision_and_no_true_one_still_has_an_interval():
    assert np.isnan(alarm_share("precision", np.array([]), 0.9)["precision"])
    none = alarm_share("precision", np.zeros(6), 0.9)
    assert (none["precision"], none["precision_low"]) == (0, 0)
    assert none["precision_high"] == pytest.approx(1 - 0.05 ** (1 / 6), abs=1e-3)
