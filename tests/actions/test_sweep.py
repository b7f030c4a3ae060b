"""`ontime sweep`: the grid of params.yaml as experiments, one by one, resumed where it was ended."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from repositories import REPOSITORY, call, commit, run
from toy import TOY

from ontime.core.evaluation.sweep import all_trials, price_of_choosing, rank_trials
from ontime.core.statistics.intervals import Interval
from ontime.params import Intervals

PATH = {"PYTHONPATH": str(REPOSITORY / "tests")}
PARAMS = Intervals(level=0.9, replicates=200, block_days=7, simulations=100, seed=1)
GRID_NAMES = [f"sweep-leaves-{leaves}-max-rounds-{rounds}" for leaves in (2, 4) for rounds in (1, 40)]
NAMES = ["sweep-without-road", *GRID_NAMES]


def sweep(folder: Path):
    return call(TOY, "sweep", folder=folder)


def experiments(folder: Path) -> list[str]:
    return run("dvc", "exp", "list", "--name-only", folder=folder).stdout.split()


@pytest.fixture(scope="module")
def swept(fresh_toy: Path) -> Path:
    """The second dataset with its backtest, committed; nothing is swept yet."""
    assert run("dvc", "repro", "backtest", folder=fresh_toy).returncode == 0
    commit(fresh_toy)
    return fresh_toy


def test_a_trial_is_named_by_what_it_changes():
    grid = {"train.leaves": [2, 4], "train.max_rounds": [1, 40]}
    named = {"without-road": {"train.leave_out": ["road", "depot"]}}
    trials = all_trials(grid, named)
    assert list(trials) == NAMES
    assert trials[GRID_NAMES[1]] == {"train.leaves": 2, "train.max_rounds": 40}
    assert trials[NAMES[0]] == named["without-road"]


def test_the_best_trial_is_first_and_equal_ones_show_no_difference():
    random = np.random.default_rng(1)
    rate = random.random(2000)
    rows = pd.DataFrame(
        {
            "id": range(2000),
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(2000) // 20, unit="D"),
            "outcome": random.random(2000) < rate,
            "probability": np.clip(rate, 0.01, 0.99).round(6),
        }
    )
    flat = rows.assign(probability=0.5)
    table = rank_trials({"a": {"x": 1}, "b": {"x": 2}}, {"a": flat, "b": rows}, rows, PARAMS)
    assert table["experiment"].tolist() == ["b", "a"]
    assert table["verdict"].tolist() == ["no difference shown", "worse"]
    assert table["x"].tolist() == [2, 1]


def test_looking_at_many_trials_widens_the_interval_of_each():
    random = np.random.default_rng(2)
    rows = pd.DataFrame({"id": range(1000), "outcome": random.random(1000) < 0.5, "probability": random.random(1000)})
    rows = rows.assign(day=pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(1000) // 10, unit="D"))
    other = rows.assign(probability=random.random(1000))
    alone = rank_trials({"a": {}}, {"a": other}, rows, PARAMS)
    many = rank_trials({name: {} for name in "abcdefgh"}, dict.fromkeys("abcdefgh", other), rows, PARAMS)
    intervals = [Interval.from_columns(table.iloc[0], "log_loss_difference") for table in (alone, many)]
    widths = [interval.high - interval.low for interval in intervals]
    assert widths[1] > 1.3 * widths[0]


def rows_of_months(months: int) -> pd.DataFrame:
    """As many days of each month, each with a true and a false outcome."""
    starts = pd.date_range("2020-01-01", periods=months, freq="MS")
    days = pd.DatetimeIndex([start + pd.Timedelta(days=day) for start in starts for day in range(28)]).repeat(2)
    return pd.DataFrame({"id": range(len(days)), "day": days, "outcome": [True, False] * (len(days) // 2)})


def test_the_price_of_choosing_is_read_on_months_that_did_not_choose():
    rows = rows_of_months(3)
    sure = np.where(rows["outcome"], 0.8, 0.2)
    early = (rows["day"] < "2020-03-01").to_numpy()
    base = rows.assign(probability=0.5)
    lucky = rows.assign(probability=np.where(early, sure, 1 - sure))
    steady = rows.assign(probability=np.where(rows["outcome"], 0.7, 0.3))
    table = rank_trials({"lucky": {}, "steady": {}}, {"lucky": lucky, "steady": steady}, base, PARAMS)
    lines = table.set_index("experiment")
    assert lines.loc["lucky", "log_loss_difference_first"] == pytest.approx(np.log(0.5 / 0.8), abs=1e-4)
    assert lines.loc["lucky", "log_loss_difference_last"] == pytest.approx(np.log(0.5 / 0.2), abs=1e-4)
    assert lines.loc["steady", "log_loss_difference_last"] == pytest.approx(np.log(0.5 / 0.7), abs=1e-4)
    words = price_of_choosing(table)
    assert "lucky, minus HEAD -0.47000" in words
    assert "+0.91629" in words
    one = rank_trials({"lucky": {}}, {"lucky": lucky}, base[rows["day"] < "2020-02-01"], PARAMS)
    assert price_of_choosing(one) == ""


@pytest.mark.needs("git", "git")
def test_a_sweep_that_is_killed_goes_on_and_leaves_the_workspace_alone(swept: Path):
    process = subprocess.Popen(
        [sys.executable, "-m", "toy", "sweep"],
        cwd=swept,
        env=os.environ | PATH,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 120
    while not experiments(swept):
        assert time.monotonic() < deadline
        assert process.poll() is None, "it ended before it could be killed"
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    before = experiments(swept)
    assert 0 < len(before) < len(NAMES)
    done = sweep(swept)
    assert done.returncode == 0, done.stderr
    assert f"5 trials, {len(before)} of them there already" in done.stderr
    assert sorted(experiments(swept)) == sorted(NAMES)
    assert run("git", "status", "--porcelain", folder=swept).stdout == ""
    table = pd.read_csv(swept / ".ontime/sweep.csv")
    assert set(table["experiment"]) == set(NAMES)
    assert table["max_rounds"].iloc[0] == 40
    assert table.set_index("experiment").loc["sweep-leaves-4-max-rounds-40", "log_loss_difference"] == 0
    assert (table.set_index("max_rounds").loc[1, "log_loss_difference"] > 0).all()
    assert table.set_index("experiment").loc["sweep-without-road", "leave_out"] == "road, depot"
    assert (swept / ".ontime/sweep.png").stat().st_size > 5_000
    shown = done.stdout.splitlines()
    assert shown[0].split() == ["log_loss", "minus_HEAD", "verdict"]
    assert len(shown) == 2 + len(NAMES)
    assert shown[-1].startswith("best on the first half of the months: ")


@pytest.mark.needs("git", "git")
@pytest.mark.parametrize(
    ("grid", "reason"),
    [
        ("train.leafs: [3]", "leafs: unknown"),
        ("train.leaves: [1]", "train.leaves: expected a whole number from 2 to 4096, found 1"),
        ("trees.leaves: [3]", "trees: unknown section; did you mean"),
        ("train.leaves: []", "sweep.grid.train.leaves: expected a list of at least one value, found a list, but empty"),
    ],
)
def test_a_grid_that_cannot_be_run_is_refused_before_anything_runs(grid: str, reason: str, swept: Path, tmp_path: Path):
    clone = tmp_path / "clone"
    assert run("git", "clone", "-q", swept, clone, folder=swept).returncode == 0
    params = clone / "params.yaml"
    text = params.read_text()
    params.write_text(text[: text.index("sweep:")] + f"sweep:\n  trials: {{}}\n  grid:\n    {grid}\n")
    commit(clone)
    done = sweep(clone)
    assert done.returncode == 1
    assert reason in done.stderr
    assert experiments(clone) == []


@pytest.mark.needs("git", "git")
def test_params_that_a_killed_trial_left_are_put_back_and_no_others(swept: Path):
    params = swept / "params.yaml"
    text = params.read_text()
    params.write_text(text.replace("leaves: 4", "leaves: 2").replace("max_rounds: 40", "max_rounds: 1"))
    assert sweep(swept).returncode == 0
    assert params.read_text() == text


@pytest.mark.needs("git", "git")
def test_what_is_not_committed_is_refused(swept: Path):
    params = swept / "params.yaml"
    text = params.read_text()
    params.write_text(text.replace("learning_rate: 0.2", "learning_rate: 0.3"))
    done = sweep(swept)
    params.write_text(text)
    assert done.returncode == 1
    assert "not committed: params.yaml" in done.stderr
