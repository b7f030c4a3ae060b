"""Alarms and replay as people run them, on the second dataset: whole, killed, with a source that nobody has."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from repositories import REPOSITORY, Done, call
from toy import TOY

from ontime import params
from ontime.core.loop.model_cache import ModelCache
from ontime.core.loop.replay import RunSpec, replay_runs
from ontime.core.loop.replay_data import ReplayData, ReplaySetting
from ontime.core.loop.scenarios import PLAIN, Scenario, late_labels, shuffled_training
from ontime.core.loop.state import Rules
from ontime.core.model.split import day_start
from ontime.core.monitoring.ledger import ANSWERED
from ontime.core.profiles.distances import TESTS
from ontime.io.model_files import read_model
from ontime.io.month_files import months, read_months
from ontime.io.paths import Files
from ontime.params import RULES

OUTPUTS = ("decisions.csv", "replay.csv", "replay.json", "replay.png", "weeks.csv")
PATH = {"PYTHONPATH": str(REPOSITORY / "tests")}
UNREAD = shutil.ignore_patterns("replay*", ".*")  # what the replay makes, and what git and DVC keep


def toy_runs(stage: str, folder: Path) -> Done:
    return call(TOY, stage, folder=folder)


@pytest.fixture(scope="module")
def made(toy: Path) -> Path:
    return toy


def written(folder: Path) -> dict[str, bytes]:
    return {name: (folder / "metrics/replay" / name).read_bytes() for name in OUTPUTS}


def test_a_model_of_the_backtest_is_the_one_that_the_replay_would_train(made: Path):
    data = data_of(made)
    trained, plain = ModelCache(data.setting, {}), plain_scenario(data)
    for month in data.backtest_months:
        kept, day = ModelCache(data.setting, {}), pd.Timestamp(f"{month}-01")
        kept.keep(day, read_model(Files(made).backtest_models / month))
        assert kept.train(plain, day) == trained.train(plain, day)
    assert len(data.backtest_months) > 1


def test_every_policy_is_replayed_and_every_fault_by_two(made: Path):
    table = pd.read_csv(made / "metrics/replay/replay.csv")
    plain = table[table["fault"] == PLAIN]
    assert set(plain["policy"]) == set(RULES)
    assert set(plain["window"]) == {"selection", "evaluation", "test window", "all"}
    assert set(table.loc[table["fault"] != PLAIN, "policy"]) == {"monthly", "gated"}
    assert table["fault"].nunique() == 7
    assert (table["log_loss_low"] <= table["log_loss"]).all()
    never = plain[(plain["policy"] == "never") & (plain["baseline"] == "never")]
    assert (never[["log_loss_minus_baseline", "retrainings", "champion_changes"]] == 0).all(axis=None)


def test_every_decision_has_its_reason_and_the_month_its_training(made: Path):
    table = pd.read_csv(made / "metrics/replay/decisions.csv")
    assert table["reason"].notna().all()
    monthly = table[(table["policy"] == "monthly") & (table["fault"] == PLAIN)]
    trained = pd.to_datetime(monthly.loc[monthly["action"] == "retrain", "day"])
    assert trained.dt.month.tolist() == [4, 5, 6]
    assert set(monthly["action"]) <= {"retrain", "ready", "roll back"}
    record = json.loads((made / "metrics/replay/replay.json").read_text())
    assert record["recommended"] in set(table["policy"]) | {"never"}


def test_a_replay_that_is_killed_twice_and_run_again_ends_with_equal_bytes(made: Path, tmp_path: Path):
    copy = Path(shutil.copytree(made, tmp_path / "copy", ignore=UNREAD))
    for day in (37, 44):  # challengers and former champions are in shadow
        process = subprocess.Popen([sys.executable, "-m", "toy", "replay"], cwd=copy, env={**os.environ, **PATH})
        checkpoints = copy / ".ontime/work/replay.checkpoints"
        while process.poll() is None and progress(copy)["days"] < day:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert process.returncode == -signal.SIGKILL, "it ended before it was killed"
        assert not (copy / "metrics/replay/replay.csv").exists()
        assert list(checkpoints.glob("*/fit-*"))
        assert any(len(set(one["serving"][-1]) - {""}) > 1 for one in progress(copy)["runs"].values())
    done = toy_runs("replay", copy)
    assert done.returncode == 0, done.stderr
    assert written(copy) == written(made)
    assert not (copy / ".ontime/work/replay.checkpoints").exists()


def progress(folder: Path) -> dict[str, Any]:
    files = list((folder / ".ontime/work/replay.checkpoints").glob("*/progress"))
    return json.loads(files[0].read_text()) if files else {"days": 0}


def data_of(folder: Path) -> ReplayData:
    """The second dataset, as the stage hands it to the replay."""
    sections = ("features", "split", "train", "replay")
    features, split, train, replay = (params.load(folder / "params.yaml", name) for name in sections)
    backtest, there = pd.read_csv(folder / "metrics/backtest/months.csv"), months(folder / "data/features")
    setting = ReplaySetting.of(TOY.features, train, backtest, features.lead_hours, 1)
    return ReplayData.of(read_months(folder / "data/features", there, setting.columns), there, setting, split, replay)


def plain_scenario(data: ReplayData) -> Scenario:
    return Scenario(PLAIN, data.rows, np.zeros(len(data.rows), dtype=bool))


def replayed(data: ReplayData, rows: pd.DataFrame, late: bool, number: int, rules: Rules) -> dict[str, tuple]:
    """Under each policy, after so many days: decisions, state, and answers but for the last day's."""
    scenario = Scenario(PLAIN, rows, np.arange(len(rows)) % 7 == 0)
    scenario = late_labels(scenario, data.days[0]) if late else scenario
    specs = [RunSpec(rule, rules._replace(policy=replace(rules.policy, rule=rule)), scenario) for rule in RULES]
    cache, days = ModelCache(data.setting, {}), data.days[:number]
    *_, runs = replay_runs(specs, cache, data.earlier_answers(), days, {})
    return {
        name: (run.decisions, run.state, list(run.ledger.predictions(days[0], days[-2], ANSWERED)))
        for name, run in runs.items()
    }


