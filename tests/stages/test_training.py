"""Train, backtest and evaluate as people run them: whole, killed, with too little data, with a shorter year."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from repositories import REPOSITORY, Done, call, run
from ruamel.yaml import YAML
from toy import TOY

from ontime.io.model_files import read_model

OUTPUTS = {
    "train": ("data/models/candidate", "metrics/train"),
    "backtest": ("data/backtest.parquet", "data/models/backtest", "metrics/backtest/months.csv"),
}


RESUMED = OUTPUTS | {"lead h1": ("data/lead/h1.parquet", "metrics/lead/h1.json")}


def made(folder: Path, stage: str) -> dict[str, bytes]:
    """Every output file of a stage and its bytes."""
    roots = [folder / output for output in RESUMED[stage]]
    paths = [path for root in roots for path in (root.rglob("*") if root.is_dir() else [root]) if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def toy_runs(stage: str, folder: Path) -> Done:
    return call(TOY, *stage.split(), folder=folder)


def set_params(folder: Path, **train: float) -> None:
    yaml = YAML()
    params = yaml.load((folder / "params.yaml").read_text())
    params["train"].update(train)
    yaml.dump(params, folder / "params.yaml")


@pytest.fixture(scope="module")
def featured(toy_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the second dataset's features, and a recipe that takes seconds."""
    folder = tmp_path_factory.mktemp("featured")
    shutil.copy(toy_made / "params.yaml", folder)
    set_params(folder, learning_rate=0.001, leaves=8, max_rounds=600, patience=600, checkpoint_rounds=40)
    for name in ("data/clean", "data/features"):
        shutil.copytree(toy_made / name, folder / name)
    return folder


@pytest.mark.parametrize("stage", RESUMED)
def test_a_run_that_is_killed_twice_and_run_again_ends_with_equal_bytes(stage: str, featured: Path):
    done = toy_runs(stage, featured)
    assert done.returncode == 0, done.stderr
    expected = made(featured, stage)
    for name in expected:
        (featured / name).unlink()
    for least in (1, 2):
        kill_in_the_middle(stage, featured, least)
    assert toy_runs(stage, featured).returncode == 0
    assert made(featured, stage) == expected
    assert not list((featured / ".ontime/work").glob("*.checkpoints/*"))


def kill_in_the_middle(stage: str, folder: Path, writes: int) -> None:
    """Start a stage, wait until it has written so many checkpoints, and kill it."""
    command = [sys.executable, "-m", "toy", *stage.split()]
    process = subprocess.Popen(
        command, cwd=folder, env=os.environ | {"PYTHONPATH": str(REPOSITORY / "tests")}, stderr=subprocess.PIPE
    )
    seen: set[int] = set()
    deadline = time.monotonic() + 120
    while len(seen) < writes:
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        seen |= {path.stat().st_mtime_ns for path in (folder / ".ontime/work").glob("*.checkpoints/*/[!.]*")}
        time.sleep(0.005)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert process.stderr
    process.stderr.close()
    assert (folder / ".ontime/work" / f"{stage.replace(' ', '-')}.checkpoints").exists()


def test_another_recipe_does_not_go_on_with_what_was_left(featured: Path):
    kill_in_the_middle("train", featured, 1)
    before = (featured / "params.yaml").read_text()
    set_params(featured, leaves=4, max_rounds=20)
    assert toy_runs("train", featured).returncode == 0
    resumed = made(featured, "train")
    assert toy_runs("train", featured).returncode == 0
    assert made(featured, "train") == resumed
    (featured / "params.yaml").write_text(before)


@pytest.mark.parametrize(
    ("given", "wrong", "said"),
    [
        ("test_months: 1", "test_months: 5", ("6 months of data", "at least 7 are needed")),
        ("leave_out: []", "leave_out: [nonsense]", ("no feature or group is ['nonsense']; groups: ['plan', 'road']",)),
    ],
)
def test_params_that_cannot_be_met_are_an_error_that_says_why(
    given: str, wrong: str, said: tuple[str, ...], featured: Path
):
    before = (featured / "params.yaml").read_text()
    assert given in before
    (featured / "params.yaml").write_text(before.replace(given, wrong))
    done = toy_runs("train", featured)
    (featured / "params.yaml").write_text(before)
    assert done.returncode == 1
    assert all(words in done.stderr for words in said), done.stderr
    assert "Traceback" not in done.stderr


def test_the_model_learns_what_is_there_to_learn(toy: Path):
    found = json.loads((toy / "metrics/evaluate/metrics.json").read_text())
    assert 0.6 < found["roc_auc"] < 0.85
    compared = json.loads((toy / "metrics/evaluate/baselines.json").read_text())["test"]
    assert compared["last_day"]["log_loss"]["difference"]["value"] < 0
    signature = json.loads((toy / "data/models/candidate/signature.json").read_text())
    assert signature["features"][0] == "depot"
    assert signature["categories"] == {"depot": ["NORTH", "SOUTH"]}
    assert signature["outcome"].startswith("is delivered later")
    fallback = json.loads((toy / "data/models/candidate/fallback.json").read_text())
    assert fallback["keys"] == {"depot": None, "hour": 6}
    assert {path.name for path in (toy / "data/models/candidate").iterdir()} == {
        "model.txt",
        "signature.json",
        "reference.json",
        "fallback.json",
    }
    predictions = pd.read_parquet(toy / "data/predictions.parquet")
    assert list(predictions) == ["id", "day", "starts_at", "probability", "outcome"]
    backtest = pd.read_parquet(toy / "data/backtest.parquet")
    assert backtest["day"].max() < predictions["day"].min()
    assert predictions["day"].dt.month.unique().tolist() == [6]


def test_the_models_of_the_backtest_say_again_what_they_said(toy: Path):
    backtest = pd.read_parquet(toy / "data/backtest.parquet").set_index("id")["probability"]
    months = sorted(path.name for path in (toy / "data/models/backtest").iterdir())
    said = []
    for month in months:
        rows = pd.read_parquet(toy / f"data/features/{month}.parquet").dropna(subset="outcome")
        model = read_model(toy / "data/models/backtest" / month)
        said.append(pd.Series(model.predict(rows), index=rows["id"], name="probability"))
    assert months == ["2020-03", "2020-04", "2020-05"]
    pd.testing.assert_series_equal(pd.concat(said), backtest)


def test_nothing_before_evaluate_reads_the_test_window(toy: Path):
    """The test month is replaced by nonsense: the model and the backtest stay as they are."""
    before = {stage: made(toy, stage) for stage in OUTPUTS}
    signature = json.loads(before["train"].pop("data/models/candidate/signature.json"))
    path = toy / "data/features/2020-06.parquet"
    frame = pd.read_parquet(path)
    path.unlink()
    frame.assign(outcome=~frame["outcome"], hour=frame["hour"] * 0).to_parquet(path)
    for stage in OUTPUTS:
        assert toy_runs(stage, toy).returncode == 0
    after = {stage: made(toy, stage) for stage in OUTPUTS}
    changed = json.loads(after["train"].pop("data/models/candidate/signature.json"))
    assert changed.pop("data") != signature.pop("data")
    assert (after, changed) == (before, signature)
    assert run("dvc", "checkout", "--force", folder=toy).returncode == 0
