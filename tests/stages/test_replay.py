"""Alarms and replay as people run them, on the second dataset: whole, killed, with a feed that nobody has."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from policies import policy
from repositories import REPOSITORY, run
from toy import TOY

from ontime import params
from ontime.core.features.table import KEYS, chosen
from ontime.core.loop.day_step import Rules
from ontime.core.loop.replay import Run, Setting, Shelf, before, live
from ontime.core.loop.replay_record import recommended
from ontime.core.loop.scenarios import PLAIN, World, bad_challenger, late_labels
from ontime.core.model.split import backtest_months, begins, windows
from ontime.core.monitoring.ledger import ANSWERED
from ontime.io.paths import months, read_months
from ontime.params import RULES

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
    table = pd.read_csv(made / "metrics/replay/replay.csv")
    plain = table[table["fault"] == "nothing"]
    assert set(plain["policy"]) == {"never", "monthly", "drift", "realised", "estimated", "gated"}
    assert set(plain["window"]) == {"chosen", "judged", "all"}
    assert set(table.loc[table["fault"] != "nothing", "policy"]) == {"monthly", "gated"}
    assert table["fault"].nunique() == 6
    assert (table["log_loss_low"] <= table["log_loss"]).all()
    never = plain[(plain["policy"] == "never") & (plain["beside"] == "never")]
    assert (never[["log_loss_less", "retrainings", "changes"]] == 0).all(axis=None)


def test_every_decision_has_its_reason_and_the_month_its_training(made: Path):
    table = pd.read_csv(made / "metrics/replay/decisions.csv")
    assert table["reason"].notna().all()
    monthly = table[(table["policy"] == "monthly") & (table["fault"] == "nothing")]
    trained = pd.to_datetime(monthly.loc[monthly["action"] == "retrain", "day"])
    assert trained.dt.month.tolist() == [4, 5, 6]
    assert set(monthly["action"]) <= {"retrain", "roll back"}
    assert json.loads((made / "metrics/replay/replay.json").read_text())["recommended"] in set(table["policy"]) | {
        "never"
    }


@pytest.mark.parametrize(
    ("losses", "trainings", "hold"),
    [
        ({"never": 0.50, "monthly": 0.40, "drift": 0.4015}, {"never": 0, "monthly": 8, "drift": 2}, "drift"),
        ({"never": 0.50, "monthly": 0.40, "drift": 0.4025}, {"never": 0, "monthly": 8, "drift": 2}, "monthly"),
        ({"never": 0.40, "monthly": 0.3985, "drift": 0.41}, {"never": 0, "monthly": 8, "drift": 2}, "never"),
        ({}, {}, "gated"),
    ],
)
def test_to_hold_is_the_one_of_fewest_trainings_within_the_margin_of_the_best(
    losses: dict[str, float], trainings: dict[str, int], hold: str
):
    lines = [
        {"policy": name, "window": "chosen", "fault": PLAIN, "beside": "never", "log_loss": loss}
        for name, loss in losses.items()
    ]
    columns = ["policy", "window", "fault", "beside", "log_loss"]
    table = pd.DataFrame(lines, columns=columns).assign(retrainings=[trainings[name] for name in losses])
    assert recommended(table, policy(rule="gated", margin=0.002)) == hold


def test_a_replay_that_is_killed_twice_and_run_again_ends_with_equal_bytes(made: Path, tmp_path: Path):
    copy = Path(shutil.copytree(made, tmp_path / "copy", ignore=shutil.ignore_patterns("replay*", ".ontime")))
    for day in (37, 44):  # challengers and former champions are in shadow
        process = subprocess.Popen([sys.executable, "-m", "toy", "replay"], cwd=copy, env={**os.environ, **PATH})
        kept = copy / ".ontime/work/replay.checkpoints"
        while process.poll() is None and days_lived(copy) < day:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert process.returncode == -signal.SIGKILL, "it ended before it was killed"
        assert not (copy / "metrics/replay/replay.csv").exists()
        assert list(kept.glob("*/fit-*"))
        assert any(len(set(life["spoke"][-1]) - {""}) > 1 for life in lives(copy)["lives"].values())
    done = toy_runs("replay", copy)
    assert done.returncode == 0, done.stderr
    assert written(copy) == written(made)
    assert not (copy / ".ontime/work/replay.checkpoints").exists()


def lives(folder: Path) -> dict[str, Any]:
    found = list((folder / ".ontime/work/replay.checkpoints").glob("*/lives"))
    return json.loads(found[0].read_text()) if found else {"days": 0}


def days_lived(folder: Path) -> int:
    return lives(folder)["days"]


class Case(NamedTuple):
    """The second dataset's year, as the stage hands it to the replay."""

    setting: Setting
    rows: pd.DataFrame
    earlier: pd.DataFrame
    days: list[pd.Timestamp]

    @classmethod
    def of(cls, folder: Path) -> "Case":
        features, split, train = (params.load(folder / "params.yaml", name) for name in ("features", "split", "train"))
        there = months(folder / "data/features")
        types = chosen(TOY.features, train.leave_out)
        columns = [*KEYS, *{**types, **TOY.features.climate}]
        rows = read_months(folder / "data/features", there, columns).sort_values(
            "day", kind="stable", ignore_index=True
        )
        first = backtest_months(windows(there, split), split)[0]
        rounds = (
            pd.read_csv(folder / "metrics/backtest/months.csv")
            .dropna()
            .set_index("month")["rounds"]
            .astype(int)
            .to_dict()
        )
        setting = Setting(types, train, rounds, TOY.features.climate, features.lead_hours, 1)
        days = [day.as_unit("us") for day in pd.date_range(f"{first}-01", rows["day"].max())]
        return cls(setting, rows, before(rows, first, split, setting), days)

    def lived(self, rows: pd.DataFrame, late: bool, number: int, rules: Rules) -> dict[str, tuple]:
        """Under each policy, after so many days: decisions, state, and answers but for the last day's."""
        world = World(PLAIN, rows, np.arange(len(rows)) % 7 == 0)
        world = late_labels(world, self.days[0]) if late else world
        runs = [Run(rule, rules._replace(policy=replace(rules.policy, rule=rule)), world) for rule in RULES]
        *_, found = live(runs, Shelf(self.setting, {}), self.earlier, self.days[:number], {})
        last = self.days[number - 2]
        return {
            name: (life.made, life.state, list(life.ledger.asked(self.days[0], last, ANSWERED)))
            for name, life in found.items()
        }


