"""Every kind of interval that is published holds as often as it says, where months differ as they do in the data."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from simulated import MONTH_SHARE, NEXT_DAY, PARAMS, days_of, season_effects, seasons, small_and_nightly

from ontime.core.statistics.bootstrap import bootstrap_interval
from ontime.core.statistics.day_metrics import (
    DayMetric,
    Difference,
    MonthMean,
    mean_by_day,
    metric_by_day,
    point_estimate,
)
from ontime.core.statistics.dependence import fit_dependence
from ontime.core.statistics.intervals import OTHER_MONTHS, THESE_MONTHS, Estimate, estimate
from ontime.core.statistics.metrics import Days, calendar_months, metric_value
from ontime.core.statistics.standard_errors import errors_by_blocks

MONTHS = 7  # of a backtest
LEVELS = ("log_loss", "log_loss, mean of months", "brier_skill, mean of months", "calibration_gap", "rate")


def with_reference(rows: pd.DataFrame) -> Days:
    return Days(rows["day"], rows["outcome"], rows["probability"].to_numpy(), rows["climatology"].to_numpy())


def published(rows: pd.DataFrame) -> dict[str, DayMetric]:
    """One of each kind of metric that a record gives an interval of."""
    days, worse, months = with_reference(rows), days_of(rows, "worse"), calendar_months(rows["day"])
    metrics = {name: metric_by_day(name, days) for name in ("log_loss", "roc_auc", "brier_skill")}
    gaps = {name: Difference(metrics[name], metric_by_day(name, worse)) for name in ("log_loss", "roc_auc")}
    means = {f"{name}, mean of months": MonthMean(metric, months) for name, metric in metrics.items()}
    outcome = rows["outcome"].to_numpy(np.float64)
    return {
        **metrics,
        **means,
        "rate": mean_by_day(rows["day"], outcome),
        "calibration_gap": mean_by_day(rows["day"], rows["probability"].to_numpy() - outcome),
        **{f"{name}, difference": gap for name, gap in gaps.items()},
        "roc_auc, difference of means": Difference(
            means["roc_auc, mean of months"], MonthMean(metric_by_day("roc_auc", worse), months)
        ),
    }


def by_blocks(metric: DayMetric) -> Estimate:
    """As intervals of levels were made before: blocks of days, wherever they stand."""
    days = np.arange(len(metric.weight))[None]
    (value,), influence = metric.of(days)
    (error,), (freedom,) = errors_by_blocks(influence, metric.weight[None], PARAMS.block_days)
    return Estimate(float(value), float(error), float(freedom), OTHER_MONTHS)


def coverage(drawn: list[dict[str, Estimate]], truths: list[Mapping[str, float]]) -> dict[str, float]:
    """How often the interval of each metric holds its truth."""
    held: dict[str, list[bool]] = {}
    for estimates, truth in zip(drawn, truths, strict=True):
        for name, estimated in estimates.items():
            low, high = estimated.interval(PARAMS.level)[1:3]
            held.setdefault(name, []).append(low <= truth[name] <= high)
    return {name: float(np.mean(holds)) for name, holds in held.items()}


def missed(held: Mapping[str, float], least: float, most: float) -> dict[str, float]:
    return {name: share for name, share in held.items() if not least <= share <= most}


def test_simulated_months_differ_as_much_as_those_of_the_data():
    rows = seasons(1, 84)
    metric, months = metric_by_day("log_loss", days_of(rows)), calendar_months(rows["day"])
    _, (influence,) = metric.of(np.arange(len(months))[None])
    dependence = fit_dependence(influence, months)
    assert dependence.month_share == pytest.approx(MONTH_SHARE, abs=0.06)
    assert dependence.lags[0] == pytest.approx(NEXT_DAY, abs=0.08)
    assert np.abs(dependence.lags[1:]).max() < 0.06


@small_and_nightly((60, 0.78, 0.99, 0.8), (1000, 0.86, 0.94, 0.75), "draws, least, most, old_most")
def test_intervals_about_other_months_hold_and_the_old_ones_of_levels_do_not(
    draws: int, least: float, most: float, old_most: float
):
    """Within 3 points of 90 %, and what 1,000 draws leave open; the truth is the mean of all draws.

    The ROC AUC of all months' rows together is no sum of what months add where they differ as here, by 9 % of its
    variance: it holds in 85 %. In the data that is below 1 %, and coverage.csv has 90 %. Skill is a mean of months.
    """
    new: list[dict[str, Estimate]] = []
    old: list[dict[str, Estimate]] = []
    for seed in range(draws):
        metrics = published(rows := seasons(seed, MONTHS))
        new.append({name: estimate(metric, calendar_months(rows["day"]), PARAMS) for name, metric in metrics.items()})
        old.append({name: by_blocks(metrics[name]) for name in LEVELS})
    assert {estimated.about for estimates in new for estimated in estimates.values()} == {OTHER_MONTHS}
    truth = {name: float(np.mean([estimates[name].value for estimates in new])) for name in new[0]}
    held = coverage(new, [truth] * draws)
    held.pop("brier_skill")
    assert held.pop("roc_auc") > least - 0.03
    assert missed(held, least, most) == {}
    assert missed(coverage(old, [truth] * draws), 0.5, old_most) == {}


@small_and_nightly((40, 0.75, 1), (1000, 0.86, 0.945), "draws, least, most")
@pytest.mark.parametrize("months", [1, 2])
def test_intervals_about_these_months_hold_for_other_days_of_the_same_months(
    draws: int, least: float, most: float, months: int
):
    new, truths = [], []
    for seed in range(draws):
        rows, same = seasons(seed, months), seasons(10**6 + seed, months, season_effects(seed, months), copies=20)
        metrics = published(rows)
        new.append({name: estimate(metric, calendar_months(rows["day"]), PARAMS) for name, metric in metrics.items()})
        truths.append({name: point_estimate(metric) for name, metric in published(same).items()})
    assert {estimated.about for estimates in new for estimated in estimates.values()} == {THESE_MONTHS}
    assert missed(coverage(new, truths), least, most) == {}


@small_and_nightly((40, 0.75, 1), (400, 0.86, 0.965), "draws, least, most")
@pytest.mark.parametrize("metric", ["average_precision", "ece"])
def test_drawn_intervals_hold_for_other_days_of_the_same_months(draws: int, least: float, most: float, metric: str):
    held = 0
    for seed in range(draws):
        rows, same = seasons(seed, 2), seasons(10**6 + seed, 2, season_effects(seed, 2), copies=20)
        _, low, high, about = bootstrap_interval(metric, days_of(rows), PARAMS)
        held += low <= metric_value(metric, days_of(same)) <= high
        assert about == THESE_MONTHS
    assert least <= held / draws <= most
