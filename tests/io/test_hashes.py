"""The hash of a folder is that of its content, wherever its files are."""

from pathlib import Path

from ontime.io.atomic import write_text
from ontime.io.hashes import content_hash, walk_files


def test_content_counts_through_links_and_a_circle_ends(tmp_path: Path):
    for name, text in (("plain/feed/a", "1"), ("elsewhere/a", "1")):
        write_text(text, tmp_path / name)
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked/feed").symlink_to("../elsewhere")
    assert content_hash(tmp_path / "linked") == content_hash(tmp_path / "plain")
    write_text("2", tmp_path / "elsewhere/a")
    assert content_hash(tmp_path / "linked") != content_hash(tmp_path / "plain")
    (tmp_path / "linked/circle").symlink_to(".")
    assert len({*walk_files(tmp_path / "linked")}) == 2
