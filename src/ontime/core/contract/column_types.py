"""Arrow tables of any writer -> frames with the types of the contract; else why a column has not its type."""

from __future__ import annotations

import re
from typing import NamedTuple

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
import pyarrow.compute as pc
from pandas.api.types import pandas_dtype
from pyarrow import types

from ontime.core.contract.columns import column_metadata
from ontime.core.contract.conversions import converted_column, is_zone_name, plain_values, utf8_texts
from ontime.core.contract.findings import EXAMPLES, quantity
from ontime.core.contract.text_values import is_missing_word
from ontime.dataset.contract import Table

# Columns that writers add without being asked: the index of pandas, in CSV without a name as that of R.
UNNAMED = re.compile(r"__index_level_\d+__|")
LEAVE_EMPTY = "leave the field empty where a value is missing"
SHOWN = 60  # letters of an example
TEXT = pandas_dtype("str")
PANDAS = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype(), pa.string(): TEXT, pa.large_string(): TEXT}
REMEDIES = {
    "Int64": "give whole numbers, in digits alone",
    "float64": "give numbers, with a point and without other marks: 1234.5",
    "str": "give text, in UTF-8",
    "boolean": "give true or false",
    "datetime64[us, UTC]": "give moments with a zone, best in UTC, to the microsecond: 2013-07-01T05:00Z",
    "datetime64[us]": "give moments without a zone, to the microsecond: 2013-07-01, or 2013-07-01T05:00",
}


class Mismatch(NamedTuple):
    """Why a column has not its type: the problem, what to do, and some values with their rows."""

    problem: str
    remedy: str
    examples: tuple[str, ...] = ()


def typed_frame(form: Table, table: pa.Table) -> pd.DataFrame:
    """The columns of an Arrow table as the contract declares them, wherever that loses nothing.

    Others, those of another name and those that come twice keep the type they have; `type_mismatch` says why. Columns
    that only keep an index are left out.
    """
    table = table.select([place for place, name in enumerate(table.column_names) if not UNNAMED.fullmatch(name)])
    names = table.column_names
    columns = [_typed_column(form, table, place) for place in range(len(names))]
    if all(column is not None for column in columns):
        return pa.table(dict(zip(names, columns, strict=True))).to_pandas(types_mapper=PANDAS.get)
    frames = [_frame(columns[place], table.column(place)) for place in range(len(names))]
    return pd.concat(frames, axis=1).set_axis(names, axis=1)


def type_mismatch(values: pd.Series, column: pandera.Column) -> Mismatch:
    """Why the values are not of the type that the contract declares for their column."""
    dtype = column_metadata(column)["dtype"]
    remedy, other_type = REMEDIES.get(dtype, "convert it"), f"{values.dtype}, expected {dtype}"
    try:
        array = plain_values(pa.chunked_array([pa.array(values, from_pandas=True)]))
    except (pa.ArrowException, TypeError, ValueError):  # Python objects of several kinds
        return Mismatch(other_type, remedy)
    converted = converted_column(array, column)
    if converted is None and types.is_timestamp(array.type) and array.type.tz and not is_zone_name(array.type.tz):
        return Mismatch(f"{array.type}, expected {dtype}; no zone has that name", remedy)
    if converted is None:
        return Mismatch(f"{array.type}, expected {dtype}", remedy, _examples(values, array, pc.is_valid(array)))
    lost = pc.sum(converted.lost).as_py()
    if not lost:
        return Mismatch(other_type, remedy)
    problem, words = f"{quantity(lost, 'value')}, expected {dtype}", _missing_words(array.filter(converted.lost))
    if words:
        spelled = ", ".join(f"{word!r} {quantity(count, 'time')}" for word, count in words.items())
        problem = f"{problem}; missing values are spelled {spelled}"
        remedy = LEAVE_EMPTY if sum(words.values()) == lost else f"{LEAVE_EMPTY}; {remedy}"
    return Mismatch(problem, remedy, _examples(values, array, converted.lost))


def _typed_column(form: Table, table: pa.Table, place: int) -> pa.ChunkedArray | None:
    """A column in the type of the contract; None where it has none, or values would be lost."""
    name = table.column_names[place]
    column = form.schema.columns.get(name)
    if column is None or table.column_names.count(name) > 1:
        return None
    converted = converted_column(plain_values(table.column(place)), column)
    return None if converted is None or pc.any(converted.lost).as_py() else converted.content


def _frame(typed: pa.ChunkedArray | None, column: pa.ChunkedArray) -> pd.DataFrame:
    if typed is not None:
        return pa.table({"0": typed}).to_pandas(types_mapper=PANDAS.get)
    # Of values that Arrow cannot compare with one another, such as lists, the rows are compared all the same.
    objects = types.is_nested(column.type) or isinstance(column.type, pa.BaseExtensionType)
    return pa.table({"0": column}).to_pandas(types_mapper=None if objects else pd.ArrowDtype)


def _missing_words(lost: pa.ChunkedArray) -> dict[str, int]:
    """How often each spelling of a missing value is among these values."""
    texts = utf8_texts(lost)
    counts = [] if texts is None else texts.value_counts().to_pylist()
    return {count["values"]: count["counts"] for count in counts if is_missing_word(count["values"])}


def _examples(values: pd.Series, array: pa.ChunkedArray, wrong: pa.ChunkedArray) -> tuple[str, ...]:
    """Some of the wrong values with their rows, the first of which is 1."""
    places = pc.indices_nonzero(wrong).to_pylist()[:EXAMPLES]
    return tuple(f"{_shown(array[place])} in row {values.index[place] + 1}" for place in places)


def _shown(value: pa.Scalar) -> str:
    try:
        content = value.as_py()
    except (pa.ArrowException, ValueError, OverflowError):  # a zone, or a moment, that Python does not know
        content = value.cast(pa.int64()).as_py()
    text = repr(content) if isinstance(content, str | bytes) else str(content)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
