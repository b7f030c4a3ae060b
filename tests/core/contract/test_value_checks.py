"""Checks of columns as predicates over arrays: what pandera says of the same values, for every kind of check."""

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pytest
from toy.clocks import PLANNED

from ontime.core.contract.columns import column
from ontime.core.contract.value_checks import REMEMBERED, named_checks, value_check
from ontime.core.contract.values import column_values

NOON = pd.Timestamp("2013-01-01T12:00Z")
NUMBERS, TEXTS = [None, -2, 0, 1, 2, 3, 2**53, 2**53 + 1, 2**62], [None, "", "A", "B", "AB", "ABC", "a1"]
MOMENTS = [pd.NaT, NOON, NOON + pd.Timedelta("1us"), NOON - pd.Timedelta("400D")]
KINDS = [
    ("Int64", NUMBERS, pa.Check.in_range(0, 2)),
    ("Int64", NUMBERS, pa.Check.in_range(0, 2**53, include_min=False, include_max=False)),
    ("Int64", NUMBERS, pa.Check.ge(1)),
    ("Int64", NUMBERS, pa.Check.gt(1)),
    ("Int64", NUMBERS, pa.Check.le(2**53)),
    ("Int64", NUMBERS, pa.Check.lt(2**53)),
    ("Int64", NUMBERS, pa.Check.isin([1, 2**53 + 1])),
    ("Int64", NUMBERS, pa.Check.ne(2**53 + 1)),
    ("Int64", NUMBERS, pa.Check(lambda values: values % 2 == 0, name="even")),
    ("Int64", NUMBERS, pa.Check(lambda value: value > 1, name="each", element_wise=True)),
    ("Int64", NUMBERS, value_check("even", lambda values: values % 2 == 0)),
    ("float64", [None, -1.5, 0.0, 2.0, float("inf")], pa.Check.in_range(-1, 2)),
    ("float64", [None, -1.5, 0.0, 2.0, float("inf")], pa.Check.eq(0.0)),
    ("str", TEXTS, pa.Check.isin(["A", "AB"])),
    ("str", TEXTS, pa.Check.str_matches(r"^[A-Z]{2}$")),
    ("str", TEXTS, pa.Check.str_matches(r"[A-Z]")),
    ("str", TEXTS, pa.Check.str_length(1, 2)),
    ("str", TEXTS, pa.Check.str_startswith("A")),
    ("str", TEXTS, value_check("known", lambda values: np.array([value in {"A"} for value in values], dtype=bool))),
    ("boolean", [None, True, False], pa.Check.isin([True])),
    ("datetime64[us, UTC]", MOMENTS, pa.Check.in_range(NOON, NOON + pd.Timedelta("1D"))),
    ("datetime64[us, UTC]", MOMENTS, pa.Check.gt(NOON)),
    ("datetime64[us, UTC]", MOMENTS, pa.Check.isin([NOON])),
    (
        "datetime64[us]",
        [pd.NaT, pd.Timestamp("2013-01-01"), pd.Timestamp("2012-12-31")],
        pa.Check.le(pd.Timestamp("2012-12-31")),
    ),
]


def frame_of(dtype: str, values: list) -> pd.DataFrame:
    return pd.DataFrame({"value": pd.Series(values, dtype=dtype)})


def by_pandera(declared: pa.Column, frame: pd.DataFrame) -> list[tuple[int, str]]:
    try:
        pa.DataFrameSchema({"value": declared}).validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        return sorted(error.failure_cases[["index", "check"]].itertuples(index=False, name=None))
    return []


@pytest.mark.parametrize(
    ("dtype", "values", "check"), KINDS, ids=[f"{dtype} {check.name}" for dtype, _, check in KINDS]
)
def test_what_breaks_is_what_pandera_says_together_and_one_by_one(dtype: str, values: list, check: pa.Check):
    declared = column(dtype, check, clock=PLANNED, reason="", nullable=True)
    frame = frame_of(dtype, values * 2)
    (named,) = named_checks("value", declared)
    content, missing = column_values(frame["value"], dtype)
    there = np.flatnonzero(~missing)
    expected = by_pandera(declared, frame)
    assert [(row, named.rule) for row in there[~named.holds(content[there])]] == expected
    (named,) = named_checks("value", declared)
    alone = [row for row in there if not named.holds(content[[row]])[0]]
    assert alone == [row for row, _ in expected]
    assert 0 < len(alone) < len(there)


def test_a_check_of_values_together_is_refused_when_it_is_asked():
    together = column("Int64", pa.Check(lambda values: values.mean() > 2), clock=PLANNED, reason="")
    (named,) = named_checks("weight", together)
    with pytest.raises(ValueError, match="a check of weight judges more than a value by itself"):
        named.holds(np.array([1, 5]))


def test_a_check_of_another_kind_is_asked_once_of_a_value_and_forgets_when_there_are_many():
    calls: list[int] = []

    def even(values: pd.Series) -> pd.Series:
        calls.append(len(values))
        return values % 2 == 0

    (named,) = named_checks("weight", column("Int64", pa.Check(even, name="even"), clock=PLANNED, reason=""))
    assert named.holds(np.array([1, 2, 2, 1])).tolist() == [False, True, True, False]
    assert named.holds(np.array([2, 1])).tolist() == [True, False]
    assert calls == [2]
    assert named.holds(np.arange(REMEMBERED + 1)).sum() == REMEMBERED / 2 + 1
    assert named.holds(np.array([1, 2])).tolist() == [False, True]
    assert calls == [2, REMEMBERED - 1, 2]
