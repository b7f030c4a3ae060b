"""The headline of the committed record: good enough, not too good, each number with its interval."""

import json

import pandas as pd
import pytest
from repositories import REPOSITORY
from simulated import MONTH_SHARE, NEXT_DAY

from ontime.core.statistics.intervals import OTHER_MONTHS, THESE_MONTHS


def test_the_headline_has_at_most_eight_names_that_no_other_metrics_file_has():
    names = list(json.loads((REPOSITORY / "metrics/evaluate/metrics.json").read_text()))
    others = json.loads((REPOSITORY / "metrics/validate/metrics.json").read_text())
    assert len(names) <= 8
    assert not set(names) & set(others)


def test_the_model_is_better_than_every_baseline_on_the_backtest():
    compared = json.loads((REPOSITORY / "metrics/evaluate/baselines.json").read_text())
    assert set(compared["backtest"]) == {"climatology", "last_day", "logistic"}
    for name, found in compared["backtest"].items():
        assert found["log_loss"]["difference"]["high"] < 0, name


def test_the_backtest_is_good_enough_and_the_test_not_too_good():
    found = json.loads((REPOSITORY / "metrics/evaluate/metrics.json").read_text())
    assert found["backtest_roc_auc"] >= 0.76
    assert found["roc_auc"] < 0.80, "look for the leak first"


def test_every_headline_number_has_its_interval():
    found = json.loads((REPOSITORY / "metrics/evaluate/metrics.json").read_text())
    intervals = json.loads((REPOSITORY / "metrics/evaluate/intervals.json").read_text())
    assert set(found) == set(intervals)
    for name, interval in intervals.items():
        assert interval["low"] <= found[name] + 1e-4, name
        assert found[name] - 1e-4 <= interval["high"], name
        assert interval["about"] == (OTHER_MONTHS if name.startswith("backtest_") else THESE_MONTHS), name


def test_intervals_of_the_record_hold_where_days_are_as_alike_as_they_are():
    """Within three points and what a thousand simulations leave open; blocks of days would not, for levels."""
    table = pd.read_csv(REPOSITORY / "metrics/evaluate/coverage.csv", index_col="metric")
    assert table[["by_months", "within_months"]].to_numpy() == pytest.approx(0.9, abs=0.05)
    assert table.loc[["log_loss", "brier", "rate"], "by_blocks"].max() < 0.75


def test_simulated_months_differ_as_much_as_those_of_the_record():
    line = pd.read_csv(REPOSITORY / "metrics/evaluate/coverage.csv", index_col="metric").loc["log_loss"]
    assert line["month_share"] == pytest.approx(MONTH_SHARE, abs=0.1)
    assert line["next_day"] == pytest.approx(NEXT_DAY, abs=0.1)
