"""Columns of frames and values of single rows as arrays: the same values, exact, and back."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontime.core.contract.values import (
    MISSING,
    Value,
    array_series,
    column_values,
    exact_texts,
    key_text,
    row_values,
    rule_array,
    single_value,
    value_text,
    without_rows,
)
from ontime.dataset.dtypes import ARRAY_TYPES, DAY, FLAG, MOMENT, TABLE_TYPES, TEXT, is_missing

whole_moments = st.integers(-(10**15), 10**16).map(lambda micros: np.datetime64(micros, "us"))
SINGLE: dict[str, st.SearchStrategy[Value]] = {
    "Int64": st.integers(-(2**53), 2**53),
    "float64": st.floats(allow_nan=False),
    TEXT: st.text(max_size=4).filter(lambda text: text.isprintable()),
    FLAG: st.booleans(),
    MOMENT: whole_moments,
    DAY: whole_moments,
}
columns = st.sampled_from(TABLE_TYPES).flatmap(
    lambda dtype: st.tuples(st.just(dtype), st.lists(st.none() | SINGLE[dtype], max_size=5))
)


@given(columns)
def test_values_of_rows_become_those_of_a_frame_and_come_back(column: tuple[str, list[Value]]):
    dtype, given_values = column
    values = row_values(given_values, dtype)
    array = rule_array(values)
    assert array.dtype == ARRAY_TYPES[dtype]
    assert is_missing(array).tolist() == values.missing.tolist() == [value is None for value in given_values]
    series = array_series(array, dtype, pd.RangeIndex(len(array)))
    assert str(series.dtype) == dtype
    again = column_values(series, dtype)
    assert again.missing.tolist() == values.missing.tolist()
    assert again.content[~again.missing].tolist() == values.content[~values.missing].tolist()
    assert [single_value(array, row, dtype) for row in range(len(array))] == given_values


@given(columns)
def test_values_are_shown_as_pandas_shows_them_one_by_one(column: tuple[str, list[Value]]):
    dtype, given_values = column
    values = row_values(given_values, dtype)
    series = array_series(rule_array(values), dtype, pd.RangeIndex(len(given_values)))
    shown = [series[[row]].astype("str").iloc[0] for row in series.index]
    assert exact_texts(values, dtype) == [None if pd.isna(text) else text for text in shown]


def test_whole_numbers_are_exact_beyond_what_floats_hold():
    large = [2**53 + 1, None, -(2**63)]
    series = pd.Series(large, dtype="Int64")
    assert column_values(series, "Int64").content[[0, 2]].tolist() == [2**53 + 1, -(2**63)]
    assert exact_texts(column_values(series, "Int64"), "Int64") == ["9007199254740993", None, "-9223372036854775808"]


@pytest.mark.parametrize("dtype", ["int64", "Float64", "object", "datetime64[ns, UTC]"])
def test_a_column_of_another_type_is_refused(dtype: str):
    with pytest.raises(TypeError, match=": expected Int64, as it is declared"):
        column_values(pd.Series([1], dtype=dtype, name="number"), "Int64")


@pytest.mark.parametrize("dtype", MISSING, ids=str)
def test_rows_without_their_values_are_missing_and_the_others_stay(dtype: Any):
    values = np.array(["2001", "2002", "2003"]).astype(dtype)
    assert is_missing(without_rows(values, np.array([1]))).tolist() == [False, True, False]
    assert not is_missing(values).any()


def test_a_key_names_what_is_missing_of_it():
    moment = np.datetime64("2013-01-01T05:00", "us")
    assert key_text(["EWR", None, value_text(moment, MOMENT)]) == "EWR ? 2013-01-01 05:00:00+00:00"
    assert value_text(moment + np.timedelta64(1, "us"), MOMENT) == "2013-01-01 05:00:00.000001+00:00"
