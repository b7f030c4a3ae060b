"""`ontime bench`: what it measures and where it says so. No number of seconds is expected."""

import json
import sys
from pathlib import Path

import pytest
from repositories import REPOSITORY, run

MEASURED = {"start_seconds", "load_seconds", "first_seconds", "p50_seconds", "p95_seconds", "p99_seconds"}


@pytest.fixture(scope="module")
def made(toy: Path) -> Path:
    assert run("dvc", "repro", folder=toy).returncode == 0
    return toy


def bench(folder: Path, *options: str):
    words = (sys.executable, "-m", "toy", "bench", *options)
    return run(*words, folder=folder, PYTHONPATH=str(REPOSITORY / "tests"))


def test_features_and_model_are_measured_apart_for_one_row_and_many(made: Path):
    done = bench(made, "--quick", "--json", "bench.json", "--picture", "bench.png")
    assert done.returncode == 0, done.stderr
    found = json.loads((made / "bench.json").read_text())
    assert found["yardstick_seconds"] > 0
    measured = found["measurements"]
    assert [(one["what"], one["rows"]) for one in measured] == [
        *(("features", rows) for rows in (1, 10)),
        *(("model", rows) for rows in (1, 10)),
        ("row-features", 1),
        ("row-model", 1),
    ]
    for one in measured:
        assert set(one) == MEASURED | {"what", "rows", "runs", "megabytes"}
        assert 0 < one["p50_seconds"] <= one["p95_seconds"] <= one["p99_seconds"]
        assert one["runs"] >= 5
        assert one["megabytes"] > 50
    lines = done.stdout.splitlines()
    assert lines[0].startswith("yardstick: ")
    assert [line.split()[0] for line in lines[2:]] == [one["what"] for one in measured]
    assert (made / "bench.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("only", "said"),
    [
        (("model", "none"), "--only model none: expected one of features, model, row-features, row-model"),
        (("nonsense", "1"), "expected one of features, model"),
        (("features", "99999"), "99,999 rows are more than there are: 2,400 in data/clean"),
        (("model", "99999"), "99,999 rows are more than there are: 2,400 in data/features"),
    ],
)
def test_what_cannot_be_measured_is_an_error_that_says_why(made: Path, only: tuple[str, str], said: str):
    done = bench(made, "--quick", "--only", *only)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_without_data_the_error_says_what_to_do(tmp_path: Path):
    (tmp_path / "params.yaml").write_text("features: {lead_hours: 1}")
    done = bench(tmp_path, "--quick")
    assert done.returncode == 1
    assert "dvc repro" in done.stderr
