"""Samples of days that are as alike as those at hand, and what they say of each kind of interval."""

import numpy as np
import pytest
from simulated import PARAMS

from ontime.core.statistics.day_metrics import Ratio
from ontime.core.statistics.dependence import Dependence, dependent_ranks, fit_dependence
from ontime.core.statistics.surrogates import coverage_table, surrogate_days

MONTHS = np.repeat(np.arange(7), 30)
SEASONAL, ALIKE = Dependence(0.3, (0.3,) + (0.0,) * 6), Dependence(0.0, (0.3,) + (0.0,) * 6)


def levels(dependence: Dependence, seed: int = 5) -> np.ndarray:
    """Values of days that are so alike: (days,)."""
    noise = np.random.default_rng(seed).standard_normal((len(MONTHS) + 7, 1))
    return dependent_ranks(dependence, MONTHS, noise)[:, 0]


def test_samples_are_as_alike_as_the_days_at_hand():
    values = levels(SEASONAL)
    drawn = surrogate_days(values, MONTHS, within=False, params=PARAMS)
    assert drawn.shape == (PARAMS.simulations, len(MONTHS))
    fitted = [fit_dependence(values[sample], MONTHS) for sample in drawn]
    own = fit_dependence(values, MONTHS)
    assert np.mean([one.month_share for one in fitted]) == pytest.approx(own.month_share, abs=0.06)
    assert np.mean([one.lags[0] for one in fitted]) == pytest.approx(own.lags[0] * 7 / 8, abs=0.06)
    counts = np.bincount(drawn.ravel(), minlength=len(MONTHS)) / PARAMS.simulations
    assert counts == pytest.approx(np.ones(len(MONTHS)), abs=0.7)


def test_within_months_each_day_is_one_of_its_own_month():
    drawn = surrogate_days(levels(SEASONAL), MONTHS, within=True, params=PARAMS)
    assert (MONTHS[drawn] == MONTHS).all()
    assert len(np.unique(drawn)) > 150


def test_where_months_differ_blocks_of_days_do_not_hold_and_months_do():
    metrics = {
        "level": Ratio(levels(SEASONAL), np.ones(len(MONTHS))),
        "difference": Ratio(levels(ALIKE), np.ones(len(MONTHS))),
    }
    table = coverage_table(metrics, MONTHS, PARAMS).set_index("metric")
    assert table.loc["level", "by_blocks"] < 0.7
    assert table.loc["difference", "by_blocks"] > 0.82
    assert table[["by_months", "within_months"]].to_numpy() == pytest.approx(0.9, abs=0.06)
    assert table.loc["level", "month_share"] > 0.15 > table.loc["difference", "month_share"]


def test_two_calls_give_the_same_samples():
    one, other = (surrogate_days(levels(SEASONAL), MONTHS, within=False, params=PARAMS) for _ in range(2))
    assert (one == other).all()
