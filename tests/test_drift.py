"""The population stability index against its definition and its laws."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontime.core.drift import bin_counts, psi, reference_profile, whole_weeks

counts = st.lists(st.integers(0, 500), min_size=2, max_size=8)


def slow_psi(reference: list[float], current: list[float]) -> float:
    reference, current = [n + 0.5 for n in reference], [n + 0.5 for n in current]
    shares = [(r / sum(reference), c / sum(current)) for r, c in zip(reference, current, strict=True)]
    return sum((c - r) * math.log(c / r) for r, c in shares)


@given(st.integers(2, 8).flatmap(lambda n: st.tuples(*[st.lists(st.integers(0, 500), min_size=n, max_size=n)] * 2)))
def test_psi_is_its_definition_symmetric_and_never_negative(pair: tuple[list[int], list[int]]):
    reference, current = (pd.Series(counts) for counts in pair)
    assert psi(reference, current) == pytest.approx(slow_psi(*pair), abs=1e-12)
    assert psi(reference, current) == pytest.approx(psi(current, reference), abs=1e-12)
    assert psi(reference, current) >= -1e-12


@given(counts)
def test_psi_is_silent_on_equal_data(values: list[int]):
    assert psi(pd.Series(values), pd.Series(values)) == 0


def test_bins_are_half_open_and_missing_rows_have_their_own():
    values = pd.Series([-1.0, 0, 4.9, 5, 100, None])
    assert bin_counts(values, (0, 5)).tolist() == [1, 2, 2, 1]
    assert bin_counts(values, (0, 5)).index.tolist() == ["[, 0)", "[0, 5)", "[5, )", "missing"]


def test_values_are_their_own_bins_and_new_ones_count_as_shift():
    before = bin_counts(pd.Series(["a"] * 50 + ["missing"] * 50), None)
    now = bin_counts(pd.Series(["a"] * 50 + ["c"] * 50), None)
    assert before.to_dict() == {"=a": 50, "=missing": 50, "missing": 0}
    assert psi(before, now) > 1


def weekly(values: pd.Series) -> dict:
    day = pd.Series(pd.date_range("2020-01-01", periods=len(values) // 10 + 1).repeat(10)[: len(values)])
    return reference_profile(values, whole_weeks(day))


def test_a_reference_is_binned_at_its_deciles_and_its_shares_add_up():
    random = np.random.default_rng(0)
    values = pd.Series(random.normal(size=700))
    values[::7] = np.nan
    profile = weekly(values)
    assert len(profile["bins"]) == 9
    assert profile["shares"][:-1] == pytest.approx([0.9 * 6 / 7 / 9] * 10, abs=0.02)
    assert profile["missing"] == profile["shares"][-1] == pytest.approx(1 / 7, abs=1e-6)
    assert sum(profile["shares"]) == pytest.approx(1, abs=1e-5)


def test_a_reference_of_text_has_a_bin_for_each_value():
    profile = weekly(pd.Series(["b", "a", None, "a"] * 100, dtype="str"))
    assert profile["bins"] == ["a", "b"]
    assert profile["shares"] == [0.5, 0.25, 0.25]


def test_one_week_in_twenty_of_the_reference_itself_is_above_the_threshold():
    values = pd.Series(np.random.default_rng(0).normal(size=70 * 100))
    weeks = np.arange(len(values)) // 70
    profile = reference_profile(values, weeks)
    whole = bin_counts(values, profile["bins"])
    own = [psi(whole, bin_counts(values[weeks == week], profile["bins"])) for week in range(100)]
    assert sum(week > profile["threshold"] for week in own) == 5


def test_what_always_is_the_same_and_what_is_never_there_have_profiles():
    same, never = weekly(pd.Series([3.0] * 140)), weekly(pd.Series([np.nan] * 140))
    assert same["shares"] == [0, 1, 0]
    assert never["missing"] == 1
    assert max(same["threshold"], never["threshold"]) < 0.01


def test_a_week_that_is_not_whole_has_no_number():
    day = pd.Series(pd.date_range("2020-01-01", periods=16))
    assert list(whole_weeks(day)) == [0] * 7 + [1] * 7 + [-1] * 2
