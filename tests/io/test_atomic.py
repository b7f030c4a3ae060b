"""Files are written whole, or not at all."""

import json
from pathlib import Path

import pytest

from ontime.errors import OntimeError
from ontime.io.atomic import file_drafts, stage_draft, write_text
from ontime.io.formats import write_json
from ontime.io.paths import Files


def test_outputs_take_their_places_together_and_replace_what_was_there(tmp_path: Path):
    files = Files(tmp_path)
    for content in ({"old": 1, "gone": 1}, {"old": 2}):
        with stage_draft(files, "stage", files.raw, files.validate_metrics) as draft:
            for name in content:
                write_text(str(content[name]), draft.raw / name)
            write_json(content, draft.validate_metrics)
    assert [path.name for path in files.raw.iterdir()] == ["old"]
    assert json.loads(files.validate_metrics.read_text()) == {"old": 2}
    assert [path.name for path in files.work.iterdir()] == ["stage.lock"]


def test_a_failure_leaves_everything_as_it_was(tmp_path: Path):
    files = Files(tmp_path)
    with stage_draft(files, "stage", files.raw) as draft:
        write_text("before", draft.raw / "a")
    with pytest.raises(ZeroDivisionError), stage_draft(files, "stage", files.raw) as draft:
        write_text("after", draft.raw / "a")
        raise ZeroDivisionError
    assert (files.raw / "a").read_text() == "before"
    assert [path.name for path in files.work.iterdir()] == ["stage.lock"]


def test_what_a_killed_run_left_behind_is_not_taken_up(tmp_path: Path):
    files = Files(tmp_path)
    write_text("half", files.work / "stage/data/raw/half")
    with stage_draft(files, "stage", files.raw) as draft:
        write_text("whole", draft.raw / "whole")
    assert [path.name for path in files.raw.iterdir()] == ["whole"]


def test_where_one_output_cannot_be_placed_all_are_as_they_were(tmp_path: Path):
    files = Files(tmp_path)
    with stage_draft(files, "stage", files.raw) as draft:
        write_text("before", draft.raw / "a")
    write_text("in the way", tmp_path / "metrics")
    with (
        pytest.raises(OntimeError, match="all are as they were"),
        stage_draft(files, "s", files.raw, files.validate_metrics) as draft,
    ):
        write_text("after", draft.raw / "a")
        write_json({}, draft.validate_metrics)
    assert (files.raw / "a").read_text() == "before"
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["raw"]


def test_drafts_take_their_places_together_or_leave_nothing(tmp_path: Path):
    places = [tmp_path / "new/b", tmp_path / "new/a"]
    with file_drafts(*places) as drafts:
        for draft in drafts:
            draft.write_text("whole")
        with pytest.raises(OntimeError, match=r"another run writes .*a: wait"), file_drafts(*places):
            pytest.fail("the second run must not begin")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["a", "b"]
    for error in (ZeroDivisionError, OSError(28, "No space left on device")):
        with pytest.raises((ZeroDivisionError, OntimeError)), file_drafts(*places) as drafts:
            drafts[0].write_text("half")
            raise error
    (tmp_path / "new/b").unlink()
    with pytest.raises(OntimeError, match="all are as they were"), file_drafts(*places) as drafts:
        drafts[0].write_text("without its partner")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a"]
    with pytest.raises(OntimeError, match="c cannot be written"), file_drafts(tmp_path / "new/a/c"):
        pytest.fail("the run must not begin")


def test_a_draft_that_cannot_be_placed_is_removed(tmp_path: Path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        write_text("text", tmp_path / "folder")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_two_runs_of_a_stage_in_one_folder_do_not_meet(tmp_path: Path):
    files = Files(tmp_path)
    with stage_draft(files, "stage", files.raw) as draft:
        write_text("first", draft.raw / "a")
        with pytest.raises(OntimeError, match="another run of stage"), stage_draft(files, "stage", files.raw):
            pytest.fail("the second run must not begin")
    assert (files.raw / "a").read_text() == "first"
