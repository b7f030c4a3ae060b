"""`ontime predict` as people run it: from messages, through the contract, as of each row's moment."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from repositories import call, run

from ontime import params
from ontime.core.contract.text_values import LIMIT
from ontime.core.evaluation.conformal import Calibration
from ontime.core.features.table import KEYS, model_features
from ontime.core.model.climatology import fit_climatology
from ontime.core.model.training import fit_model
from ontime.core.serving.admission import admit
from ontime.core.serving.answers import features_as_of
from ontime.core.serving.messages import feed_tables, join_feeds, message_names, to_feeds
from ontime.flights import FLIGHTS
from ontime.io import answer_files
from ontime.io.atomic import file_drafts, write_bytes
from ontime.io.bundle_files import ANSWERING, FALLBACK, LIST, REFERENCE, write_bundle
from ontime.io.formats import read_parquet, write_json, write_parquet
from ontime.io.model_files import read_model, write_model
from ontime.io.month_files import part, read_months
from ontime.io.paths import Files

MESSAGES = {declared.table: declared for declared in FLIGHTS.messages}
TABLES = {table.name: table for table in FLIGHTS.tables}
FORM = feed_tables(FLIGHTS.tables, FLIGHTS.messages)["schedule"]
MONTHS = ("2013-01", "2013-02", "2013-03", "2013-04")
KEY = [*MESSAGES["flights"].key]
FEEDS = ("schedule", "departures", "arrivals", "weather")
BUNDLE = "data/models/bundle"
EMPTY = 1000  # bytes of answers that are more than their columns
TRAINED = {"lead_hours": 2, "outcome": "is not on time", "rounds": 10, "rows": 80000, "params": {}, "data": "0" * 12}


@pytest.fixture(scope="module")
def shop(four_clean_months: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with clean tables, features, a model of January to March, messages of all months, rows to ask for."""
    folder = tmp_path_factory.mktemp("predict") / "shop"
    shutil.copytree(four_clean_months, folder)
    files, recipe = Files(folder), params.load(folder / "params.yaml", "train")
    types = model_features(FLIGHTS.features, recipe.leave_out)
    rows = read_months(files.features, MONTHS[:3], [*KEYS, *{**types, **FLIGHTS.features.climate}])
    model = fit_model(rows[rows["outcome"].notna()], types, 10, recipe)
    write_model(model, files.candidate, TRAINED)
    write_json(fit_climatology(rows, FLIGHTS.features.climate).content(), files.candidate / FALLBACK)
    write_json({}, files.candidate / REFERENCE)
    bounds = Calibration(0.3, 0.2).content() | {"lead_hours": 2}
    write_bundle(files.bundle, files.candidate, bounds, params.load(folder / "params.yaml", "costs"))
    write_messages(folder, files)
    keys = read_parquet(part(folder / "events", "schedule", "2013-04"), KEY)
    write_parquet(keys[keys["day"].isin([10, 11])].sample(frac=1, random_state=1), folder / "rows.parquet")
    return folder


def write_messages(folder: Path, files: Files) -> None:
    for month in MONTHS:
        for table, declared in MESSAGES.items():
            for feed, messages in to_feeds(declared, read_parquet(part(files.raw, table, month))).items():
                write_parquet(messages, part(folder / "events", feed, month))


def predict(folder: Path, *words: str, out: str = "out.parquet", now: str = "2014-01-01T00:00Z"):
    """The command, in this process."""
    rows = [] if "--rows" in words else ["--rows", "rows.parquet"]
    events = [] if "--events" in words else ["--events", "events"]
    return call(FLIGHTS, "predict", *rows, *events, "--out", out, "--now", now, *words, folder=folder)


def answers(folder: Path, *words: str, out: str = "out.parquet", now: str = "2014-01-01T00:00Z") -> pd.DataFrame:
    done = predict(folder, *words, out=out, now=now)
    assert done.returncode == 0, done.stderr
    return read_parquet(folder / out)


