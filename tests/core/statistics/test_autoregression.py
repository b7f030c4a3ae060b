"""How alike neighbouring days are, and days drawn to be as alike."""

import numpy as np
import pytest
from scipy.stats import norm
from simulated import days_of, year

from ontime.core.statistics.autoregression import (
    autoregressive_ranks,
    coverage_and_widening,
    normal_score_autocorrelation,
)
from ontime.core.statistics.bootstrap import Statistic


@pytest.mark.parametrize(("autocorrelation", "low", "high"), [(0.0, -0.12, 0.12), (0.9, 0.4, 1.0)])
def test_how_alike_neighbours_are_is_read_from_the_data(autocorrelation: float, low: float, high: float):
    days = days_of(year(10, 400, autocorrelation=autocorrelation))
    assert low < normal_score_autocorrelation(Statistic("log_loss", days).daily_log_loss) < high


def test_only_the_order_of_the_days_counts():
    values = np.random.default_rng(0).standard_normal(60)
    scores = norm.ppf((np.argsort(np.argsort(values)) + 0.5) / len(values))
    expected = np.corrcoef(scores[:-1], scores[1:])[0, 1]
    assert normal_score_autocorrelation(values) == expected == normal_score_autocorrelation(np.exp(values))


@pytest.mark.parametrize("values", [[1.0], [1.0, 2.0], [3.0] * 9])
def test_what_has_no_autocorrelation_has_nought(values: list[float]):
    assert normal_score_autocorrelation(np.array(values)) == 0


@pytest.mark.parametrize("correlation", [0.0, 0.6])
def test_drawn_ranks_are_as_alike_as_is_asked_and_spread_evenly(correlation: float):
    ranks = autoregressive_ranks(np.random.default_rng(1).standard_normal((4000, 3)), correlation)
    assert ranks.shape == (4000, 3)
    assert ((ranks >= 0) & (ranks < 1)).all()
    assert ranks.mean(axis=0) == pytest.approx([0.5] * 3, abs=0.03)
    assert [normal_score_autocorrelation(series) for series in ranks.T] == pytest.approx([correlation] * 3, abs=0.04)


def test_series_side_by_side_are_those_one_by_one():
    noise = np.random.default_rng(2).standard_normal((50, 4))
    alone = [autoregressive_ranks(series, 0.5) for series in noise.T]
    assert (autoregressive_ranks(noise, 0.5) == np.column_stack(alone)).all()


def test_intervals_are_widened_as_far_as_they_failed_and_never_narrowed():
    ratios = np.array([0.5, 0.8, 0.9, 1.2, 1.5])
    assert coverage_and_widening(ratios, 0.75) == (0.6, 1.2)
    assert coverage_and_widening(ratios / 2, 0.75) == (1.0, 1.0)
