"""The machinery knows no dataset: none of its words, and another one runs through it, in a real `dvc repro`."""

import json
import re
from pathlib import Path

import pytest
from conftest import commit, run

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
    commit(toy)
    done = run("dvc", "exp", "run", "-S", "fetch.until=2020-02", folder=toy)
    assert done.returncode == 0, done.stderr + done.stdout
    assert json.loads((toy / "metrics/validate.json").read_text())["rows"]["parcels"] == 800
