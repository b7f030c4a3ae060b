"""What a newcomer's machine lacks is said in words, before anything is installed."""

import shutil
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


PIP = """\
case "$*" in
    *--editable*) exit 0;;
    *install*) ;;
    *) exit 0;;
esac
echo "WARNING: Location 'file://some.host/simple/one/' is ignored: it is neither a file nor a directory." >&2
for number in $(seq 45); do echo "Collecting one$number==1"; done
echo "Installing collected packages: one1"
mkdir -p .venv/lib/python3.11/site-packages/one1-1.dist-info
"""


def installed(folder: Path, end: str):
    """Run .ci/install with a pip that only prints."""
    (folder / ".ci").mkdir()
    shutil.copy(REPOSITORY / ".ci/install", folder / ".ci")
    (folder / ".venv/bin").mkdir(parents=True)
    (folder / "requirements.lock").write_text("".join(f"one{number}==1\n" for number in range(45)))
    fake(folder / ".ci", "python", "exit 0")
    fake(folder / ".venv/bin", "python", PIP + end)
    return run(folder / ".ci/install", folder=folder)


def test_an_installation_without_a_terminal_shows_progress_in_lines_and_no_host(tmp_path: Path):
    done = installed(tmp_path, "sleep 6; echo Successfully installed one1-1")
    assert done.returncode == 0, done.stderr
    assert [line.strip() for line in done.stdout.splitlines() if line.strip()] == [
        "Installing 45 packages into .venv: a minute or two, once",
        "20 of 45 found",
        "40 of 45 found",
        "all found; unpacking and compiling them ...",
        "1 of 45 unpacked and compiled",
    ]
    assert done.stderr == ""
    assert (tmp_path / ".venv/installed").exists()


def test_an_installation_that_fails_says_why_and_leaves_no_mark(tmp_path: Path):
    done = installed(
        tmp_path, "echo 'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES' >&2; echo '    one1: sha256' >&2; exit 1"
    )
    assert done.returncode == 1
    assert "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES\n    one1: sha256" in done.stderr
    assert not (tmp_path / ".venv/installed").exists()


def test_what_was_made_of_some_stages_does_not_make_the_lock_stale(clone: Path):
    """DVC leaves an empty folder for what nobody has, and one lead is a part of what `leads` reads."""
    (clone / "data/lead").mkdir(parents=True)
    (clone / "data/lead/h2.parquet").write_text("one lead")
    done = run(".ci/lock-check", folder=clone)
    assert (done.stdout, done.returncode) == ("dvc.lock is up to date\n", 0), done.stderr


def test_the_way_back_leaves_out_what_was_never_made_and_says_how_to_make_it(clone: Path):
    (clone / "data/raw").mkdir(parents=True)
    change(clone / "params.yaml", "leaves: 15", "leaves: 16")
    (clone / "metrics/evaluate/metrics.json").write_text("{}")
    (clone / "metrics/lead/h12.json").write_text("{}")
    done = run(".ci/back", folder=clone)
    assert done.returncode == 0, done.stderr
    assert "as they are committed" in done.stdout.splitlines()[0]
    assert "dvc repro makes it" in done.stdout
    assert "  data/report.html" in done.stdout.splitlines()
    assert run("git", "status", "--porcelain", folder=clone).stdout == ""
    assert not list((clone / "data").iterdir()), "no empty folder is left"
    assert "error" not in done.stderr.lower()
