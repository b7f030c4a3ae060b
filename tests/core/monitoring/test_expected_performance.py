"""Estimates without labels against their definition by pairs, and against outcomes drawn as the probabilities say."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from ontime.core.monitoring.expected_performance import (
    Estimator,
    autocorrelation,
    expected_roc_auc,
    interval_from_past_errors,
)
from ontime.errors import OntimeError

chances = st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.5, 0.7]), st.floats(0.05, 0.95)), min_size=2, max_size=12)


def realised(probability: np.ndarray, outcome: np.ndarray) -> dict[str, float]:
    return {
        "rate": outcome.mean(),
        "log_loss": log_loss(outcome, probability),
        "brier": brier_score_loss(outcome, probability),
        "roc_auc": roc_auc_score(outcome, probability),
    }


@given(st.integers(0, 10**6), st.integers(2, 2000), st.integers(1, 6))
def test_the_curve_is_that_of_isotonic_regression(seed: int, number: int, digits: int):
    generator = np.random.default_rng(seed)
    probability = np.round(generator.beta(1, 4, number), digits)
    outcome = generator.random(number) < probability
    outcome[:2] = True, False
    fitted = IsotonicRegression(y_min=0, y_max=1).fit(probability, outcome)
    estimator = Estimator.of(probability, outcome)
    np.testing.assert_array_equal(estimator.probability, np.round(fitted.X_thresholds_, 6))
    np.testing.assert_array_equal(estimator.rate, np.round(fitted.y_thresholds_, 6))


@given(chances)
def test_the_expected_roc_auc_is_the_share_of_pairs_that_are_in_order(rows: list[tuple[float, float]]):
    pairs = [
        (true * (1 - other), (high > low) + (high == low) / 2)  # as if the first were true and the second false
        for high, true in rows
        for low, other in rows
    ]
    by_hand = sum(weight * order for weight, order in pairs) / sum(weight for weight, _ in pairs)
    probability, true = np.array(rows).T
    assert expected_roc_auc(probability, true) == pytest.approx(by_hand, abs=1e-12)


@given(chances)
def test_expected_losses_are_the_mean_over_all_that_may_come(rows: list[tuple[float, float]]):
    probability, true = np.array(rows).T
    order = np.unique(probability)
    estimator = Estimator(order, np.array([true[probability == value].mean() for value in order]))
    chance = estimator.calibrated(probability)
    found = estimator.expected(probability)
    assert found["rate"] == pytest.approx(chance.mean())
    for name, loss in (("log_loss", lambda p, y: -np.log(p if y else 1 - p)), ("brier", lambda p, y: (p - y) ** 2)):
        by_hand = np.mean([c * loss(p, 1) + (1 - c) * loss(p, 0) for p, c in zip(probability, chance, strict=True)])
        assert found[name] == pytest.approx(by_hand, abs=1e-12)


def test_estimates_are_right_where_probabilities_keep_their_meaning_however_wrong_that_is():
    """A model that always exaggerates; later rows are harder; outcomes come as the reference says."""
    random = np.random.default_rng(0)

    def rows(spread: float) -> tuple[np.ndarray, np.ndarray]:
        odds = random.normal(-1, spread, 60_000)
        probability = np.round(1 / (1 + np.exp(-2 * odds)), 6)
        return probability, random.random(60_000) < 1 / (1 + np.exp(-odds))

    estimator = Estimator.of(*rows(1.5))
    probability, outcome = rows(0.7)
    found, came = estimator.expected(probability), realised(probability, outcome)
    assert found == pytest.approx(came, abs=0.01)
    uncalibrated = Estimator(np.array([0.0, 1.0]), np.array([0.0, 1.0])).expected(probability)
    assert abs(uncalibrated["log_loss"] - came["log_loss"]) > 0.05


def test_rows_that_a_model_learned_from_promise_what_later_rows_do_not_keep():
    """A model that knows its rows by heart says the mean of five neighbours' outcomes, its own among them."""
    random = np.random.default_rng(0)
    chance = random.beta(2, 4, (4000, 5))
    drawn = random.random((4000, 5))
    learned = drawn < chance.mean(axis=1, keepdims=True)
    probability = np.repeat((learned.sum(axis=1) + 0.5) / 6, 5)
    later = (random.random((4000, 5)) < chance.mean(axis=1, keepdims=True)).ravel()
    came = realised(probability, later)["roc_auc"]
    in_sample = Estimator.of(probability, learned.ravel()).expected(probability)["roc_auc"]
    out_of_sample = Estimator.of(probability, later).expected(probability)["roc_auc"]
    assert in_sample > came + 0.1
    assert out_of_sample == pytest.approx(came, abs=0.01)


def test_an_estimator_comes_back_from_json_as_it_was():
    random = np.random.default_rng(0)
    probability = np.round(random.random(500), 6)
    estimator = Estimator.of(probability, random.random(500) < probability)
    again = Estimator.load(json.loads(json.dumps(estimator.content())))
    assert again.expected(probability) == estimator.expected(probability)
    assert (np.diff(estimator.rate) >= 0).all()


def test_an_estimator_that_json_does_not_hold_whole_is_refused():
    with pytest.raises(OntimeError, match="an estimator of expected performance:\n  rate: missing"):
        Estimator.load({"probability": [0.1, 0.2]})


def test_outcomes_of_one_kind_calibrate_nothing():
    with pytest.raises(OntimeError, match="found 3 of which 0 true"):
        Estimator.of(np.array([0.1, 0.2, 0.3]), np.zeros(3, dtype=bool))


@pytest.mark.parametrize("windows", [6, 13, 30])
@pytest.mark.parametrize("rho", [0.0, 0.3, 0.6])
def test_the_band_of_past_errors_holds_what_comes_as_often_as_it_says(windows: int, rho: float):
    random, held = np.random.default_rng([windows, int(10 * rho)]), 0
    for _ in range(400):
        errors = random.standard_normal(windows + 1)
        for step in range(1, windows + 1):
            errors[step] = rho * errors[step - 1] + np.sqrt(1 - rho**2) * errors[step]
        estimated = random.normal(size=windows + 1)
        came = estimated + 0.02 * (errors + 1)  # and always a little too low
        band = interval_from_past_errors(estimated[-1], estimated[:-1], came[:-1], 0.9)
        held += band.low <= came[-1] <= band.high
    assert 0.86 <= held / 400 <= 0.97


def test_the_band_of_independent_errors_is_that_of_student():
    """Errors -1, 1, -1, 1, ...: mean 0, no autocorrelation that is allowed for; t of 9 is 1.833."""
    band = interval_from_past_errors(5.0, [0.0] * 10, [-1.0, 1.0] * 5, 0.9)
    assert band.value == 5
    assert band.high - 5 == pytest.approx(1.8331 * np.sqrt(10 / 9 * 11 / 10), abs=1e-3)


def test_errors_that_never_differ_leave_a_band_without_width():
    assert interval_from_past_errors(0.5, [0.0] * 4, [0.1] * 4, 0.9)[:3] == pytest.approx((0.6, 0.6, 0.6))
    assert autocorrelation(np.ones(5)) == 0


def test_no_estimate_without_its_past_error():
    with pytest.raises(OntimeError, match="at least 4 past windows with estimate and realised value, found 3"):
        interval_from_past_errors(0.4, [0.4] * 3, [0.5] * 3, 0.9)