@pytest.fixture(scope="module")
def whole(shop: Path) -> pd.DataFrame:
    """The answers of the shop as it is."""
    return answers(shop, out="whole.parquet")


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
    joined = join_feeds(MESSAGES[table], TABLES[table], "2013-02", to_feeds(MESSAGES[table], raw), 0.0)
    pd.testing.assert_frame_equal(joined.raw, raw)
    assert joined.quarantine.empty
    assert not joined.lost
    assert not joined.findings


def test_answers_are_those_of_the_pipeline_in_the_order_of_the_rows(shop: Path, whole: pd.DataFrame):
    files = Files(shop)
    table = read_parquet(part(files.features, "2013-04", None)).set_index("id").loc[whole["id"]].reset_index()
    model = read_model(files.candidate)
    assert np.array_equal(whole["probability"], model.predict(table))
    assert (whole["predict_at"] == table["predict_at"]).all()
    rows = read_parquet(shop / "rows.parquet")
    assert whole["id"].tolist() == message_names(FORM, rows).tolist()
    assert not whole["provisional"].any()
    assert whole["model"].str.fullmatch("[0-9a-f]{12}").all()
    assert len(set(whole["data"])) == 1


def test_decisions_follow_the_costs_and_sets_the_calibration(whole: pd.DataFrame):
    by_decision = whole.groupby("decision")["probability"]
    assert set(by_decision.groups) == {"yes", "no", "unknown"}
    assert by_decision.max()["no"] <= 0.2 <= by_decision.min()["unknown"]
    assert by_decision.max()["unknown"] <= 0.4 <= by_decision.min()["yes"]
    true, false = whole["probability"] >= 0.2, 1 - whole["probability"] >= 0.3
    expected = np.select([true & false, true, false], ["both", "true", "false"], "empty")
    assert whole["conformal_set"].tolist() == expected.tolist()


def test_text_says_the_same_as_parquet_on_standard_input_too(copy: Path, whole: pd.DataFrame):
    for feed in FEEDS:
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
    pd.testing.assert_frame_equal(text.drop(columns="data"), whole.drop(columns="data"))


def test_messages_that_other_tools_wrote_are_answered_with_the_same_bits(copy: Path, whole: pd.DataFrame):
    paths = {feed: part(copy / "events", feed, "2013-04") for feed in FEEDS}
    frames = {feed: read_parquet(path) for feed, path in paths.items()}
    for path in paths.values():
        path.unlink()
    numbers = dict.fromkeys(("day", "dep_time", "dep_delay"), pd.ArrowDtype(pa.float64()))
    text = pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string()))
    frames["departures"].astype({**numbers, "origin": text, "tailnum": "category"}).to_parquet(paths["departures"])
    frames["schedule"].set_index(KEY).to_parquet(paths["schedule"])
    table = pa.Table.from_pandas(frames["arrivals"])  # changed with pyarrow; the notes of pandas stay as they were
    for name, kind in {"arr_delay": pa.string(), "day": pa.decimal128(20, 0), "carrier": pa.binary()}.items():
        table = table.set_column(table.schema.get_field_index(name), name, table[name].cast(kind))
    pq.write_table(table, paths["arrivals"])
    hour = frames["weather"]["time_hour"].dt.strftime("%Y-%m-%d %H:%M:%S+00")
    frames["weather"].assign(time_hour=hour).to_csv(paths["weather"].with_suffix(".csv"))
    pd.testing.assert_frame_equal(answers(copy).drop(columns="data"), whole.drop(columns="data"))


def test_a_column_without_values_is_missing_values_whatever_type_its_file_has(copy: Path):
    path = part(copy / "events", "weather", "2013-04")
    weather = read_parquet(path)
    broken(path, weather.assign(wind_gust=np.nan))
    expected = answers(copy)
    broken(path, weather.assign(wind_gust=None))
    pd.testing.assert_frame_equal(answers(copy).drop(columns="data"), expected.drop(columns="data"))


