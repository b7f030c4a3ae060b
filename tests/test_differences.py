""".ci/differences.py names the output, the column, the row and by how much."""

import shutil
import sys
from pathlib import Path

import pytest
from conftest import REPOSITORY, commit, run


def differences(folder: Path):
    return run(sys.executable, REPOSITORY / ".ci/differences.py", folder=folder)


@pytest.fixture(scope="module")
def committed(toy: Path) -> Path:
    assert run("dvc", "repro", folder=toy).returncode == 0
    commit(toy)
    return toy


def test_what_is_committed_has_no_differences(committed: Path):
    done = differences(committed)
    assert (done.returncode, done.stdout) == (0, "dvc.lock and its outputs are those of HEAD\n")


def test_a_changed_value_is_named_upstream_first_then_without_its_old_content(committed: Path):
    source = committed / "toy/source.py"
    source.write_text(source.read_text().replace('"city": ["Oslo", "Rome"]', '"city": ["Oslo", "Pisa"]'))
    assert run("dvc", "repro", folder=committed).returncode == 0
    done = differences(committed)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "fetch: reads another toy/source.py",
        "fetch: makes another data/raw",
        "    data/raw/depots.parquet: city: 1 rows, first row 1 (SOUTH, Rome): Rome became Pisa",
        "validate: reads another data/raw",
        "validate: makes another data/clean",
        "    data/clean/depots.parquet: city: 1 rows, first row 1 (SOUTH, Rome, nan): Rome became Pisa",
    ]
    shutil.rmtree(committed / ".dvc/cache")
    done = differences(committed)
    assert done.returncode == 1
    assert "neither in the cache nor in the remote" in done.stdout


def test_a_metric_is_named_with_its_difference(committed: Path):
    text = (committed / "params.yaml").read_text()
    (committed / "params.yaml").write_text(text.replace("2020-06", "2020-05"))
    assert run("dvc", "repro", folder=committed).returncode == 0
    done = differences(committed)
    assert "metrics/validate.json: rows.parcels: 2400 became 2000 (at most 400 apart)" in done.stdout
    assert "metrics/columns.csv: 32 rows became 27" in done.stdout
