"""Intervals in closed form: what they are about, and how they write themselves."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t
from simulated import calibrated_rows
from sklearn.metrics import roc_auc_score

from ontime.core.evaluation.costs import Area, area
from ontime.core.statistics.day_metrics import (
    DayMetric,
    Difference,
    Lift,
    MonthMean,
    Ratio,
    RocAuc,
    Skill,
    daily_sums,
    mean_by_day,
    roc_auc_by_day,
)
from ontime.core.statistics.intervals import OTHER_MONTHS, THESE_MONTHS, Estimate, Interval, estimate, interval_columns
from ontime.core.statistics.metrics import Days, calendar_months
from ontime.errors import OntimeError
from ontime.params import Costs, Intervals

PARAMS = Intervals(level=0.9, replicates=2000, block_days=7, simulations=200, seed=1)
COSTS = Costs(missed=3.0, false_alarm=1.0, unknown=0.6)
DAYS = 91
ROWS = calibrated_rows(3, DAYS, 30)
MONTHS = calendar_months(ROWS["day"])  # January, February, March: the first three months of 2020
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


def skill() -> Skill:
    return Skill(ratio(), mean_by_day(ROWS["day"], (ROWS["climatology"] - ROWS["outcome"]).to_numpy() ** 2))


def mean_of_months() -> MonthMean:
    return MonthMean(roc_auc(), MONTHS)


KINDS = [roc_auc, ratio, lift, surest, better_ranked, skill, mean_of_months]
FEW = MONTHS[:60]  # of two months


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def metric(request: pytest.FixtureRequest) -> DayMetric:
    return request.param()


@pytest.mark.parametrize("metric", KINDS[:-1], ids=lambda kind: kind.__name__)
def test_what_a_day_contributes_is_what_more_of_it_changes(metric: Callable[[], DayMetric]):
    copies = 300
    (value,), (influence,) = metric().of(np.arange(DAYS)[None])
    for day in (0, 17, DAYS - 1):
        (more,), _ = metric().of(np.append(np.tile(np.arange(DAYS), copies), day)[None])
        assert (more - value) * copies == pytest.approx(influence[day], rel=0.05, abs=1e-6)
    assert influence.sum() == pytest.approx(0, abs=1e-9)


def test_a_day_adds_its_part_of_its_month_to_the_mean_of_months():
    days = np.arange(DAYS)[None]
    values = np.array([roc_auc().of(days[:, month == MONTHS])[0][0] for month in np.unique(MONTHS)])
    (mean,), (influence,) = mean_of_months().of(days)
    assert mean == pytest.approx(values.mean())
    of_months = [influence[month == MONTHS].sum() for month in np.unique(MONTHS)]
    assert of_months == pytest.approx((values - values.mean()) / 3, abs=1e-9)


def test_drawn_days_give_the_metric_of_their_rows():
    drawn = np.random.default_rng(0).integers(0, DAYS, (1, DAYS))
    rows = np.concatenate([np.arange(day * 30, day * 30 + 30) for day in drawn[0]])
    part = ROWS.iloc[rows]
    assert roc_auc().of(drawn)[0][0] == pytest.approx(roc_auc_score(part["outcome"], part["probability"]))
    assert ratio().of(drawn)[0][0] == pytest.approx(((part["probability"] - part["outcome"]) ** 2).mean())
    assert lift().of(drawn)[0][0] == pytest.approx(OTHERS[rows][SOME[rows]].mean() / OTHERS[rows].mean())


def test_of_three_months_the_interval_of_a_mean_is_that_of_student():
    values = np.array([0.5, 0.7, 0.9])
    metric = MonthMean(Ratio(values.repeat(30), np.ones(90)), np.repeat([1, 2, 3], 30))
    interval = estimate(metric, metric.months, PARAMS).interval(0.9)
    reach = t.ppf(0.95, 2) * values.std(ddof=1) / np.sqrt(3)
    assert interval == (pytest.approx(0.7), pytest.approx(0.7 - reach), pytest.approx(0.7 + reach), OTHER_MONTHS)


def test_months_that_differ_make_an_interval_about_others_wide_and_one_about_them_does_not_see_it():
    flat, apart = np.tile([0.2, 0.4], 45), np.repeat([0.0, 0.5, 1.0], 30)
    months = np.repeat([1, 2, 3], 30)
    same, other = (Ratio(flat + shift, np.ones(90)) for shift in (0 * apart, apart))
    assert estimate(other, months, PARAMS).error > 50 * estimate(same, months, PARAMS).error
    two = months[:60]
    narrow, wide = (Ratio(flat[:60] + shift[:60], np.ones(60)) for shift in (0 * apart, apart))
    assert estimate(narrow, two, PARAMS).error == pytest.approx(estimate(wide, two, PARAMS).error)


def test_three_months_speak_of_others_and_two_of_themselves():
    of_two = Ratio(ratio().top[:60], ratio().bottom[:60])
    assert estimate(ratio(), MONTHS, PARAMS).about == OTHER_MONTHS
    assert estimate(of_two, FEW, PARAMS).about == THESE_MONTHS
    of_one_of_three = Ratio(ratio().top, np.where(MONTHS[0] == MONTHS, ratio().bottom, 0))
    assert estimate(of_one_of_three, MONTHS, PARAMS).about == THESE_MONTHS


def test_the_p_value_and_the_interval_say_the_same(metric: DayMetric):
    estimated = estimate(metric, MONTHS, PARAMS)
    low = estimated.interval(PARAMS.level).low
    assert estimated.p_value(low) == pytest.approx(1 - PARAMS.level)
    reach = float(t.ppf(0.975, estimated.freedom)) * estimated.error
    assert estimated.p_value(estimated.value + reach) == pytest.approx(0.05)


def test_what_has_no_value_is_refused():
    with pytest.raises(OntimeError, match="of 10 days has no value: expected rows"):
        estimate(Ratio(np.zeros(10), np.zeros(10)), np.zeros(10), PARAMS)


def test_of_a_single_day_nothing_is_said():
    interval = estimate(Ratio(np.array([0.0, 3, 0]), np.array([0.0, 4, 0])), np.zeros(3), PARAMS).interval(0.9)
    assert interval[:3] == (0.75, -np.inf, np.inf)


def test_metrics_of_other_days_have_no_difference():
    with pytest.raises(ValueError, match="expected as many days, found 10 and 9"):
        Difference(Ratio(np.ones(10), np.ones(10)), Ratio(np.ones(9), np.ones(9)))


def test_what_never_varies_is_sure():
    estimated = estimate(Ratio(np.zeros(20), np.ones(20)), np.zeros(20), PARAMS)
    assert (estimated.value, estimated.error, estimated.p_value()) == (0, 0, 1)


def test_two_calls_give_the_same_numbers(metric: DayMetric):
    assert estimate(metric, MONTHS, PARAMS) == estimate(metric, MONTHS, PARAMS)


@pytest.mark.parametrize(
    ("interval", "form", "text"),
    [
        (Interval(0.77, 0.749, 0.788), ".3f", "0.770 (0.749 to 0.788)"),
        (Interval(0.77, 0.749, 0.788, THESE_MONTHS), ".1%", "77.0 % (74.9 to 78.8 %)"),
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
    assert f"{Interval(0.5, 0.25, 0.75)}" == "Interval(value=0.5, low=0.25, high=0.75, about=None)"


def test_an_interval_is_the_one_that_its_record_was_written_from():
    for interval in (Interval(0.5, 0.25, 0.75, OTHER_MONTHS), Interval(0.5, 0.25, 0.75)):
        assert Interval.load(interval.content()) == interval
    assert Interval.load({"value": 0.5, "low": None, "name": "roc_auc"}).content() == {"value": 0.5}
    assert f"{Interval.load({'value': None}):.3f}" == ""


def test_an_interval_is_read_from_the_columns_it_was_shown_in():
    line = pd.Series({"gap": 0.5, "gap_low": 0.25, "gap_high": 0.75, "rows": 3})
    assert Interval.from_columns(line, "gap") == Interval(0.5, 0.25, 0.75)
    whole = Interval(0.5, 0.25, 0.75, THESE_MONTHS)
    columns = interval_columns({"gap": Estimate(0.5, 0.25 / t.ppf(0.95, 5), 5, THESE_MONTHS)}, 0.9)
    assert Interval.from_columns(columns, "gap") == pytest.approx((*whole[:3], THESE_MONTHS))
    assert f"{Interval.from_columns({'gap': 0.5, 'gap_low': None, 'gap_high': np.nan}, 'gap'):.2f}" == "0.50"
