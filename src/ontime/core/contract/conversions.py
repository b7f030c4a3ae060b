"""A column of any writer -> values of the type that the contract declares, and which of them would be lost in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from zoneinfo import available_timezones

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from ontime.core.contract.columns import column_metadata
from ontime.core.contract.text_values import (
    LIMIT,
    Converted,
    parse_booleans,
    parse_naive_moments,
    parse_numbers,
    parse_whole_numbers,
    parse_zoned_moments,
    whole_numbers,
)

OFFSET = re.compile(r"[+-]\d\d:\d\d")
MICROSECONDS, UTC = pa.timestamp("us"), pa.timestamp("us", "UTC")


def converted_column(array: pa.ChunkedArray, column: pandera.Column) -> Converted | None:
    """The values as the contract declares them; None where values of this type can mean none of those."""
    dtype = column_metadata(column)["dtype"]
    if dtype not in CONVERSIONS:
        return None
    target, convert = CONVERSIONS[dtype]
    if array.type == target:
        return _kept(array)
    if array.null_count == len(array):
        return _kept(pa.chunked_array([pa.nulls(len(array), target)]))
    converted = convert(array)
    if converted is None or converted.beyond is None or not pc.any(converted.beyond).as_py():
        return converted
    # What is beyond is for the contract to judge. Where no bound would find it, it would be another value.
    limits = pd.Series(converted.content.filter(converted.beyond).unique().to_pylist(), dtype="Int64")
    judged = all(
        any(not check(limits[[place]]).check_passed for check in column.checks or []) for place in limits.index
    )
    return converted if judged else converted._replace(lost=pc.or_(converted.lost, converted.beyond))


def _kept(values: pa.ChunkedArray) -> Converted:
    return Converted(values, pa.chunked_array([pa.repeat(pa.scalar(value=False), len(values))]))


def _whole(array: pa.ChunkedArray) -> Converted | None:
    if types.is_uint64(array.type):
        return parse_whole_numbers(array.cast(pa.string()))
    if types.is_integer(array.type):
        return _kept(array.cast(pa.int64()))
    if types.is_floating(array.type):
        return whole_numbers(array.cast("float64"))
    texts = utf8_texts(array)
    return None if texts is None else parse_whole_numbers(texts)


def _numbers(array: pa.ChunkedArray) -> Converted | None:
    if types.is_floating(array.type):
        return _kept(array.cast("float64"))
    if types.is_integer(array.type):
        whole = array.cast(pa.uint64() if types.is_unsigned_integer(array.type) else pa.int64())
        beyond = pc.greater(pc.abs(whole), pa.scalar(LIMIT, whole.type))
        return Converted(whole.cast(pa.float64(), safe=False), pc.fill_null(beyond, fill_value=False))
    texts = utf8_texts(array)
    return None if texts is None else parse_numbers(texts)


def _booleans(array: pa.ChunkedArray) -> Converted | None:
    if types.is_integer(array.type) or types.is_floating(array.type):
        return parse_booleans(array.cast(pa.string()))
    texts = utf8_texts(array)
    return None if texts is None else parse_booleans(texts)


def _text(array: pa.ChunkedArray) -> Converted | None:
    texts = None if types.is_decimal(array.type) else utf8_texts(array)
    return None if texts is None else _kept(texts)


def _zoned(array: pa.ChunkedArray) -> Converted | None:
    if types.is_timestamp(array.type):
        return _microseconds(array, UTC) if is_zone_name(array.type.tz) else None
    texts = None if types.is_decimal(array.type) else utf8_texts(array)
    return None if texts is None else parse_zoned_moments(texts)


def _naive(array: pa.ChunkedArray) -> Converted | None:
    if types.is_timestamp(array.type):
        return _microseconds(array, MICROSECONDS) if array.type.tz is None else None
    if types.is_date(array.type):
        return _microseconds(array.cast(pa.timestamp("ms")), MICROSECONDS)
    texts = None if types.is_decimal(array.type) else utf8_texts(array)
    return None if texts is None else parse_naive_moments(texts)


def _microseconds(array: pa.ChunkedArray, target: pa.DataType) -> Converted:
    """Moments of any unit; digits below a microsecond, and moments that microseconds do not reach, are lost."""
    try:
        return _kept(array.cast(target))
    except pa.ArrowInvalid:
        whole = array.cast(target, safe=False)
        same = pc.equal(whole.cast(array.type, safe=False), array)
        return Converted(whole, pc.fill_null(pc.invert(same), fill_value=False))


def utf8_texts(array: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """The values as text, where they are text in UTF-8 or decimals."""
    if types.is_string(array.type) or types.is_large_string(array.type):
        return array
    kinds = (types.is_string_view, types.is_binary, types.is_large_binary, types.is_binary_view, types.is_decimal)
    if not any(is_kind(array.type) for is_kind in kinds):
        return None
    try:
        return array.cast(pa.large_string())
    except pa.ArrowInvalid:  # bytes that are no UTF-8
        return None


def is_zone_name(name: str | None) -> bool:
    """Whether it is an offset to UTC or the name of a zone."""
    return name is not None and (OFFSET.fullmatch(name) is not None or name in available_timezones())


def plain_values(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The values themselves, without an encoding or an extension around them."""
    if isinstance(column.type, pa.BaseExtensionType):
        storage = [chunk.storage for chunk in column.chunks]
        return plain_values(pa.chunked_array(storage, type=column.type.storage_type))
    if types.is_dictionary(column.type):
        return plain_values(column.cast(column.type.value_type))
    return plain_values(pc.run_end_decode(column)) if types.is_run_end_encoded(column.type) else column


# By type of the contract: the type of Arrow for it, and what makes its values of those of other types.
CONVERSIONS: dict[str, tuple[pa.DataType, Callable[[pa.ChunkedArray], Converted | None]]] = {
    "Int64": (pa.int64(), _whole),
    "float64": (pa.float64(), _numbers),
    "str": (pa.string(), _text),
    "boolean": (pa.bool_(), _booleans),
    "datetime64[us, UTC]": (UTC, _zoned),
    "datetime64[us]": (MICROSECONDS, _naive),
}
