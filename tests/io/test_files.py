"""Files are written whole, or not at all, and equal frames give equal bytes."""

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ontime.errors import OntimeError
from ontime.io.atomic import together, write_text
from ontime.io.formats import read_json, read_parquet, write_csv, write_json, write_parquet
from ontime.io.hashes import below, content_hash
from ontime.io.paths import Files, part, parts

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


def test_outputs_take_their_places_together_and_replace_what_was_there(tmp_path: Path):
    files = Files(tmp_path)
    for content in ({"old": 1, "gone": 1}, {"old": 2}):
        with files.whole("stage", files.raw, files.validate_metrics) as draft:
            for name in content:
                write_text(str(content[name]), draft.raw / name)
            write_json(content, draft.validate_metrics)
    assert [path.name for path in files.raw.iterdir()] == ["old"]
    assert json.loads(files.validate_metrics.read_text()) == {"old": 2}
    assert [path.name for path in files.work.iterdir()] == ["stage.lock"]


def test_a_failure_leaves_everything_as_it_was(tmp_path: Path):
    files = Files(tmp_path)
    with files.whole("stage", files.raw) as draft:
        write_text("before", draft.raw / "a")
    with pytest.raises(ZeroDivisionError), files.whole("stage", files.raw) as draft:
        write_text("after", draft.raw / "a")
        raise ZeroDivisionError
    assert (files.raw / "a").read_text() == "before"
    assert [path.name for path in files.work.iterdir()] == ["stage.lock"]


def test_what_a_killed_run_left_behind_is_not_taken_up(tmp_path: Path):
    files = Files(tmp_path)
    write_text("half", files.work / "stage/data/raw/half")
    with files.whole("stage", files.raw) as draft:
        write_text("whole", draft.raw / "whole")
    assert [path.name for path in files.raw.iterdir()] == ["whole"]


def test_parts_are_named_by_table_and_month(tmp_path: Path):
    expected = [("a", None), ("b", "2013-01"), ("b", "2013-02")]
    for table, month in expected:
        write_parquet(FRAME, part(tmp_path, table, month))
    assert parts(tmp_path) == expected
    write_text("mine", tmp_path / "b/notes.txt")
    (tmp_path / "b/2013-02.parquet").rename(tmp_path / "b/2013-02")
    (tmp_path / "c.parquet").mkdir()
    assert parts(tmp_path) == [*expected[:2], ("b/2013-02", None), ("b/notes.txt", None), ("c.parquet", None)]
    with pytest.raises(OntimeError, match="dvc repro"):
        parts(tmp_path / "none")


def test_json_is_sorted_ends_with_a_line_and_holds_no_nan(tmp_path: Path):
    write_json({"b": 1, "a": [1.5]}, tmp_path / "a.json")
    assert (tmp_path / "a.json").read_text() == '{\n  "a": [\n    1.5\n  ],\n  "b": 1\n}\n'
    with pytest.raises(ValueError, match="nan"):
        write_json({"a": float("nan")}, tmp_path / "a.json")
    assert json.loads((tmp_path / "a.json").read_text())["b"] == 1


def test_csv_has_no_index_and_one_kind_of_line_end(tmp_path: Path):
    write_csv(pd.DataFrame({"a": [1, 2]}), tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_bytes() == b"a\n1\n2\n"


def test_where_one_output_cannot_be_placed_all_are_as_they_were(tmp_path: Path):
    files = Files(tmp_path)
    with files.whole("stage", files.raw) as draft:
        write_text("before", draft.raw / "a")
    write_text("in the way", tmp_path / "metrics")
    with (
        pytest.raises(OntimeError, match="all are as they were"),
        files.whole("s", files.raw, files.validate_metrics) as draft,
    ):
        write_text("after", draft.raw / "a")
        write_json({}, draft.validate_metrics)
    assert (files.raw / "a").read_text() == "before"
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["raw"]


def test_drafts_take_their_places_together_or_leave_nothing(tmp_path: Path):
    places = [tmp_path / "new/b", tmp_path / "new/a"]
    with together(*places) as drafts:
        for draft in drafts:
            draft.write_text("whole")
        with pytest.raises(OntimeError, match=r"another run writes .*a: wait"), together(*places):
            pytest.fail("the second run must not begin")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["a", "b"]
    for error in (ZeroDivisionError, OSError(28, "No space left on device")):
        with pytest.raises((ZeroDivisionError, OntimeError)), together(*places) as drafts:
            drafts[0].write_text("half")
            raise error
    (tmp_path / "new/b").unlink()
    with pytest.raises(OntimeError, match="all are as they were"), together(*places) as drafts:
        drafts[0].write_text("without its partner")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a"]
    with pytest.raises(OntimeError, match="c cannot be written"), together(tmp_path / "new/a/c"):
        pytest.fail("the run must not begin")


def test_a_draft_that_cannot_be_placed_is_removed(tmp_path: Path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        write_text("text", tmp_path / "folder")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_content_counts_through_links_and_a_circle_ends(tmp_path: Path):
    for name, text in (("plain/feed/a", "1"), ("elsewhere/a", "1")):
        write_text(text, tmp_path / name)
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked/feed").symlink_to("../elsewhere")
    assert content_hash(tmp_path / "linked") == content_hash(tmp_path / "plain")
    write_text("2", tmp_path / "elsewhere/a")
    assert content_hash(tmp_path / "linked") != content_hash(tmp_path / "plain")
    (tmp_path / "linked/circle").symlink_to(".")
    assert len({*below(tmp_path / "linked")}) == 2


def test_text_that_is_not_utf_8_is_named(tmp_path: Path):
    (tmp_path / "a.json").write_bytes(b"\xff\xfe")
    with pytest.raises(OntimeError, match=r"a\.json is no text in UTF-8"):
        read_json(tmp_path / "a.json")


def test_two_runs_of_a_stage_in_one_folder_do_not_meet(tmp_path: Path):
    files = Files(tmp_path)
    with files.whole("stage", files.raw) as draft:
        write_text("first", draft.raw / "a")
        with pytest.raises(OntimeError, match="another run of stage"), files.whole("stage", files.raw):
            pytest.fail("the second run must not begin")
    assert (files.raw / "a").read_text() == "first"


def test_text_that_is_not_utf_8_is_a_broken_file(tmp_path: Path):
    write_parquet(pd.DataFrame({"text": ["plain"] * 3}), tmp_path / "a.parquet")
    broken = pa.array([b"\xff\xfe"] * 3, type=pa.binary()).view(pa.string())
    pq.write_table(pa.table({"text": broken}), tmp_path / "a.parquet")
    with pytest.raises(OntimeError, match="cannot be read as Parquet"):
        read_parquet(tmp_path / "a.parquet")
