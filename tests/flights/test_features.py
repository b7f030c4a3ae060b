"""The feature table: what a month of it holds, and that it does not matter how much of the past is there."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from repositories import call
from toy import TOY
from toy.contracts import TABLES as TOY_TABLES
from toy.source import read as read_toy

from ontime.core.contract.checks import check_part
from ontime.core.features.online import OnlineFeatures, records
from ontime.core.features.table import (
    OUTCOME,
    ROW,
    assemble,
    build,
    build_months,
    days_needed,
    declared_features,
    months_needed,
    read_by,
)
from ontime.dataset.features import Open, Waited, column_names
from ontime.flights import FLIGHTS
from ontime.flights.contract.clocks import ARRIVAL, DEPARTURE, OBSERVED, SCHEDULE
from ontime.flights.contract.outcome import not_on_time, outcome_known_at
from ontime.flights.features import TURN, WRITTEN_DOWN
from ontime.io.formats import read_parquet
from ontime.io.month_files import part

FEATURES = FLIGHTS.features
Months = dict[str, dict[str, pd.DataFrame]]
MONTHS = ["2013-01", "2013-02", "2013-03", "2013-04"]


@pytest.fixture(scope="module")
def clean(four_clean_months: Path) -> Months:
    folder = four_clean_months / "data/clean"
    return {month: {name: read_parquet(part(folder, name, month)) for name in FEATURES.tables} for month in MONTHS}


def joined(clean: Months, months: list[str]) -> dict[str, pd.DataFrame]:
    return {name: pd.concat([clean[month][name] for month in months], ignore_index=True) for name in FEATURES.tables}


def features_of(clean: Months, month: str, past: list[str], lead: float = 2.0) -> pd.DataFrame:
    return build(FEATURES, clean[month], joined(clean, past), lead)


@pytest.mark.parametrize("lead", [24, *(pytest.param(lead, marks=pytest.mark.nightly) for lead in (0.5, 2))])
def test_a_month_with_its_overlap_gives_the_bytes_of_the_whole(lead: float, clean: Months):
    whole = joined(clean, MONTHS)
    everything = build(FEATURES, whole, whole, lead)
    by_month = dict(build_months(FEATURES, MONTHS, MONTHS, lambda name, month: clean[month][name], lead))
    assert [*by_month] == MONTHS
    for month, table in by_month.items():
        expected = everything[everything["day"].dt.strftime("%Y-%m") == month].reset_index(drop=True)
        pd.testing.assert_frame_equal(table, expected, check_exact=True)


def test_the_past_that_is_needed_reaches_as_far_as_the_longest_window_and_the_lead():
    assert months_needed(FEATURES, "2013-06", 2) == ["2013-03", "2013-04", "2013-05", "2013-06", "2013-07"]
    assert months_needed(FEATURES, "2013-05", 2) == ["2013-02", "2013-03", "2013-04", "2013-05", "2013-06"]
    assert months_needed(FEATURES, "2013-05", 168)[0] == "2013-02"
    days = [f"{day:%Y-%m-%d}" for day in days_needed(FEATURES, "2013-06", 2)]
    assert days == ["2013-03-30", "2013-07-03"]  # 60 days and 2 hours back, a day ahead, and two days more


def test_the_table_has_the_declared_columns_and_types(clean: Months):
    table = features_of(clean, "2013-01", ["2013-01"])
    declared = declared_features(FEATURES)
    assert list(table) == [*ROW, *(feature.name for feature in declared), *OUTCOME]
    assert {f.name: str(table[f.name].dtype) for f in declared} == {f.name: f.dtype for f in declared}
    assert len({feature.name for feature in declared}) == len(declared)
    assert "tailnum" not in table
    assert all(feature.meaning and feature.group for feature in declared)
    assert {f.clock for f in declared} == {SCHEDULE, OBSERVED, DEPARTURE, ARRIVAL}


def test_rows_are_the_flights_of_the_clean_schedule(clean: Months):
    table, flights = features_of(clean, "2013-01", ["2013-01"]), clean["2013-01"]["flights"]
    assert table["id"].tolist() == flights["id"].tolist()
    assert (table["starts_at"] - table["predict_at"] == pd.Timedelta(hours=2)).all()
    assert table["outcome"].mean() == pytest.approx(((flights["arr_delay"] >= 15) | flights["arr_delay"].isna()).mean())


def test_what_did_not_happen_waits_for_who_would_have_told_it():
    waiting = {asof: source for asof, source in FEATURES.waiting.items() if source}
    assert {(one.stream, source) for one, source in waiting.items()} == {
        ("outcomes", "arrivals"),
        ("schedule", "departures"),
    }
    assert all(one in waiting for one in FEATURES.asof if one.stream == "outcomes")
    assert {type(one) for one in waiting if one.stream == "schedule"} == {Open, Waited}
    waits = {feature.name: feature.heard_from for feature in declared_features(FEATURES)}
    assert waits["open_schedule_origin_count"] == "departures"
    assert waits["outcomes_origin_3h_late"] == "arrivals"
    assert waits["traffic_origin_day_count"] == waits["departures_origin_3h_late"] == ""


def one_flight(**values: object) -> pd.DataFrame:
    ends = pd.Timestamp("2013-01-01T12:00Z")
    row = {"ends_at": ends, "arr_delay": 0, "arrived_at": ends, "lost_from": None} | values
    moment = "datetime64[us, UTC]"
    types = {"ends_at": moment, "arrived_at": moment, "arr_delay": "Int64", "lost_from": "str"}
    return pd.DataFrame({name: pd.Series([value], dtype=types[name]) for name, value in row.items()})


@pytest.mark.parametrize(
    ("delay", "late", "known"),
    [(-20, False, "11:40"), (14, False, "12:14"), (15, True, "12:15"), (300, True, "12:15"), (None, True, "12:15")],
)
def test_the_outcome_is_decided_at_the_arrival_or_fifteen_minutes_after_its_time(delay: int, late: bool, known: str):
    arrived = pd.NaT if delay is None else pd.Timestamp("2013-01-01T12:00Z") + pd.Timedelta(minutes=delay)
    flight = one_flight(arr_delay=delay, arrived_at=arrived)
    assert not_on_time(flight).tolist() == [late]
    assert outcome_known_at(flight).dt.strftime("%H:%M").tolist() == [known]


def test_what_the_contract_took_away_has_no_outcome():
    flight = one_flight(lost_from="arrival", arr_delay=None, arrived_at=pd.NaT)
    assert not_on_time(flight).isna().all()
    assert outcome_known_at(flight).isna().all()


def test_weather_is_that_of_the_last_hour_that_is_over(clean: Months):
    table = features_of(clean, "2013-01", ["2013-01"], 0.5)
    row = table[(table["origin"] == "JFK") & (table["predict_at"] > pd.Timestamp("2013-01-15T12:00Z"))].iloc[0]
    weather = clean["2013-01"]["weather"]
    hour = row["predict_at"].floor("h") - pd.Timedelta(hours=1)
    expected = weather[(weather["origin"] == "JFK") & (weather["time_hour"] == hour)].iloc[0]
    assert row["latest_weather_origin_temp"] == np.float32(expected["temp"])
    assert row["latest_weather_origin_pressure"] == np.float32(expected["pressure"])


def test_weather_that_is_six_hours_old_is_none(clean: Months):
    weather = clean["2013-01"]["weather"]
    gap = weather["time_hour"].between(pd.Timestamp("2013-01-15T06:00Z"), pd.Timestamp("2013-01-15T20:00Z"))
    tables = {"flights": clean["2013-01"]["flights"], "weather": weather[~gap]}
    table = build(FEATURES, tables, tables, 0.5)
    old = (table["predict_at"] - pd.Timestamp("2013-01-15T06:00Z")) / pd.Timedelta(hours=1)
    assert table.loc[old.between(0, 5.9), "latest_weather_origin_temp"].notna().all()
    assert table.loc[old.between(6, 14), "latest_weather_origin_temp"].isna().all()


def test_slack_is_what_the_schedule_gives_beyond_the_usual_time(clean: Months):
    table = features_of(clean, "2013-01", ["2013-01"]).head(2).assign(block_minutes=[100, 90])
    usual = dict(zip(FEATURES.dropped, ([88.5, 88.5], [np.nan, 95.0]), strict=True))
    known = pd.DataFrame(
        {name: np.float32(usual.get(name, [0, 0])) for asof in FEATURES.asof for name in column_names(asof)}
    )
    derived = assemble(FEATURES, table[[*ROW, *(one.name for one in FEATURES.own), *OUTCOME]], known)
    assert derived["slack_route"].tolist() == [11.5, 1.5]
    assert derived["slack_flight"].isna().tolist() == [True, False]


READ = {
    "a mean": (["departures_origin_3h_late"], 1),
    "what follows from a column that is no feature": (["slack_flight"], 1),
    "what another key points to": (["latest_schedule_previous_leg_age"], 2),
    "the schedule alone": (["weekday"], 0),
    "of several groups": (["slack_route", "open_schedule_origin_share", "latest_weather_origin_temp"], 3),
}


@pytest.mark.parametrize("case", READ)
def test_only_what_a_model_reads_is_computed_and_it_is_the_same(case: str, clean: Months):
    names, count = READ[case]
    few = read_by(FEATURES, names)
    assert len(few.asof) == count
    tables = {**clean["2013-01"], "flights": clean["2013-01"]["flights"].tail(500).reset_index(drop=True)}
    alone, whole = (build(declared, tables, clean["2013-01"], 2.0) for declared in (few, FEATURES))
    pd.testing.assert_frame_equal(alone[names], whole[names])
    assert {*alone} < {*whole}


def test_a_model_that_reads_everything_reads_every_declaration():
    assert read_by(FEATURES, [feature.name for feature in declared_features(FEATURES)]) == FEATURES


def test_tables_laid_one_below_another_give_the_same_whatever_their_index(clean: Months):
    halves = [
        {
            name: table[table["day"].dt.day.between(*days)].reset_index(drop=True)
            for name, table in clean["2013-01"].items()
        }
        for days in ((1, 5), (6, 9))
    ]
    tables = {name: pd.concat([half[name] for half in halves]) for name in FEATURES.tables}
    again = {name: table.reset_index(drop=True) for name, table in tables.items()}
    assert not tables["flights"].index.is_unique
    for name, frame in FEATURES.events(again).items():
        pd.testing.assert_frame_equal(
            FEATURES.events(tables)[name].reset_index(drop=True), frame.reset_index(drop=True)
        )


LEG = ["carrier", "flight", "origin", "dest"]


def legs_before(flights: pd.DataFrame) -> pd.DataFrame:
    """Flights whose aircraft left shortly before, with the leg that it flew then as `leg`, in the order of time."""
    flown = flights.dropna(subset=["tailnum", "departed_at"]).sort_values(["tailnum", "departed_at", "id"])
    before = flown.groupby("tailnum")[["starts_at", *LEG]].shift()
    near = flown["starts_at"] - before["starts_at"] < TURN
    return flown.assign(leg=before[LEG].astype("str").fillna("").agg(" ".join, axis=1))[near].sort_values(
        ["starts_at", "id"]
    )


def usual_leg(flown: pd.DataFrame, row: pd.Series, now: pd.Timestamp) -> str:
    """What was flown most often before flights of the row's number, in the three weeks that were written down."""
    same = flown[(flown[LEG[:3]] == row[LEG[:3]]).all(axis=1)]
    written = same["starts_at"] + WRITTEN_DOWN
    past = same.loc[(written <= now) & (written > now - pd.Timedelta(days=21)), "leg"].tolist()
    last = {leg: place for place, leg in enumerate(past)}
    return max(past, key=lambda leg: (past.count(leg), last[leg]), default="")


