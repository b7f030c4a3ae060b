"""Answers, what they cost, and the thresholds that follow from it: against laws and by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated import calibrated_rows

from ontime.core.evaluation.costs import (
    NO,
    UNKNOWN,
    YES,
    answer_thresholds,
    area,
    cost,
    cost_table,
    coverage_curve,
    decide,
    forced,
    threshold_curve,
)
from ontime.params import Costs, Intervals

PARAMS = Intervals(level=0.9, replicates=200, block_days=7, simulations=200, seed=1)
COSTS = Costs(missed=3.0, false_alarm=1.0, unknown=0.6)
DAYS = 400
amounts = st.floats(0.01, 100, allow_nan=False)


@given(amounts, amounts, amounts, st.floats(0, 1))
def test_no_other_answer_is_expected_to_cost_less(missed: float, false_alarm: float, unknown: float, chance: float):
    costs = Costs(missed=missed, false_alarm=false_alarm, unknown=unknown)
    expected = {YES: (1 - chance) * false_alarm, NO: chance * missed, UNKNOWN: unknown}
    answer = str(decide(np.array([chance]), costs)[0])
    assert expected[answer] <= min(expected.values()) * (1 + 1e-9) + 1e-12


@given(amounts, amounts, amounts)
def test_who_must_answer_never_says_unknown(missed: float, false_alarm: float, unknown: float):
    costs = forced(Costs(missed=missed, false_alarm=false_alarm, unknown=unknown))
    low, high = answer_thresholds(costs)
    assert low == high == pytest.approx(false_alarm / (false_alarm + missed))
    assert UNKNOWN not in decide(np.linspace(0, 1, 101), costs)


def test_the_three_answers_and_their_thresholds():
    assert answer_thresholds(COSTS) == pytest.approx((0.2, 0.4))
    assert decide(np.array([0.0, 0.19, 0.3, 0.41, 1.0]), COSTS).tolist() == [NO, NO, UNKNOWN, YES, YES]


def test_a_mistake_costs_what_params_say():
    answer = np.array([YES, YES, NO, NO, UNKNOWN, UNKNOWN])
    outcome = np.array([True, False, True, False, True, False])
    assert cost(answer, outcome, COSTS).tolist() == [0, 1, 3, 0, 0.6, 0.6]


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return calibrated_rows(5, DAYS, 15)


def test_the_table_adds_up(rows: pd.DataFrame):
    table = cost_table(rows, COSTS, PARAMS).set_index("strategy")
    for name, line in table.iterrows():
        whole = COSTS.missed * line["missed"] + COSTS.false_alarm * line["false_alarms"]
        assert line["cost"] == pytest.approx(whole + COSTS.unknown * line["unknown"], abs=0.3), name
        assert line["cost_minus_model"] == pytest.approx(line["cost"] - table.loc["model", "cost"], abs=0.11)
        assert line["cost_low"] <= line["cost"] <= line["cost_high"]
    assert table.loc["always no", "missed"] == pytest.approx(1000 * rows["outcome"].mean(), abs=0.1)
    assert table.loc["always yes", "false_alarms"] == pytest.approx(1000 * (1 - rows["outcome"].mean()), abs=0.1)
    assert table.loc["climatology", "cost"] == table.loc["always yes", "cost"]  # it says 0.25 of every row: tied, yes


def test_probabilities_that_can_be_taken_at_their_word_beat_all_others(rows: pd.DataFrame):
    table = cost_table(rows, COSTS, PARAMS).set_index("strategy")
    assert (table.loc[["climatology", "always yes", "always no"], "cost_minus_model_low"] > 0).all()
    assert table.loc["model or unknown", "cost_minus_model_high"] < 0


def test_the_threshold_that_follows_from_the_costs_is_near_the_best(rows: pd.DataFrame):
    curve = threshold_curve(rows, COSTS, PARAMS).set_index("threshold")
    assert len(curve) == 101
    assert curve.loc[0.25, "cost_minus_bayes_threshold"] == 0
    assert curve["cost"].min() > curve.loc[0.25, "cost"] * 0.98
    best = curve["cost"].idxmin()
    assert best == pytest.approx(0.25, abs=0.06)
    assert curve.loc[0.0, "cost"] == pytest.approx(cost_table(rows, COSTS, PARAMS)["cost"].iloc[4])


def test_probabilities_that_cannot_be_taken_at_their_word_have_another_best_threshold(rows: pd.DataFrame):
    """What the picture would show: the test above can fail."""
    halved = rows.assign(probability=rows["probability"] / 2)
    curve = threshold_curve(halved, COSTS, PARAMS).set_index("threshold")
    assert curve["cost"].idxmin() < 0.18
    assert curve["cost_minus_bayes_threshold_high"].min() < 0


def test_answering_the_surest_costs_least_and_answering_all_is_the_table(rows: pd.DataFrame):
    curve = coverage_curve(rows, COSTS, PARAMS)
    assert curve["share_answered"].tolist() == pytest.approx(np.arange(1, 51) / 50)
    assert curve["cost"].iloc[-1] == pytest.approx(cost_table(rows, COSTS, PARAMS)["cost"].iloc[0])
    assert curve["cost"].iloc[4] < curve["cost"].iloc[-1] / 2


def test_the_area_is_the_mean_cost_over_the_shares_answered(rows: pd.DataFrame):
    """Against the definition, row by row: Geifman and El-Yaniv's integral over the coverage."""
    probability, outcome = rows["probability"].to_numpy(), rows["outcome"].to_numpy(bool)
    spent = 1000 * cost(decide(probability, forced(COSTS)), outcome, COSTS)
    expected = np.minimum(probability * COSTS.missed, (1 - probability) * COSTS.false_alarm)
    order = np.argsort(expected, kind="stable")
    exact = (np.cumsum(spent[order]) / np.arange(1, len(order) + 1)).mean()
    value = area(rows, "probability", COSTS).of(np.arange(DAYS)[None])[0][0]
    assert value == pytest.approx(exact, rel=0.03)


def test_doubt_that_knows_nothing_saves_nothing(rows: pd.DataFrame):
    """Rows shuffled within their answer: the area is near the whole cost, as it must be where confidence is noise."""
    flat = rows.assign(probability=np.where(rows["probability"] >= 0.25, 0.5, 0.167))
    curve = coverage_curve(flat, COSTS, PARAMS)
    assert curve["cost"].iloc[0] == pytest.approx(curve["cost"].iloc[-1], rel=0.35)
