"""Drawn intervals: how days are drawn, what they are about. tests/test_coverage.py says how often they hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated import PARAMS, days_of, year
from sklearn.metrics import average_precision_score

from ontime.core.statistics.bootstrap import bootstrap_interval, expanded_percentiles, resample_days
from ontime.core.statistics.comparison import paired_comparisons, paired_differences
from ontime.core.statistics.intervals import THESE_MONTHS
from ontime.core.statistics.metrics import METRICS, metric_value


@given(st.integers(1, 90), st.integers(1, 40))
def test_a_resample_draws_as_many_days_as_there_are(days: int, block: int):
    drawn = resample_days(days, block, 20, np.random.default_rng(days))
    assert (drawn.sum(axis=1) == days).all()
    assert drawn.shape == (20, days)


def test_blocks_keep_neighbours_together_and_every_day_is_drawn_alike():
    drawn = resample_days(70, 7, 4000, np.random.default_rng(0))
    assert np.abs(drawn.mean(axis=0) - 1).max() < 0.1
    together = np.corrcoef(drawn[:, 10], drawn[:, 11])[0, 1]
    assert together > 0.7
    single = resample_days(70, 1, 4000, np.random.default_rng(0))
    assert abs(np.corrcoef(single[:, 10], single[:, 11])[0, 1]) < 0.1


def test_equal_predictions_differ_by_nothing():
    frame = year(6, 30)
    for interval in paired_differences(frame, "probability", "probability", PARAMS).values():
        assert interval[:3] == (0, 0, 0)
    other = paired_comparisons(frame, ["worse"], PARAMS)["worse"]["log_loss"]
    assert other["value"] == pytest.approx(metric_value("log_loss", days_of(frame, "worse")), abs=1e-6)


def test_the_interval_is_about_these_months_and_stands_about_its_value():
    frame = year(7, 60)
    value, low, high, about = bootstrap_interval("average_precision", days_of(frame), PARAMS)
    assert value == pytest.approx(average_precision_score(frame["outcome"], frame["probability"]), abs=0.01)
    assert low < value < high
    assert about == THESE_MONTHS


def test_months_that_differ_do_not_widen_it():
    """Days are drawn within their month: what one month has more of than another is not drawn away."""
    frame = year(8, 60, start="2021-03-01")
    apart = frame.assign(outcome=frame["outcome"] | ((frame["day"].dt.month == 3) & (frame.index % 3 == 0)))
    interval = bootstrap_interval("ece", days_of(apart), PARAMS)
    whole = resample_days(60, 7, PARAMS.replicates, np.random.default_rng(1))
    drawn = METRICS["ece"](days_of(apart), whole)
    assert interval.high - interval.low < 2 * 1.7 * drawn.std()


def test_few_blocks_widen_the_percentiles():
    replicates = np.random.default_rng(0).normal(size=20000)
    few, many = (expanded_percentiles(replicates, blocks - 1, blocks, 0.9) for blocks in (5, 500))
    assert many[1] == pytest.approx(1.645, abs=0.05)
    assert few[1] > 2
    assert few[0] < -2


def test_two_calls_give_the_same_numbers():
    days = days_of(year(11, 40))
    assert bootstrap_interval("ece", days, PARAMS) == bootstrap_interval("ece", days, PARAMS)
