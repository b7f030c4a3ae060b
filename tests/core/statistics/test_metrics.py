"""Metrics against scikit-learn under any weights of days."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as oracle

from ontime.core.statistics.metrics import METRICS, STEPS, Days, metric_value


def sample(seed: int, size: int, days: int, digits: int = 6) -> tuple[pd.Series, pd.Series, np.ndarray]:
    random = np.random.default_rng(seed)
    day = pd.Series(pd.Timestamp("2020-01-20") + pd.to_timedelta(random.integers(0, days, size), unit="D"))
    probability = np.round(random.random(size), digits)
    outcome = pd.Series(random.random(size) < probability)
    outcome.iloc[:2] = [True, False]
    return day, outcome, probability


ORACLES = {
    "roc_auc": lambda y, p, w: oracle.roc_auc_score(y, p, sample_weight=w),
    "log_loss": lambda y, p, w: oracle.log_loss(y, np.clip(p, 1e-6, 1 - 1e-6), sample_weight=w),
    "brier": lambda y, p, w: oracle.brier_score_loss(y, p, sample_weight=w),
    "average_precision": lambda y, p, w: oracle.average_precision_score(y, np.floor(p * STEPS), sample_weight=w),
}


@pytest.mark.parametrize("metric", ORACLES)
@given(st.integers(0, 10**6), st.integers(4, 400), st.integers(1, 40), st.sampled_from([1, 2, 6]))
def test_a_metric_is_what_scikit_learn_says_under_any_weights_of_days(
    metric: str, seed: int, size: int, days: int, digits: int
):
    day, outcome, probability = sample(seed, size, days, digits)
    counted = Days(day, outcome, probability)
    weights = np.random.default_rng(seed).integers(1, 5, (3, len(counted))).astype(float)
    places = pd.Series(np.searchsorted(counted.names, day))
    expected = [ORACLES[metric](outcome, probability, row[places]) for row in weights]
    assert METRICS[metric](counted, weights) == pytest.approx(expected, abs=1e-9)


def test_a_day_of_weight_nought_counts_for_nothing():
    day, outcome, probability = sample(1, 500, 10)
    counted = Days(day, outcome, probability)
    weights = np.ones((1, len(counted)))
    weights[0, 3] = 0
    rest = (day != counted.names[3]).to_numpy()
    without = Days(day[rest], outcome[rest], probability[rest], probability[rest] * 0 + 0.5)
    reference = Days(day, outcome, probability, probability * 0 + 0.5)
    for name, metric in METRICS.items():
        assert metric(reference, weights)[0] == pytest.approx(metric_value(name, without)), name


def test_average_precision_in_steps_is_close_to_the_exact_one():
    _, outcome, probability = sample(2, 5000, 30)
    counted = Days(sample(2, 5000, 30)[0], outcome, probability)
    exact = oracle.average_precision_score(outcome, probability)
    assert metric_value("average_precision", counted) == pytest.approx(exact, abs=2e-3)


def test_calibration_error_is_the_mean_gap_of_the_bins():
    day = pd.Series(pd.to_datetime(["2020-01-01"] * 4))
    counted = Days(day, pd.Series([True, False, True, True]), np.array([0.15, 0.12, 0.95, 1.0]))
    assert metric_value("ece", counted) == pytest.approx((abs(0.27 - 1) + abs(1.95 - 2)) / 4)


def test_skill_is_nought_against_itself_and_one_for_what_is_perfect():
    day, outcome, probability = sample(3, 300, 5)
    assert metric_value("brier_skill", Days(day, outcome, probability, probability)) == 0
    assert metric_value("brier_skill", Days(day, outcome, outcome.to_numpy(float), probability)) == 1
    with pytest.raises(ValueError, match="reference"):
        metric_value("brier_skill", Days(day, outcome, probability))


def test_months_are_the_days_of_each_month_alone():
    day, outcome, probability = sample(4, 600, 60)
    counted = Days(day, outcome, probability)
    assert sum(len(columns) for columns, _ in counted.months) == len(counted)
    for columns, part in counted.months:
        assert (part.names == counted.names[columns]).all()
        rows = day.isin(part.names).to_numpy()
        assert metric_value("roc_auc", part) == pytest.approx(oracle.roc_auc_score(outcome[rows], probability[rows]))


def test_probabilities_of_nought_and_one_cost_a_finite_loss():
    day = pd.Series(pd.to_datetime(["2020-01-01"] * 2))
    assert np.isfinite(metric_value("log_loss", Days(day, pd.Series([True, False]), np.array([0.0, 1.0]))))
