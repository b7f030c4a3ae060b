"""Columns of text, or of a type that a file could not say -> the types that the contract has for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import infer_dtype, is_float_dtype, is_integer_dtype, is_numeric_dtype

from ontime.core.contract.columns import column_metadata
from ontime.core.contract.findings import EXAMPLES, Finding, Level, quantity
from ontime.dataset.contract import Table
from ontime.errors import OntimeError

ZONE = r"(?:Z|[+-]\d\d:?\d\d)$"
LIMIT = 2**53  # where floats cease to hold every whole number; it stands for all that is beyond
CORRECT_IT = "correct it at its source; moments have a zone: 2013-07-01T05:00Z"


def parse_text(form: Table, month: str | None, frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """Columns of text with the types of the contract; one that holds other values stays text, and is a finding."""
    columns, findings = {}, []
    for name in frame:
        dtype = _dtype(form, name)
        values, wrong = _parsed(frame[name], dtype) if dtype else (frame[name], frame[name].head(0))
        columns[name] = frame[name] if len(wrong) else values
        if len(wrong):
            problem = f"{quantity(len(wrong), 'value')}, expected {dtype}"
            rows = wrong.index.to_numpy(dtype=np.int64) + 1
            examples = tuple(f"{value!r} in row {row}" for row, value in zip(rows[:EXAMPLES], wrong, strict=False))
            findings.append(Finding(Level.STOP, form.name, month, str(name), "type", problem, CORRECT_IT, examples))
    return pd.DataFrame(columns, index=frame.index), findings


def widen_types(form: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Columns that mean the same in another type as the contract has them; others stay as they are.

    Whole numbers beyond LIMIT become LIMIT, which the contract judges. Raises OntimeError where a column comes twice.
    """
    if twice := sorted({str(name) for name in frame.columns[frame.columns.duplicated()]}):
        raise OntimeError(f"expected each column once, found more than one {', '.join(twice)}")
    columns = {name: frame[name] for name in frame if _dtype(form, name) not in {None, str(frame[name].dtype)}}
    return frame.assign(**{str(name): _widened(column, str(_dtype(form, name))) for name, column in columns.items()})


def _dtype(form: Table, name: object) -> str | None:
    column = form.schema.columns.get(str(name))
    return None if column is None else column_metadata(column)["dtype"]


def _parsed(text: pd.Series, dtype: Any) -> tuple[pd.Series, pd.Series]:  # noqa: ANN401 - the name of a pandas dtype
    """The values of a column of text, and those of its texts that are none."""
    if dtype == "str":
        return text, text.head(0)
    parse = _moments if dtype.startswith("datetime64") else _numbers
    values, good = parse(text, dtype)
    wrong = text[text.notna() & ~good]
    return (values, wrong) if len(wrong) else (values.astype(dtype), wrong)


def _numbers(text: pd.Series, dtype: str) -> tuple[pd.Series, pd.Series]:
    values = pd.to_numeric(text.astype("object"), errors="coerce").astype("float64")
    if not dtype.startswith("Int"):
        return values, values.notna()
    return values.clip(-LIMIT, LIMIT), values.notna() & _integral(values)


def _moments(text: pd.Series, dtype: str) -> tuple[pd.Series, pd.Series]:
    zoned = "UTC" in dtype
    values = pd.to_datetime(text, errors="coerce", utc=zoned, format="ISO8601").dt.as_unit("us")
    return values, values.notna() & (text.str.contains(ZONE) == zoned)


def _whole(column: pd.Series) -> bool:
    return is_integer_dtype(column) or (is_float_dtype(column) and bool(_integral(column.dropna()).all()))


def _integral(values: pd.Series) -> pd.Series:
    return (values.abs() >= LIMIT) | (values % 1 == 0)


def _textual(column: pd.Series) -> bool:
    return infer_dtype(column, skipna=True) in {"string", "empty"}


def _zoned(column: pd.Series) -> bool:
    return isinstance(column.dtype, pd.DatetimeTZDtype)


# By type of the contract: whether a column means such values, and how they are then held.
WIDER: dict[str, tuple[Callable[[pd.Series], bool], Callable[[pd.Series], pd.Series]]] = {
    "Int64": (_whole, lambda column: column.clip(-LIMIT, LIMIT).astype("Int64")),
    "float64": (is_numeric_dtype, lambda column: column.astype("float64")),
    "str": (_textual, lambda column: column.astype("str")),
    "datetime64[us, UTC]": (_zoned, lambda column: column.dt.tz_convert("UTC").dt.as_unit("us")),
}


def _widened(column: pd.Series, dtype: str) -> pd.Series:
    if dtype not in WIDER:
        return column
    means, widen = WIDER[dtype]
    return widen(column) if means(column) else column
