"""In how many bands chance alone makes a gap look real, where bands share their days."""

import numpy as np
import pandas as pd
import pytest
from simulated import PARAMS, seasons

from ontime.core.evaluation.chance import bands_by_chance
from ontime.core.evaluation.slices import bands_of, rows_of_bands, slice_table
from ontime.dataset.slices import Slice

KINDS = 12
SLICES = (Slice("kind", "kind"),)


def bands(seed: int, months: int = 7, gap: float = 0.0, alike: bool = False) -> pd.DataFrame:
    """Rows of twelve bands without a gap of their own; alike: all bands hold the same rows."""
    frame = seasons(seed, months)
    chance = np.random.default_rng(seed).random(len(frame)) < frame["probability"]
    kind = np.random.default_rng([seed, 1]).integers(0, KINDS, len(frame))
    frame = frame.assign(outcome=chance, kind=[f"kind {number:02}" for number in kind])
    if alike:
        frame = pd.concat([frame.assign(kind=f"kind {number:02}") for number in range(KINDS)], ignore_index=True)
    return frame.assign(probability=np.clip(frame["probability"] + gap, 0, 1))


def parts(frame: pd.DataFrame) -> list[pd.DataFrame]:
    return [part for _, part in frame.groupby("kind")]


def test_the_bands_that_are_off_are_those_of_the_table():
    frame = bands(0, gap=0.01)
    declared = bands_of(frame, SLICES)
    table = slice_table(frame, declared, 100, PARAMS)
    table = table[table["slice"] == "kind"]
    off = ((table["calibration_gap_low"] > 0) | (table["calibration_gap_high"] < 0)).sum()
    recurring = [part for *_, part in rows_of_bands(frame, declared.drop(columns="month"), 100)]
    assert bands_by_chance(recurring, PARAMS).off == off > 0


def test_where_every_band_is_off_chance_hardly_ever_has_so_many():
    found = bands_by_chance(parts(bands(1, gap=0.1)), PARAMS)
    assert found.off == KINDS
    assert found.probability == pytest.approx(1 / 64)


def test_bands_with_the_same_rows_are_off_together():
    """Twelve that are one are off in all or none: so many are no surer a sign than one alone."""
    one = bands_by_chance(parts(bands(2, gap=0.01))[:1], PARAMS)
    same = bands_by_chance(parts(bands(2, gap=0.01, alike=True)), PARAMS)
    assert same.off in (0, KINDS)
    alone = bands_by_chance(parts(bands(2, gap=0.01, alike=True))[:1], PARAMS)
    assert same.expected == pytest.approx(KINDS * alone.expected)
    assert same.probability == alone.probability
    assert one.expected < 1


def test_where_no_band_is_off_so_many_come_as_often_as_is_said():
    """The probability is below a tenth in a tenth of cases at most."""
    drawn = [bands_by_chance(parts(bands(seed)), PARAMS).probability for seed in range(40)]
    assert np.mean(np.array(drawn) <= 0.1) <= 0.2
    assert np.mean(drawn) > 0.4


@pytest.mark.parametrize("months", [2, 13])
def test_of_too_few_or_too_many_months_nothing_is_said(months: int):
    assert bands_by_chance(parts(bands(3, months)), PARAMS) is None
