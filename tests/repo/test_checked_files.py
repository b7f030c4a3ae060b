"""What is read of a commit is what dvc.lock names: an object of another content is refused, with what to do."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from small_pipeline import ONE, cut, flip, head, md5, replace, replace_read_only

from ontime.io.hashes import folder_md5
from ontime.repo.checked_files import BrokenObjectError, files_below, local_place, read_file
from ontime.repo.dvc_adapter import UnavailableError

pytestmark = pytest.mark.needs("git", "git")

LIST = folder_md5({"a": md5(ONE)})
ANOTHER_LIST = json.dumps([{"md5": md5(ONE), "relpath": "other"}]).encode()
BREAKS: dict[str, Callable[[Path], None]] = {
    "cut": cut,
    "flipped": flip,
    "empty": lambda path: replace_read_only(path, b""),
    "of another object": lambda path: replace_read_only(path, ANOTHER_LIST),
    "writable": lambda path: replace(path, b"else"),
}


def stored(store: Path, name: str) -> Path:
    return store / "files/md5" / name[:2] / name[2:]


def remedy(error: BrokenObjectError) -> str:
    """The command that the words name."""
    return next(part for part in str(error).split("`") if part.startswith("rm -f "))


@pytest.mark.parametrize("harm", BREAKS.values(), ids=BREAKS)
@pytest.mark.parametrize("path", ["data/x", "data/table/a"])
def test_a_broken_object_of_the_cache_is_refused_and_its_removal_is_the_remedy(
    harm: Callable[[Path], None], path: str, repository: Path
):
    commit, place = head(repository), stored(Path(".dvc/cache"), md5(ONE))
    harm(place)
    with pytest.raises(BrokenObjectError) as refused:
        read_file(Path(path), commit)
    for words in (path, f"of {commit[:7]}", place.as_posix(), "is broken"):
        assert words in str(refused.value)
    assert subprocess.run(remedy(refused.value), shell=True, check=True).returncode == 0
    assert read_file(Path(path), commit) == ONE


@pytest.mark.parametrize("harm", BREAKS.values(), ids=BREAKS)
@pytest.mark.parametrize("read", [read_file, files_below], ids=["file", "list"])
@pytest.mark.parametrize("noted", [True, False], ids=["read before", "never read"])
def test_a_broken_list_of_a_folder_is_refused_whatever_dvc_has_noted_of_it(
    harm: Callable[[Path], None], read: Callable[[Path, str], object], noted: bool, repository: Path
):
    commit, place = head(repository), stored(Path(".dvc/cache"), LIST)
    if noted:
        files_below(Path("data/table"), commit)
    harm(place)
    path = Path("data/table/a" if read is read_file else "data/table")
    for _ in range(2):
        with pytest.raises(BrokenObjectError, match="the list of data/table of ") as refused:
            read(path, commit)
    assert place.as_posix() in str(refused.value)
    assert subprocess.run(remedy(refused.value), shell=True, check=True).returncode == 0
    assert read(path, commit) in (ONE, {"data/table/a": md5(ONE)})


@pytest.mark.parametrize("harm", BREAKS.values(), ids=BREAKS)
def test_a_broken_object_of_the_remote_is_refused_by_its_name(harm: Callable[[Path], None], repository: Path):
    stored(Path(".dvc/cache"), md5(ONE)).unlink()
    harm(stored(repository.parent / "remote", md5(ONE)))
    with pytest.raises(BrokenObjectError, match=f"object {md5(ONE)} of the remote storage is broken"):
        read_file(Path("data/x"), head(repository))


@pytest.mark.parametrize("harm", BREAKS.values(), ids=BREAKS)
def test_a_broken_list_of_the_remote_is_never_trusted(harm: Callable[[Path], None], repository: Path):
    stored(Path(".dvc/cache"), LIST).unlink()
    harm(stored(repository.parent / "remote", LIST))
    with pytest.raises((BrokenObjectError, UnavailableError)):
        files_below(Path("data/table"), head(repository))


def test_what_is_missing_is_no_broken_object(repository: Path):
    assert files_below(Path("nothing"), head(repository)) == {}
    with pytest.raises(UnavailableError):
        read_file(Path("nothing"), head(repository))


def test_a_file_of_git_needs_no_hash(repository: Path):
    assert read_file(Path("metrics/make/a.csv"), head(repository)) == ONE


def test_a_place_is_named_from_here_where_it_is_below(repository: Path):
    assert local_place(str(repository / ".dvc/cache")) == ".dvc/cache"
    assert local_place(str(repository.parent / "remote")) == str(repository.parent / "remote")
