"""Alarms and replay as people run them, on the second dataset: whole, killed, with a feed that nobody has."""

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
from conftest import REPOSITORY, run

STAGES = ("fetch", "validate", "featurize", "backtest")
OUTPUTS = ("replay.csv", "replay.json", "replay.png", "replay_decisions.csv", "replay_weeks.csv")
PATH = {"PYTHONPATH": str(REPOSITORY / "tests")}


def toy_runs(stage: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    return run(sys.executable, "-m", "toy", stage, folder=folder, **PATH)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("replay")
    shutil.copy(REPOSITORY / "tests/toy/params.yaml", folder / "params.yaml")
    for stage in (*STAGES, "replay"):
        done = toy_runs(stage, folder)
        assert done.returncode == 0, done.stderr
    return folder


def written(folder: Path) -> dict[str, bytes]:
    return {name: (folder / "metrics" / name).read_bytes() for name in OUTPUTS}


def test_every_policy_is_lived_and_every_fault_by_two(made: Path):
    table = pd.read_csv(made / "metrics/replay.csv")
    plain = table[table["fault"] == "nothing"]
    assert set(plain["policy"]) == {"never", "monthly", "drift", "realised", "estimated", "gated"}
    assert set(plain["window"]) == {"chosen", "judged", "all"}
    assert set(table.loc[table["fault"] != "nothing", "policy"]) == {"monthly", "gated"}
    assert table["fault"].nunique() == 6
    assert (table["log_loss_low"] <= table["log_loss"]).all()
    never = plain[(plain["policy"] == "never") & (plain["beside"] == "never")]
    assert (never[["log_loss_less", "retrainings", "changes"]] == 0).all(axis=None)


def test_every_decision_has_its_reason_and_the_month_its_training(made: Path):
    table = pd.read_csv(made / "metrics/replay_decisions.csv")
    assert table["reason"].notna().all()
    monthly = table[(table["policy"] == "monthly") & (table["fault"] == "nothing")]
    assert monthly["action"].eq("retrain").all()
    assert pd.to_datetime(monthly["day"]).dt.month.tolist() == [4, 5, 6]
    assert json.loads((made / "metrics/replay.json").read_text())["recommended"] in set(table["policy"]) | {"never"}


def test_a_replay_that_is_killed_twice_and_run_again_ends_with_equal_bytes(made: Path, tmp_path: Path):
    copy = Path(shutil.copytree(made, tmp_path / "copy", ignore=shutil.ignore_patterns("replay*", ".ontime")))
    for _ in range(2):
        process = subprocess.Popen([sys.executable, "-m", "toy", "replay"], cwd=copy, env={**os.environ, **PATH})
        kept, before = copy / ".ontime/work/replay.checkpoints", days_lived(copy)
        while process.poll() is None and days_lived(copy) < before + 10:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert process.returncode == -signal.SIGKILL, "it ended before it was killed"
        assert not (copy / "metrics/replay.csv").exists()
        assert list(kept.glob("*/fit-*"))
    assert days_lived(copy) >= 20
    done = toy_runs("replay", copy)
    assert done.returncode == 0, done.stderr
    assert written(copy) == written(made)
    assert not (copy / ".ontime/work/replay.checkpoints").exists()


def days_lived(folder: Path) -> int:
    lives = list((folder / ".ontime/work/replay.checkpoints").glob("*/lives"))
    return json.loads(lives[0].read_text())["days"] if lives else 0


def test_a_feed_that_nobody_has_is_named_with_those_that_are(made: Path, tmp_path: Path):
    copy = Path(shutil.copytree(made, tmp_path / "copy"))
    params = (copy / "params.yaml").read_text()
    (copy / "params.yaml").write_text(params.replace("feed: scans", "feed: pigeons"))
    done = toy_runs("replay", copy)
    assert done.returncode == 1
    assert "policy.feed: no feed is 'pigeons'; known: ['scans']" in done.stderr


def test_alarms_of_every_kind_are_judged_where_nothing_is_chosen(made: Path):
    done = toy_runs("alarms", made)
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(made / "metrics/alarms.csv")
    chosen = table[table["chosen"]]
    assert (chosen.groupby(["monitor", chosen["test"].fillna("")]).size() == 2).all()
    assert (table["right"] + table["late"] + table["false"] == table["alarms"]).all()
    weeks = pd.read_csv(made / "metrics/alarms_weeks.csv")
    assert weeks["fresh"].notna().all()
    own = weeks["model"] == pd.to_datetime(weeks["last"]).dt.strftime("%Y-%m")
    assert (weeks.loc[own, "log_loss"] == weeks.loc[own, "fresh"]).all()
