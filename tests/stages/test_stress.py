"""The stage `stress` on the second dataset: whole, or with every broken law; and what the record must hold."""

import json
import sys
from pathlib import Path

import pandas as pd
from repositories import call, run
from toy import TOY

OUTPUTS = ("laws.csv", "stress.csv", "stress.json", "stress.png", "months.csv")


def stage(folder: Path):
    return call(TOY, "stress", folder=folder)


def outputs(folder: Path) -> dict[str, bytes]:
    return {name: (folder / "metrics/stress" / name).read_bytes() for name in OUTPUTS}


def test_the_second_dataset_is_stressed_too_and_twice_gives_the_same_bytes(toy: Path):
    before = outputs(toy)
    assert stage(toy).returncode == 0
    assert outputs(toy) == before
    table = pd.read_csv(toy / "metrics/stress/laws.csv")
    assert (table["result"] == "holds").all()
    assert {"row_order", "unknown_depot", "no_scans", "renumbered", "late_scans_6h"} <= set(table["name"])
    assert json.loads(before["stress.json"])["source"] == "scans"
    assert pd.read_csv(toy / "metrics/stress/months.csv")["month"].tolist() == ["2020-03", "2020-04", "2020-05"]


def test_a_broken_law_fails_the_stage_with_all_that_is_broken_and_nothing_is_written(toy: Path):
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
    assert "predicted_again: the same probabilities;" in done.stderr
    assert "Traceback" not in done.stderr
    assert outputs(toy) == before


def test_a_law_that_is_known_and_kept_fails_the_stage(toy: Path):
    path = toy / "toy/stress.py"
    text = path.read_text()
    path.write_text(text.replace("    changes=(", '    known={"row_order": "because"},\n    changes=('))
    done = run(sys.executable, "-m", "toy", "stress", folder=toy)
    path.write_text(text)
    assert done.returncode == 1
    assert "row_order: known as broken, and it is kept" in done.stderr
