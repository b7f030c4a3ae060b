"""The population stability index against its definition and its laws."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontime.core.drift import bin_counts, psi

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
