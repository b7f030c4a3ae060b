"""Columns of frames, and values of single rows -> arrays that checks and rules read; and back.

A value of a single row is None where it is missing, an int, float, bool or str, and a datetime64[us] for a moment, in
UTC, or a day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa

from ontime.core.contract.columns import column_metadata
from ontime.dataset.dtypes import ARRAY_TYPES, DAY, FLAG, MOMENT, TEXT

Value = Any  # of a single row

MISSING = {np.dtype("float64"): np.nan, np.dtype("datetime64[us]"): np.datetime64("NaT", "us"), np.dtype(object): None}
# By type of a column: that of the array that holds its values exactly, and what stands there where one is missing.
EXACT: dict[str, tuple[str, Any]] = {"Int64": ("int64", 0), FLAG: ("bool", False)}
EXACT |= {name: (dtype, MISSING[np.dtype(dtype)]) for name, dtype in ARRAY_TYPES.items() if name not in EXACT}


class Values(NamedTuple):
    """Values of a column (n,), exactly, and which of them are missing: (n,) bool."""

    content: np.ndarray
    missing: np.ndarray


def declared_dtype(column: pandera.Column) -> str:
    """The type that a column of a contract is declared with."""
    return column_metadata(column)["dtype"]


def column_values(values: pd.Series, dtype: str) -> Values:
    """The values of a column of a frame. Raises TypeError where it is not of the type that is declared."""
    if str(values.dtype) != dtype:
        raise TypeError(f"{values.name} is {values.dtype}: expected {dtype}, as it is declared")
    missing = values.isna().to_numpy()
    if dtype == TEXT:
        return Values(pa.array(values).to_numpy(zero_copy_only=False), missing)
    exact, filler = EXACT[dtype]
    content = values.to_numpy(dtype=exact) if dtype in {MOMENT, DAY} else values.to_numpy(dtype=exact, na_value=filler)
    return Values(content, missing)


def row_values(values: Sequence[Value], dtype: str) -> Values:
    """The values of a column of single rows (n)."""
    exact, filler = EXACT[dtype]
    content = np.array([filler if value is None else value for value in values], dtype=exact)
    return Values(content, np.array([value is None for value in values], dtype=bool))


def rule_array(values: Values) -> np.ndarray:
    """The values in the form that rules read."""
    content, missing = values
    if content.dtype.kind not in "ib":
        return content
    return np.where(missing, np.nan, content)


def without_rows(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The array that rules read with the values of these rows missing."""
    values = values.copy()
    values[rows] = MISSING[values.dtype]
    return values


def array_series(values: np.ndarray, dtype: str, index: pd.Index) -> pd.Series:
    """An array that rules read as the column of a frame with the type that is declared."""
    if dtype == MOMENT:
        return pd.Series(pd.DatetimeIndex(values, tz="UTC"), index=index)
    return pd.Series(values, index=index, dtype=dtype)


def single_value(values: np.ndarray, row: int, dtype: str) -> Value:
    """A value of an array, as that of a single row."""
    value = values[row]
    if value is None or value != value:  # noqa: PLR0124 - NaN and NaT
        return None
    if dtype in {"Int64", FLAG}:
        return int(value) if dtype == "Int64" else bool(value)
    return float(value) if dtype == "float64" else value


def frame_rows(dtypes: Mapping[str, str], frame: pd.DataFrame) -> list[dict[str, Value]]:
    """The rows of a frame (n,) as single rows. dtypes: type of each column that is wanted."""
    columns = [_single_values(column_values(frame[name], dtype)) for name, dtype in dtypes.items()]
    return [dict(zip(dtypes, row, strict=True)) for row in zip(*columns, strict=True)]


def rows_frame(dtypes: Mapping[str, str], rows: Sequence[Mapping[str, Value]]) -> pd.DataFrame:
    """Single rows (n,) as a frame: what `frame_rows` gives back."""
    columns = {name: [row[name] for row in rows] for name in dtypes}
    return pd.DataFrame({name: _column(columns[name], dtype) for name, dtype in dtypes.items()})


def _column(values: Sequence[Value], dtype: str) -> pd.Series:
    if dtype == MOMENT:
        return pd.Series(pd.DatetimeIndex(np.array(values, dtype="datetime64[us]"), tz="UTC"))
    return pd.Series(values, dtype=dtype)


def _single_values(values: Values) -> list[Value]:
    content = [*values.content] if values.content.dtype.kind == "M" else values.content.tolist()
    return [None if missing else value for value, missing in zip(content, values.missing.tolist(), strict=True)]


def value_text(value: Value, dtype: str) -> str | None:
    """A value of a single row as quarantine and findings show it; None where it is missing."""
    return None if value is None else _TEXTS.get(dtype, str)(value)


def value_texts(values: np.ndarray, dtype: str) -> list[str | None]:
    """The same of the values of an array."""
    return [value_text(single_value(values, row, dtype), dtype) for row in range(len(values))]


def exact_texts(values: Values, dtype: str) -> list[str | None]:
    """The same of the values of a column."""
    texts = value_texts(values.content, dtype)
    return [None if missing else text for text, missing in zip(texts, values.missing, strict=True)]


def key_text(texts: Sequence[str | None]) -> str:
    """A key as quarantine and findings show it, of the texts of its values."""
    return " ".join("?" if text is None else text for text in texts)


def _moment_text(moment: np.datetime64) -> str:
    return f"{_naive_text(moment)}+00:00"


def _day_text(moment: np.datetime64) -> str:
    return _naive_text(moment).removesuffix(" 00:00:00")


def _naive_text(moment: np.datetime64) -> str:
    return str(moment).replace("T", " ").removesuffix(".000000")


_TEXTS = {MOMENT: _moment_text, DAY: _day_text}


def frame_values(columns: Mapping[str, pandera.Column], frame: pd.DataFrame) -> dict[str, Values]:
    """The columns of a frame that are among these of a contract, by name. Raises TypeError as `column_values` does."""
    return {name: column_values(frame[name], declared_dtype(columns[name])) for name in columns if name in frame}
