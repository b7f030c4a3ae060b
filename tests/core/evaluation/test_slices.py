"""Bands, what is said of them, and intervals that hold where bands are small."""

import functools
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from simulated import calibrated_rows, small_and_nightly
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from ontime.core.evaluation.slices import band_metrics, bands_of, discoveries, left_out, slice_table
from ontime.core.features.table import declared_features
from ontime.core.statistics.intervals import estimate
from ontime.core.statistics.metrics import calendar_months, log_losses
from ontime.dataset.slices import Slice
from ontime.flights import FLIGHTS
from ontime.params import Intervals

PARAMS = Intervals(level=0.9, replicates=200, block_days=7, simulations=200, seed=1)
SLICES = (
    Slice("kind", "kind"),
    Slice("size", "size", (10.0, 20.0), ("small", "middle", "large"), "unknown size"),
    Slice("past", "size", (), ("some",), "none"),
)


def rows_with_columns(seed: int = 0, days: int = 40, rows: int = 50) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    frame = calibrated_rows(seed, days, rows)
    size = pd.Series(random.choice([5.0, 10.0, 19.9, 20.0, np.nan], len(frame)), dtype="float32")
    return frame.assign(kind=random.choice(["b", "a", "rare"], len(frame), p=[0.5, 0.48, 0.02]), size=size)


def test_numbers_fall_between_edges_and_missing_ones_have_their_band():
    frame = rows_with_columns()
    bands = bands_of(frame, SLICES)
    assert list(bands["kind"].cat.categories) == ["a", "b", "rare"]
    assert bands["size"][frame["size"] == 10].unique().tolist() == ["middle"]
    assert bands["size"][frame["size"] == 20].unique().tolist() == ["large"]
    assert bands["size"][frame["size"] == 5].unique().tolist() == ["small"]
    assert (bands["size"].eq("unknown size") == frame["size"].isna()).all()
    assert (bands["past"].eq("none") == frame["size"].isna()).all()
    assert list(bands["month"].cat.categories) == ["2020-01", "2020-02"]


def test_a_band_that_no_row_is_missing_from_is_not_made():
    frame = rows_with_columns().dropna(subset="size")
    assert list(bands_of(frame, SLICES)["past"].cat.categories) == ["some"]


@pytest.mark.parametrize("declared", FLIGHTS.slices, ids=lambda declared: declared.name)
def test_every_slice_of_the_dataset_has_one_band_more_than_edges_and_a_column(declared: Slice):
    assert len(declared.bands) == (len(declared.edges) + 1 if declared.bands else 0)
    assert list(declared.edges) == sorted(set(declared.edges))
    assert declared.column in {feature.name for feature in declared_features(FLIGHTS.features)}


def test_the_table_says_what_scikit_learn_says():
    frame = rows_with_columns()
    table = slice_table(frame, bands_of(frame, SLICES), 100, PARAMS).set_index(["slice", "band"])
    for key, in_band in ((("kind", "a"), frame["kind"] == "a"), (("all", "all"), frame["kind"] != "")):
        part, line = frame[in_band], table.loc[key]
        probability, outcome = part["probability"], part["outcome"]
        assert (line["rows"], line["days"]) == (len(part), 40)
        assert line["rate"] == pytest.approx(outcome.mean(), abs=1e-4)
        assert line["roc_auc"] == pytest.approx(roc_auc_score(outcome, probability), abs=1e-4)
        assert line["brier"] == pytest.approx(brier_score_loss(outcome, probability), abs=1e-4)
        assert line["calibration_gap"] == pytest.approx((probability - outcome).mean(), abs=1e-4)
        difference = log_loss(outcome, probability) - log_loss(outcome, part["climatology"])
        assert line["log_loss_minus_climatology"] == pytest.approx(difference, abs=1e-4)
        for metric in ("rate", "roc_auc", "brier", "calibration_gap", "log_loss_minus_climatology"):
            assert line[f"{metric}_low"] < line[metric] < line[f"{metric}_high"]


def test_nothing_is_said_of_small_bands_and_their_rows_are_counted():
    frame = rows_with_columns()
    table = slice_table(frame, bands_of(frame, SLICES), 100, PARAMS)
    assert "rare" not in set(table["band"])
    assert left_out(table) == {"kind": int((frame["kind"] == "rare").sum())}
    assert table["rows"].min() >= 100


def test_nothing_is_said_of_a_band_where_the_outcome_hardly_differs():
    frame = rows_with_columns()
    frame.loc[frame["kind"] == "a", "outcome"] = False
    table = slice_table(frame, bands_of(frame, SLICES), 100, PARAMS)
    assert "a" not in set(table["band"])
    assert left_out(table)["kind"] == int(frame["kind"].isin(["a", "rare"]).sum())