def test_the_leg_before_is_the_one_that_its_aircraft_usually_flew(clean: Months):
    flights = clean["2013-01"]["flights"]
    table = features_of(clean, "2013-01", ["2013-01"], 0.5).set_index("id")["latest_departures_previous_leg_delay"]
    flown, legs, seen = legs_before(flights), flights[LEG].astype("str").agg(" ".join, axis=1), 0
    for _, row in flights[flights["day"] > "2013-01-20"].iloc[::400].iterrows():
        now = row["starts_at"] - pd.Timedelta(minutes=30)
        there = flights[(legs == usual_leg(flown, row, now)) & (flights["id"] != row["id"])]
        there = there[there["departed_at"].between(now - pd.Timedelta(hours=20), now, inclusive="right")]
        delays = there.sort_values("departed_at")["dep_delay"].tolist()
        np.testing.assert_equal(float(table[row["id"]]), float(delays[-1]) if delays else np.nan)
        seen += bool(delays)
    assert seen > 5


def test_one_row_at_a_time_gives_what_columns_give(clean: Months):
    """The first fortnight of the year through the row executor, events in the order in which they became known."""
    tables = joined(clean, ["2013-01"])
    tables = {name: frame[frame["day"] < "2013-01-15"] for name, frame in tables.items()}
    table = build(FEATURES, tables, tables, 0.5)
    online = OnlineFeatures.of(FEATURES.asof, FEATURES.events(tables))
    rows = records(FEATURES.rows(tables, 0.5))[::97]
    names = [name for name in online.names if name in table]
    by_row = pd.DataFrame([dict(zip(online.names, online.read(row), strict=True)) for row in rows])[names]
    expected = table.loc[::97, names].astype("float32").reset_index(drop=True)
    pd.testing.assert_frame_equal(by_row.astype("float32"), expected, check_exact=True)
    again = OnlineFeatures.load(FEATURES.asof, online.save())
    at_once = pd.DataFrame(again.read_many(rows))[names]
    pd.testing.assert_frame_equal(at_once.astype("float32"), expected, check_exact=True)


