"""The contract decides types, not the writer: what loses nothing is cast, and what would is refused in words."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
import pytest
from toy.clocks import PLANNED

from ontime.core.contract.column_types import LEAVE_EMPTY, typed_frame
from ontime.core.contract.columns import column
from ontime.core.contract.schema import check_columns
from ontime.core.contract.text_values import LIMIT
from ontime.dataset.contract import Table

UTC, NAIVE = "datetime64[us, UTC]", "datetime64[us]"
NOON = pd.Timestamp("2013-11-05T12:00Z")


def form(dtype: str, *checks: pandera.Check) -> Table:
    schema = pandera.DataFrameSchema({"value": column(dtype, *checks, clock=PLANNED, reason="", nullable=True)})
    return Table(name="table", about="", schema=schema, key=("value",))


def typed(dtype: str, values: pa.Array, *checks: pandera.Check) -> pd.Series:
    """The column as the contract has it; nothing is wrong with it."""
    frame = typed_frame(form(dtype, *checks), pa.table({"value": values}))
    assert not [finding for finding in check_columns(form(dtype, *checks), frame, None) if finding.rule != "rows"]
    return frame["value"]


def refused(dtype: str, values: pa.Array, *checks: pandera.Check) -> str:
    """What the one finding says."""
    frame = typed_frame(form(dtype, *checks), pa.table({"value": values}))
    (finding,) = check_columns(form(dtype, *checks), frame, "2013-11")
    assert finding.rule == "type"
    assert finding.stops
    assert ("zone" in finding.remedy) == dtype.startswith("datetime64")
    return f"{finding.problem} | {'; '.join(finding.examples)} | {finding.remedy}"


def encoded(values: pa.Array) -> list[pa.Array]:
    """The same values as writers encode them."""
    runs = pa.RunEndEncodedArray.from_arrays(pa.array(range(1, len(values) + 1), pa.int32()), values)
    return [values, values.dictionary_encode(), runs]


WIDTHS = [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()]
FLOATS = [pa.float32(), pa.float64()]
DECIMALS = [pa.decimal128(20, 0), pa.decimal128(38, 4), pa.decimal256(50, 2)]
TEXTS = [pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary()]


@pytest.mark.parametrize("kind", [*WIDTHS, *FLOATS, *DECIMALS], ids=str)
def test_whole_numbers_of_any_type_are_whole_numbers(kind: pa.DataType):
    numbers = [7, None, 100]
    values = pa.array(
        [None if number is None else Decimal(number) for number in numbers] if pa.types.is_decimal(kind) else numbers,
        kind,
    )
    for array in encoded(values) if not pa.types.is_decimal256(kind) else [values]:
        pd.testing.assert_series_equal(typed("Int64", array), pd.Series(numbers, dtype="Int64", name="value"))


@pytest.mark.parametrize("kind", TEXTS, ids=str)
def test_text_of_any_type_is_text_and_is_parsed_as_csv_is(kind: pa.DataType):
    for array in (
        encoded(pa.array(["7", None, "12"], kind)) if "view" not in str(kind) else [pa.array(["7", None, "12"], kind)]
    ):
        pd.testing.assert_series_equal(typed("str", array), pd.Series(["7", None, "12"], dtype="str", name="value"))
        pd.testing.assert_series_equal(typed("Int64", array), pd.Series([7, None, 12], dtype="Int64", name="value"))
        pd.testing.assert_series_equal(typed("float64", array), pd.Series([7.0, None, 12.0], name="value"))


@pytest.mark.parametrize("dtype", ["Int64", "float64", "str", "boolean", UTC, NAIVE])
@pytest.mark.parametrize(
    "kind", [pa.null(), pa.string(), pa.int8(), pa.float64(), pa.timestamp("ns"), pa.list_(pa.int8())], ids=str
)
def test_a_column_without_values_is_missing_values_and_without_rows_it_is_none(dtype: str, kind: pa.DataType):
    assert typed(dtype, pa.nulls(3, kind)).isna().all()
    assert typed(dtype, pa.nulls(0, kind)).dtype == dtype


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", ["UTC", "+00:00", "Etc/UTC", "Europe/Rome", "-05:00"])
def test_moments_of_any_unit_and_zone_are_the_same_in_utc(unit: str, zone: str):
    values = pa.array([NOON.tz_localize(None), None]).cast(pa.timestamp(unit)).cast(pa.timestamp(unit, zone))
    expected = pd.Series([NOON, None], dtype=UTC, name="value")
    for array in encoded(values)[:2]:
        pd.testing.assert_series_equal(typed(UTC, array), expected)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_moments_without_a_zone_and_days_stay_without_one(unit: str):
    day = pd.Series([pd.Timestamp("2013-11-05"), None], dtype=NAIVE, name="value")
    for kind in (pa.timestamp(unit), pa.date32(), pa.date64()):
        pd.testing.assert_series_equal(typed(NAIVE, pa.array(day, kind)), day)


@pytest.mark.parametrize(
    "suffix", ["+00", "+0000", "+00:00", "Z", "z", " UTC", " utc", " +00:00", "-00:00", ".000000000Z", ".0+00"]
)
@pytest.mark.parametrize("between", [" ", "T"])
def test_moments_in_text_are_in_utc_however_that_is_written(suffix: str, between: str):
    texts = pa.array([f"2013-11-05{between}12:00:00{suffix}", None])
    pd.testing.assert_series_equal(typed(UTC, texts), pd.Series([NOON, None], dtype=UTC, name="value"))


@pytest.mark.parametrize(
    "text",
    ["2013-11-05T07:00-05:00", "2013-11-05 12Z", "20131105T120000Z", "20131105T1200Z", "2013-11-05T17:30:00.000+0530"],
)
def test_other_offsets_and_forms_of_iso_8601_are_moments_too(text: str):
    assert typed(UTC, pa.array([text]))[0] == NOON


NO_MOMENTS = [
    "2013-11-05 12:00",
    "2013-11-05",
    "2013-11-05+00",
    "2013-11-05 12:00 EST",
    "2013-11-05T12:00 Mars/Phobos",
    "2013-02-30T12:00Z",
    "2013-11-05T24:00Z",
    "2013-11-05T12:00:60Z",
    "2013-11-05T12:00:00.1234567Z",
    "05.11.2013 12:00",
    "11/5/2013 12:00Z",
    "1383652800",
    "2013-11Z",
]


@pytest.mark.parametrize("text", NO_MOMENTS)
def test_text_that_names_no_moment_in_utc_is_shown(text: str):
    message = refused(UTC, pa.array(["2013-11-05T12:00Z", text, "2013-11-05 12:00:00.000000000+00"]))
    assert message.startswith(f"1 value, expected {UTC} | {text!r} in row 2 | give moments with a zone")


@pytest.mark.parametrize(
    ("text", "sound"),
    [
        ("2013-11-05", True),
        ("2013-11-05T12:00", True),
        ("2013-11-05 12:00:00.5", True),
        ("2013-11-05T12:00Z", False),
        ("2013-11-05 12:00+00", False),
        ("2013-11-31", False),
    ],
)
def test_moments_without_a_zone_in_text_name_none(text: str, sound: bool):
    if sound:
        assert typed(NAIVE, pa.array([text]))[0] == pd.Timestamp(text)
    else:
        assert f"1 value, expected {NAIVE} | {text!r} in row 1" in refused(NAIVE, pa.array([text]))


@pytest.mark.parametrize(
    "number", [0.1, 64.94, -0.0, 5e-324, 1.7976931348623157e308, 12.658579999999999, 1 / 3, float(np.nextafter(1, 2))]
)
def test_numbers_in_text_have_the_bits_of_the_nearest_float(number: float):
    for text in (repr(number), f"{number:.17g}", f" {number!r} ", f"{number:+.17e}"):
        assert typed("float64", pa.array([text, "1"])).to_numpy().tobytes() == np.array([number, 1.0]).tobytes()


def test_decimals_have_the_bits_that_their_text_would_have():
    texts = ["0.1", "64.94", "12.658579999999999", "-0.3", "1000000.7"]
    decimals = pa.array([Decimal(text) for text in texts], pa.decimal128(38, 17))
    assert typed("float64", decimals).tolist() == [float(text) for text in texts]
    assert typed("float64", pa.array([Decimal("7e3")], pa.decimal128(5, -3))).tolist() == [7000.0]


@pytest.mark.parametrize(
    "values",
    [[True, False, None], [1, 0, None], [1.0, 0.0, None], ["true", "FALSE", None], ["t", "f", None], ["1", "0", None]],
)
def test_booleans_are_what_writers_call_true_and_false(values: list):
    pd.testing.assert_series_equal(
        typed("boolean", pa.array(values)), pd.Series([True, False, None], dtype="boolean", name="value")
    )


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("517.0", 517),
        ("517.", 517),
        ("+5", 5),
        ("007", 7),
        (" 7", 7),
        ("1e3", 1000),
        ("-0", 0),
        ("9223372036854775807", 2**63 - 1),
        ("-9007199254740993.0", -(2**53) - 1),
    ],
)
def test_whole_numbers_in_text_are_exact(text: str, number: int):
    assert typed("Int64", pa.array([text, "1"])).tolist() == [number, 1]
    assert typed("Int64", pa.array([number, 1])).tolist() == [number, 1]


@pytest.mark.parametrize(
    "text", ["7.5", "1,234", "1.234,5", "1 000", "0x1F", "seven", "1_000", "1e-1", "£7", "7x", "true"]
)
def test_what_is_no_whole_number_is_shown(text: str):
    assert f"1 value, expected Int64 | {text!r} in row 2 | give whole numbers" in refused(
        "Int64", pa.array(["1", text, "2.0"])
    )


@pytest.mark.parametrize("text", ["1,5", "1.234,5", "1,234.5", "0x1F", "1.5.2", "1e", "5%", "true"])
def test_what_is_no_number_is_shown(text: str):
    assert f"1 value, expected float64 | {text!r} in row 2 | give numbers, with a point" in refused(
        "float64", pa.array(["1", text, "2.5"])
    )


BOUND = pandera.Check.in_range(-1000, 1000)
BEYOND = [
    pa.array([7.0, 1e300, -np.inf, None]),
    pa.array(["7", "1e300", "-inf", None]),
    pa.array([7, 2**63, None], pa.uint64()),
    pa.array(["7", "9" * 30, "-9007199254740992.0e0", ""]),
]


@pytest.mark.parametrize("values", BEYOND[:2], ids=["float", "text"])
def test_what_is_beyond_whole_numbers_is_for_a_bound_of_the_contract_to_judge(values: pa.Array):
    expected = pd.Series([7, LIMIT, -LIMIT, None], dtype="Int64", name="value")
    pd.testing.assert_series_equal(typed("Int64", values, BOUND), expected)


@pytest.mark.parametrize("values", BEYOND[:3], ids=["float", "text", "uint64"])
@pytest.mark.parametrize("checks", [(), (pandera.Check.ne(7),)], ids=["no check", "no bound"])
def test_where_no_bound_would_find_it_it_is_refused(values: pa.Array, checks: tuple):
    assert "expected Int64" in refused("Int64", values, *checks)


def test_large_whole_numbers_are_themselves_whoever_wrote_them():
    ids = [2**53 + 1, 2**63 - 1, -(2**63) + 1]
    for values in (
        pa.array(ids),
        pa.array([str(number) for number in ids]),
        pa.array([Decimal(number) for number in ids]),
    ):
        assert typed("Int64", values).tolist() == ids


REFUSED = {
    "fractions": ("Int64", pa.array([1.0, 7.5, None]), "1 value, expected Int64 | 7.5 in row 2 | give whole numbers"),
    "decimal fractions": ("Int64", pa.array([Decimal("7.5")]), "1 value, expected Int64 | 7.5 in row 1"),
    "truth for numbers": ("Int64", pa.array([True]), "bool, expected Int64 | True in row 1"),
    "truth for floats": ("float64", pa.array([True]), "bool, expected float64"),
    "large numbers for floats": (
        "float64",
        pa.array([1, 2**53 + 1]),
        "1 value, expected float64 | 9007199254740993 in row 2",
    ),
    "numbers for text": ("str", pa.array([7]), "int64, expected str | 7 in row 1 | give text"),
    "decimals for text": ("str", pa.array([Decimal("7.5")]), "decimal128(2, 1), expected str"),
    "bytes that are no text": (
        "str",
        pa.array([b"\xff"]),
        r"binary, expected str | b'\xff' in row 1 | give text, in UTF-8",
    ),
    "no zone": (
        UTC,
        pa.array([NOON.tz_localize(None)], pa.timestamp("us")),
        f"timestamp[us], expected {UTC} | 2013-11-05 12:00:00 in row 1 | give moments with a zone",
    ),
    "a day": (UTC, pa.array([0], pa.date32()), f"date32[day], expected {UTC} | 1970-01-01 in row 1"),
    "an unknown zone": (
        UTC,
        pa.array([0], pa.timestamp("us", "Mars/Phobos")),
        f"timestamp[us, tz=Mars/Phobos], expected {UTC}; no zone has that name",
    ),
    "below microseconds": (
        UTC,
        pa.array([1000, 1], pa.timestamp("ns", "UTC")),
        f"1 value, expected {UTC} | 1970-01-01 00:00:00.000000001+00:00 in row 2",
    ),
    "beyond microseconds": (UTC, pa.array([2**60], pa.timestamp("s", "UTC")), f"1 value, expected {UTC}"),
    "a zone": (NAIVE, pa.array([0], pa.timestamp("us", "UTC")), f"timestamp[us, tz=UTC], expected {NAIVE}"),
    "numbers for moments": (UTC, pa.array([1383652800]), f"int64, expected {UTC}"),
    "lists": ("str", pa.array([["a"]]), "expected str | ['a'] in row 1"),
    "structs": ("Int64", pa.array([{"a": 1}]), "struct<a: int64>, expected Int64"),
    "times": ("Int64", pa.array([1], pa.time32("s")), "expected Int64 | 00:00:01 in row 1"),
    "no truth": ("boolean", pa.array([0, 2]), "1 value, expected boolean | 2 in row 2 | give true or false"),
    "no word of truth": ("boolean", pa.array(["yes"]), "1 value, expected boolean | 'yes' in row 1"),
    "identities": (
        "str",
        pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"1234567890123456"], pa.binary(16))),
        "expected str",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_would_lose_something_is_refused_with_its_rows(case: str):
    dtype, values, expected = REFUSED[case]
    assert expected in refused(dtype, values)


@pytest.mark.parametrize("word", ["NA", "N/A", "NaN", "nan", "null", "NULL", "None", "\\N", "-", "NaT", "<NA>", "  "])
@pytest.mark.parametrize("dtype", ["Int64", "float64", "boolean", UTC, NAIVE])
def test_a_missing_value_that_is_spelled_is_named_with_what_to_do(dtype: str, word: str):
    sound = {"Int64": "1", "float64": "1.5", "boolean": "true", UTC: "2013-11-05T12:00Z", NAIVE: "2013-11-05"}[dtype]
    frame = typed_frame(form(dtype), pa.table({"value": pa.array([sound, word, sound, word])}))
    (finding,) = check_columns(form(dtype), frame, None)
    assert finding.problem == f"2 values, expected {dtype}; missing values are spelled {word!r} 2 times"
    assert finding.remedy.startswith(f"{LEAVE_EMPTY}, or change the contract")


def test_words_for_missing_values_are_words_in_text():
    words = ["NA", "nan", "", "-", "\\N", " "]
    assert typed("str", pa.array(words)).tolist() == words


def test_of_values_and_words_that_are_wrong_both_are_named():
    message = refused("float64", pa.array(["NA", "1,5", "null", "NA"]))
    assert message.startswith("4 values, expected float64; missing values are spelled 'NA' 2 times, 'null' 1 time | ")
    assert message.split(" | ")[2].startswith(f"{LEAVE_EMPTY}; give numbers")


def test_an_index_is_a_column_and_one_without_a_name_is_none():
    frame = pd.DataFrame({"value": [1, 7, 3], "other": ["a", "b", "c"]})
    for index in (frame.set_index("value"), frame.set_index(["value", "other"]), frame.set_axis([5, 9, 2])):
        typed = typed_frame(form("Int64"), pa.Table.from_pandas(index))
        assert typed["value"].tolist() == [1, 7, 3]
        assert {*typed} == {"value", "other"}


def test_notes_of_pandas_that_no_longer_fit_are_not_read():
    table = pa.Table.from_pandas(pd.DataFrame({"value": pd.array([1, None], dtype="Int64")}))
    stale = table.set_column(0, "value", pa.array(["1", None])).replace_schema_metadata(table.schema.metadata)
    assert typed_frame(form("Int64"), stale)["value"].dtype == "Int64"


def test_a_column_that_comes_twice_is_one_finding():
    frame = typed_frame(
        form("Int64"), pa.table([pa.array([1]), pa.array(["a"]), pa.array([2])], names=["value", "value", "other"])
    )
    findings = check_columns(form("Int64"), frame, None)
    assert [(finding.column, finding.rule, finding.problem) for finding in findings] == [
        ("other", "column_known", "unknown"),
        ("value", "column_once", "there 2 times"),
    ]


def test_a_type_that_no_file_has_is_still_refused_in_words():
    frame = pd.DataFrame({"value": pd.Series([1, "a", None], dtype="object")})
    (finding,) = check_columns(form("Int64"), frame, None)
    assert finding.problem == "object, expected Int64"
    (finding,) = check_columns(form("Int64"), pd.DataFrame({"value": [1.0]}), None)
    assert finding.problem == "float64, expected Int64"
