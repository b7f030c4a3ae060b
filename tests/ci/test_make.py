"""What a newcomer's machine lacks is said in words, before anything is installed."""

from pathlib import Path

import pytest
from repositories import REPOSITORY, run

pytestmark = [pytest.mark.needs("make", "make"), pytest.mark.needs("git", "git")]


def fake(folder: Path, name: str, script: str) -> None:
    """A program of that name, first in the path."""
    program = folder / name
    program.write_text(f"#!/bin/bash\n{script}\n")
    program.chmod(0o755)


def which(folder: Path, *arguments: str):
    """Run .ci/python where only `folder` and what bash itself needs can be found."""
    return run("/bin/bash", REPOSITORY / ".ci/python", *arguments, folder=folder, PATH=str(folder))


def test_a_missing_git_is_named(tmp_path: Path):
    done = which(tmp_path)
    assert done.returncode == 1
    assert "git is missing" in done.stderr
    assert "apt-get install git" in done.stderr


def test_a_python_that_is_too_old_is_refused(tmp_path: Path):
    fake(tmp_path, "git", "exit 0")
    fake(tmp_path, "python3", "exit 1")
    done = which(tmp_path)
    assert done.returncode == 1
    assert "Python 3.11 or newer is missing" in done.stderr
    assert "make repro PYTHON=" in done.stderr


def test_a_python_without_venv_is_named_with_its_package(tmp_path: Path):
    fake(tmp_path, "git", "exit 0")
    fake(
        tmp_path,
        "python3.12",
        'case "$2" in *ensurepip*) exit 1;; *executable*) echo python3.12;; *format*) echo 3.12;; *) exit 0;; esac',
    )
    done = which(tmp_path)
    assert done.returncode == 1
    assert "cannot make virtual environments" in done.stderr
    assert "python3-venv (or python3.12-venv" in done.stderr


def test_a_good_python_is_printed_and_one_can_be_named(tmp_path: Path):
    fake(tmp_path, "git", "exit 0")
    for name in ("python3", "mine"):
        fake(tmp_path, name, f'case "$2" in *executable*) echo {tmp_path}/{name};; *) exit 0;; esac')
    assert which(tmp_path).stdout == f"{tmp_path}/python3\n"
    assert which(tmp_path, "mine").stdout == f"{tmp_path}/mine\n"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone of this repository, without any data."""
    assert run("git", "clone", "-q", REPOSITORY, "clone", folder=tmp_path).returncode == 0
    return tmp_path / "clone"


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_without_data_the_lock_is_found_up_to_date_and_a_changed_param_makes_it_stale(clone: Path):
    done = run(".ci/lock-check", folder=clone)
    assert (done.stdout, done.returncode) == ("dvc.lock is up to date\n", 0), done.stderr
    change(clone / "params.yaml", "leaves: 15", "leaves: 16")
    done = run(".ci/lock-check", folder=clone)
    assert done.returncode == 1
    assert done.stdout.startswith("dvc.lock is out of date from stage 'train' on: run dvc repro")
    (clone / "params.yaml").write_text("broken: [")
    done = run(".ci/lock-check", folder=clone)
    assert done.returncode == 1
    assert "params.yaml" in done.stderr


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("dataset/features.py", "    count: bool = True\n", "    count: bool = False\n"),
        ("__main__.py", "from ontime.flights import FLIGHTS", "from toy import TOY as FLIGHTS"),
    ],
)
def test_another_default_of_a_declaration_or_another_dataset_makes_every_stage_stale(
    file: str, old: str, new: str, clone: Path
):
    change(clone / "src/ontime" / file, old, new)
    done = run(".ci/lock-check", folder=clone)
    assert done.returncode == 1
    assert done.stdout.startswith("dvc.lock is out of date from stage 'fetch' on: run dvc repro")