@pytest.mark.parametrize(("number", "late"), [(78, False), (57, True)])
def test_what_is_not_known_yet_moves_no_answer_no_reading_and_no_decision(made: Path, number: int, late: bool):
    """Every outcome that is not known is turned round, and the features of rows yet to come are shuffled."""
    case = Case.of(made)
    rules = Rules(*(params.load(made / "params.yaml", name) for name in ("policy", "drift")))
    day, other, random = case.days[number - 1], case.rows.copy(), np.random.default_rng(0)
    waits = pd.Timedelta(days=7 if late else 0)
    hidden = other["outcome"].notna() & (other["outcome_known_at"] + waits > begins(day, case.setting.lead_hours))
    other.loc[hidden, "outcome"] = ~other.loc[hidden, "outcome"].astype(bool)
    to_come = (other["day"] >= day).to_numpy()
    for name in case.setting.types:
        values = other[name].to_numpy(copy=True)
        values[to_come] = random.permutation(values[to_come])
        other[name] = pd.Series(values, dtype=other[name].dtype)
    found = [case.lived(rows, late, number, rules) for rows in (case.rows, other)]
    assert found[0] == found[1]
    assert any(made for made, *_ in found[0].values())


def test_what_is_trained_in_the_week_of_the_fault_is_broken_and_nothing_else(made: Path):
    case = Case.of(made)
    plain = World(PLAIN, case.rows, np.zeros(len(case.rows), dtype=bool))
    first, week = case.days[0], pd.Timedelta(days=7)
    since = first + 2 * week
    broken, shelf = bad_challenger(plain, since), Shelf(case.setting, {})
    same = {day: shelf.train(broken, day) == shelf.train(plain, day) for day in (first, since, since + week)}
    assert list(same.values()) == [True, False, True]


def test_a_feed_that_nobody_has_is_named_with_those_that_are(made: Path, tmp_path: Path):
    copy = Path(shutil.copytree(made, tmp_path / "copy"))
    params = (copy / "params.yaml").read_text()
    (copy / "params.yaml").write_text(params.replace("feed: scans", "feed: pigeons"))
    done = toy_runs("replay", copy)
    assert done.returncode == 1
    assert "policy.feed: no feed is 'pigeons'; known: ['scans']" in done.stderr


def test_a_year_so_short_that_all_of_it_judges_meets_its_faults_where_a_challenger_is(made: Path, tmp_path: Path):
    copy = Path(shutil.copytree(made, tmp_path / "copy", ignore=shutil.ignore_patterns("replay*", ".ontime")))
    given = (copy / "params.yaml").read_text()
    (copy / "params.yaml").write_text(given.replace("judged_months: 2", "judged_months: 11"))
    done = toy_runs("replay", copy)
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(copy / "metrics/replay/replay.csv")
    assert set(table.loc[table["fault"] == PLAIN, "window"]) == {"judged", "all"}
    broken = table[(table["fault"] == "a bad challenger") & (table["window"] == "judged")].set_index("policy")
    assert broken.loc["monthly", "log_loss_less"] > 0
    assert (
        json.loads((copy / "metrics/replay/replay.json").read_text())["recommended"] == "gated"
    )  # the one that is held


def test_alarms_of_every_kind_are_judged_where_nothing_is_chosen(made: Path):
    done = toy_runs("alarms", made)
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(made / "metrics/alarms/rules.csv")
    chosen = table[table["chosen"]]
    assert (chosen.groupby(["monitor", chosen["test"].fillna("")]).size() == 2).all()
    assert (table["right"] + table["late"] + table["false"] == table["alarms"]).all()
    weeks = pd.read_csv(made / "metrics/alarms/weeks.csv")
    assert weeks["fresh"].notna().all()
    own = weeks["model"] == pd.to_datetime(weeks["last"]).dt.strftime("%Y-%m")
    assert (weeks.loc[own, "log_loss"] == weeks.loc[own, "fresh"]).all()
