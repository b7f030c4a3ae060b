"""`ontime bench`: what it measures and where it says so. No number of seconds is expected."""

import json
from pathlib import Path

import pytest
from repositories import REPOSITORY, call
from toy import TOY

from ontime.core.serving.latency import LABELS

MEASURED = {"start_seconds", "load_seconds", "first_seconds", "p50_seconds", "p95_seconds", "p99_seconds"}


def bench(folder: Path, *options: str):
    return call(TOY, "bench", *options, folder=folder)


def test_features_and_model_are_measured_apart_for_one_row_and_many(toy: Path):
    done = bench(toy, "--quick", "--json", "bench.json", "--picture", "bench.png")
    assert done.returncode == 0, done.stderr
    record = json.loads((toy / "bench.json").read_text())
    assert record["yardstick_seconds"] > 0
    measurements = record["measurements"]
    assert [(case["what"], case["rows"]) for case in measurements] == [
        ("features", 1),
        ("features", 10),
        ("model", 1),
        ("model", 10),
        ("row-features", 1),
        ("row-model", 1),
        ("answers", 1),
        ("answers", 10),
        ("explained", 1),
        ("messages", 1),
        ("messages", 10),
        ("take-in", 1),
        ("take-in", 10),
        ("load", 1),
        ("snapshot", 1),
    ]
    for measured in measurements:
        assert set(measured) == MEASURED | {"what", "rows", "runs", "megabytes"}
        assert 0 < measured["p50_seconds"] <= measured["p95_seconds"] <= measured["p99_seconds"]
        assert measured["runs"] >= 5
        assert measured["megabytes"] > 50
    lines = done.stdout.splitlines()
    assert lines[0].startswith("yardstick: ")
    labels = [LABELS[measured["what"]] for measured in measurements]
    assert [line[: len(label)] for line, label in zip(lines[2:], labels, strict=True)] == labels
    assert (toy / "bench.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        (("model", "none"), "--only model none: expected one of features, model, row-features, row-model,"),
        (("nonsense", "1"), "expected one of features, model"),
        (("features", "99999"), "99,999 rows are more than there are: 2,400 in data/clean"),
        (("model", "99999"), "99,999 rows are more than there are: 2,400 in data/features"),
    ],
)
def test_what_cannot_be_measured_is_an_error_that_says_why(toy: Path, only: tuple[str, str], expected: str):
    done = bench(toy, "--quick", "--only", *only)
    assert done.returncode == 1
    assert expected in done.stderr
    assert "Traceback" not in done.stderr


def test_without_data_the_error_says_what_to_do(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY / "tests"))  # where the processes that measure find the dataset
    (tmp_path / "params.yaml").write_text("features: {lead_hours: 1}")
    done = bench(tmp_path, "--quick")
    assert done.returncode == 1
    assert "dvc repro" in done.stderr
