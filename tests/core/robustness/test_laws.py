"""Verdicts on laws: what is possible, equal and not lower; and the table, which names every law that is broken."""

import numpy as np
import pandas as pd
import pytest

from ontime.core.robustness.laws import (
    Verdict,
    inside,
    law_table,
    merged_by_law,
    not_lower,
    same_features,
    same_probabilities,
)
from ontime.core.robustness.stress import added_risk
from ontime.core.statistics.intervals import Interval
from ontime.dataset.stress import Change
from ontime.errors import OntimeError
from ontime.flights.stress import worse_weather
from ontime.params import Intervals

PARAMS = Intervals(level=0.9, replicates=200, block_days=7, simulations=100, seed=1)


@pytest.mark.parametrize("wrong", [0.0, 1.0, np.nan, np.inf, -0.1, 1.1])
def test_what_is_certain_or_no_probability_is_outside(wrong: float):
    verdict = inside("name", "setting", np.array([0.5, wrong, 0.2]))
    assert not verdict.holds
    assert verdict.observed.startswith("1 outside")
    assert inside("name", "setting", np.array([1e-6, 1 - 1e-6])).holds


def days(size: int = 300) -> pd.DataFrame:
    random = np.random.default_rng(2)
    day = pd.Series(pd.date_range("2020-01-01", periods=30)).repeat(size // 30).reset_index(drop=True)
    return pd.DataFrame(
        {"day": day, "outcome": random.random(size) < 0.5, "probability": random.uniform(0.2, 0.6, size)}
    )


def test_a_model_whose_risk_falls_where_it_must_not_is_found():
    change = Change("worse", "worse", worse_weather, raises=True)
    table = days()
    rises, falls = (added_risk(table, table["probability"].to_numpy() * times, PARAMS) for times in (1.2, 0.8))
    assert not_lower(change, 300, rises).holds
    broken = not_lower(change, 300, falls)
    assert not broken.holds
    assert broken.observed.startswith("-0.08")
    assert not not_lower(change, 300, Interval(0.01, -0.01, 0.03)).holds


def test_missing_values_are_equal_and_nothing_else_is():
    one = pd.DataFrame({"a": [1.0, np.nan], "b": ["x", "y"]})
    assert same_features("name", "setting", one, one.copy()).holds
    assert not same_features("name", "setting", one, one.fillna(0)).holds
    assert not same_probabilities("name", "setting", np.array([0.5, np.nan]), np.array([0.5, 0.5])).holds


def of_law(name: str, *, holds: bool, rows: int = 1) -> Verdict:
    return Verdict(name, "setting", "the law", rows, holds, "7 differ")


def test_a_law_of_several_months_holds_where_it_holds_everywhere():
    merged = merged_by_law([of_law("one", holds=True), of_law("one", holds=False, rows=2), of_law("one", holds=True)])
    assert [(verdict.holds, verdict.rows) for verdict in merged] == [(False, 4)]


def test_broken_laws_are_an_error_that_names_all_of_them():
    broken = [of_law("first", holds=False), of_law("second", holds=True), of_law("third", holds=False)]
    with pytest.raises(OntimeError, match=r"(?s)first: the law; 7 differ.*third: the law; 7 differ") as raised:
        law_table(broken, {})
    assert "second" not in str(raised.value)


def test_a_known_law_stands_in_the_table_with_its_reason():
    table = law_table([of_law("first", holds=False), of_law("second", holds=True)], {"first": "because"})
    assert table[["name", "result", "reason"]].to_numpy().tolist() == [
        ["first", "known", "because"],
        ["second", "holds", ""],
    ]


def test_what_is_known_to_be_broken_must_be_a_law_and_broken():
    with pytest.raises(OntimeError, match=r"(?s)second: known as broken, and it is kept.*gone: .*no law here"):
        law_table([of_law("second", holds=True)], {"second": "because", "gone": "because"})
