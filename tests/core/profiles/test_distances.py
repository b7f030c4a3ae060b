"""Each distance against an oracle, and against the laws that it must keep."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial import distance
from scipy.stats import chi2_contingency, ks_2samp, wasserstein_distance

from ontime.core.profiles.distances import TESTS, bin_counts, chi_square, jensen_shannon, psi, psi_by_bin, wasserstein

BINS = 6  # and one of missing rows
POSITIONS = np.array([-1.5, -0.5, 0.1, 0.2, 1.0, 4.0])
ORDERED = ("kolmogorov_smirnov", "wasserstein")

counted = arrays(np.int64, BINS + 1, elements=st.integers(0, 500)).filter(lambda counts: counts.sum() > 0)
pairs = st.tuples(counted, counted)


def values(counts: np.ndarray, missing: float) -> np.ndarray:
    """Rows that are counted so."""
    return np.repeat([*POSITIONS, missing], counts)


@given(pairs)
def test_psi_is_its_definition(pair: tuple[np.ndarray, np.ndarray]):
    smaller = min(counts.sum() for counts in pair)
    scaled = [counts * (smaller / counts.sum()) + 0.5 for counts in pair]
    shares = [counts / counts.sum() for counts in scaled]
    by_hand = sum((c - r) * math.log(c / r) for r, c in zip(*shares, strict=True))
    assert psi(*pair) == pytest.approx(by_hand, abs=1e-12)
    assert psi_by_bin(*map(pd.Series, pair)) == pytest.approx(by_hand, abs=1e-12)


@given(pairs)
def test_jensen_shannon_is_that_of_scipy(pair: tuple[np.ndarray, np.ndarray]):
    assert jensen_shannon(*pair) == pytest.approx(distance.jensenshannon(*pair, base=2), abs=1e-7)


@given(pairs)
def test_kolmogorov_smirnov_is_that_of_scipy_on_rows_in_these_bins(pair: tuple[np.ndarray, np.ndarray]):
    raw = ks_2samp(*(values(counts, 99.0) for counts in pair), method="asymp").statistic
    assert TESTS["kolmogorov_smirnov"](*pair, POSITIONS) == pytest.approx(raw, abs=1e-12)


def test_kolmogorov_smirnov_of_raw_values_is_found_at_the_edges():
    random = np.random.default_rng(0)
    one, other = random.normal(size=3000), random.normal(0.3, 1.2, size=2000)
    edges = np.quantile(one, np.arange(1, 100) / 100)
    counts = [np.bincount(np.searchsorted(edges, raw), minlength=101) for raw in (one, other)]
    binned = TESTS["kolmogorov_smirnov"](*counts, np.arange(100.0))
    assert ks_2samp(one, other).statistic - 0.01 <= binned <= ks_2samp(one, other).statistic


@given(pairs)
def test_wasserstein_is_that_of_scipy_and_a_spread_for_each_row_that_goes_missing(pair: tuple[np.ndarray, np.ndarray]):
    gone = abs(np.subtract(*(counts[-1] / counts.sum() for counts in pair)))
    present = [counts[:-1] for counts in pair]
    moved = wasserstein_distance(POSITIONS, POSITIONS, *present) if min(map(np.sum, present)) > 0 else 0
    assert wasserstein(*pair, POSITIONS) == pytest.approx(moved + gone, abs=1e-9)


@given(pairs)
def test_chi_square_has_the_p_value_of_scipy(pair: tuple[np.ndarray, np.ndarray]):
    table = np.array(pair)[:, np.sum(pair, axis=0) > 0]
    chance = chi2_contingency(table, correction=False).pvalue
    assert chi_square(*pair) == pytest.approx(min(-math.log10(chance) if chance > 0 else 300, 300), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize("positions", [POSITIONS, None], ids=["numbers", "categories"])
@given(pair=pairs)
def test_every_test_is_silent_on_equal_shares_symmetric_and_never_negative(test, positions, pair):
    one, other = pair
    measure = TESTS[test]
    assert measure(one, one, positions) == pytest.approx(0, abs=1e-6)
    assert measure(one, other, positions) == pytest.approx(measure(other, one, positions), abs=1e-9)
    assert measure(one, other, positions) >= -1e-12
    assert measure(one, 3 * one, positions) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("test", ORDERED)
@given(pair=pairs)
def test_the_order_of_categories_says_nothing(test, pair):
    turned = [counts[[2, 0, 5, 1, 4, 3, 6]] for counts in pair]
    assert TESTS[test](*pair, None) == pytest.approx(TESTS[test](*turned, None), abs=1e-12)


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize("positions", [POSITIONS, None], ids=["numbers", "categories"])
def test_many_windows_at_once_are_one_after_another(test, positions):
    random = np.random.default_rng(1)
    reference, windows = random.integers(0, 900, BINS + 1), random.integers(0, 90, (5, 3, BINS + 1))
    together = TESTS[test](reference, windows, positions)
    assert together.shape == (5, 3)
    assert together[4, 1] == TESTS[test](reference, windows[4, 1], positions)


def test_only_wasserstein_tells_a_near_move_from_a_far_one():
    reference = np.array([100, 100, 0, 0, 0, 0, 0])
    near, far = np.array([100, 0, 100, 0, 0, 0, 0]), np.array([100, 0, 0, 0, 0, 100, 0])
    for name, test in TESTS.items():
        further = float(test(reference, far, POSITIONS) - test(reference, near, POSITIONS))
        assert further == pytest.approx(1.95 if name == "wasserstein" else 0, abs=1e-9)


def test_bins_are_half_open_and_missing_rows_have_their_own():
    rows = pd.Series([-1.0, 0, 4.9, 5, 100, None])
    assert bin_counts(rows, (0, 5)).tolist() == [1, 2, 2, 1]
    assert bin_counts(rows, (0, 5)).index.tolist() == ["[, 0)", "[0, 5)", "[5, )", "missing"]


def test_values_are_their_own_bins_and_new_ones_count_as_shift():
    before = bin_counts(pd.Series(["a"] * 50 + ["missing"] * 50), None)
    now = bin_counts(pd.Series(["a"] * 50 + ["c"] * 50), None)
    assert before.to_dict() == {"=a": 50, "=missing": 50, "missing": 0}
    assert psi_by_bin(before, now) > 1
