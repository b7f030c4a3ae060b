"""Intervals without a draw: against the bootstrap that they stand for, and in simulation."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t
from simulated import calibrated_rows
from sklearn.metrics import roc_auc_score

from ontime.core.evaluation.costs import Area, area
from ontime.core.statistics.bootstrap import Statistic, bootstrap_interval
from ontime.core.statistics.day_metrics import (
    DayMetric,
    Difference,
    Lift,
    Ratio,
    RocAuc,
    daily_sums,
    mean_by_day,
    roc_auc_by_day,
)
from ontime.core.statistics.intervals import Interval, error_ratios, estimate, standard_errors
from ontime.core.statistics.metrics import Days
from ontime.errors import OntimeError
from ontime.params import Costs, Intervals

PARAMS = Intervals(level=0.9, replicates=2000, block_days=7, simulations=200, seed=1)
COSTS = Costs(missed=3.0, false_alarm=1.0, unknown=0.6)
DAYS = 90
ROWS = calibrated_rows(3, DAYS, 30)
OTHERS = np.random.default_rng(0).random(len(ROWS)) < 0.3  # rows of a band
BLURRED = np.clip(ROWS["probability"] + np.random.default_rng(2).normal(0, 0.2, len(ROWS)), 0, 1)
SOME = (ROWS["probability"] > 0.4).to_numpy() & ~OTHERS | (np.random.default_rng(1).random(len(ROWS)) < 0.1)


def days_of(rows) -> Days:
    return Days(rows["day"], rows["outcome"], rows["probability"].to_numpy())


def roc_auc() -> RocAuc:
    return roc_auc_by_day(days_of(ROWS))


def ratio() -> Ratio:
    return mean_by_day(ROWS["day"], (ROWS["probability"] - ROWS["outcome"]).to_numpy() ** 2)


def lift() -> Lift:
    both, some, one, every = daily_sums(
        ROWS["day"], *(mask.astype(float) for mask in (OTHERS & SOME, SOME, OTHERS, OTHERS | True))
    )
    return Lift(Ratio(both, some), Ratio(one, every))


def surest() -> Area:
    return area(ROWS, "probability", COSTS)


def better_ranked() -> Difference:
    return Difference(roc_auc(), roc_auc_by_day(days_of(ROWS.assign(probability=BLURRED))))


KINDS = [roc_auc, ratio, lift, surest, better_ranked]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def metric(request: pytest.FixtureRequest) -> DayMetric:
    return request.param()


def blocks(count: int, size: int) -> np.ndarray:
    """Days drawn in blocks of seven from a circle."""
    starts = np.random.default_rng(0).integers(0, size, (count, -(-size // 7)))
    return ((starts[:, :, None] + np.arange(7)) % size).reshape(count, -1)[:, :size]


def test_the_error_is_the_spread_of_the_bootstrap_of_blocks(metric: DayMetric):
    drawn = blocks(3000, DAYS)
    spread = np.std(metric.of(drawn)[0])
    error, freedom = standard_errors(metric.of(np.arange(DAYS)[None])[1], metric.weight[None], 7)
    count = freedom[0] + 1
    assert error[0] / np.sqrt(count / (count - 1)) == pytest.approx(spread, rel=0.08)


def test_what_a_day_contributes_is_what_more_of_it_changes(metric: DayMetric):
    copies = 300
    (value,), (influence,) = metric.of(np.arange(DAYS)[None])
    for day in (0, 17, DAYS - 1):
        (more,), _ = metric.of(np.append(np.tile(np.arange(DAYS), copies), day)[None])
        assert (more - value) * copies == pytest.approx(influence[day], rel=0.05, abs=1e-6)
    assert influence.sum() == pytest.approx(0, abs=1e-9)


def test_drawn_days_give_the_metric_of_their_rows():
    drawn = blocks(1, DAYS)
    rows = np.concatenate([np.arange(day * 30, day * 30 + 30) for day in drawn[0]])
    part = ROWS.iloc[rows]
    assert roc_auc().of(drawn)[0][0] == pytest.approx(roc_auc_score(part["outcome"], part["probability"]))
    assert ratio().of(drawn)[0][0] == pytest.approx(((part["probability"] - part["outcome"]) ** 2).mean())
    assert lift().of(drawn)[0][0] == pytest.approx(OTHERS[rows][SOME[rows]].mean() / OTHERS[rows].mean())


def test_the_interval_is_that_of_the_bootstrap():
    estimated = estimate(roc_auc(), PARAMS)
    drawn = bootstrap_interval(Statistic("roc_auc", days_of(ROWS)), PARAMS)
    interval = estimated.interval(PARAMS.level)
    assert interval.value == pytest.approx(drawn.value)
    assert (interval.high - interval.low) / estimated.widened == pytest.approx(drawn.high - drawn.low, rel=0.12)


def test_days_without_rows_add_no_freedom():
    whole = ratio()
    gaps = np.arange(DAYS) // 7 % 3 > 0  # two weeks of three are empty
    sparse = Ratio(np.where(gaps, 0, whole.top), np.where(gaps, 0, whole.bottom))
    (_, many), (_, few) = (
        standard_errors(metric.of(np.arange(DAYS)[None])[1], metric.weight[None], 7) for metric in (whole, sparse)
    )
    assert many[0] == pytest.approx(DAYS / 7 - 1, abs=0.1)
    assert few[0] < 0.55 * many[0]


def test_an_interval_that_held_too_seldom_is_widened_until_it_holds(metric: DayMetric):
    estimated, ratios = estimate(metric, PARAMS), error_ratios(metric, PARAMS)
    assert estimated.coverage == np.mean(ratios <= 1)
    assert estimated.widened >= 1
    assert np.mean(ratios <= estimated.widened) >= PARAMS.level
    plain, _ = standard_errors(metric.of(np.arange(DAYS)[None])[1], metric.weight[None], PARAMS.block_days)
    assert estimated.error == pytest.approx(plain[0] * estimated.widened)


def test_the_p_value_and_the_interval_say_the_same(metric: DayMetric):
    estimated = estimate(metric, PARAMS)
    low = estimated.interval(PARAMS.level).low
    assert estimated.p_value(low) == pytest.approx(1 - PARAMS.level)
    reach = float(t.ppf(0.975, estimated.freedom)) * estimated.error
    assert estimated.p_value(estimated.value + reach) == pytest.approx(0.05)


def test_what_has_no_value_is_refused():
    with pytest.raises(OntimeError, match="of 10 days has no value: expected rows"):
        estimate(Ratio(np.zeros(10), np.zeros(10)), PARAMS)


def test_of_a_single_day_nothing_is_said():
    interval = estimate(Ratio(np.array([0.0, 3, 0]), np.array([0.0, 4, 0])), PARAMS).interval(0.9)
    assert interval[:3] == (0.75, -np.inf, np.inf)


def test_metrics_of_other_days_have_no_difference():
    with pytest.raises(ValueError, match="expected as many days, found 10 and 9"):
        Difference(Ratio(np.ones(10), np.ones(10)), Ratio(np.ones(9), np.ones(9)))


def test_what_never_varies_is_sure():
    estimated = estimate(Ratio(np.zeros(20), np.ones(20)), PARAMS)
    assert (estimated.value, estimated.error, estimated.coverage, estimated.p_value()) == (0, 0, 1, 1)


def test_two_calls_give_the_same_numbers(metric: DayMetric):
    assert estimate(metric, PARAMS) == estimate(metric, PARAMS)


@pytest.mark.parametrize(
    ("interval", "form", "text"),
    [
        (Interval(0.77, 0.749, 0.788), ".3f", "0.770 (0.749 to 0.788)"),
        (Interval(0.77, 0.749, 0.788, 0.87, 1.1), ".1%", "77.0 % (74.9 to 78.8 %)"),
        (Interval(0.004, -0.001, 0.009), "+.4f", "+0.0040 (-0.0010 to +0.0090)"),
        (Interval(-0.004, -0.009, 0.001), "+.1%", "-0.4 % (-0.9 to +0.1 %)"),
        (Interval(1234.5, 1000, 2000), ",.0f", "1,234 (1,000 to 2,000)"),
        (Interval(0.75, -np.inf, np.inf), ".2f", "0.75 (-inf to inf)"),
        (Interval(0.77), ".3f", "0.770"),
        (Interval(0.77), ".0%", "77 %"),
        (Interval(np.nan), ".3f", ""),
        (Interval(np.nan, 0.1, 0.2), ".1%", ""),
    ],
)
def test_an_interval_writes_itself_as_a_value_between_bounds(interval: Interval, form: str, text: str):
    assert f"{interval:{form}}" == text


def test_an_interval_without_a_form_shows_its_fields():
    assert f"{Interval(0.5, 0.25, 0.75)}" == "Interval(value=0.5, low=0.25, high=0.75, coverage=None, widened=None)"


def test_an_interval_is_the_one_that_its_record_was_written_from():
    for interval in (Interval(0.5, 0.25, 0.75, 0.875, 1.5), Interval(0.5, 0.25, 0.75)):
        assert Interval.load(interval.content()) == interval
    assert Interval.load({"value": 0.5, "low": None, "name": "roc_auc"}).content() == {"value": 0.5}
    assert f"{Interval.load({'value': None}):.3f}" == ""


def test_an_interval_is_read_from_the_columns_it_was_shown_in():
    line = pd.Series({"gap": 0.5, "gap_low": 0.25, "gap_high": 0.75, "rows": 3})
    assert Interval.from_columns(line, "gap") == Interval(0.5, 0.25, 0.75)
    assert f"{Interval.from_columns({'gap': 0.5, 'gap_low': None, 'gap_high': np.nan}, 'gap'):.2f}" == "0.50"