def test_a_band_that_is_off_is_called_so_and_the_others_are_not():
    frame = rows_with_columns(days=120)
    wrong = frame["kind"] == "a"
    frame["probability"] = frame["probability"].where(~wrong, np.clip(frame["probability"] + 0.2, 0, 1))
    table = slice_table(frame, bands_of(frame, SLICES[:1]), 100, PARAMS).set_index(["slice", "band"])
    assert table.loc[("kind", "a"), "miscalibrated"]
    assert not table.loc[("kind", "b"), "miscalibrated"]


@small_and_nightly((40, 0.2), (200, 0.15), "draws, most")
def test_of_bands_that_are_right_hardly_one_is_called_off(draws: int, most: float):
    """At most 10 % of tables may call any band of a model that is right: 200 tables show 10 % as up to 15 %."""
    random = np.random.default_rng(0)
    called = 0
    for seed in range(draws):
        frame = calibrated_rows(seed, 84, 40)
        frame["kind"] = random.choice(list("abcdefgh"), len(frame))
        gaps = [(band_metrics(part)["calibration_gap"], part["day"]) for _, part in frame.groupby("kind")]
        kept = [estimate(gap, calendar_months(day), PARAMS).p_value() for gap, day in gaps]
        called += discoveries(np.array(kept), 1 - PARAMS.level).any()
    assert called / draws <= most


def step_up(p_values: np.ndarray, rate: float) -> np.ndarray:
    """The rule as it was published: in order, all up to the last one that is small enough for its place."""
    order = np.argsort(p_values, kind="stable")
    passed = np.flatnonzero(p_values[order] <= rate * np.arange(1, len(p_values) + 1) / len(p_values))
    standing_out = np.zeros(len(p_values), dtype=bool)
    standing_out[order[: passed[-1] + 1 if len(passed) else 0]] = True
    return standing_out


unlikely = st.floats(0, 1) | st.floats(0, 0.05) | st.sampled_from([0.0, 0.013, 1.0, np.nan])  # with ties


@given(st.lists(unlikely, min_size=1, max_size=30), st.sampled_from([1 - 0.9, 0.05, 0.2]))
def test_discoveries_are_those_of_the_step_up_rule(drawn: list[float], rate: float):
    p_values = np.array(drawn)
    bounds = rate * np.arange(1, len(p_values) + 1) / len(p_values)
    assume(np.nanmin(np.abs(np.append(p_values, np.inf)[:, None] - bounds)) > 1e-12)  # where rounding would decide
    assert (discoveries(p_values, rate) == step_up(p_values, rate)).all()


def test_what_is_certain_is_no_discovery():
    assert not discoveries(np.ones(5), 0.1).any()


def few_rows_a_day(frame: pd.DataFrame) -> np.ndarray:
    return np.arange(len(frame)) % 40 < 4


def few_days(frame: pd.DataFrame) -> np.ndarray:
    """Spells of two days, five days apart."""
    return (frame["day"] - frame["day"].min()).dt.days.to_numpy() % 7 < 2


def one_month(frame: pd.DataFrame) -> np.ndarray:
    return (frame["day"] < frame["day"].min() + pd.Timedelta(days=30)).to_numpy()


@small_and_nightly((60, 0.8, 1), (200, 0.845, 0.985), "draws, least, most")
@pytest.mark.parametrize("chosen", [few_rows_a_day, few_days, one_month])
def test_intervals_of_small_slices_hold(
    chosen: Callable[[pd.DataFrame], np.ndarray], draws: int, least: float, most: float
):
    """In 200 simulations, 90 % shows as 84.5 to 95.5 %, and intervals may be too wide rather than too narrow."""
    truth, held = the_truth(), dict.fromkeys(the_truth(), 0)
    for seed in range(draws):
        frame = calibrated_rows(seed, 120, 40)
        part = frame[chosen(frame)]
        metrics, months = band_metrics(part), calendar_months(part["day"])
        for name, true in truth.items():
            _, low, high, _ = estimate(metrics[name], months, PARAMS).interval(PARAMS.level)
            held[name] += low <= true <= high
    assert {name: count for name, count in held.items() if not least <= count / draws <= most} == {}


@functools.cache
def the_truth() -> dict[str, float]:
    whole = calibrated_rows(999, 6000, 40)
    probability, outcome = whole["probability"], whole["outcome"]
    assert (probability - outcome).mean() == pytest.approx(0, abs=0.005)
    ranking, error = roc_auc_score(outcome, probability), brier_score_loss(outcome, probability)
    return {"roc_auc": ranking, "brier": error, "calibration_gap": 0.0}


def test_log_losses_are_finite_where_a_certainty_was_wrong():
    assert log_losses(np.array([0.0, 1.0]), np.array([True, False])).tolist() == pytest.approx([13.8155, 13.8155])