def test_a_comma_at_the_end_of_every_row_is_one_reason_that_says_so(copy: Path):
    path = part(copy / "events", "weather", "2013-04")
    header, *lines = read_parquet(path).to_csv(index=False).splitlines()
    path.unlink()
    path.with_suffix(".csv").write_text("\n".join([header, *(f"{line}," for line in lines)]))
    done = predict(copy)
    assert done.returncode == 1
    assert "1 reason to stop" in done.stderr
    assert "[stop] weather 2013-04, the file, rule fields: " in done.stderr
    assert "every row ends in a comma that the header lacks\n    for example: line 2 has 16 fields" in done.stderr


def moments(frame: pd.DataFrame) -> dict[str, None]:
    return {str(name): None for name in frame if isinstance(frame[name].dtype, pd.DatetimeTZDtype)}


def test_what_comes_after_now_changes_nothing_and_rows_are_provisional(copy: Path):
    now = pd.Timestamp("2013-04-10T16:00Z")
    answered = answers(copy, now="2013-04-10T16:00Z")
    due = answered["starts_at"] - pd.Timedelta(hours=2)
    assert (answered["provisional"] == (due > now)).all()
    assert answered["provisional"].any()
    assert (~answered["provisional"]).any()
    clean = read_parquet(part(Files(copy).clean, "flights", "2013-04"))
    later = {
        "departures": clean.loc[clean["departed_at"] > now, "id"],
        "arrivals": clean.loc[clean["arrived_at"] > now, "id"],
    }
    for feed, ids in later.items():
        path = part(copy / "events", feed, "2013-04")
        messages = read_parquet(path)
        gone = message_names(FORM, messages).isin(set(ids))
        assert gone.any()
        broken(path, messages[~gone].reset_index(drop=True))
    without = answers(copy, out="without.parquet", now="2013-04-10T16:00Z")
    pd.testing.assert_frame_equal(without.drop(columns="data"), answered.drop(columns="data"))
    assert not without["data"].equals(answered["data"])


@pytest.mark.parametrize("moment", ["2013-02-10T16:00Z", "2013-01-20T16:00Z"])
def test_rows_that_lie_months_ahead_have_the_history_before_now(copy: Path, moment: str):
    now = pd.Timestamp(moment)
    if now.month == 1:  # nobody needs February then
        path = part(copy / "events", "arrivals", "2013-02")
        broken(path, read_parquet(path).drop(columns="air_time"))
    answered = answers(copy, now=moment)
    assert answered["provisional"].all()
    files = Files(copy)
    names = FLIGHTS.features.tables
    tables = {name: pd.concat([read_parquet(part(files.clean, name, month)) for month in MONTHS]) for name in names}
    rows = tables["flights"].set_index("id").loc[answered["id"]].reset_index()
    table = features_as_of(FLIGHTS.features, {**tables, "flights": rows}, tables, 2.0, now)
    expected = read_model(files.candidate).predict(table)
    assert np.array_equal(answered["probability"], expected)


def test_broken_values_are_quarantined_beside_the_answers_and_the_rest_is_answered(copy: Path):
    path = part(copy / "events", "departures", "2013-04")
    messages = read_parquet(path)
    messages.loc[0, "dep_delay"] = 5000
    broken(path, messages)
    done = predict(copy)
    assert done.returncode == 0
    assert "quarantined, in out.parquet.quarantine.parquet" in done.stderr
    quarantine = read_parquet(copy / "out.parquet.quarantine.parquet")
    assert "5000" in quarantine["value"].tolist()
    assert len(read_parquet(copy / "out.parquet")) == len(read_parquet(copy / "rows.parquet"))
    broken(path, messages.drop(index=0).reset_index(drop=True))
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
    assert "2 reasons to stop" in done.stderr  # no value is blamed for what its column lacks
    assert "[quarantine] flights" not in done.stderr
    assert not (copy / "out.parquet").exists()
    assert not list(copy.glob(".*out*"))