@pytest.mark.parametrize(
    ("number", "late"),
    [
        (40, False),
        pytest.param(78, False, marks=pytest.mark.nightly),
        pytest.param(57, True, marks=pytest.mark.nightly),
    ],
)
def test_what_is_not_known_yet_moves_no_answer_no_reading_and_no_decision(made: Path, number: int, late: bool):
    """Every outcome that is not known is turned round, and the features of rows yet to come are shuffled."""
    data = data_of(made)
    rules = Rules(*(params.load(made / "params.yaml", name) for name in ("policy", "drift")))
    day, other, random = data.days[number - 1], data.rows.copy(), np.random.default_rng(0)
    known_at = other["outcome_known_at"] + pd.Timedelta(days=7 if late else 0)
    hidden = other["outcome"].notna() & (known_at > day_start(day, data.setting.lead_hours))
    other.loc[hidden, "outcome"] = ~other.loc[hidden, "outcome"].astype(bool)
    to_come = (other["day"] >= day).to_numpy()
    for name in data.setting.types:
        values = other[name].to_numpy(copy=True)
        values[to_come] = random.permutation(values[to_come])
        other[name] = pd.Series(values, dtype=other[name].dtype)
    as_it_was, changed = (replayed(data, rows, late, number, rules) for rows in (data.rows, other))
    assert as_it_was == changed
    assert any(decisions for decisions, *_ in as_it_was.values())


def test_a_training_that_takes_longer_gives_the_same_model_later_and_until_then_the_champion_answers(made: Path):
    data = data_of(made)
    rules = Rules(*(params.load(made / "params.yaml", name) for name in ("policy", "drift")))
    spec = RunSpec("monthly", rules._replace(policy=replace(rules.policy, rule="monthly")), plain_scenario(data))
    runs = {}
    for days in (1, 3):
        late = spec._replace(training_days=days)
        *_, by_name = replay_runs([late], ModelCache(data.setting, {}), data.earlier_answers(), data.days[:40], {})
        runs[days] = by_name["monthly"]
    quick, slow = ([one for one in run.decisions if one.action == "ready"] for run in runs.values())
    assert quick[0].version == slow[0].version
    assert pd.Timestamp(slow[0].day) - pd.Timestamp(quick[0].day) == pd.Timedelta(days=2)
    for run, ready in zip(runs.values(), (quick, slow), strict=True):
        champions = [serving.champion for serving in run.serving]
        assert data.days[champions.index(ready[0].version)] == pd.Timestamp(ready[0].day)


def test_what_is_trained_in_the_week_of_the_fault_is_broken_and_nothing_else(made: Path):
    data = data_of(made)
    plain = plain_scenario(data)
    first, week = data.days[0], pd.Timedelta(days=7)
    since = first + 2 * week
    broken, cache = shuffled_training(plain, since), ModelCache(data.setting, {})
    same = {day: cache.train(broken, day) == cache.train(plain, day) for day in (first, since, since + week)}
    assert list(same.values()) == [True, False, True]


def test_a_source_that_nobody_has_is_named_with_those_that_are(made: Path, tmp_path: Path):
    copy = Path(shutil.copytree(made, tmp_path / "copy", ignore=UNREAD))
    params = (copy / "params.yaml").read_text()
    (copy / "params.yaml").write_text(params.replace("source: scans", "source: pigeons"))
    done = toy_runs("replay", copy)
    assert done.returncode == 1
    assert "policy.source: no source is 'pigeons'; known: ['scans']" in done.stderr


def test_a_year_so_short_that_all_of_it_judges_meets_its_faults_where_a_challenger_is(made: Path, tmp_path: Path):
    copy = Path(shutil.copytree(made, tmp_path / "copy", ignore=UNREAD))
    given = (copy / "params.yaml").read_text()
    (copy / "params.yaml").write_text(given.replace("judged_months: 2", "judged_months: 11"))
    done = toy_runs("replay", copy)
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(copy / "metrics/replay/replay.csv")
    assert set(table.loc[table["fault"] == PLAIN, "window"]) == {"evaluation", "test window", "all"}
    broken = table[(table["fault"] == "a model trained on shuffled labels") & (table["window"] == "evaluation")]
    assert broken.set_index("policy").loc["monthly", "log_loss_minus_baseline"] > 0
    record = json.loads((copy / "metrics/replay/replay.json").read_text())
    assert record["recommended"] == "gated"  # that of params


def test_alarms_of_every_kind_are_judged_where_nothing_is_chosen(made: Path):
    table = pd.read_csv(made / "metrics/alarms/rules.csv")
    selected = table[table["selected"]]
    assert (selected.groupby(["monitor", selected["test"].fillna("")]).size() == 2).all()
    assert (table["true_alarms"] + table["late_alarms"] + table["false_alarms"] == table["alarms"]).all()
    weeks = pd.read_csv(made / "metrics/alarms/weeks.csv")
    assert weeks["log_loss_retrained"].notna().all()
    assert set(weeks.filter(regex="_rank$|_share$")) == {*(f"{test}_rank" for test in TESTS), "p_values_share"}
    own = weeks["model"] == pd.to_datetime(weeks["week_end"]).dt.strftime("%Y-%m")
    assert (weeks.loc[own, "log_loss"] == weeks.loc[own, "log_loss_retrained"]).all()
