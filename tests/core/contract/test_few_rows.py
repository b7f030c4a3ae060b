"""Shares, shifts and measures of few rows: what chance alone gives is no finding, what it does not is one."""

import numpy as np
import pandas as pd
import pytest

from ontime.core.contract.few_rows import FEW, beyond_few, chance_shift, moved_rows, tolerated_share, within_by_chance
from ontime.core.profiles.distances import psi_by_bin

CATEGORIES = [f"={number}" for number in range(229)]
SHARES = {
    "one falls after another": 1 / np.arange(1, 230),
    "all alike": np.ones(229),
    "most are rare": np.random.default_rng(1).gamma(0.3, size=229),
}


def counts(random: np.random.Generator, rows: int, shares: np.ndarray) -> pd.Series:
    """Rows by category; those without a row are not there."""
    drawn = pd.Series(random.multinomial(rows, shares / shares.sum()), index=CATEGORIES)
    return drawn[drawn > 0]


@pytest.mark.parametrize(
    ("before", "rows", "shares"),
    [
        (700, 700, "one falls after another"),
        (7000, 700, "all alike"),
        (1250, 1250, "most are rare"),
        (12_500, 1250, "one falls after another"),
        (7000, 6, "all alike"),
        (6, 7000, "one falls after another"),
    ],
)
def test_sound_months_are_beyond_chance_about_once_in_a_thousand(before: int, rows: int, shares: str):
    random = np.random.default_rng([before, rows])
    pairs = [(counts(random, before, SHARES[shares]), counts(random, rows, SHARES[shares])) for _ in range(30)]
    assert sum(psi_by_bin(*pair) > chance_shift(*pair) for pair in pairs) <= 1  # 2 or more: 0.04 % of the time


def test_what_chance_gives_falls_with_the_rows_and_is_the_same_every_time():
    random, shares = np.random.default_rng(2), SHARES["all alike"]
    chance = [chance_shift(counts(random, 10 * rows, shares), counts(random, rows, shares)) for rows in (700, 7000)]
    assert chance[0] > 0.25
    assert chance[1] < 0.1
    again = np.random.default_rng(2)
    assert chance_shift(counts(again, 7000, shares), counts(again, 700, shares)) == chance[0]


def test_rows_that_moved_are_counted_from_either_side():
    before = pd.Series({"=a": 60, "=b": 40})
    assert moved_rows(before, pd.Series({"=a": 6, "=b": 4})) == pytest.approx(0)
    assert moved_rows(before, pd.Series({"=b": 5})) == pytest.approx(3)
    assert moved_rows(before, pd.Series({"=c": 5})) == pytest.approx(5)


def test_of_a_billion_rows_chance_moves_nothing():
    many = pd.Series([10**9, 10**9], index=["=a", "=b"])
    assert chance_shift(many, many) == 0


@pytest.mark.parametrize(("rows", "may"), [(1, 1), (5, 5), (6, 5), (100, 5), (500, 5), (600, 6), (100_000, 1000)])
def test_a_few_rows_may_be_broken_and_of_many_the_share(rows: int, may: int):
    broken = np.arange(rows + 1)
    assert broken[broken <= tolerated_share(0.01, rows) * rows].max() == may
    assert tolerated_share(0.01, 0) == 0.01


@pytest.mark.parametrize(
    ("share", "usual", "rows", "beyond"),
    [(1 / 6, 0.05, 6, False), (1.0, 0.95, 6, False), (1.0, 0.05, 6, True), (1.0, 0.95, 2000, True)],
)
def test_a_share_is_beyond_what_is_usual_by_more_than_a_few_rows(share: float, usual: float, rows: int, beyond: bool):
    assert beyond_few(share, usual, rows) == beyond
    assert not beyond_few(usual + FEW / rows, usual, rows)


def share_missing(frame: pd.DataFrame) -> float:
    return float(frame["x"].isna().mean())


@pytest.mark.parametrize(
    ("missing", "rows", "by_chance"), [(1, 6, True), (6, 6, False), (5, 40, True), (40, 400, True), (120, 400, False)]
)
def test_a_number_of_few_rows_is_within_by_chance_where_other_rows_would_bring_it_there(
    missing: int, rows: int, by_chance: bool
):
    frame = pd.DataFrame({"x": np.where(np.arange(rows) < missing, np.nan, 1.0)})
    assert within_by_chance(share_missing, frame, 0, 0.1) == by_chance


def test_many_rows_are_taken_at_their_word():
    frame = pd.DataFrame({"x": np.where(np.arange(2000) < 201, np.nan, 1.0)})
    assert not within_by_chance(share_missing, frame, 0, 0.1)
    assert within_by_chance(share_missing, frame.iloc[::4], 0, 0.1)
