"""`ontime predict` as people run it: from messages, through the contract, as of each row's moment."""

import contextlib
import io
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from conftest import run

from ontime import cli, params
from ontime.core.conformal import Calibration
from ontime.core.features import KEYS, chosen
from ontime.core.messages import join, split
from ontime.core.model import Model, fit
from ontime.files import Files, part, read_model, read_months, read_parquet, write_json, write_model, write_parquet
from ontime.flights import FLIGHTS

MESSAGES = {declared.table: declared for declared in FLIGHTS.messages}
TABLES = {table.name: table for table in FLIGHTS.tables}
MONTHS = ("2013-01", "2013-02", "2013-03", "2013-04")
KEY = [*MESSAGES["flights"].key]


@pytest.fixture(scope="module")
def shop(four_months: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with clean tables, features, a model of January to March, messages of all months, rows to ask for."""
    folder = tmp_path_factory.mktemp("predict") / "shop"
    shutil.copytree(four_months, folder)
    for stage in ("validate", "featurize"):
        done = run("ontime", stage, folder=folder)
        assert done.returncode == 0, done.stderr
    files, recipe = Files(folder), params.load(folder / "params.yaml", "train")
    types = chosen(FLIGHTS.features, recipe.leave_out)
    rows = read_months(files.features, MONTHS[:3], [*KEYS, *types])
    model = fit(rows[rows["outcome"].notna()], types, 10, recipe)
    write_model(model.text, model.signature() | {"lead_hours": 2}, files.candidate)
    write_json(Calibration(0.3, 0.2).content(), files.conformal_bounds)
    write_messages(folder, files)
    asked = read_parquet(part(folder / "events", "schedule", "2013-04"), KEY)
    write_parquet(asked[asked["day"].isin([10, 11])].sample(frac=1, random_state=1), folder / "rows.parquet")
    return folder


def write_messages(folder: Path, files: Files) -> None:
    for month in MONTHS:
        for table, declared in MESSAGES.items():
            for feed, said in split(declared, read_parquet(part(files.raw, table, month))).items():
                write_parquet(said, part(folder / "events", feed, month))


def predict(folder: Path, *words: str, out: str = "out.parquet", now: str | None = "2014-01-01T00:00Z"):
    """The command, in this process: what it returns and what it tells."""
    moment = ["--now", now] if now else []
    asked = [] if "--rows" in words else ["--rows", "rows.parquet"]
    events = [] if "--events" in words else ["--events", "events"]
    told, log = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(told)
    log.addHandler(handler)
    try:
        with contextlib.chdir(folder), contextlib.redirect_stderr(told):
            code = cli.main(FLIGHTS, ["predict", *asked, *events, "--out", out, *moment, *words])
    finally:
        log.removeHandler(handler)
    return SimpleNamespace(returncode=code, stderr=told.getvalue())


def answers(folder: Path, *words: str, out: str = "out.parquet", now: str | None = "2014-01-01T00:00Z") -> pd.DataFrame:
    done = predict(folder, *words, out=out, now=now)
    assert done.returncode == 0, done.stderr
    return read_parquet(folder / out)


@pytest.fixture
def copy(shop: Path, tmp_path: Path) -> Path:
    """A copy of the shop to break; what is not broken is linked."""
    return Path(shutil.copytree(shop, tmp_path / "shop", copy_function=os.link))


def broken(path: Path, frame: pd.DataFrame) -> None:
    """Another file in the place of a link."""
    path.unlink()
    write_parquet(frame, path)


@pytest.mark.parametrize("table", MESSAGES)
def test_messages_make_the_raw_table_that_they_were_made_of(shop: Path, table: str):
    raw = read_parquet(part(Files(shop).raw, table, "2013-02"))
    joined = join(MESSAGES[table], TABLES[table], "2013-02", split(MESSAGES[table], raw), 0.0)
    pd.testing.assert_frame_equal(joined.raw, raw)
    assert joined.strays.empty
    assert not joined.findings


def test_answers_are_those_of_the_pipeline_in_the_order_of_the_rows(shop: Path):
    files, found = Files(shop), answers(shop)
    table = read_parquet(part(files.features, "2013-04", None)).set_index("id").loc[found["id"]].reset_index()
    model = Model.load(*read_model(files.candidate))
    assert np.array_equal(found["probability"], model.predict(table))
    assert (found["predict_at"] == table["predict_at"]).all()
    asked = read_parquet(shop / "rows.parquet")
    assert found["id"].tolist() == MESSAGES["flights"].identity(asked).tolist()  # type: ignore[misc]
    assert not found["provisional"].any()
    assert found["model"].str.fullmatch("[0-9a-f]{12}").all()
    assert len(set(found["data"])) == 1


def test_decisions_follow_the_costs_and_sets_the_calibration(shop: Path):
    found = answers(shop)
    by_decision = found.groupby("decision")["probability"]
    assert set(by_decision.groups) == {"yes", "no", "unknown"}
    assert by_decision.max()["no"] <= 0.2 <= by_decision.min()["unknown"]
    assert by_decision.max()["unknown"] <= 0.4 <= by_decision.min()["yes"]
    true, false = found["probability"] >= 0.2, 1 - found["probability"] >= 0.3
    expected = np.select([true & false, true, false], ["both", "true", "false"], "none")
    assert found["conformal_set"].tolist() == expected.tolist()


def test_text_says_the_same_as_parquet_on_standard_input_too(copy: Path):
    found = answers(copy)
    for feed in ("schedule", "departures", "arrivals", "weather"):
        frames = [read_parquet(path) for path in sorted((copy / "events" / feed).glob("*.parquet"))]
        shutil.rmtree(copy / "events" / feed)
        text = pd.concat(frames).assign(**moments(frames[0]))
        for name in moments(frames[0]):
            text[name] = pd.concat(frames)[name].dt.strftime("%Y-%m-%dT%H:%M:%SZ").to_numpy()
        text.to_csv(copy / f"events/{feed}.csv", index=False)
    read_parquet(copy / "rows.parquet").to_csv(copy / "rows.csv", index=False)
    words = [sys.executable, "-m", "ontime", "predict", "--rows", "-", "--events", "events", "--out", "text.parquet"]
    with (copy / "rows.csv").open() as rows:
        done = subprocess.run(
            [*words, "--now", "2014-01-01T00:00Z"], stdin=rows, cwd=copy, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr
    text = read_parquet(copy / "text.parquet")
    pd.testing.assert_frame_equal(text.drop(columns="data"), found.drop(columns="data"))


def moments(frame: pd.DataFrame) -> dict[str, None]:
    return {str(name): None for name in frame if isinstance(frame[name].dtype, pd.DatetimeTZDtype)}


def test_what_comes_after_now_changes_nothing_and_rows_are_provisional(copy: Path):
    now = pd.Timestamp("2013-04-10T16:00Z")
    found = answers(copy, now="2013-04-10T16:00Z")
    due = found["starts_at"] - pd.Timedelta(hours=2)
    assert (found["provisional"] == (due > now)).all()
    assert found["provisional"].any()
    assert (~found["provisional"]).any()
    clean = read_parquet(part(Files(copy).clean, "flights", "2013-04"))
    later = {
        "departures": clean.loc[clean["departed_at"] > now, "id"],
        "arrivals": clean.loc[clean["arrived_at"] > now, "id"],
    }
    for feed, ids in later.items():
        path = part(copy / "events", feed, "2013-04")
        said = read_parquet(path)
        gone = MESSAGES["flights"].identity(said).isin(set(ids))  # type: ignore[misc]
        assert gone.any()
        broken(path, said[~gone].reset_index(drop=True))
    without = answers(copy, out="without.parquet", now="2013-04-10T16:00Z")
    pd.testing.assert_frame_equal(without.drop(columns="data"), found.drop(columns="data"))
    assert not without["data"].equals(found["data"])


def test_broken_values_are_quarantined_beside_the_answers_and_the_rest_is_answered(copy: Path):
    path = part(copy / "events", "departures", "2013-04")
    said = read_parquet(path)
    said.loc[0, "dep_delay"] = 5000
    broken(path, said)
    done = predict(copy)
    assert done.returncode == 0
    assert "quarantined, in out.parquet.quarantine.parquet" in done.stderr
    quarantine = read_parquet(copy / "out.parquet.quarantine.parquet")
    assert "5000" in quarantine["value"].tolist()
    assert len(read_parquet(copy / "out.parquet")) == len(read_parquet(copy / "rows.parquet"))
    broken(path, said.drop(index=0).reset_index(drop=True))
    assert predict(copy).returncode == 0
    kept = read_parquet(copy / "out.parquet.quarantine.parquet")  # February's wind, which the rows may read of
    assert "5000" not in kept["value"].tolist()


def test_rows_that_no_schedule_has_are_named_and_left_out(copy: Path):
    rows = read_parquet(copy / "rows.parquet")
    rows.loc[rows.index[3], "flight"] = 9999
    broken(copy / "rows.parquet", rows)
    done = predict(copy)
    assert done.returncode == 0
    assert "1 row that no sound schedule has" in done.stderr
    assert len(read_parquet(copy / "out.parquet")) == len(rows) - 1


def test_a_broken_structure_stops_with_everything_that_is_wrong_and_writes_nothing(copy: Path):
    for feed, column in (("departures", "dep_delay"), ("arrivals", "air_time")):
        path = part(copy / "events", feed, "2013-04")
        broken(path, read_parquet(path).drop(columns=column))
    (copy / "out.parquet").unlink(missing_ok=True)
    done = predict(copy)
    assert done.returncode == 1
    assert "dep_delay" in done.stderr
    assert "air_time" in done.stderr
    assert not (copy / "out.parquet").exists()
    assert not list(copy.glob(".*out*"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--rows", "nowhere.parquet"], "nowhere.parquet is missing"),
        (["--events", "nowhere"], "nowhere is no folder: expected one with"),
        (["--model", "nowhere"], "nowhere/model.txt is missing"),
    ],
)
def test_what_is_not_there_is_named(shop: Path, words: list[str], said: str):
    done = predict(shop, *words, out="none.parquet")
    assert done.returncode == 1
    assert said in done.stderr
    assert not (shop / "none.parquet").exists()


def test_a_name_or_a_moment_that_cannot_be_meant_is_explained(shop: Path):
    assert "ends in .parquet or .csv" in predict(shop, out="out.txt").stderr
    assert "expected a moment with a zone" in predict(shop, now="2013-04-10T16:00").stderr


def test_a_killed_run_leaves_no_answers_and_the_next_one_the_same_bytes(copy: Path):
    whole = answers(copy)
    assert len(whole)
    before = (copy / "out.parquet").read_bytes()
    (copy / "out.parquet").unlink()
    words = [sys.executable, "-m", "ontime", "predict", "--rows", "rows.parquet", "--events", "events"]
    process = subprocess.Popen([*words, "--out", "out.parquet", "--now", "2014-01-01T00:00Z"], cwd=copy)
    time.sleep(1.5)
    process.send_signal(signal.SIGKILL)
    process.wait()
    answers(copy)
    assert (copy / "out.parquet").read_bytes() == before
