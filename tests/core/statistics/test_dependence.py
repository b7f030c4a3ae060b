"""How alike days are, of one month and near one another, and days drawn to be as alike."""

import numpy as np
import pytest

from ontime.core.statistics.dependence import ALONE, LAGS, Dependence, dependent_ranks, fit_dependence

MONTHS = np.repeat(np.arange(400), 30)
LAG = (0.4, 0.1, 0.0, 0.0, 0.0, 0.0, 0.0)


def drawn(dependence: Dependence, seed: int = 0, months: np.ndarray = MONTHS, series: int = 1) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal((len(months) + len(np.unique(months)), series))
    return dependent_ranks(dependence, months, noise)


BY_MONTH, BY_DAY, BOTH = Dependence(0.3, ALONE.lags), Dependence(0.0, LAG), Dependence(0.26, LAG)


@pytest.mark.parametrize("dependence", [ALONE, BY_MONTH, BY_DAY, BOTH])
def test_what_is_drawn_is_as_alike_as_what_it_was_drawn_by(dependence: Dependence):
    ranks = drawn(dependence)
    assert ((ranks >= 0) & (ranks < 1)).all()
    assert ranks.mean() == pytest.approx(0.5, abs=0.03)
    fitted = fit_dependence(ranks[:, 0], MONTHS)
    assert fitted.month_share == pytest.approx(dependence.month_share, abs=0.04)
    tapered = [lag * (1 - place / (LAGS + 1)) for place, lag in enumerate(dependence.lags, start=1)]
    assert fitted.lags == pytest.approx(tapered, abs=0.03)


def test_of_seven_months_the_share_is_right_on_average():
    months = np.repeat(np.arange(7), 30)
    fitted = [fit_dependence(drawn(BOTH, seed, months)[:, 0], months) for seed in range(300)]
    shares = [one.month_share for one in fitted]
    assert np.mean(shares) == pytest.approx(0.26, abs=0.04)


def test_only_the_order_of_the_days_counts():
    values, months = np.random.default_rng(0).standard_normal(60), np.repeat([1, 2], 30)
    assert fit_dependence(values, months) == fit_dependence(np.exp(values), months)


@pytest.mark.parametrize("values", [np.ones(9), np.ones(60), np.arange(3.0)])
def test_what_has_no_resemblance_has_nought(values: np.ndarray):
    assert fit_dependence(values, np.zeros(len(values))) == ALONE


def test_one_month_has_no_share_of_its_own():
    assert fit_dependence(np.random.default_rng(1).standard_normal(40), np.zeros(40)).month_share == 0


def test_series_side_by_side_are_those_one_by_one():
    months = np.repeat([1, 2], 25)
    noise = np.random.default_rng(2).standard_normal((52, 4))
    alone = [dependent_ranks(Dependence(0.2, LAG), months, series[:, None])[:, 0] for series in noise.T]
    assert (dependent_ranks(Dependence(0.2, LAG), months, noise) == np.column_stack(alone)).all()


def test_a_mean_of_many_days_varies_by_all_that_makes_them_alike():
    assert Dependence(0.0, LAG).long_run == pytest.approx(2)
    assert ALONE.long_run == 1
