"""`ontime compare`: two revisions or experiments, on the rows that both predicted."""

import sys
from pathlib import Path

import pandas as pd
import pytest
from conftest import REPOSITORY, commit, run

pytestmark = pytest.mark.needs("git", "git")


def compare(folder: Path, *revisions: str):
    return run(sys.executable, "-m", "toy", "compare", *revisions, folder=folder, PYTHONPATH=str(REPOSITORY / "tests"))


@pytest.fixture(scope="module")
def compared(toy: Path) -> Path:
    """The second dataset, run and committed; an experiment `blunt` that cannot learn; a workspace as committed."""
    assert run("dvc", "repro", folder=toy).returncode == 0
    commit(toy)
    done = run("dvc", "exp", "run", "-S", "train.max_rounds=1", "-S", "train.leaves=2", "-n", "blunt", folder=toy)
    assert done.returncode == 0, done.stderr
    back = "git checkout params.yaml dvc.lock metrics && dvc checkout"
    assert run("bash", "-c", back, folder=toy).returncode == 0
    return toy


def test_an_experiment_that_cannot_learn_is_worse_and_the_other_way_round_better(compared: Path):
    worse, better = compare(compared, "blunt", "HEAD"), compare(compared, "HEAD", "blunt")
    assert worse.stdout.splitlines()[-1] == "blunt: worse", worse.stderr
    assert better.stdout.splitlines()[-1] == "HEAD: better"
    assert "1,200 rows of" in better.stdout
    assert "(90% intervals)" in better.stdout


def test_the_same_revision_shows_no_difference_to_the_workspace(compared: Path):
    done = compare(compared, "HEAD", "workspace")
    assert done.stdout.splitlines()[-1] == "HEAD: no difference shown"
    assert "log_loss  +0.00000   +0.00000 to +0.00000" in done.stdout


def test_an_unknown_name_says_where_names_come_from(compared: Path):
    done = compare(compared, "nonsense", "HEAD")
    assert done.returncode == 1
    assert "'nonsense' is no revision and no experiment here" in done.stderr
    assert "dvc exp pull <git remote> nonsense" in done.stderr


def test_a_revision_without_data_says_how_to_get_it(compared: Path):
    first = run("git", "rev-list", "--max-parents=0", "HEAD", folder=compared).stdout.strip()
    done = compare(compared, first, "HEAD")
    assert done.returncode == 1
    assert f"data/backtest.parquet of {first[:7]} cannot be had" in done.stderr
    assert "Traceback" not in done.stderr


def test_backtests_of_other_data_have_no_row_in_common(compared: Path):
    path = compared / "data/backtest.parquet"
    frame = pd.read_parquet(path)
    path.unlink()
    frame.assign(id="other-" + frame["id"]).to_parquet(path)
    done = compare(compared, "workspace", "HEAD")
    assert run("dvc", "checkout", "--force", folder=compared).returncode == 0
    assert done.returncode == 1
    assert "have no row in common" in done.stderr