def test_one_bad_cell_is_one_reason_that_says_where_it_is(copy: Path):
    path = part(copy / "events", "departures", "2013-04")
    messages = read_parquet(path).astype({"dep_delay": "str"})
    messages.loc[7, "dep_delay"] = "late"
    messages.to_csv(path.with_suffix(".csv"), index=False)
    path.unlink()
    done = predict(copy)
    assert done.returncode == 1
    assert "1 reason to stop" in done.stderr
    assert "[stop] departures 2013-04, dep_delay, rule type: 1 value, expected" in done.stderr
    assert "for example: 'late' in row 8\n" in done.stderr


def test_a_missing_feed_is_one_reason(copy: Path):
    part(copy / "events", "arrivals", "2013-04").unlink()
    done = predict(copy)
    assert done.returncode == 1
    assert "1 reason to stop" in done.stderr


def test_rows_without_a_column_say_which_there_are(copy: Path):
    (copy / "rows.csv").write_text("Year,month,day,carrier,flight,origin,dest\n2013,4,10,AA,1,JFK,LAX\n")
    done = predict(copy, "--rows", "rows.csv")
    assert done.returncode == 1
    assert "rule column_present: missing; there are Year, month, day, carrier, flight, origin, dest\n" in done.stderr


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--rows", "nowhere.parquet"], "nowhere.parquet is missing"),
        (["--events", "nowhere"], "nowhere is no folder: expected one with"),
        (["--bundle", "nowhere"], "nowhere: expected a folder with bundle.json, found none"),
    ],
)
def test_what_is_not_there_is_named(shop: Path, words: list[str], expected: str):
    done = predict(shop, *words, out="none.parquet")
    assert done.returncode == 1
    assert expected in done.stderr
    assert not (shop / "none.parquet").exists()


def test_a_moment_that_cannot_be_meant_is_explained(shop: Path):
    assert "expected a moment with a zone" in predict(shop, now="2013-04-10T16:00").stderr


def test_rows_that_name_nothing_are_quarantined_once_under_their_own_values(
    copy: Path, whole: pd.DataFrame, monkeypatch
):
    monkeypatch.setattr(answer_files, "CHUNK", 1000)
    rows = read_parquet(copy / "rows.parquet")
    wrong = {0: ("day", None), 5: ("day", 31), 700: ("carrier", None), 701: ("year", 1e12), 702: ("flight", np.inf)}
    changed = rows.astype(dict.fromkeys(("year", "day", "flight"), "float64")).reset_index(drop=True)
    for place, (name, value) in wrong.items():
        changed.loc[place, name] = value
    broken(copy / "rows.parquet", changed)
    done = predict(copy)
    assert done.returncode == 0
    assert done.stderr.count("5 rows that no sound schedule has") == done.stderr.count("rule in_schedule") == 1
    kept = whole.drop(index=[*wrong]).reset_index(drop=True)
    pd.testing.assert_frame_equal(read_parquet(copy / "out.parquet"), kept)
    quarantine = read_parquet(copy / "out.parquet.quarantine.parquet").query("table == 'rows'")
    own = rows.iloc[0].astype("str")
    assert quarantine["key"].tolist()[0] == " ".join(["2013", "4", "?", *own[["carrier", "flight", "origin", "dest"]]])
    assert [len(key.split()) for key in quarantine["key"]] == [7, 7, 7, 7, 1]
    assert str(LIMIT) in quarantine["key"].tolist()[4]


def test_where_no_row_is_in_the_schedule_nothing_is_written(copy: Path):
    broken(copy / "rows.parquet", read_parquet(copy / "rows.parquet").assign(flight=9999))
    done = predict(copy, out="none.parquet")
    assert done.returncode == 1
    assert "rows.parquet: expected rows of the schedule, found none" in done.stderr
    assert not list(copy.glob("*none*"))


