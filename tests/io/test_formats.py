"""Equal frames give equal bytes, and what is broken has a clear error."""

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ontime.errors import OntimeError
from ontime.io.formats import read_json, read_parquet, write_csv, write_json, write_parquet

FRAME = pd.DataFrame(
    {
        "whole": pd.array([1, None], dtype="Int64"),
        "text": pd.array(["a", None], dtype="str"),
        "moment": pd.to_datetime(["2013-01-01T05:00Z", None]).as_unit("us"),
    }
)


def test_parquet_keeps_types_and_names_no_release_of_pandas(tmp_path: Path):
    write_parquet(FRAME, tmp_path / "a.parquet")
    pd.testing.assert_frame_equal(read_parquet(tmp_path / "a.parquet"), FRAME)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "a.parquet"), FRAME)
    notes = json.loads(pq.read_schema(tmp_path / "a.parquet").metadata[b"pandas"])
    assert not {"pandas_version", "creator"} & set(notes)


def test_a_cut_off_file_is_a_clear_error(tmp_path: Path):
    write_parquet(FRAME, tmp_path / "a.parquet")
    (tmp_path / "a.parquet").write_bytes((tmp_path / "a.parquet").read_bytes()[:-20])
    with pytest.raises(OntimeError, match=r"a\.parquet cannot be read as Parquet"):
        read_parquet(tmp_path / "a.parquet")
    with pytest.raises(OntimeError, match="is missing"):
        read_parquet(tmp_path / "b.parquet")


@pytest.mark.parametrize("notes", [b"no JSON", b"[]", None])
def test_notes_for_pandas_that_do_not_fit_are_a_broken_file(tmp_path: Path, notes: bytes | None):
    table = pa.Table.from_pandas(FRAME)
    changed = table.set_column(0, "whole", table["whole"].cast(pa.string()))
    pq.write_table(
        changed.replace_schema_metadata({"pandas": notes} if notes else table.schema.metadata), tmp_path / "a.parquet"
    )
    with pytest.raises(OntimeError, match=r"a\.parquet cannot be read as Parquet: .*notes for pandas"):
        read_parquet(tmp_path / "a.parquet")


def test_json_is_sorted_ends_with_a_line_and_holds_no_nan(tmp_path: Path):
    write_json({"b": 1, "a": [1.5]}, tmp_path / "a.json")
    assert (tmp_path / "a.json").read_text() == '{\n  "a": [\n    1.5\n  ],\n  "b": 1\n}\n'
    with pytest.raises(ValueError, match="nan"):
        write_json({"a": float("nan")}, tmp_path / "a.json")
    assert json.loads((tmp_path / "a.json").read_text())["b"] == 1


def test_csv_has_no_index_and_one_kind_of_line_end(tmp_path: Path):
    write_csv(pd.DataFrame({"a": [1, 2]}), tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_bytes() == b"a\n1\n2\n"


def test_text_that_is_not_utf_8_is_named(tmp_path: Path):
    (tmp_path / "a.json").write_bytes(b"\xff\xfe")
    with pytest.raises(OntimeError, match=r"a\.json is no text in UTF-8"):
        read_json(tmp_path / "a.json")


def test_text_that_is_not_utf_8_is_a_broken_file(tmp_path: Path):
    write_parquet(pd.DataFrame({"text": ["plain"] * 3}), tmp_path / "a.parquet")
    broken = pa.array([b"\xff\xfe"] * 3, type=pa.binary()).view(pa.string())
    pq.write_table(pa.table({"text": broken}), tmp_path / "a.parquet")
    with pytest.raises(OntimeError, match="cannot be read as Parquet"):
        read_parquet(tmp_path / "a.parquet")
