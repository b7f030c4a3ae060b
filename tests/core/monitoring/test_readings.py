"""What a window showed, and where its loss was expected to lie."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from loops import FIRST, ROWS, Fakes, ids, outcomes, rows_of, rules, run_days

from ontime.core.monitoring.ledger import ANSWERED, DAY, InMemoryLedger
from ontime.core.monitoring.readings import Reading, expected_loss, read_window
from ontime.errors import OntimeError


def ledger_of(losses: list[float], late: int = 0) -> InMemoryLedger:
    """Weeks of rows whose answers have these mean losses; outcomes of the last `late` weeks are not known."""
    ledger = InMemoryLedger()
    for week, loss in enumerate(losses):
        for day in range(7):
            name = FIRST + (7 * week + day) * DAY
            ledger.record_scores(rows_of(name), {ANSWERED: np.full(ROWS, np.exp(-loss))})
            if week < len(losses) - late:
                ledger.record_outcomes(ids(name), np.ones(ROWS, dtype=np.int8))
    return ledger


def test_a_reading_waits_for_outcomes_that_come_late():
    last = FIRST + 27 * DAY
    reading = read_window(last, ledger_of([0.1, 0.2, 0.3, 0.4], late=1), {})
    assert reading.realised == pytest.approx(0.3, abs=1e-6)
    assert reading.realised_of == "2013-04-21"
    assert read_window(last, ledger_of([0.1, 0.2, 0.3, 0.4]), {}).realised == pytest.approx(0.4, abs=1e-6)


def test_what_is_expected_of_a_week_does_not_know_its_outcomes():
    ledger = InMemoryLedger()
    run_days(Fakes({"m04-01": 0.6, "else": 0.25}), rules(), 29, ledger)
    last = FIRST + 26 * DAY
    before = read_window(last, ledger, {})
    for day in pd.date_range(last - 6 * DAY, last).as_unit("us"):
        ledger.record_outcomes(ids(day), 1 - outcomes(day))
    after = read_window(last, ledger, {})
    assert after.estimated == before.estimated is not None
    assert after.realised != before.realised


def test_a_reading_is_of_what_was_answered_whoever_answered_it():
    models = Fakes({"m04-01": 0.3, "else": 0.25})
    state, *_ = run_days(models, rules(rule="never"), 60)
    other, *_ = run_days(models, rules(rule="monthly"), 60)
    assert (state.champion, other.champion) == ("m04-01", "m05-06")
    assert {one.version for one in state.readings} == {"m04-01"}
    assert [one.version for one in other.readings][-2:] == ["m05-06"] * 2
    never, monthly = ([one.realised for one in run.readings] for run in (state, other))
    assert never[:5] == monthly[:5]
    assert all(one > another for one, another in zip(never[6:], monthly[6:], strict=True))


def late_readings(estimated: list[float], realised: list[float], late: int = 1) -> list[Reading]:
    """Readings of weeks whose loss is known `late` weeks after their estimate."""
    losses = [(None, None)] * late + [(loss, f"w{place}") for place, loss in enumerate(realised)]
    return [Reading(f"w{place}", *losses[place], value, {}) for place, value in enumerate(estimated)]


def test_what_is_expected_stands_on_the_errors_known_by_then_and_not_on_what_came():
    readings = late_readings([0.40, 0.42, 0.41, 0.43, 0.40, 0.44], [0.45, 0.46, 0.47, 0.47, 0.46])
    interval = expected_loss(readings, 0.9)
    assert interval is not None
    assert interval.value == pytest.approx(0.44 + 0.05)
    assert interval.low < interval.value < interval.high
    known, waiting = (replace(readings[-1], realised=loss, realised_of=of) for loss, of in ((9.9, "w5"), (None, None)))
    assert expected_loss([*readings[:-1], known], 0.9) == expected_loss([*readings[:-1], waiting], 0.9)
    assert expected_loss(readings[:4], 0.9) is None
    assert expected_loss([*readings[:-1], replace(readings[-1], estimated=None)], 0.9) is None


def test_losses_lie_where_they_are_expected_as_often_as_it_says():
    random, held = np.random.default_rng(3), []
    for _ in range(2000):
        estimated = 0.4 + 0.05 * random.normal(size=11)
        realised = estimated + 0.02 + 0.03 * random.normal(size=11)
        interval = expected_loss(late_readings(list(estimated), list(realised[:10])), 0.9)
        assert interval is not None
        held.append(interval.low <= realised[10] <= interval.high)
    assert 0.88 <= np.mean(held) <= 0.95  # errors that do not resemble are allowed to: the band is a little wide


def test_a_reading_that_json_does_not_hold_whole_is_refused_with_all_that_is_wrong():
    content = Reading("2013-04-07", 0.4, "2013-04-07", None, {"psi": 0.5}, "m").content()
    assert Reading.load(content).content() == content
    del content["estimated"]
    expected = r"a reading of a window:\n  estimated: missing; expected a number, or nothing\n  drift.psi: "
    with pytest.raises(OntimeError, match=expected):
        Reading.load(content | {"drift": {"psi": "much"}})