@pytest.mark.parametrize("feeds", [["schedule"], ["schedule", "departures", "arrivals", "weather"]])
def test_a_month_that_a_feed_lacks_among_others_stops(copy: Path, feeds: list[str]):
    for feed in feeds:
        part(copy / "events", feed, "2013-03").unlink()
    done = predict(copy)
    assert done.returncode == 1
    assert all(f"{feed} 2013-03, the file, rule file_present: missing" in done.stderr for feed in feeds)


def test_a_file_for_all_months_may_have_none_of_one(copy: Path):
    weather = [read_parquet(part(copy / "events", "weather", month)) for month in MONTHS]
    broken(part(copy / "events", "weather", MONTHS[3]), weather[3].head(0))
    silent = answers(copy)
    shutil.rmtree(copy / "events/weather")
    write_parquet(pd.concat(weather[:3]), copy / "events/weather.parquet")
    pd.testing.assert_frame_equal(answers(copy).drop(columns="data"), silent.drop(columns="data"))
    broken(copy / "events/weather.parquet", weather[3].assign(day=pd.array([31] * len(weather[3]), dtype="Int64")))
    assert "weather, the file, rule days_named: no row names a day" in predict(copy).stderr


def test_links_are_followed_and_tables_that_nothing_needs_are_not_read(copy: Path, whole: pd.DataFrame):
    shutil.move(copy / "events/weather", copy / "elsewhere")
    (copy / "events/weather").symlink_to("../elsewhere")
    pd.testing.assert_frame_equal(answers(copy), whole)
    (copy / "events/planes.parquet").write_text("garbage")
    part(Files(copy).clean, "planes", None).unlink()
    pd.testing.assert_frame_equal(answers(copy).drop(columns="data"), whole.drop(columns="data"))
    part(copy / "events", "weather", "2013-04").unlink()
    part(copy / "events", "weather", "2013-04").with_suffix(".csv").symlink_to("nowhere")
    assert "weather 2013-04, the file, rule file_readable: " in predict(copy).stderr


