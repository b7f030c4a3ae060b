"""What failures and drifts cost, and whether the intervals hold."""

import numpy as np
import pandas as pd
import pytest
from simulated import year

from ontime.core.features.failing_sources import Disturbance
from ontime.core.robustness.stress import (
    SimulatedDrift,
    disturbance_costs,
    drift_costs,
    feature_shift,
    most_needed_source,
    sampled,
    simulated_drifts,
)
from ontime.core.statistics.day_metrics import Difference, metric_by_day
from ontime.core.statistics.day_metrics import point_estimate as of_days
from ontime.core.statistics.intervals import Interval, difference, estimate
from ontime.core.statistics.metrics import Days, calendar_months, metric_value
from ontime.params import Intervals, Stress

INTERVALS = Intervals(level=0.9, replicates=200, block_days=7, simulations=100, seed=1)
STRESS = Stress(every_days=5, stale_hours=[1], shares=[0.3], storm_share=0.1, times=[0.5, 2.0, 3.0])
ALIKE = 0.2  # correlation of neighbouring days
NAMES = ("worse", "probability")
SILENT = Disturbance("a", "missing", 1.0)


def days_of(frame: pd.DataFrame, name: str = "probability") -> Days:
    return Days(frame["day"], frame["outcome"], frame[name].to_numpy())


def test_sampled_days_are_the_same_in_every_month_and_all_weekdays_take_turns():
    day = pd.Series(pd.date_range("2013-04-01", "2013-10-31"))
    chosen = sampled(day, 5)
    assert chosen.sum() in {42, 43}
    assert set(day[chosen].dt.day_of_week) == set(range(7))
    assert sampled(day[100:], 5).tolist() == chosen[100:].tolist()


def test_what_says_the_same_costs_nothing_and_what_says_worse_costs_more_than_its_interval():
    rows = year(1, 60, ALIKE)
    disturbed = {SILENT: rows["probability"].to_numpy(), Disturbance("b", "stale", 2.0): rows["worse"].to_numpy()}
    table = disturbance_costs(rows, disturbed, INTERVALS)
    same, worse = (Interval.from_columns(table.iloc[place], "log_loss_difference") for place in (0, 1))
    assert same[:3] == (0, 0, 0)
    assert worse.low > 0
    assert table.loc[1, "roc_auc_difference_high"] < 0
    assert table.loc[1, "log_loss"] == pytest.approx(metric_value("log_loss", days_of(rows, "worse")), abs=1e-5)
    assert table[["what", "kind", "level"]].iloc[1].tolist() == ["b", "stale", 2.0]


def test_the_source_that_must_never_fail_is_the_one_whose_silence_costs_most():
    rows = year(2, 60, ALIKE)
    disturbed = {
        Disturbance("every source", "missing", 1.0): np.full(len(rows), 0.01),
        Disturbance("little", "missing", 1.0): rows["probability"].to_numpy(),
        Disturbance("much", "missing", 1.0): rows["worse"].to_numpy(),
        Disturbance("little", "stale", 1.0): np.full(len(rows), 0.01),
    }
    needed = most_needed_source(rows, disturbed, INTERVALS)
    assert (needed["source"], needed["next"]) == ("much", "little")
    assert needed["more_than_the_next"]["low"] > 0
    assert needed["sentence"].startswith("much: without it log loss rises by 0.0")
    assert "more than without the next, little" in needed["sentence"]
    both = {**disturbed, Disturbance("little", "missing", 1.0): rows["worse"].to_numpy()}
    alike = most_needed_source(rows, both, INTERVALS)
    assert "not surely more than without the next" in alike["sentence"]


