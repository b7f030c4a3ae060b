"""The headline of the committed record: good enough, not too good, each number with its interval."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from repositories import REPOSITORY
from simulated import MONTH_SHARE, NEXT_DAY
from sklearn.metrics import log_loss, roc_auc_score

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
    soon = json.loads((REPOSITORY / "metrics/lead/m45.json").read_text())
    assert found["backtest_roc_auc"] >= 0.777
    assert found["backtest_log_loss"] <= 0.458
    assert soon["roc_auc"]["value"] >= 0.790
    assert max(found["roc_auc"], soon["roc_auc"]["value"]) < 0.80, "look for the leak first"


def recomputed(path: Path) -> dict[str, float]:
    """Means over months of what scikit-learn says of each month's predictions."""
    if not path.exists():
        pytest.skip(f"{path.relative_to(REPOSITORY)} is not there: make repro, or dvc pull")
    rows = pd.read_parquet(path).dropna(subset="outcome").astype({"outcome": int})
    months = [month for _, month in rows.groupby(rows["day"].dt.to_period("M"))]
    metrics = {"roc_auc": roc_auc_score, "log_loss": log_loss}
    return {
        name: float(np.mean([metric(month["outcome"], month["probability"]) for month in months]))
        for name, metric in metrics.items()
    }


def test_the_numbers_of_the_backtest_are_those_of_its_predictions():
    committed = json.loads((REPOSITORY / "metrics/evaluate/metrics.json").read_text())
    for name, value in recomputed(REPOSITORY / "data/backtest.parquet").items():
        assert value == pytest.approx(committed[f"backtest_{name}"], abs=1e-4), name


@pytest.mark.parametrize("lead", ["m45", "h2", "h6", "h24"])
def test_the_numbers_of_a_lead_are_those_of_its_predictions(lead: str):
    committed = json.loads((REPOSITORY / f"metrics/lead/{lead}.json").read_text())
    for name, value in recomputed(REPOSITORY / f"data/lead/{lead}.parquet").items():
        assert value == pytest.approx(committed[name]["value"], abs=1e-6), name


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
