"""The headline of the committed record: good enough, not too good, each number with its interval."""

import json

from repositories import REPOSITORY


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
        assert interval["coverage"] > 0.6, name