def test_drift_draws_rows_so_many_times_as_often_and_keeps_every_day():
    rows = year(3, 60)
    true = rows["outcome"].to_numpy()
    drifts = [SimulatedDrift("true", "base rate", times, true) for times in (1.0, 2.0, 0.5)]
    table = drift_costs(rows, drifts, INTERVALS)
    assert table.loc[0, ["log_loss_difference", "roc_auc_difference"]].tolist() == [0, 0]
    odds = [rate / (1 - rate) for rate in table["rate"]]
    assert odds[1] == pytest.approx(2 * odds[0], rel=1e-2)
    assert odds[2] == pytest.approx(odds[0] / 2, rel=1e-2)
    assert table["roc_auc_difference"].tolist() == [0, 0, 0]
    weights = np.where(true, 2, 1)
    losses_ = -np.log(np.where(true, rows["probability"], 1 - rows["probability"]))
    assert table.loc[1, "log_loss"] == pytest.approx(np.average(losses_, weights=weights), abs=1e-4)


def test_the_worst_days_are_those_with_most_true_outcomes_and_rare_categories_are_left_out():
    rows = year(4, 50).assign(place="common")
    rows.loc[:20, "place"] = "rare"
    rows.loc[rows.index % 2 == 0, "place"] = "other"
    drifts = simulated_drifts(rows, ["place"], STRESS)
    worst = next(drift for drift in drifts if drift.kind == "days")
    rates = rows.groupby("day")["outcome"].mean()
    assert rows.loc[worst.rows, "day"].nunique() == 5
    assert rates[rows.loc[worst.rows, "day"].unique()].min() >= rates[rows.loc[~worst.rows, "day"].unique()].max()
    assert [drift.what for drift in drifts if drift.kind == "mix"] == ["place common", "place other"]
    assert [drift.times for drift in drifts if drift.kind == "days"] == STRESS.times


def test_intervals_of_a_disturbance_hold_with_as_few_days_as_are_sampled():
    whole = year(999, 6000, ALIKE)
    truth = metric_value("log_loss", days_of(whole, "worse")) - metric_value("log_loss", days_of(whole))
    held = 0
    for seed in range(100):
        frame = year(seed, 210, ALIKE)
        frame = frame[sampled(frame["day"], 5)]
        one, other = (metric_by_day("log_loss", days_of(frame, name)) for name in NAMES)
        _, low, high, _ = difference(one, other, calendar_months(frame["day"]), INTERVALS)
        held += low <= truth <= high
    assert 82 <= held <= 98


def test_intervals_of_a_drift_hold_with_days_that_resemble_their_neighbours():
    def gap(frame: pd.DataFrame) -> Difference:
        rows = next(drift.rows for drift in simulated_drifts(frame, [], STRESS) if drift.kind == "days")
        drawn = frame.iloc[np.repeat(np.arange(len(frame)), np.where(rows, 3, 1))]
        return Difference(*(metric_by_day("log_loss", days_of(rows)) for rows in (drawn, frame)))

    truth, held = of_days(gap(year(999, 6000))), 0
    for seed in range(100):
        frame = year(seed, 214)
        _, low, high, _ = estimate(gap(frame), calendar_months(frame["day"]), INTERVALS).interval(INTERVALS.level)
        held += low <= truth <= high
    assert held >= 85


def test_the_shift_of_a_month_is_nothing_where_it_is_what_was_learned_from():
    random = np.random.default_rng(5)
    place = pd.Series(["a", "b"] * 2000, dtype="str")
    day = pd.Timestamp("2020-01-01")
    learned = pd.DataFrame({"day": day, "late": random.normal(size=4000), "place": place})
    types = {"late": "float32", "place": "str"}
    assert feature_shift(learned, learned, types)["largest_psi"] < 1e-4
    other = learned.assign(late=learned["late"] + 1)
    shifted = feature_shift(learned, other, types)
    assert shifted["largest_psi_feature"] == "late"
    assert shifted["largest_psi"] > 0.25
    assert shifted["mean_psi"] == pytest.approx(shifted["largest_psi"] / 2, abs=1e-3)
    never = feature_shift(learned, learned.assign(place="never"), types)
    assert never["largest_psi_feature"] == "place"
    assert never["largest_psi"] > 5
