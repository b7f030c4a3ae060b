""".ci/differences.py names the output, the column, the row and by how much."""

import shutil
import sys
from pathlib import Path

import pytest
from repositories import REPOSITORY, run

READ_CLEAN = ("featurize", "stress", "lead@m30", "lead@h1", "lead@h5")


def differences(folder: Path):
    return run(sys.executable, REPOSITORY / ".ci/differences.py", folder=folder)


@pytest.fixture(scope="module")
def committed(toy: Path) -> Path:
    return toy


def test_what_is_committed_has_no_differences(committed: Path):
    done = differences(committed)
    assert (done.returncode, done.stdout) == (0, "dvc.lock, its outputs and metrics/ are those of HEAD\n")


def test_what_git_shows_is_compared_by_content_and_strays_are_named(committed: Path):
    record = committed / "metrics/validate/metrics.json"
    kept = record.read_text()
    record.write_text(kept.replace('"warnings": 0', '"warnings": 9'))
    (committed / "metrics/old.csv").write_text("a")
    done = differences(committed)
    record.write_text(kept)
    (committed / "metrics/old.csv").unlink()
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "validate: makes another metrics/validate/metrics.json",
        "    metrics/validate/metrics.json: warnings: 0 became 9 (at most 9 apart)",
        "metrics/old.csv: no stage makes it",
    ]


def test_a_stage_that_is_no_more_is_named(committed: Path):
    pipeline = committed / "dvc.yaml"
    kept = pipeline.read_text()
    pipeline.write_text(kept.replace("  validate:", "  check:"))
    done = differences(committed)
    pipeline.write_text(kept)
    assert done.returncode == 1
    assert "check: the stage is not in dvc.lock of the commit" in done.stdout
    assert "validate: in dvc.lock, but not in dvc.yaml" in done.stdout


def test_a_changed_value_is_named_upstream_first_then_without_its_old_content(committed: Path):
    source = committed / "toy/source.py"
    source.write_text(source.read_text().replace('"city": ["Oslo", "Rome"]', '"city": ["Oslo", "Pisa"]'))
    assert run("dvc", "repro", "validate", folder=committed).returncode == 0
    # No other stage reads the city. To record that they ran on it is all that running them would change.
    assert run("dvc", "commit", "--force", *READ_CLEAN, "audit", "replay", folder=committed).returncode == 0
    done = differences(committed)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "fetch: reads another toy/source.py",
        "fetch: makes another data/raw",
        "    data/raw/depots.parquet: city: 1 rows, first row 1 (SOUTH, Rome): Rome became Pisa",
        "validate: reads another data/raw",
        "validate: makes another data/clean",
        "    data/clean/depots.parquet: city: 1 rows, first row 1 (SOUTH, Rome, nan): Rome became Pisa",
        *(f"{stage}: reads another data/clean" for stage in READ_CLEAN),
        "audit: reads another data/raw",
        "replay: reads another data/clean",
    ]
    shutil.rmtree(committed / ".dvc/cache")
    done = differences(committed)
    assert done.returncode == 1
    assert "neither in the cache nor in the remote" in done.stdout


def test_a_metric_is_named_with_its_difference(committed: Path):
    text = (committed / "params.yaml").read_text()
    (committed / "params.yaml").write_text(text.replace("2020-06", "2020-05"))
    assert run("dvc", "repro", "validate", folder=committed).returncode == 0
    done = differences(committed)
    assert "metrics/validate/metrics.json: rows.parcels: 2400 became 2000 (at most 400 apart)" in done.stdout
    assert "metrics/validate/columns.csv: 32 rows became 27" in done.stdout
