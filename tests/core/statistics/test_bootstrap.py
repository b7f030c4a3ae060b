"""Intervals hold as often as they say, where the truth is known."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated import AUTOCORRELATION, DIFFERENCE_AUTOCORRELATION, PARAMS, days_of, year
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from ontime.core.statistics.bootstrap import (
    Statistic,
    bootstrap_error_ratios,
    bootstrap_interval,
    calibrated_interval,
    expanded_percentiles,
    resample_days,
)
from ontime.core.statistics.comparison import paired_comparisons, paired_differences
from ontime.core.statistics.day_metrics import metric_by_day
from ontime.core.statistics.intervals import difference
from ontime.core.statistics.metrics import metric_value
from ontime.params import Intervals

NAMES = ("probability", "worse")
# The truth of thousands of days: by scikit-learn, which does not keep the sums of each pair of days.
ORACLES = {
    "log_loss": lambda frame, name="probability": log_loss(frame["outcome"], frame[name]),
    "brier": lambda frame, name="probability": brier_score_loss(frame["outcome"], frame[name]),
    "roc_auc": lambda frame, name="probability": roc_auc_score(frame["outcome"], frame[name]),
}


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


@pytest.mark.parametrize(
    ("metric", "days", "least"), [("log_loss", 60, 0.83), ("roc_auc", 60, 0.83), ("brier", 30, 0.8)]
)
def test_intervals_of_a_level_hold_with_days_that_resemble_their_neighbours(metric: str, days: int, least: float):
    truth = ORACLES[metric](year(999, 6000))
    held = 0
    for seed in range(200):
        _, low, high, *_ = bootstrap_interval(Statistic(metric, days_of(year(seed, days))), PARAMS)
        held += low <= truth <= high
    assert least <= held / 200 <= 0.97


def test_drawing_single_days_would_have_held_less_often():
    """Why blocks: the same simulation shows what would be wrong without them."""
    truth = metric_value("log_loss", days_of(year(999, 6000)))
    single = Intervals(level=0.9, replicates=400, block_days=1, simulations=200, seed=1)
    held = {params.block_days: 0 for params in (PARAMS, single)}
    for seed in range(200):
        statistic = Statistic("log_loss", days_of(year(seed, 60)))
        for params in (PARAMS, single):
            _, low, high, *_ = bootstrap_interval(statistic, params)
            held[params.block_days] += low <= truth <= high
    assert held[1] < held[7] - 20


@pytest.mark.parametrize("metric", ["log_loss", "brier", "roc_auc"])
def test_intervals_of_a_paired_difference_hold(metric: str):
    whole, held = year(999, 3000, DIFFERENCE_AUTOCORRELATION), 0
    truth = ORACLES[metric](whole) - ORACLES[metric](whole, "worse")
    for seed in range(200):
        frame = year(seed, 60, DIFFERENCE_AUTOCORRELATION)
        _, low, high, *_ = difference(*(metric_by_day(metric, days_of(frame, name)) for name in NAMES), PARAMS)
        held += low <= truth <= high
    assert 0.86 <= held / 200 <= 0.97


def test_where_neighbours_resemble_one_another_by_a_half_they_hold_less_often_as_the_page_says():
    whole, held = year(999, 3000, AUTOCORRELATION), 0
    truth = metric_value("log_loss", days_of(whole)) - metric_value("log_loss", days_of(whole, "worse"))
    for seed in range(200):
        frame = year(seed, 60, AUTOCORRELATION)
        _, low, high, *_ = difference(*(metric_by_day("log_loss", days_of(frame, name)) for name in NAMES), PARAMS)
        held += low <= truth <= high
    assert 0.8 <= held / 200 <= 0.95


def test_a_paired_difference_is_far_surer_than_the_levels():
    frame = year(5, 60)
    gap = paired_differences(frame, "probability", "worse", PARAMS)["log_loss"]
    own = bootstrap_interval(Statistic("log_loss", days_of(frame)), PARAMS)
    assert gap.high - gap.low < (own.high - own.low) / 2
    assert gap.high < 0
    assert gap.value == pytest.approx(
        metric_value("log_loss", days_of(frame)) - metric_value("log_loss", days_of(frame, "worse"))
    )


def test_equal_predictions_differ_by_nothing():
    frame = year(6, 30)
    for interval in paired_differences(frame, "probability", "probability", PARAMS).values():
        assert interval[:3] == (0, 0, 0)
    other = paired_comparisons(frame, ["worse"], PARAMS)["worse"]["log_loss"]
    assert other["value"] == pytest.approx(metric_value("log_loss", days_of(frame, "worse")), abs=1e-6)


def test_an_interval_that_held_too_seldom_is_widened_until_it_holds():
    statistic = Statistic("roc_auc", days_of(year(7, 120)), by_month=True)
    plain, wide = bootstrap_interval(statistic, PARAMS), calibrated_interval(statistic, PARAMS)
    ratios = bootstrap_error_ratios(statistic, PARAMS)
    assert wide.coverage == np.mean(ratios <= 1)
    assert wide.widened >= 1
    assert np.mean(ratios <= wide.widened) >= PARAMS.level
    assert wide.low == pytest.approx(plain.value - wide.widened * (plain.value - plain.low))
    assert plain.low <= plain.value <= plain.high


def test_the_mean_of_the_months_counts_each_month_once():
    frame = pd.concat([year(8, 31), year(9, 5, start="2020-02-01")])
    days = days_of(frame)
    expected = np.mean([metric_value("brier", part) for _, part in days.months])
    assert Statistic("brier", days, by_month=True).value == pytest.approx(expected)
    assert expected != pytest.approx(metric_value("brier", days))


def test_few_blocks_widen_the_percentiles():
    replicates = np.random.default_rng(0).normal(size=20000)
    few, many = (expanded_percentiles(replicates, blocks - 1, blocks, 0.9) for blocks in (5, 500))
    assert many[1] == pytest.approx(1.645, abs=0.05)
    assert few[1] > 2
    assert few[0] < -2


def test_two_calls_give_the_same_numbers():
    statistic = Statistic("roc_auc", days_of(year(11, 40)))
    assert calibrated_interval(statistic, PARAMS) == calibrated_interval(statistic, PARAMS)