def test_the_second_dataset_has_windows_too():
    parts = {(part.table, part.month): part.frame for part in read_toy("1", "2020-02")}
    others = {"depots": parts["depots", None]}
    months = [
        check_part(TOY_TABLES[1], parts["parcels", month], month, others, 0).clean for month in ("2020-01", "2020-02")
    ]
    tables = {"parcels": pd.concat(months, ignore_index=True)}
    table = build(TOY.features, {"parcels": months[1]}, tables, 1)
    assert table["left_depot_24h_late"].notna().mean() > 0.9
    assert table["outcome"].notna().all()


@pytest.mark.parametrize("lead", ["0.4", "169", "two"])
def test_an_impossible_lead_is_refused(lead: str, tmp_path):
    (tmp_path / "params.yaml").write_text(f"features: {{lead_hours: {lead}}}")
    done = call(FLIGHTS, "featurize", folder=tmp_path)
    assert done.returncode == 1
    assert "features.lead_hours: expected a number from 0.5 to 168" in done.stderr


def test_without_clean_data_the_error_says_what_to_do(tmp_path):
    (tmp_path / "params.yaml").write_text("features: {lead_hours: 2}")
    done = call(FLIGHTS, "featurize", folder=tmp_path)
    assert (done.returncode, "dvc repro" in done.stderr) == (1, True)
    assert "Traceback" not in done.stderr


def test_the_stage_writes_a_file_a_month(four_clean_months: Path):
    files = sorted((four_clean_months / "data/features").iterdir())
    assert [path.stem for path in files] == MONTHS
    assert read_parquet(files[2])["outcomes_carrier_flight_60d_late"].notna().mean() > 0.8
