"""`ontime data verify`: the content of the workspace and of a remote that is a folder, against dvc.lock."""

import os
import shutil
from pathlib import Path

import pytest
from repositories import REPOSITORY, call, commit, run
from toy import TOY

from ontime.io.hashes import content_md5, folder_md5, walk_files

pytestmark = pytest.mark.needs("git", "git")


def verify(folder: Path, *options: str):
    return call(TOY, "data", "verify", *options, folder=folder)


@pytest.fixture(scope="module")
def made(fresh_toy: Path) -> Path:
    """The second dataset up to its clean tables, committed, with a folder as its remote."""
    assert run("dvc", "repro", "validate", folder=fresh_toy).returncode == 0
    shutil.copy(REPOSITORY / ".dvc/config", fresh_toy / ".dvc/config")
    assert run("dvc", "remote", "modify", "storage", "url", "../remote", folder=fresh_toy).returncode == 0
    commit(fresh_toy)
    return fresh_toy


@pytest.fixture
def broken(made: Path, tmp_path: Path) -> Path:
    """A copy to break."""
    return Path(shutil.copytree(made, tmp_path / "toy", symlinks=True))


def replace(path: Path, content: bytes) -> None:
    path.unlink()  # what DVC put there is read-only
    path.write_bytes(content)


def test_stages_that_never_ran_are_not_in_the_lock(made: Path):
    done = verify(made)
    assert done.returncode == 1
    assert "data/features: not in dvc.lock" in done.stderr
    assert "data/clean" not in done.stderr


def test_the_hash_of_a_folder_is_that_in_the_lock(made: Path):
    lock, folder, hashes = (made / "dvc.lock").read_text(), made / "data/clean", {}
    for path in walk_files(folder):
        with path.open("rb") as content:
            hashes[path.relative_to(folder).as_posix()], _ = content_md5(content)
    assert f"path: data/clean\n      hash: md5\n      md5: {folder_md5(hashes)}" in lock


def test_every_file_that_differs_is_named_whether_dvc_or_git_keeps_it(broken: Path):
    replace(broken / "data/clean/parcels/2020-02.parquet", b"else")
    (broken / "data/clean/parcels/2020-03.parquet").unlink()
    (broken / "data/clean/stray.txt").write_text("stray")
    replace(broken / "data/quarantine.parquet", b"else")
    (broken / "metrics/validate/metrics.json").unlink()
    (broken / "metrics/validate/stray.csv").write_text("stray")
    shutil.rmtree(broken / "data/raw")
    printed = verify(broken).stderr
    for line in (
        "data/clean/parcels/2020-02.parquet: another content",
        "data/clean/parcels/2020-03.parquet: missing",
        "data/clean/stray.txt: not in dvc.lock",
        "data/quarantine.parquet: another content",
        "metrics/validate/metrics.json: missing",
        "metrics/validate/stray.csv: not in dvc.lock",
        "data/raw: missing",
    ):
        assert line in printed
    assert "data/clean/depots" not in printed


def test_what_git_keeps_and_has_otherwise_than_the_lock_is_named_as_a_whole(broken: Path):
    (broken / "metrics/validate/metrics.json").write_text("{}\n")
    assert "metrics/validate/metrics.json: another content" in verify(broken).stderr
    commit(broken)
    assert "metrics/validate: another content, and as it is committed" in verify(broken).stderr


def test_content_is_read_even_where_size_and_time_are_as_before(broken: Path):
    path = broken / "data/quarantine.parquet"
    stat, content = path.stat(), path.read_bytes()
    replace(path, content[:-1] + bytes([content[-1] ^ 1]))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert "data/quarantine.parquet: another content" in verify(broken).stderr


def test_without_its_list_a_folder_that_differs_is_named_as_a_whole(broken: Path):
    (broken / "data/clean/parcels/2020-03.parquet").unlink()
    shutil.rmtree(broken / ".dvc/cache")
    assert "data/clean: another content; which of its files only its list says" in verify(broken).stderr


def test_a_remote_that_does_not_exist_is_no_success(made: Path, tmp_path: Path):
    """`dvc repro --pull --allow-missing` says 'up to date' here, with no data anywhere."""
    clone = tmp_path / "clone"
    assert run("git", "clone", "-q", made, clone, folder=made).returncode == 0
    blind = run("dvc", "repro", "--pull", "--allow-missing", "validate", folder=clone)
    assert (blind.returncode, "up to date" in blind.stdout) == (0, True)
    done = verify(clone, "--remote")
    assert done.returncode == 1
    assert "cannot be read" in done.stderr
    assert "make the bucket or folder" in done.stderr


def test_a_folder_as_a_remote_is_read_and_repaired(broken: Path):
    assert run("dvc", "push", folder=broken).returncode == 0
    remote = broken.parent / "remote"
    objects = sorted(path for path in remote.rglob("*") if path.is_file())
    content = objects[0].read_bytes()
    replace(objects[0], content[:-1])
    done = verify(broken, "--remote")
    assert "another content" in done.stderr
    assert "sent again 1 objects of" in verify(broken, "--remote", "--repair").stdout
    assert objects[0].read_bytes() == content


def test_outside_a_repository_it_says_so(tmp_path: Path):
    done = verify(tmp_path)
    assert done.returncode == 1
    assert "params.yaml is missing, here and above" in done.stderr
    (tmp_path / "params.yaml").touch()
    assert "you are not inside of a DVC repository" in verify(tmp_path).stderr
