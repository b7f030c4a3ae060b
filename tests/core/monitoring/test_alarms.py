"""When a reading is beyond its bound, and when an alarm rings."""

from dataclasses import replace

import numpy as np
import pytest
from loops import DRIFT

from ontime.core.monitoring.alarms import alarm_rings, beyond_bound, latest_rings, ringing_windows, upper_bound
from ontime.core.monitoring.readings import Reading


def readings(values: list[float]) -> list[Reading]:
    return [Reading(f"w{place}", value, f"w{place}", value, {"psi": value}) for place, value in enumerate(values)]


def test_an_alarm_rings_when_windows_are_beyond_those_before_and_the_last_one_is():
    usual = [0.40, 0.42, 0.41, 0.43, 0.40, 0.42]
    assert not beyond_bound(readings([*usual, 0.43]), "realised", DRIFT)
    assert beyond_bound(readings([*usual, 0.60]), "realised", DRIFT)
    assert not alarm_rings(readings([*usual, 0.60]), "realised", DRIFT)
    assert alarm_rings(readings([*usual, 0.60, 0.80]), "realised", DRIFT)
    assert not alarm_rings(readings([*usual, 0.60, 0.80, 0.41]), "estimated", DRIFT)
    assert alarm_rings(readings([0.0, 0.95, 0.5, 0.95]), "drift", DRIFT)
    assert not alarm_rings(readings([0.95, 0.5, 0.5, 0.95]), "drift", DRIFT)


def test_a_week_that_stays_the_latest_known_is_counted_once():
    usual = readings([0.40, 0.42, 0.41, 0.43, 0.40, 0.42, 0.9])
    late = replace(usual[-1], last="w7")
    assert beyond_bound(usual, "realised", DRIFT)
    assert not beyond_bound([*usual, late], "realised", DRIFT)
    assert not alarm_rings([*usual, late], "realised", DRIFT)


def test_a_loss_that_is_not_known_rings_nothing():
    unknown = [replace(one, realised=None) for one in readings([0.4, 0.5, 0.4, 0.5, 0.9])]
    assert not beyond_bound(unknown, "realised", DRIFT)


def test_drift_of_the_champion_before_does_not_ring_against_the_new_one():
    readings = [Reading(f"w{place}", None, None, None, {"psi": 1.0}, version) for place, version in enumerate("aab")]
    assert alarm_rings(readings[:2], "drift", DRIFT)
    assert not alarm_rings(readings, "drift", DRIFT)
    assert alarm_rings([*readings, readings[-1]], "drift", DRIFT)


@pytest.mark.parametrize("following", [1, 4])
def test_the_bound_is_exceeded_as_often_as_it_says(following: int):
    random, over = np.random.default_rng(1), []
    for _ in range(4000):
        past, next_ones = random.normal(size=8), random.normal(size=following)
        over.append(next_ones.mean() > upper_bound(past, 0.9, following))
    assert np.mean(over) == pytest.approx(0.1, abs=0.015)


@pytest.mark.parametrize(
    ("beyond", "rings"),
    [
        ([], False),
        ([True], False),
        ([True, True], True),
        ([True, False, True], True),
        ([True, True, False], False),  # it is over
        ([True, False, False, True], False),
        ([True, True, False, False, True, True], True),
    ],
)
def test_an_alarm_needs_two_of_the_last_three_windows_and_the_latest(beyond: list[bool], rings: bool):
    assert latest_rings(beyond, 2, 3) == rings


def test_alarms_of_all_windows_are_those_of_each():
    random = np.random.default_rng(0)
    beyond = random.random((50, 4)) < 0.4
    rings = ringing_windows(beyond, 2, 4)
    for window in range(50):
        assert rings[window].tolist() == [latest_rings(column, 2, 4) for column in beyond[: window + 1].T]
