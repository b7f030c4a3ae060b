"""Errors in closed form: against the bootstrap that they stand for, and against textbooks."""

import numpy as np
import pytest
from simulated import calibrated_rows

from ontime.core.statistics.bootstrap import resample_days
from ontime.core.statistics.day_metrics import Ratio, mean_by_day
from ontime.core.statistics.metrics import calendar_months
from ontime.core.statistics.standard_errors import errors_by_blocks, errors_by_months, errors_within_months, kish

DAYS = 90
ROWS = calibrated_rows(3, DAYS, 30)
MONTHS = np.repeat([1, 2, 3], 30)
ALL = np.arange(DAYS)[None]


def ratio() -> Ratio:
    return mean_by_day(ROWS["day"], (ROWS["probability"] - ROWS["outcome"]).to_numpy() ** 2)


def spread(metric: Ratio, spans: list[np.ndarray]) -> float:
    """Of the metric under days that are drawn in blocks within each span."""
    random, weights = np.random.default_rng(0), np.zeros((4000, DAYS))
    for span in spans:
        weights[:, span] = resample_days(len(span), 7, len(weights), random)
    return float(np.std((weights @ metric.top) / (weights @ metric.bottom)))


def test_the_error_by_blocks_is_the_spread_of_the_bootstrap_of_blocks():
    error, freedom = errors_by_blocks(ratio().of(ALL)[1], ratio().weight[None], 7)
    blocks = DAYS / 7
    assert error[0] / np.sqrt(blocks / (blocks - 1)) == pytest.approx(spread(ratio(), [np.arange(DAYS)]), rel=0.08)
    assert freedom[0] == pytest.approx(1.5 * (blocks - 1))


def test_the_error_within_months_is_the_spread_of_the_bootstrap_of_blocks_of_each_month():
    error, _ = errors_within_months(ratio().of(ALL)[1], ratio().weight[None], MONTHS, 7)
    blocks = 30 / 7
    spans = [np.flatnonzero(month == MONTHS) for month in (1, 2, 3)]
    assert error[0] / np.sqrt(blocks / (blocks - 1)) == pytest.approx(spread(ratio(), spans), rel=0.08)


def test_the_error_by_months_is_that_of_the_mean_of_the_months():
    means = np.array([0.1, 0.4, 0.9])
    metric = Ratio(means.repeat(30), np.ones(DAYS))
    error, freedom = errors_by_months(metric.of(ALL)[1], metric.weight[None], MONTHS)
    assert error[0] == pytest.approx(means.std(ddof=1) / np.sqrt(3))
    assert freedom[0] == pytest.approx(2)


def test_what_is_equal_in_all_months_has_the_error_within_them():
    """Of independent days the three ways agree on average."""
    random, ratios = np.random.default_rng(1), []
    for _ in range(300):
        metric = Ratio(random.standard_normal(DAYS), np.ones(DAYS))
        influence, weight = metric.of(ALL)[1], metric.weight[None]
        by_blocks = errors_by_blocks(influence, weight, 7).error[0] ** 2
        within = errors_within_months(influence, weight, MONTHS, 7).error[0] ** 2
        by_months = errors_by_months(influence, weight, MONTHS).error[0] ** 2
        ratios.append([DAYS * by_blocks, DAYS * within, DAYS * by_months])
    assert np.mean(ratios, axis=0) == pytest.approx([1, 1, 1], abs=0.1)


def test_days_without_rows_add_no_freedom():
    whole, gaps = ratio(), np.arange(DAYS) // 7 % 3 > 0  # two weeks of three are empty
    sparse = Ratio(np.where(gaps, 0, whole.top), np.where(gaps, 0, whole.bottom))
    many, few = (errors_by_blocks(metric.of(ALL)[1], metric.weight[None], 7).freedom[0] for metric in (whole, sparse))
    assert few < 0.55 * many
    empty = Ratio(np.where(MONTHS == 2, 0, whole.top), np.where(MONTHS == 2, 0, whole.bottom))
    error, freedom = errors_within_months(empty.of(ALL)[1], empty.weight[None], MONTHS, 7)
    full = errors_within_months(whole.of(ALL)[1], whole.weight[None], MONTHS, 7).freedom[0]
    assert np.isfinite(error[0])
    assert freedom[0] < 0.8 * full


def test_units_are_counted_by_what_they_weigh():
    assert kish(np.array([[1.0, 1, 1, 1], [1, 1, 0, 0], [3, 1, 0, 0], [0, 0, 0, 0]])) == pytest.approx([4, 2, 1.6, 0])


def test_the_months_are_those_of_the_calendar():
    assert np.bincount(np.unique(calendar_months(ROWS["day"]), return_inverse=True)[1]).tolist() == [31, 29, 30]
