"""What failures and drifts cost, whether the intervals hold, and the stage: whole, or with every broken law."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from repositories import REPOSITORY, run
from simulated import LEFT, year

from ontime.core.features.failing_feeds import Disturbance
from ontime.core.robustness.stress import Drift, drifted, drifts, losses, moved, sampled, verdict
from ontime.core.statistics.day_metrics import Difference, by_day
from ontime.core.statistics.day_metrics import value as of_days
from ontime.core.statistics.intervals import difference, estimate
from ontime.core.statistics.metrics import Days, value
from ontime.params import Intervals, Stress

INTERVALS = Intervals(level=0.9, replicates=200, block_days=7, simulations=100, seed=1)
STRESS = Stress(every_days=5, stale_hours=[1], shares=[0.3], storm_share=0.1, times=[0.5, 2.0, 3.0])
NAMES = ("worse", "probability")
SILENT = Disturbance("a", "missing", 1.0)
OUTPUTS = ("laws.csv", "stress.csv", "stress.json", "stress.png", "stress_months.csv")


def days_of(frame: pd.DataFrame, name: str = "probability") -> Days:
    return Days(frame["day"], frame["outcome"], frame[name].to_numpy())


def test_sampled_days_are_the_same_in_every_month_and_all_weekdays_take_turns():
    day = pd.Series(pd.date_range("2013-04-01", "2013-10-31"))
    chosen = sampled(day, 5)
    assert chosen.sum() in {42, 43}
    assert set(day[chosen].dt.day_of_week) == set(range(7))
    assert sampled(day[100:], 5).tolist() == chosen[100:].tolist()


def test_what_says_the_same_costs_nothing_and_what_says_worse_costs_more_than_its_interval():
    rows = year(1, 60, LEFT)
    said = {SILENT: rows["probability"].to_numpy(), Disturbance("b", "stale", 2.0): rows["worse"].to_numpy()}
    table = losses(rows, said, INTERVALS)
    assert table.loc[0, ["log_loss_difference", "log_loss_low", "log_loss_high"]].tolist() == [0, 0, 0]
    assert table.loc[1, "log_loss_low"] > 0
    assert table.loc[1, "roc_auc_high"] < 0
    assert table.loc[1, "log_loss"] == pytest.approx(value("log_loss", days_of(rows, "worse")), abs=1e-5)
    assert table[["what", "kind", "level"]].iloc[1].tolist() == ["b", "stale", 2.0]


def test_the_feed_that_must_never_fail_is_the_one_whose_silence_costs_most():
    rows = year(2, 60, LEFT)
    said = {
        Disturbance("every feed", "missing", 1.0): np.full(len(rows), 0.01),
        Disturbance("little", "missing", 1.0): rows["probability"].to_numpy(),
        Disturbance("much", "missing", 1.0): rows["worse"].to_numpy(),
        Disturbance("little", "stale", 1.0): np.full(len(rows), 0.01),
    }
    found = verdict(rows, said, INTERVALS)
    assert (found["feed"], found["next"]) == ("much", "little")
    assert found["more_than_the_next"]["low"] > 0
    assert found["sentence"].startswith("much: without it log loss rises by 0.0")
    assert "more than without the next, little" in found["sentence"]
    alike = verdict(rows, {**said, Disturbance("little", "missing", 1.0): rows["worse"].to_numpy()}, INTERVALS)
    assert "not surely more than without the next" in alike["sentence"]


def test_drift_draws_rows_so_many_times_as_often_and_keeps_every_day():
    rows = year(3, 60)
    true = rows["outcome"].to_numpy()
    table = drifted(rows, [Drift("true", "base rate", times, true) for times in (1.0, 2.0, 0.5)], INTERVALS)
    assert table.loc[0, ["log_loss_difference", "roc_auc_difference"]].tolist() == [0, 0]
    odds = [rate / (1 - rate) for rate in table["rate"]]
    assert odds[1] == pytest.approx(2 * odds[0], rel=1e-2)
    assert odds[2] == pytest.approx(odds[0] / 2, rel=1e-2)
    assert table["roc_auc_difference"].tolist() == [0, 0, 0]
    weights = np.where(true, 2, 1)
    losses_ = -np.log(np.where(true, rows["probability"], 1 - rows["probability"]))
    assert table.loc[1, "log_loss"] == pytest.approx(np.average(losses_, weights=weights), abs=1e-4)


def test_the_worst_days_are_those_with_most_true_outcomes_and_rare_categories_are_left_out():
    rows = year(4, 50).assign(place="common")
    rows.loc[:20, "place"] = "rare"
    rows.loc[rows.index % 2 == 0, "place"] = "other"
    found = drifts(rows, ["place"], STRESS)
    worst = next(each for each in found if each.kind == "days")
    rates = rows.groupby("day")["outcome"].mean()
    assert rows.loc[worst.rows, "day"].nunique() == 5
    assert rates[rows.loc[worst.rows, "day"].unique()].min() >= rates[rows.loc[~worst.rows, "day"].unique()].max()
    assert [each.what for each in found if each.kind == "mix"] == ["place common", "place other"]
    assert [each.times for each in found if each.kind == "days"] == STRESS.times


def test_intervals_of_a_disturbance_hold_with_as_few_days_as_are_sampled():
    whole = year(999, 6000, LEFT)
    truth = value("log_loss", days_of(whole, "worse")) - value("log_loss", days_of(whole))
    held = 0
    for seed in range(100):
        frame = year(seed, 210, LEFT)
        frame = frame[sampled(frame["day"], 5)]
        _, low, high, *_ = difference(*(by_day("log_loss", days_of(frame, name)) for name in NAMES), INTERVALS)
        held += low <= truth <= high
    assert 85 <= held <= 98


def test_intervals_of_a_drift_hold_with_days_that_resemble_their_neighbours():
    def gap(frame: pd.DataFrame) -> Difference:
        rows = next(each.rows for each in drifts(frame, [], STRESS) if each.kind == "days")
        drawn = frame.iloc[np.repeat(np.arange(len(frame)), np.where(rows, 3, 1))]
        return Difference(*(by_day("log_loss", days_of(rows)) for rows in (drawn, frame)))

    truth, held = of_days(gap(year(999, 6000))), 0
    for seed in range(100):
        _, low, high, *_ = estimate(gap(year(seed, 214)), INTERVALS).interval(INTERVALS.level)
        held += low <= truth <= high
    assert held >= 85


def test_the_shift_of_a_month_is_nothing_where_it_is_what_was_learned_from():
    random = np.random.default_rng(5)
    place = pd.Series(["a", "b"] * 2000, dtype="str")
    day = pd.Timestamp("2020-01-01")
    learned = pd.DataFrame({"day": day, "late": random.normal(size=4000), "place": place})
    types = {"late": "float32", "place": "str"}
    assert moved(learned, learned, types)["largest_psi"] < 1e-4
    other = learned.assign(late=learned["late"] + 1)
    found = moved(learned, other, types)
    assert found["farthest"] == "late"
    assert found["largest_psi"] > 0.25
    assert found["mean_psi"] == pytest.approx(found["largest_psi"] / 2, abs=1e-3)
    never = moved(learned, learned.assign(place="never"), types)
    assert never["farthest"] == "place"
    assert never["largest_psi"] > 5


def stage(folder: Path):
    return run(sys.executable, "-m", "toy", "stress", folder=folder, PYTHONPATH=str(REPOSITORY / "tests"))


def outputs(folder: Path) -> dict[str, bytes]:
    return {name: (folder / "metrics" / name).read_bytes() for name in OUTPUTS}


def test_the_second_dataset_is_stressed_too_and_twice_gives_the_same_bytes(toy: Path):
    done = run("dvc", "repro", folder=toy)
    assert done.returncode == 0, done.stderr + done.stdout
    before = outputs(toy)
    assert stage(toy).returncode == 0
    assert outputs(toy) == before
    table = pd.read_csv(toy / "metrics/stress/laws.csv")
    assert (table["result"] == "holds").all()
    assert {"row_order", "unknown_depot", "no_scans", "renumbered", "late_scans_6h"} <= set(table["name"])
    assert json.loads(before["stress.json"])["feed"] == "scans"
    assert pd.read_csv(toy / "metrics/stress/months.csv")["month"].tolist() == ["2020-03", "2020-04", "2020-05"]


def test_a_broken_law_fails_the_stage_with_all_that_is_broken_and_nothing_is_written(toy: Path):
    assert run("dvc", "repro", folder=toy).returncode == 0
    before, path = outputs(toy), toy / "data/features/2020-04.parquet"
    frame = pd.read_parquet(path)
    path.unlink()
    frame.assign(hour=(frame["hour"] + 12) % 24).to_parquet(path)
    predictions = toy / "data/backtest.parquet"
    backtest = pd.read_parquet(predictions)
    predictions.unlink()
    backtest.assign(probability=0.5).to_parquet(predictions)
    done = stage(toy)
    assert run("dvc", "checkout", "--force", folder=toy).returncode == 0
    assert done.returncode == 1
    assert "features_again: the same features;" in done.stderr
    assert "in hour" in done.stderr
    assert "said_again: the same probabilities;" in done.stderr
    assert "Traceback" not in done.stderr
    assert outputs(toy) == before


def test_a_law_that_is_known_and_kept_fails_the_stage(toy: Path):
    assert run("dvc", "repro", folder=toy).returncode == 0
    path = toy / "toy/stress.py"
    text = path.read_text()
    path.write_text(text.replace("    changes=(", '    known={"row_order": "because"},\n    changes=('))
    done = run(sys.executable, "-m", "toy", "stress", folder=toy)
    path.write_text(text)
    assert done.returncode == 1
    assert "row_order: known as broken, and it is kept" in done.stderr


def test_every_law_of_the_record_holds_or_has_a_reason():
    table = pd.read_csv(REPOSITORY / "metrics/stress/laws.csv", keep_default_na=False)
    assert set(table["result"]) <= {"holds", "known"}
    assert (table.loc[table["result"] == "known", "reason"] != "").all()
    assert len(table) > 30


def test_every_cost_of_the_record_stands_in_its_interval():
    table = pd.read_csv(REPOSITORY / "metrics/stress/stress.csv")
    cost = json.loads((REPOSITORY / "metrics/stress/stress.json").read_text())
    silent = table[(table["kind"] == "missing") & (table["what"] == cost["feed"])].iloc[0]
    assert [silent[f"log_loss_{end}"] for end in ("low", "high")] == pytest.approx(
        [cost["cost"][end] for end in ("low", "high")], abs=1e-5
    )
    for metric in ("log_loss", "roc_auc"):
        found = table[f"{metric}_difference"]
        assert found.between(table[f"{metric}_low"], table[f"{metric}_high"]).all()
        assert (table[f"{metric}_coverage"] > 0.6).all()
