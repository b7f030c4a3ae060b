"""The machinery knows no dataset: none of its words, and another one runs through it, in a real `dvc repro`."""

import json
import re
import shutil
from pathlib import Path

import pytest
from conftest import run

WORDS = re.compile(
    r"flight|carrier|airport|airline|aircraft|plane[s]?\b|tail|weather|\bwind|origin|dest\b|destination|EWR|JFK|LGA|nycflights",
    re.IGNORECASE,
)
TOY_LINES = 200


@pytest.mark.parametrize("folder", ["core", "stages", "service"])
def test_no_word_of_the_dataset_in_the_machinery(folder: str, repository: Path):
    found = [
        f"{path.name}:{number}: {line.strip()}"
        for path in (repository / "src/ontime" / folder).rglob("*.py")
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if WORDS.search(line)
    ]
    assert not found


def test_the_second_dataset_is_small_and_shares_no_column(repository: Path):
    text = "".join(path.read_text() for path in (repository / "tests/toy").glob("*.py"))
    assert len(text.splitlines()) <= TOY_LINES
    assert not WORDS.search(text)


@pytest.fixture(scope="module")
def toy(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A git and DVC repository of its own with the toy dataset."""
    folder = tmp_path_factory.mktemp("toy_repository")
    shutil.copytree(repository / "tests/toy", folder / "toy", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("dvc.yaml", "params.yaml"):
        (folder / "toy" / name).rename(folder / name)
    shutil.copy(repository / ".gitignore", folder)
    for command in (("git", "init", "-q"), ("dvc", "init", "-q"), ("dvc", "config", "core.analytics", "false")):
        assert run(*command, folder=folder).returncode == 0
    return folder


def test_another_dataset_runs_through_dvc_and_a_second_run_does_nothing(toy: Path):
    first = run("dvc", "repro", folder=toy)
    assert first.returncode == 0, first.stderr + first.stdout
    record = json.loads((toy / "metrics/validate.json").read_text())
    assert record["rows"] == {"depots": 2, "parcels": 2400}
    lock = (toy / "dvc.lock").read_bytes()
    second = run("dvc", "repro", folder=toy)
    assert "up to date" in second.stdout
    assert (toy / "dvc.lock").read_bytes() == lock


def test_a_shorter_dataset_is_a_real_one(toy: Path):
    for command in (("git", "add", "-A"), ("git", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "toy")):
        assert run(*command, folder=toy).returncode == 0
    done = run("dvc", "exp", "run", "-S", "fetch.until=2020-02", folder=toy)
    assert done.returncode == 0, done.stderr + done.stdout
    assert json.loads((toy / "metrics/validate.json").read_text())["rows"]["parcels"] == 800
