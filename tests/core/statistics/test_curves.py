"""Curves against scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from simulated import seasons
from sklearn import metrics as oracle

from ontime.core.statistics.curves import calibration_gaps, calibration_table, precision_curve, roc_curve
from ontime.core.statistics.intervals import OTHER_MONTHS, THESE_MONTHS
from ontime.core.statistics.metrics import Days
from ontime.params import Intervals

PARAMS = Intervals(level=0.9, replicates=300, block_days=7, simulations=100, seed=1)


@pytest.fixture(scope="module")
def days() -> Days:
    random = np.random.default_rng(0)
    probability = np.round(random.random(4000), 3)
    day = pd.Series(pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(4000) // 100, unit="D"))
    return Days(day, pd.Series(random.random(4000) < probability), probability)


def test_the_roc_curve_is_that_of_scikit_learn(days: Days):
    table = roc_curve(days)
    false, true, _ = oracle.roc_curve(days.outcome, days.probability, drop_intermediate=False)
    assert table["true_positive_rate"].to_numpy() == pytest.approx(
        np.interp(table["false_positive_rate"], false, true), abs=1e-3
    )
    assert len(table) == 101


def test_the_precision_curve_is_that_of_scikit_learn(days: Days):
    table = precision_curve(days)
    precision, recall, _ = oracle.precision_recall_curve(days.outcome, days.probability)
    for share, right in table.itertuples(index=False):
        first = np.flatnonzero(recall >= share - 1e-9)[-1]
        assert right == pytest.approx(precision[first], abs=1e-3)


def test_calibration_says_what_was_said_and_what_came(days: Days):
    table = calibration_table(days, PARAMS)
    assert table["rows"].sum() == 4000
    inside = (table["observed_low"] <= table["probability"]) & (table["probability"] <= table["observed_high"])
    assert inside.mean() >= 0.7
    assert (table["observed_low"] <= table["observed"]).all()
    assert (table["observed"] <= table["observed_high"]).all()


def test_gaps_of_either_sign_are_seen_month_by_month_and_make_up_for_one_another_in_all():
    rows = seasons(1, 3).assign(probability=0.5)
    month = rows["day"].dt.month
    rows["outcome"] = np.arange(len(rows)) % 10 < month.map({4: 4, 5: 5, 6: 6})
    table = calibration_gaps({"backtest": rows, "test": rows[month == 4]}, PARAMS).set_index(["window", "month"])
    gaps = table["calibration_gap"]
    expected = {"2021-04": 0.1, "2021-05": 0, "2021-06": -0.1, "all": 0}
    assert gaps.loc["backtest"].to_dict() == pytest.approx(expected, abs=1e-3)
    assert table.loc["backtest", "rows"].iloc[:3].sum() == table.loc[("backtest", "all"), "rows"] == len(rows)
    about = table["calibration_gap_about"]
    assert about.loc["backtest"].tolist() == [THESE_MONTHS] * 3 + [OTHER_MONTHS]
    assert table.loc[("test", "all"), "calibration_gap"] == table.loc[("test", "2021-04"), "calibration_gap"]
    assert about.loc["test"].tolist() == [THESE_MONTHS] * 2
