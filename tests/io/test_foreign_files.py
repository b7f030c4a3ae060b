"""The same months through pandas (each backend), polars and DuckDB, as CSV and Parquet, have the same bits."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pandera.pandas as pandera
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from toy.clocks import PLANNED

from ontime.core.contract.column_types import typed_frame
from ontime.core.contract.columns import column
from ontime.core.contract.schema import check_columns
from ontime.dataset.contract import Table
from ontime.errors import OntimeError
from ontime.io.foreign_files import count_parquet_rows, parquet_tables, read_foreign
from ontime.io.utf8_files import BrokenFileError

TYPES = {
    "number": "Int64",
    "depot": "str",
    "weight": "float64",
    "fragile": "boolean",
    "promised": "datetime64[us, UTC]",
    "day": "datetime64[us]",
}
COLUMNS = {name: column(dtype, clock=PLANNED, reason="", nullable=True) for name, dtype in TYPES.items()}
FORM = Table(name="parcels", about="", schema=pandera.DataFrameSchema(COLUMNS), key=("number", "depot"))

# Text with all that CSV has to quote, and words for missing values; an empty one is no text in CSV.
characters = st.characters(exclude_categories=["C"]) | st.sampled_from('",\n; #')
texts = st.text(characters, min_size=1, max_size=5) | st.sampled_from(["NA", "null", "007", "1e5", "true", "-", "\\N"])
moments = st.datetimes(pd.Timestamp("1900-01-01"), pd.Timestamp("2100-01-01"))
rows = st.tuples(
    st.integers(-(2**53) + 1, 2**53 - 1),  # the numpy backend has no more of those that may be missing
    texts,
    st.none() | st.floats(allow_nan=False),
    st.none() | st.booleans(),
    st.none() | moments,
    st.none() | moments.map(lambda moment: moment.replace(hour=0, minute=0, second=0, microsecond=0)),
)
gaps = st.lists(rows.map(lambda row: (*(value if place % 2 else None for place, value in enumerate(row)),)), max_size=3)


def month(drawn: list[tuple]) -> pd.DataFrame:
    columns = zip(*drawn, strict=True) if drawn else [[] for _ in TYPES]
    return pd.DataFrame(
        {
            name: pd.Series(pd.array([*values], dtype="Float64"), dtype="float64")
            if dtype == "float64"
            else pd.Series([*values], dtype=dtype)
            for (name, dtype), values in zip(TYPES.items(), columns, strict=True)
        }
    )


def numpy_backend(frame: pd.DataFrame) -> pd.DataFrame:
    """As pandas has it that never heard of missing values: floats for gaps in whole numbers, objects, nanoseconds."""
    whole = frame["number"].astype("float64" if frame["number"].hasnans else "int64")
    truth = frame["fragile"].astype("object").where(frame["fragile"].notna(), None)
    moment = frame["promised"].dt.as_unit("ns")
    return frame.assign(number=whole, fragile=truth, depot=frame["depot"].astype("object"), promised=moment)


def pyarrow_backend(frame: pd.DataFrame) -> pd.DataFrame:
    return pa.Table.from_pandas(frame).replace_schema_metadata(None).to_pandas(types_mapper=pd.ArrowDtype)


BACKENDS: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "numpy": numpy_backend,
    "numpy_nullable": lambda frame: frame.astype({"depot": "string", "weight": "Float64"}),
    "pyarrow": pyarrow_backend,
    "category": lambda frame: frame.astype({"depot": "category"}),
}
INDEXES: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "plain": lambda frame: frame,
    "unnamed index": lambda frame: frame.set_axis([*range(5, 5 + 3 * len(frame), 3)]),
    "index of the key": lambda frame: frame.set_index(["number", "depot"]),
    "index of one column": lambda frame: frame.set_index("number"),
}


def duckdb_copy(frame: pd.DataFrame, path: Path, options: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("month", pa.Table.from_pandas(frame, preserve_index=False))
        connection.execute(f"COPY month TO '{path}' ({options})")


def to_polars(frame: pd.DataFrame) -> pl.DataFrame:
    return pl.from_arrow(pa.Table.from_pandas(frame, preserve_index=False))  # type: ignore[return-value]


WRITERS: dict[str, Callable[[pd.DataFrame, Path], object]] = {
    "polars.parquet": lambda frame, path: to_polars(frame).write_parquet(path),
    "polars.csv": lambda frame, path: to_polars(frame).write_csv(path),
    "polars in nanoseconds.csv": lambda frame, path: (
        to_polars(frame).cast({pl.Datetime("us", "UTC"): pl.Datetime("ns", "UTC")}).write_csv(path)
    ),
    "polars categories.parquet": lambda frame, path: (
        to_polars(frame).cast({"depot": pl.Categorical}).write_parquet(path)
    ),
    "duckdb.parquet": lambda frame, path: duckdb_copy(frame, path, "FORMAT parquet"),
    "duckdb.csv": lambda frame, path: duckdb_copy(frame, path, "FORMAT csv, HEADER"),
    "pyarrow.parquet": lambda frame, path: pq.write_table(
        pa.Table.from_pandas(frame).replace_schema_metadata(None), path
    ),
}
PANDAS = [*((backend, "plain") for backend in BACKENDS), *(("numpy", index) for index in INDEXES if index != "plain")]


def write(writer: str, frame: pd.DataFrame, path: Path) -> None:
    """The frame in a file, as this tool writes it."""
    if writer in WRITERS:
        WRITERS[writer](frame, path)
        return
    backend, index = Path(writer).stem.removeprefix("pandas ").split(", ")
    made = INDEXES[index](BACKENDS[backend](frame))
    made.to_parquet(path) if path.suffix == ".parquet" else made.to_csv(path, index=index != "plain")


ALL_WRITERS = [*WRITERS, *(f"pandas {', '.join(made)}{kind}" for made in PANDAS for kind in (".parquet", ".csv"))]
NASTY = month(
    [
        (
            2**53 - 1,
            'a "quoted", b',
            5e-324,
            True,
            pd.Timestamp("1969-12-31T23:59:59.999999"),
            pd.Timestamp("2013-11-05"),
        ),
        (-1, "two\nlines", -0.0, False, pd.Timestamp("2013-11-05T12:00"), pd.Timestamp("1900-01-01")),
        (0, "NA", 1 / 3, None, None, None),
        (7, " ", 12.658579999999999, None, None, None),
        (8, "#é;", float("inf"), None, None, None),
        (9, "007", None, None, None, None),
    ]
)
GAPS = month([(None, "x", None, True, None, pd.Timestamp("2013-11-05")), (None,) * 6])


def same_bits(frame: pd.DataFrame, expected: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(frame, expected, check_exact=True)
    present = expected["weight"].notna()
    assert frame.loc[present, "weight"].to_numpy().tobytes() == expected.loc[present, "weight"].to_numpy().tobytes()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("foreign")


@pytest.mark.parametrize("writer", ALL_WRITERS)
@settings(max_examples=settings().max_examples // 10)  # of each writer; ten times as many every night
@given(written=st.lists(rows, max_size=6).map(month), more=gaps.map(month))
@example(written=NASTY, more=GAPS)
@example(written=month([]), more=month([]))
def test_a_month_has_the_same_bits_whoever_wrote_it(
    folder: Path, writer: str, written: pd.DataFrame, more: pd.DataFrame
):
    for expected in (written, pd.concat([written, more], ignore_index=True)):
        path = folder / f"{writer.partition('.')[0].replace(' ', '_')}{Path(writer).suffix}"
        write(writer, expected, path)
        frame = read_foreign(FORM, path)
        assert [finding.rule for finding in check_columns(FORM, frame, None)] == ([] if len(expected) else ["rows"])
        same_bits(frame[[*TYPES]], expected)


@pytest.mark.parametrize("rows", [1, 2, 100])
@pytest.mark.parametrize("index", INDEXES)
def test_rows_in_parts_are_the_rows(tmp_path: Path, rows: int, index: str):
    number = pd.Series([3, 4, 5], dtype="int64")  # which pandas keeps in its notes alone as an index
    frame = pd.DataFrame({"number": number, "depot": ["a", "b", None], "other": [1.0, 2.0, 3.0]})
    INDEXES[index](frame).to_parquet(tmp_path / "a.parquet")
    names, tables = zip(*parquet_tables(tmp_path / "a.parquet", ["number", "depot"], rows), strict=True)
    assert {"number", "depot", "other"} <= {*names[0]}
    form = typed_frame(FORM, pa.concat_tables(tables))
    pd.testing.assert_series_equal(form["number"], frame["number"].astype("Int64"))
    pd.testing.assert_series_equal(form["depot"], frame["depot"].astype("str"))
    assert count_parquet_rows(tmp_path / "a.parquet") == 3


def test_notes_on_an_index_of_another_table_are_not_believed(tmp_path: Path):
    frame = pd.DataFrame({"number": np.arange(3), "depot": ["a", "b", "c"]}).set_index("number")
    table = pa.Table.from_pandas(frame)
    pq.write_table(table.slice(1), tmp_path / "a.parquet")
    assert [*read_foreign(FORM, tmp_path / "a.parquet")] == ["depot"]
    for notes in (b"no JSON", b"[]", b'{"index_columns": [{"kind": "range"}]}', b'{"index_columns": 7}'):
        pq.write_table(table.replace_schema_metadata({"pandas": notes}), tmp_path / "a.parquet")
        assert [*read_foreign(FORM, tmp_path / "a.parquet")] == ["depot"]


@pytest.mark.parametrize("content", [b"number,depot\n1,a\n", b"{}", b"PK\x03\x04"])
def test_what_is_no_parquet_is_named(tmp_path: Path, content: bytes):
    (tmp_path / "a.parquet").write_bytes(content)
    for read in (
        lambda: read_foreign(FORM, tmp_path / "a.parquet"),
        lambda: count_parquet_rows(tmp_path / "a.parquet"),
    ):
        with pytest.raises(BrokenFileError, match="expected Parquet"):
            read()


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + bytes(100) + b"PAR1"])
def test_broken_parquet_is_named(tmp_path: Path, content: bytes):
    (tmp_path / "a.parquet").write_bytes(content)
    with pytest.raises(OntimeError, match=r"a\.parquet cannot be read as Parquet: "):
        read_foreign(FORM, tmp_path / "a.parquet")
    with pytest.raises(OntimeError, match="is missing"):
        read_foreign(FORM, tmp_path / "b.parquet")


def test_text_that_is_not_utf_8_is_a_broken_file(tmp_path: Path):
    pq.write_table(
        pa.table({"depot": pa.array([b"\xff\xfe"], type=pa.binary()).view(pa.string())}), tmp_path / "a.parquet"
    )
    with pytest.raises(OntimeError, match="cannot be read as Parquet"):
        read_foreign(FORM, tmp_path / "a.parquet")