@pytest.mark.parametrize(
    ("out", "words", "expected"),
    [
        ("rows.parquet", [], "rows.parquet would be written, and rows.parquet is read"),
        ("events/out.parquet", [], "events/out.parquet would be written, and events is read"),
        (f"{BUNDLE}/out.csv", [], f"and {BUNDLE} is read"),
        ("data/clean/airports.parquet", [], "and data/clean is read"),
        ("a.csv", ["--rows", "a.csv.quarantine.parquet"], "a.csv.quarantine.parquet would be written, and"),
        ("folder.csv", [], "folder.csv would be written, and is a folder"),
        ("taken.csv", [], "taken.csv.quarantine.parquet would be written, and is a folder"),
        ("params.yaml/out.csv", [], "params.yaml/out.csv cannot be written"),
        ("out.txt", [], "--out out.txt: expected a name that ends in .parquet or .csv"),
        ("new.csv", ["--rows", "rows.txt"], "--rows rows.txt: expected a name in .parquet, .csv, or - for CSV"),
        ("new.csv", ["--rows", "none.csv"], "none.csv is missing: expected rows"),
        ("new.csv", ["--rows", "/dev/stdin"], "or - for CSV on standard input"),
        ("new.csv", ["--rows", "empty.parquet"], "empty.parquet cannot be read as Parquet"),
        ("new.csv", ["--rows", "twice.parquet"], "[stop] rows, dest, rule column_once: there 2 times"),
        ("new.csv", ["--rows", "twice.csv"], "[stop] rows, flight, rule column_once: there 2 times"),
        ("new.csv", ["--rows", "text.parquet"], "values, expected Int64\n    for example: 'seven' in row 1"),
        ("new.csv", ["--bundle", "rows.parquet"], "rows.parquet: expected a folder with bundle.json, found none"),
        ("new.csv", ["--now", "1600-01-01T00:00Z"], "rows of 2013-04 are asked for as of 1600-01-01"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_changes_nothing(copy: Path, out: str, words: list[str], expected: str):
    for name in ("folder.csv", "taken.csv.quarantine.parquet"):
        (copy / name).mkdir()
    rows = read_parquet(copy / "rows.parquet")
    write_parquet(rows, copy / "a.csv.quarantine.parquet")
    (copy / "empty.parquet").touch()
    table = pa.Table.from_pandas(rows, preserve_index=False)
    pq.write_table(table.append_column("dest", table["origin"]), copy / "twice.parquet")
    write_parquet(rows.assign(flight="seven"), copy / "text.parquet")
    (copy / "twice.csv").write_text("year,month,day,carrier,flight,flight,origin,dest,dest\n")
    before = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    done = predict(copy, *words, out=out)
    assert done.returncode == 1
    assert expected in done.stderr
    assert {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("harm", [b"", b"\xff\xfe", b"{}"], ids=["empty", "no text", "another"])
@pytest.mark.parametrize("name", [*ANSWERING, LIST])
def test_a_broken_part_is_named_before_messages_are_read(copy: Path, name: str, harm: bytes):
    write_bytes(harm, copy / BUNDLE / name)
    broken(part(copy / "events", "schedule", "2013-04"), pd.DataFrame())
    done = predict(copy)
    assert done.returncode == 1
    assert name in done.stderr
    assert "Fetch it again (dvc pull, or dvc checkout)" in done.stderr
    assert "schedule" not in done.stderr


def test_a_second_run_on_the_same_answers_is_refused(copy: Path):
    with file_drafts(copy / "out.csv") as (draft,):
        done = predict(copy, out="out.csv")
        draft.write_text("first")
    assert (copy / "out.csv").read_text() == "first"
    assert done.returncode == 1
    assert "another run writes out.csv" in done.stderr


def test_moments_in_csv_are_written_one_way(copy: Path):
    answers_at = predict(copy, out="out.csv", now="2013-04-10T16:00:00.123456Z")
    assert answers_at.returncode == 0
    table = pd.read_csv(copy / "out.csv", dtype="str")
    assert table["predict_at"].str.fullmatch(r"2013-04-\d\dT\d\d:\d\d:00Z").all()
    assert table["starts_at"].str.endswith("Z").all()
    assert table["day"].str.len().eq(10).all()


@pytest.mark.parametrize(("wrong", "stops"), [(5, False), (6, True)])
def test_a_few_broken_rows_do_not_stop_the_beginning_of_a_month(shop: Path, wrong: int, stops: bool):
    files = Files(shop)
    reference = {name: read_parquet(part(files.clean, name, None)) for name in ("airlines", "airports")}
    feeds = {feed: read_parquet(part(shop / "events", feed, "2013-04")).head(20) for feed in FEEDS}
    feeds["departures"] = feeds["departures"].head(0)
    unknown = pd.array(range(9000, 9000 + wrong), dtype="Int64")
    feeds["arrivals"] = feeds["arrivals"].head(wrong).assign(flight=unknown)
    feeds["weather"]["temp"] = feeds["weather"]["temp"].where(feeds["weather"].index >= wrong, 999)
    admitted = admit(FLIGHTS.tables, FLIGHTS.messages, "2013-04", feeds, reference, 0.01)
    assert any(finding.stops for finding in admitted.findings) == stops
    assert (admitted.quarantine["column"] == "temp").sum() == wrong
    assert not any("contract" in finding.remedy or "dvc" in finding.remedy for finding in admitted.findings)


def test_feeds_without_news_are_no_fault_and_no_warning(shop: Path):
    files = Files(shop)
    reference = {name: read_parquet(part(files.clean, name, None)) for name in ("airlines", "airports")}
    feeds = {feed: read_parquet(part(shop / "events", feed, "2013-04")) for feed in FEEDS}
    feeds |= {feed: feeds[feed].head(0) for feed in ("departures", "arrivals")}
    admitted = admit(FLIGHTS.tables, FLIGHTS.messages, "2013-04", feeds, reference, 0.01)
    assert not [finding for finding in admitted.findings if "nan" in finding.problem]


@pytest.mark.needs("setpriv", "util-linux")
@pytest.mark.parametrize(("place", "mode"), [("weather/2013-04.parquet", 0), ("weather", 0)], ids=["file", "folder"])
def test_what_may_not_be_read_is_named_and_not_where_it_is_written(copy: Path, place: str, mode: int):
    unreadable = copy / "events" / place
    before = unreadable.stat().st_mode
    unreadable.chmod(mode)
    without_powers = ("setpriv", "--bounding-set=-all", "--inh-caps=-all") if os.geteuid() == 0 else ()
    arguments = ("--rows", "rows.parquet", "--events", "events", "--out", "out.csv")
    try:
        done = run(*without_powers, sys.executable, "-m", "ontime", "predict", *arguments, folder=copy)
    finally:
        unreadable.chmod(before)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert f"{place}: Permission denied" in done.stderr
    assert "out.csv" not in done.stderr


def test_a_folder_of_the_name_of_a_file_is_told_as_one(copy: Path):
    place = copy / "events/weather/2013-04.parquet"
    place.unlink()
    place.mkdir()
    done = predict(copy)
    assert done.returncode == 1
    assert "weather/2013-04.parquet, the file, rule file_known: a folder without files" in done.stderr


def test_what_delivery_does_to_messages_stops_no_run_and_costs_no_answer(copy: Path, whole: pd.DataFrame):
    """Messages that come twice, or in the file of another month, or have no flight number, or no value at all."""
    for feed in FEEDS:
        path = part(copy / "events", feed, "2013-04")
        messages, earlier = (read_parquet(part(copy / "events", feed, month)) for month in ("2013-04", "2013-03"))
        gone = [name for name in messages if name in {"flight", "origin"}]
        keyless = messages.iloc[[3, 4]].assign(**{name: messages[name].where(messages.index < 0) for name in gone})
        empty = messages.head(0).reindex([0, 1])
        late = earlier.tail(1) if feed in ("departures", "arrivals") else earlier.head(0)
        more = [messages.iloc[[0, 0, 9]], keyless, empty, late]
        broken(path, pd.concat([messages, *more], ignore_index=True).astype(messages.dtypes))
    answered = answers(copy)
    pd.testing.assert_frame_equal(answered.drop(columns="data"), whole.drop(columns="data"))
    quarantine = read_parquet(copy / "out.parquet.quarantine.parquet")
    assert quarantine["rule"].value_counts()[["in_schedule", "in_weather"]].tolist() == [11, 3]
    assert "key_unique" not in quarantine["rule"].tolist()


@pytest.mark.parametrize(
    ("feed", "column", "lost"), [("departures", "dep_delay", "departure"), ("arrivals", "air_time", "arrival")]
)
def test_messages_that_contradict_one_another_cost_their_row_what_they_would_tell(
    copy: Path, feed: str, column: str, lost: str
):
    path = part(copy / "events", feed, "2013-04")
    messages = read_parquet(path)
    other = messages.iloc[[7]].assign(**{column: messages[column] + 1})
    broken(path, pd.concat([messages, other, other, messages.iloc[[9]]], ignore_index=True))
    done = predict(copy)
    assert done.returncode == 0, done.stderr
    assert f"{feed} 2013-04, {', '.join(KEY)}, rule key_unique: 2 of " in done.stderr
    name = message_names(FORM, other).iloc[0]
    quarantine = read_parquet(copy / "out.parquet.quarantine.parquet").query("key == @name")
    assert quarantine[["table", "rule"]].to_numpy().tolist() == [[feed, "key_unique"]] * 2
    files = Files(copy)
    reference = {table: read_parquet(part(files.clean, table, None)) for table in ("airlines", "airports")}
    feeds = {feed: read_parquet(part(copy / "events", feed, "2013-04")) for feed in FEEDS}
    flights = admit(FLIGHTS.tables, FLIGHTS.messages, "2013-04", feeds, reference, 0.01).tables["flights"]
    assert flights.loc[flights["lost_from"].notna(), ["id", "lost_from"]].to_numpy().tolist() == [[name, lost]]
    assert flights.loc[flights["id"] == name, ["arrived_at", column]].isna().to_numpy().all()


@pytest.mark.parametrize("table", ["airports", "airlines"])
def test_reference_tables_beside_the_messages_may_have_rows_twice(copy: Path, whole: pd.DataFrame, table: str):
    rows = read_parquet(part(Files(copy).raw, table, None))
    write_parquet(pd.concat([rows, rows.head(3)], ignore_index=True), copy / f"events/{table}.parquet")
    pd.testing.assert_frame_equal(answers(copy).drop(columns="data"), whole.drop(columns="data"))


def test_a_file_for_all_months_may_have_messages_twice(copy: Path, whole: pd.DataFrame):
    frames = [read_parquet(part(copy / "events", "departures", month)) for month in MONTHS]
    shutil.rmtree(copy / "events/departures")
    write_parquet(
        pd.concat([*frames, frames[0].head(2), frames[3]], ignore_index=True), copy / "events/departures.parquet"
    )
    pd.testing.assert_frame_equal(answers(copy).drop(columns="data"), whole.drop(columns="data"))


def test_a_message_that_comes_twice_is_named(copy: Path):
    path = part(copy / "events", "departures", "2013-04")
    messages = read_parquet(path)
    broken(path, pd.concat([messages, messages.head(1)], ignore_index=True).drop(columns="tailnum"))
    done = predict(copy)
    assert done.returncode == 1
    assert f"for example: {message_names(FORM, messages.head(1))[0]}" in done.stderr
    assert "what to do: add the column" in done.stderr


def test_the_first_command_of_the_page_can_be_tried(copy: Path, repository: Path):
    page = (repository / "docs/predict.md").read_text()
    script, command = re.findall(r"^\$ (.*)$", page.partition("## To try it")[2].partition("## ")[0], re.MULTILINE)
    assert script == "python docs/messages.py"
    recipe = (repository / "docs/messages.py").read_text()
    (copy / "messages.py").write_text(recipe.replace("2013-10", "2013-03").replace("2013-11", "2013-04"))
    before = set(copy.iterdir())
    done = run(sys.executable, "messages.py", folder=copy)
    assert done.returncode == 0, done.stderr
    done = call(FLIGHTS, *command.split()[1:], folder=copy)
    assert done.returncode == 0, done.stderr
    assert set(pd.read_csv(copy / ".ontime/try/answers.csv")["day"].str[-2:]) == {"05", "06"}
    assert {path.name for path in set(copy.iterdir()) - before} <= {".ontime"}, "nothing but what git ignores"


@pytest.mark.usefixtures("whole")
def test_a_run_that_is_killed_while_it_writes_leaves_no_answers_and_the_next_one_the_same_bytes(copy: Path):
    before, draft = (copy / "whole.parquet").read_bytes(), copy / ".draft.out.parquet"
    words = [sys.executable, "-m", "ontime", "predict", "--rows", "-", "--events", "events", "--out", "out.parquet"]
    rows = read_parquet(copy / "rows.parquet")
    text = pd.concat([rows] * (1 + 120_000 // len(rows))).to_csv(index=False)  # more than are read at a time
    with subprocess.Popen(
        [*words, "--now", "2014-01-01T00:00Z"], cwd=copy, stdin=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        process.stdin.write(text)
        process.stdin.flush()  # and it waits for more
        wait_until(lambda: draft.exists() and draft.stat().st_size > EMPTY, process)
        process.kill()
        assert process.wait() == -signal.SIGKILL
    assert draft.exists()
    assert not (copy / "out.parquet").exists()
    answers(copy)
    assert (copy / "out.parquet").read_bytes() == before
    assert not list(copy.glob(".*out*"))


def wait_until(condition: Callable[[], bool], process: subprocess.Popen) -> None:
    end = time.monotonic() + 300
    while not condition():
        assert process.poll() is None, "the run ended before that"
        assert time.monotonic() < end, "the run never came so far"
        time.sleep(0.01)
