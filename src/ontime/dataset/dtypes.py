"""The types that columns have across the seam, and what to do where a column has another one."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from pandas.api import types

from ontime.dataset.flaws import LIKE, Flaw, listed_names

TEXT, MOMENT, DAY, FLAG = "str", "datetime64[us, UTC]", "datetime64[us]", "boolean"
# Types that a column of a table may be declared with: each can be missing, and files of any writer are read as it.
TABLE_TYPES = (TEXT, "Int64", "float64", FLAG, MOMENT, DAY)
# By type of a column of a table, that of the array in which rules and derived columns read and give its values.
ARRAY_TYPES = {TEXT: "object", "Int64": "float64", "float64": "float64", FLAG: "float64"}
ARRAY_TYPES |= dict.fromkeys((MOMENT, DAY), "datetime64[us]")
# Types that a feature may be declared with: those that a model can read.
FEATURE_TYPES = (TEXT, "int32", "float32", "bool", "int64", "int16", "int8", "float64")
# What is declared in place of the type that starts so.
DECLARE = {"category": TEXT, "object": TEXT, "string": TEXT, "bool": FLAG, "Int": "Int64", "UInt": "Int64"}
DECLARE |= {"int": "Int64", "uint": "Int64", "float": "float64", "Float": "float64"}


def declared_type(declaration: str, dtype: object, known: tuple[str, ...]) -> Iterator[Flaw]:
    """The flaw of a dtype that may not be declared."""
    if dtype in known:
        return
    name, remedy = str(dtype), None
    if name.startswith("datetime64") and MOMENT in known:
        remedy = f"declare {MOMENT if ',' in name else DAY!r}: moments are whole microseconds, and in UTC"
    elif DECLARE.get(name.rstrip("0123456789")) in known:
        remedy = f"declare {DECLARE[name.rstrip('0123456789')]!r}"
    yield Flaw(declaration, f"one of {listed_names(known)}", repr(name), remedy or "declare one of these")


def column_flaws(declaration: str, frame: object, dtypes: Mapping[str, str | None]) -> list[Flaw]:
    """Columns that a frame lacks, has twice, or has in another type; None where the type is judged elsewhere."""
    if not isinstance(frame, pd.DataFrame):
        return [Flaw(declaration, "a DataFrame", f"a {type(frame).__name__}", "return the frame")]
    if twice := sorted({str(name) for name in frame.columns[frame.columns.duplicated()]}):
        return [Flaw(declaration, "each column once", f"{listed_names(twice)} twice", "drop the copy")]
    missing = [name for name in dtypes if name not in frame]
    known = {name: dtype for name, dtype in dtypes.items() if dtype is not None and name in frame}
    return [
        *(_missing(declaration, name, frame) for name in missing),
        *(
            flaw
            for name, dtype in known.items()
            for flaw in type_flaws(f"{declaration}, column {name}", frame[name], dtype)
        ),
    ]


def type_flaws(declaration: str, column: pd.Series, dtype: str) -> Iterator[Flaw]:
    """The flaw of a column that is not exactly of a type."""
    if str(column.dtype) != dtype:
        yield Flaw(declaration, dtype, str(column.dtype), _conversion(column, dtype))


def gap_flaws(declaration: str, column: pd.Series, remedy: str) -> Iterator[Flaw]:
    """The flaw of a column with missing values."""
    if column.hasnans:
        yield Flaw(
            declaration, "a value in every row", f"{int(column.isna().sum()):,} of {len(column):,} missing", remedy
        )


def castable_flaws(declaration: str, column: pd.Series, dtype: str) -> Iterator[Flaw]:
    """Why a column cannot be held as the type of a feature without losing what it says."""
    if dtype == TEXT:
        if not (column.dtype == TEXT or (isinstance(column.dtype, pd.CategoricalDtype) and _textual(column))):
            yield Flaw(declaration, "text", str(column.dtype), _conversion(column, dtype))
    elif dtype.startswith("float"):
        if not types.is_numeric_dtype(column):
            yield Flaw(declaration, "numbers", str(column.dtype), _conversion(column, dtype))
    elif not (types.is_bool_dtype(column) or (dtype != "bool" and types.is_integer_dtype(column))):
        kind = "whole numbers" if dtype != "bool" else "True and False"
        yield Flaw(declaration, kind, str(column.dtype), _conversion(column, dtype))
    elif column.hasnans:
        yield from gap_flaws(declaration, column, "declare it 'float32', or fill the gaps")
    elif dtype != "bool" and len(column) and _beyond(column, dtype):
        actual = f"values from {column.min()} to {column.max()}"
        yield Flaw(declaration, f"what {dtype} can hold", actual, "declare it 'int64' or 'float32'")


def is_missing(values: np.ndarray) -> np.ndarray:
    """Which values of an array of one of ARRAY_TYPES are missing: (n,) bool."""
    return values == None if values.dtype == object else values != values  # noqa: E711, PLR0124 - NaN and NaT


def is_whole(column: pd.Series) -> np.ndarray:
    """Which values of a column of numbers are whole numbers, not missing: (n,) bool."""
    if types.is_float_dtype(column):
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        return np.isfinite(values) & (np.floor(values) == values)
    return column.notna().to_numpy()


def kind_of(column: pd.Series) -> str:
    """What values of a column may be equal to: 'text', 'numbers', 'moments', 'days', or the name of its type."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return kind_of(pd.Series(column.cat.categories))
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return "moments"
    if types.is_datetime64_dtype(column):
        return "days"
    if types.is_bool_dtype(column) or types.is_numeric_dtype(column):
        return "numbers"
    return "text" if types.is_string_dtype(column) else str(column.dtype)


def _textual(column: pd.Series) -> bool:
    return types.is_string_dtype(column.cat.categories)


def _beyond(column: pd.Series, dtype: str) -> bool:
    if types.is_bool_dtype(column) or str(column.dtype).lower() == dtype:
        return False
    return bool(column.min() < np.iinfo(dtype).min or column.max() > np.iinfo(dtype).max)


def _missing(declaration: str, name: str, frame: pd.DataFrame) -> Flaw:
    names = [str(column) for column in frame]
    near = difflib.get_close_matches(name, names, n=1, cutoff=LIKE)
    remedy = f"add it, or rename {near[0]!r}" if near else "add it, or take it out of what is declared"
    return Flaw(declaration, f"a column {name}", f"columns {listed_names(names)}", remedy)


def _conversion(column: pd.Series, dtype: str) -> str:
    dated = types.is_datetime64_any_dtype(column)
    if dtype == MOMENT and dated:
        zone = getattr(column.dtype, "tz", None)
        if zone is None:
            return "moments are in UTC: .dt.tz_localize(<their zone>).dt.tz_convert('UTC')"
        return ".dt.as_unit('us')" if str(zone) == "UTC" else ".dt.tz_convert('UTC').dt.as_unit('us')"
    if dtype == DAY and dated:
        unit = ".dt.as_unit('us')"
        return f".dt.tz_localize(None){unit}: the local date" if getattr(column.dtype, "tz", None) else unit
    if dtype in {MOMENT, DAY}:
        return (
            "pd.to_datetime(...).dt.as_unit('us')" if dtype == DAY else "pd.to_datetime(..., utc=True).dt.as_unit('us')"
        )
    return f".astype({dtype!r})"
