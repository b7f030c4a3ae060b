"""Text, as CSV holds it -> whole numbers, numbers, moments and booleans, and which of the texts are none."""

from __future__ import annotations

from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

LIMIT = 2**53  # where floats cease to hold every whole number; it stands for all that is beyond
LARGEST = 2**63 - 1  # of int64

SHORT = r"^-?\d{1,18}$"  # surely within int64
WHOLE = r"^-?\d+$"
NUMBER = r"^-?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|(?i:inf(?:inity)?))$"
TRUE = r"^(?i:true|t|1|1\.0+)$"
FALSE = r"^(?i:false|f|0|0\.0+)$"
DATE = r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
TIME = r"[ T](?:[01]\d|2[0-3])(?::[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?)?"
ZONED = rf"^{DATE}{TIME}(?:Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)$"
NAIVE = rf"^{DATE}(?:{TIME})?$"
# How writers spell the same moment: 'z' and ' UTC', a space before the zone, digits below a microsecond that are zero,
# and the basic format of ISO 8601.
SPELLINGS = (
    (r"(?i) ?(?:z|utc)$", "Z"),
    (r"(:\d\d) ([+-]\d\d)", r"\1\2"),
    (r"(\.\d{6})0+", r"\1"),
    (r"^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)", r"\1-\2-\3T\4:\5"),
    (r"^(\d{4}-\d\d-\d\dT\d\d:\d\d)(\d\d)", r"\1:\2"),
)
# What other tools write for a missing value, in small letters.
MISSING = {"", "na", "n/a", "#n/a", "<na>", "nan", "nat", "null", "nil", "none", "\\n", "-", "--", ".", "?", "missing"}


class Converted(NamedTuple):
    """Values (n,), missing where there is none; whether one that was there is lost (n,), or is LIMIT or beyond (n,)."""

    content: pa.ChunkedArray
    lost: pa.ChunkedArray
    beyond: pa.ChunkedArray | None = None


def is_missing_word(text: str) -> bool:
    """Whether tools write this where a value is missing."""
    return text.strip().lower() in MISSING


def parse_whole_numbers(texts: pa.ChunkedArray) -> Converted:
    """int64 of text; what neither int64 nor a float holds exactly is LIMIT, with its sign."""
    if _all_fit(texts, SHORT):
        return Converted(texts.cast(pa.int64()), _nowhere(texts))
    numbers = pc.replace_substring_regex(_trimmed(texts), r"^(-?\d+)\.0*$", r"\1")
    whole = pc.match_substring_regex(numbers, WHOLE)
    exact = pa.chunked_array(
        [pa.array([text and _exact(text) for text in _where(whole, numbers).to_pylist()], "int64")]
    )
    other = parse_numbers(_where(pc.is_null(exact), numbers))
    rest = whole_numbers(other.content)
    return Converted(pc.coalesce(exact, rest.content), pc.or_(other.lost, rest.lost), rest.beyond)


def whole_numbers(numbers: pa.ChunkedArray) -> Converted:
    """int64 of float64; fractions are lost, not-a-number is missing."""
    numbers = _where(pc.invert(pc.is_nan(numbers)), numbers)
    beyond = pc.fill_null(pc.greater_equal(pc.abs(numbers), float(LIMIT)), fill_value=False)
    numbers = pc.if_else(beyond, pc.multiply(pc.sign(numbers), float(LIMIT)), numbers)
    lost = pc.fill_null(pc.not_equal(numbers, pc.trunc(numbers)), fill_value=False)
    return Converted(_where(pc.invert(lost), numbers).cast(pa.int64()), lost, beyond)


def parse_numbers(texts: pa.ChunkedArray) -> Converted:
    """float64 of text, the nearest one."""
    return _converted(texts if _all_fit(texts, NUMBER) else _trimmed(texts), NUMBER, pa.float64())


def parse_booleans(texts: pa.ChunkedArray) -> Converted:
    """Booleans of text."""
    texts = pc.utf8_trim_whitespace(texts)
    true, false = (pc.match_substring_regex(texts, pattern) for pattern in (TRUE, FALSE))
    known = pc.or_(true, false)
    return Converted(_where(known, true), pc.fill_null(pc.invert(known), fill_value=False))


def parse_zoned_moments(texts: pa.ChunkedArray) -> Converted:
    """Moments of text that names their offset to UTC, or UTC itself, as timestamp[us, UTC]."""
    return _converted(_respelled(texts, ZONED), ZONED, pa.timestamp("us", "UTC"))


def parse_naive_moments(texts: pa.ChunkedArray) -> Converted:
    """Moments, or days, of text without a zone, as timestamp[us]."""
    return _converted(_respelled(texts, NAIVE), NAIVE, pa.timestamp("us"))


def _converted(texts: pa.ChunkedArray, pattern: str, dtype: pa.DataType) -> Converted:
    fits = pc.match_substring_regex(texts, pattern)
    kept = _where(fits, texts)
    try:
        values = kept.cast(dtype)
    except pa.ArrowInvalid:  # a day such as 30 February has the form of one
        values = pa.chunked_array([_values_one_by_one(kept, dtype)])
    return Converted(values, pc.and_(pc.is_valid(texts), pc.is_null(values)))


def _values_one_by_one(texts: pa.ChunkedArray, dtype: pa.DataType) -> pa.Array:
    different = texts.combine_chunks().dictionary_encode()
    words = different.dictionary
    values = [_value(words[place : place + 1], dtype) for place in range(len(words))]
    return pa.concat_arrays([pa.nulls(0, dtype), *values]).take(different.indices)


def _value(text: pa.Array, dtype: pa.DataType) -> pa.Array:
    try:
        return text.cast(dtype)
    except pa.ArrowInvalid:
        return pa.nulls(1, dtype)


def _respelled(texts: pa.ChunkedArray, pattern: str) -> pa.ChunkedArray:
    """The texts as they are where all fit, else each spelling as ISO 8601 has it."""
    if _all_fit(texts, pattern):
        return texts
    texts = pc.utf8_trim_whitespace(texts)
    for spelling, instead in SPELLINGS:
        texts = pc.replace_substring_regex(texts, spelling, instead)
    return texts


def _all_fit(texts: pa.ChunkedArray, pattern: str) -> bool:
    return pc.all(pc.match_substring_regex(texts, pattern)).as_py() is not False


def _trimmed(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.replace_substring_regex(texts, r"^\s*\+?(.*?)\s*$", r"\1")


def _exact(text: str) -> int | None:
    """The whole number that the text is, where int64 holds it."""
    digits = text.lstrip("-0") or "0"
    number = int(digits) if len(digits) <= 19 else LARGEST + 1
    return None if number > LARGEST else -number if text.startswith("-") else number


def _where(kept: pa.ChunkedArray, values: pa.ChunkedArray) -> pa.ChunkedArray:
    """The values where `kept`, missing elsewhere."""
    return pc.if_else(kept, values, pa.scalar(None, values.type))


def _nowhere(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return pa.chunked_array([pa.repeat(pa.scalar(value=False), len(values))])
