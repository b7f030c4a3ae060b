"""A store that is broken in any way is put right by the commands that `data verify` prints, run as they are printed."""

import os
import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from repositories import Done, call, commit, run, toy_repository
from ruamel.yaml import YAML
from small_pipeline import cut, flip, object_of, replace
from toy import TOY

pytestmark = pytest.mark.needs("git", "git")

MONTH, FILE, FOLDER, RECORD = (
    "data/clean/parcels/2020-02.parquet",
    "data/quarantine.parquet",
    "data/clean",
    "metrics/validate/metrics.json",
)
Harm = Callable[[Path], None]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The second dataset with no stage after its clean tables, run and committed; its cache has a space in its name."""
    folder = tmp_path_factory.mktemp("whole") / "repository"
    folder.mkdir()
    toy_repository(folder)
    yaml = YAML()
    pipeline = yaml.load((folder / "dvc.yaml").read_text())
    with (folder / "dvc.yaml").open("w") as file:
        yaml.dump({"stages": {name: pipeline["stages"][name] for name in ("fetch", "validate")}}, file)
    for command in (
        ("dvc", "cache", "dir", "../the cache"),
        ("dvc", "remote", "add", "--default", "storage", "../remote"),
        ("dvc", "config", "remote.storage.verify", "true"),
        ("dvc", "repro"),
        ("dvc", "push"),
    ):
        done = run(*command, folder=folder)
        assert done.returncode == 0, done.stderr
    commit(folder)
    return folder


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    """A copy to break, in a folder whose name has a space and a letter of its own."""
    for name in ("the cache", "remote"):
        shutil.copytree(whole.parent / name, tmp_path / name)
    return Path(shutil.copytree(whole, tmp_path / "my räpo", symlinks=True, ignore=shutil.ignore_patterns("tmp")))


def verify(folder: Path, *options: str) -> Done:
    done = call(TOY, "data", "verify", *options, folder=folder)
    assert "Traceback" not in done.stderr
    return done


def remedies(done: Done) -> Iterator[str]:
    """The commands that are printed."""
    lines = done.stderr.partition("To put it right, run:\n")[2].splitlines()
    yield from (line.removeprefix("  ") for line in lines if line.startswith("  "))


def run_as_printed(folder: Path, line: str) -> Done:
    words = shlex.split(line, comments=True)
    if words[0] == TOY.name:  # in this process, which need not read all libraries again
        return call(TOY, *words[1:], folder=folder)
    return run("bash", "-c", line, folder=folder)


def checked_out(harm: Harm, path: str, target: str) -> Harm:
    """Break an object of the cache and let DVC put it into the workspace: it then believes that all is well."""

    def break_it(folder: Path) -> None:
        harm(object_of(folder, path))
        (folder / path).unlink()
        assert run("dvc", "checkout", target, folder=folder).returncode == 0
        assert run("dvc", "status", "-q", folder=folder).returncode == 0, "DVC itself does not see it"

    return break_it


def edited_and_lost(folder: Path) -> None:
    object_of(folder, FILE).unlink()
    object_of(folder, MONTH).unlink()
    replace(folder / FILE, b"else")
    (folder / MONTH).unlink()


def list_and_month(folder: Path) -> None:
    cut(object_of(folder, FOLDER))
    (folder / MONTH).unlink()


def folder_and_list(folder: Path) -> None:
    cut(object_of(folder, FOLDER))
    shutil.rmtree(folder / FOLDER)


def folder_and_a_month_of_the_cache(folder: Path) -> None:
    object_of(folder, MONTH).unlink()
    shutil.rmtree(folder / FOLDER)


def linked_to_nothing(folder: Path) -> None:
    place = object_of(folder, FILE)
    (folder / FILE).unlink()
    (folder / FILE).symlink_to(os.path.relpath(place, (folder / FILE).parent))
    place.unlink()


def without_a_cache(folder: Path) -> None:
    shutil.rmtree(folder.parent / "the cache")
    replace(folder / MONTH, b"else")
    replace(folder / FILE, b"else")


def of_another_kind(folder: Path) -> None:
    (folder / FILE).unlink()
    (folder / FILE).mkdir()
    shutil.rmtree(folder / FOLDER)
    (folder / FOLDER).write_text("no folder")


def what_git_keeps(folder: Path) -> None:
    (folder / RECORD).write_text("{}\n")
    (folder / "metrics/validate/findings.csv").unlink()
    (folder / "metrics/validate/other file.csv").touch()


def committed_otherwise(folder: Path) -> None:
    (folder / RECORD).write_text("{}\n")
    commit(folder)


HARMS: dict[str, Harm] = {
    "edited": lambda folder: replace(folder / FILE, b"else"),
    "missing": lambda folder: (folder / MONTH).unlink(),
    "not in the lock": lambda folder: (folder / FOLDER / "a b.txt").touch(),
    "cut, checked out by DVC": checked_out(cut, FILE, FILE),
    "flipped, checked out by DVC": checked_out(flip, MONTH, FOLDER),
    "edited, and its object lost": edited_and_lost,
    "cut in the cache alone": lambda folder: cut(object_of(folder, MONTH)),
    "its list cut in the cache alone": lambda folder: cut(object_of(folder, FOLDER)),
    "its list cut and a month missing": list_and_month,
    "a folder missing and its list cut": folder_and_list,
    "a folder missing and an object lost": folder_and_a_month_of_the_cache,
    "a link to nothing": linked_to_nothing,
    "no cache": without_a_cache,
    "of another kind": of_another_kind,
    "what git keeps": what_git_keeps,
    "committed otherwise": committed_otherwise,
}


def no_remote(folder: Path) -> None:
    shutil.rmtree(folder.parent / "remote")


def broken_remote(folder: Path) -> None:
    for path in (folder.parent / "remote").rglob("*"):
        if path.is_file():
            cut(path)


REMOTES: dict[str, Harm] = {"has it": lambda _: None, "is not there": no_remote, "is broken": broken_remote}


def check(folder: Path, harm: Harm, remote: Harm, *options: str) -> None:
    harm(folder)
    remote(folder)
    lock = (folder / "dvc.lock").read_bytes()
    done = verify(folder, *options)
    assert done.returncode == 1
    printed = list(remedies(done))
    assert printed
    for line in printed:
        done = run_as_printed(folder, line)
    after = verify(folder, *options)
    assert after.returncode == 0, f"{printed}\n{done.stderr}\n{after.stderr}"
    assert (folder / "dvc.lock").read_bytes() == lock
    assert run("dvc", "status", "-q", folder=folder).returncode == 0


def test_what_is_whole_needs_nothing(copy: Path):
    done = verify(copy, "--remote")
    assert (done.returncode, done.stderr) == (0, "")
    assert verify(copy, "--repair").stdout.startswith("workspace: ")


@pytest.mark.parametrize(
    "remote",
    [pytest.param(REMOTES[name], id=name, marks=[] if name == "has it" else pytest.mark.nightly) for name in REMOTES],
)
def test_everything_at_once_is_put_right(remote: Harm, copy: Path):
    def harm(folder: Path) -> None:
        for one in (checked_out(cut, FILE, FILE), checked_out(flip, MONTH, FOLDER), what_git_keeps):
            one(folder)
        cut(object_of(folder, "data/raw/depots.parquet"))
        (folder / FOLDER / "a b.txt").touch()

    check(copy, harm, remote)


def test_what_dvc_checked_out_broken_is_put_right_without_a_remote(copy: Path):
    check(copy, HARMS["cut, checked out by DVC"], no_remote)


def test_a_remote_that_is_broken_is_put_right_with_the_rest(copy: Path):
    check(copy, checked_out(cut, FILE, FILE), broken_remote, "--remote")


def test_what_is_edited_is_not_removed_where_nothing_takes_its_place(copy: Path):
    edited_and_lost(copy)
    no_remote(copy)
    done = verify(copy, "--repair")
    assert done.returncode == 1
    assert "remote storage" in done.stderr
    assert (copy / FILE).read_bytes() == b"else"
    assert list(remedies(done)) == [
        "rm -rf data/clean data/quarantine.parquet && dvc repro validate  # no place has it: this makes it"
    ]


@pytest.mark.nightly
@pytest.mark.parametrize("remote", REMOTES.values(), ids=REMOTES)
@pytest.mark.parametrize("name", HARMS)
@pytest.mark.parametrize("options", [(), ("--remote",)], ids=["here", "here and there"])
def test_each_way_to_break_a_store_is_put_right(options: tuple[str, ...], name: str, remote: Harm, copy: Path):
    if options and remote is no_remote:
        pytest.skip("a remote that is not there is no success, whatever is put right here")
    check(copy, HARMS[name], remote, *options)
