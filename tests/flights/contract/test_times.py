"""Local fields and time zones -> UTC, in the nights when clocks jump too."""

from zoneinfo import available_timezones

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontime.core.contract.row_rules import derived_frame
from ontime.flights.contract.columns import FLIGHTS, WEATHER
from ontime.flights.contract.times import (
    at_home,
    destination_zones,
    local_date,
    minute_of_day,
    minutes,
    next_local_time,
    winter_offset,
)

MISSING = np.datetime64("NaT", "us")


def utc(*moments: str) -> np.ndarray:
    return np.array(moments, dtype="datetime64[us]")


@pytest.mark.parametrize(
    ("after", "minute", "zone", "expected"),
    [
        ("2013-07-01T12:00", 9 * 60, "America/New_York", "2013-07-01T13:00"),
        ("2013-07-01T13:00", 9 * 60, "America/New_York", "2013-07-02T13:00"),
        ("2013-07-02T03:30", 30, "America/New_York", "2013-07-02T04:30"),
        ("2013-01-02T01:00", 19 * 60, "America/Los_Angeles", "2013-01-02T03:00"),
        ("2013-07-01T12:00", 0, "America/Phoenix", "2013-07-02T07:00"),
        # Clocks skip 2:00 to 3:00 on 10 March: half past two begins with the jump, at 7:00 UTC.
        ("2013-03-10T05:00", 150, "America/New_York", "2013-03-10T07:00"),
        # Clocks show 1:30 twice on 3 November: the first is meant.
        ("2013-11-03T04:00", 90, "America/New_York", "2013-11-03T05:30"),
        ("2013-11-03T04:00", 180, "America/New_York", "2013-11-03T08:00"),
        # Lord Howe skips half an hour from 2:00 on 2 October, Samoa a whole day, 30 December.
        ("2011-10-01T14:00", 125, "Australia/Lord_Howe", "2011-10-01T15:30"),
        ("2011-12-29T12:00", 600, "Pacific/Apia", "2011-12-29T20:00"),
        ("2011-12-30T06:00", 600, "Pacific/Apia", "2011-12-30T10:00"),
    ],
)
def test_the_next_local_time_is_found(after: str, minute: int, zone: str, expected: str):
    moments = next_local_time(utc(after), np.array([minute], dtype=float), [zone])
    assert moments.tolist() == utc(expected).tolist()


def test_rows_keep_their_places_and_those_without_a_zone_are_missing():
    after, zones = utc(*["2013-07-01T12:00"] * 4), ["America/Chicago", None, "America/New_York", "America/Chicago"]
    moments = next_local_time(after, np.array([600.0, 600.0, 600.0, np.nan]), zones)
    expected = np.array(["2013-07-01T15:00", "NaT", "2013-07-01T14:00", "NaT"], dtype="datetime64[us]")
    assert np.array_equal(moments, expected, equal_nan=True)
    assert moments.dtype == "datetime64[us]"


ZONES = sorted(available_timezones() - {"localtime"})
# What pandas says of every hour of 1987 to 2037 and of the nights when clocks change is what is said here.
hours = st.integers(0, 50 * 366 * 24).map(
    lambda hour: np.datetime64("1987-01-01T00:00", "us") + np.timedelta64(hour, "h")
)
later = st.integers(0, 59).map(lambda minute: np.timedelta64(minute, "m"))


@given(st.lists(st.tuples(hours, later, st.integers(0, 1440), st.none() | st.sampled_from(ZONES)), min_size=1))
def test_many_zones_and_years_agree_with_pandas(rows: list[tuple[np.datetime64, np.timedelta64, int, str | None]]):
    after = np.array([hour + minute for hour, minute, *_ in rows])
    zones = [zone for *_, zone in rows]
    moments = next_local_time(after, np.array([minute for *_, minute, _ in rows], dtype=float), zones)
    expected = [by_pandas(*row) for row in zip(after, (minute for *_, minute, _ in rows), zones, strict=True)]
    assert np.array_equal(moments, np.array(expected), equal_nan=True)


def by_pandas(after: np.datetime64, minute: int, zone: str | None) -> np.datetime64:
    if zone is None:
        return MISSING
    now = pd.Timestamp(after, tz="UTC").tz_convert(zone).tz_localize(None)
    today = now.normalize() + pd.Timedelta(minutes=minute)
    local = pd.DatetimeIndex([today if today > now else today + pd.Timedelta(days=1)])
    there = local.tz_localize(zone, ambiguous=np.array([True]), nonexistent="shift_forward")
    return there.tz_convert(None).to_numpy()[0]


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/London", "Australia/Sydney"])
def test_every_quarter_of_an_hour_of_days_when_clocks_change_agrees_with_pandas(zone: str):
    quarters = pd.date_range("2011-01-01", "2012-01-01", freq="15min", tz="UTC").tz_convert(zone)
    changing = quarters[quarters.map(lambda moment: moment.utcoffset() != (moment + pd.Timedelta(days=1)).utcoffset())]
    assert len(changing) > 90
    for minute in (0, 90, 120, 150, 1440):
        moments = changing.tz_convert(None).to_numpy().astype("datetime64[us]")
        actual = next_local_time(moments, np.full(len(moments), minute, dtype=float), [zone] * len(moments))
        assert actual.tolist() == [by_pandas(moment, minute, zone).astype(object) for moment in moments]


def test_a_value_by_itself_is_as_in_a_column():
    moments = np.array([*pd.date_range("2013-03-09", "2013-03-11", freq="7min").to_numpy(), MISSING], dtype="M8[us]")
    one_by_one = np.concatenate([at_home(moments[[place]]) for place in range(len(moments))])
    assert np.array_equal(at_home(moments), one_by_one, equal_nan=True)


def test_the_offset_of_a_zone_in_winter():
    zones = np.array(["America/New_York", None, "Australia/Sydney"], dtype=object)
    assert np.array_equal(winter_offset(zones), [-5, np.nan, 11], equal_nan=True)


@pytest.mark.parametrize(
    ("year", "month", "day", "expected"),
    [
        (2013, 1, 1, "2013-01-01"),
        (2012, 2, 29, "2012-02-29"),
        (1969, 12, 31, "1969-12-31"),
        (2013, 2, 29, None),
        (2013, 1, 132, None),
        (2013, 13, 1, None),
        (2013, 0, 1, None),
        (2013, 6, 0, None),
        (0, 1, 1, None),
        (2**53, 1, 1, None),
        (2013, None, 1, None),
    ],
)
def test_a_local_date_is_one_of_the_calendar(year: int, month: int | None, day: int, expected: str | None):
    dates = local_date(*(np.array([part], dtype=float) for part in (year, month, day)))
    assert np.array_equal(dates, np.array([expected], dtype="datetime64[us]"), equal_nan=True)
    assert dates.dtype == "datetime64[us]"


def test_hhmm_and_minutes():
    assert minute_of_day(np.array([1.0, 59.0, 517.0, 2400.0])).tolist() == [1, 59, 317, 1440]
    lengths = minutes(np.array([90, np.nan]))
    assert lengths.dtype == "timedelta64[us]"
    assert (lengths[0], np.isnat(lengths[1])) == (np.timedelta64(90, "m"), True)


def test_an_outcome_before_midnight_and_a_destination_the_airports_lack():
    whole = {"year": 2013, "month": 1, "day": 1, "minute": 30, "flight": 1}
    whole |= {"sched_arr_time": 420, "dep_delay": -5, "arr_delay": 10}
    texts = {"carrier": "B6", "origin": "JFK", "dest": "SJU"}
    flights = pd.DataFrame(
        {
            **{name: pd.array([value], dtype="Int64") for name, value in whole.items()},
            **{name: pd.Series([value], dtype="str") for name, value in texts.items()},
            "time_hour": pd.DatetimeIndex(utc("2013-01-02T04:00"), tz="UTC"),
        }
    )
    airports = pd.DataFrame({"faa": ["BOS"], "tzone": ["America/New_York"]})
    row = derived_frame(FLIGHTS, flights, {"airports": airports}).iloc[0]
    assert row["id"] == "2013-01-01-B6-1-JFK-SJU"
    assert str(row["day"]) == "2013-01-01 00:00:00"
    clocks = row[["starts_at", "ends_at", "departed_at", "arrived_at"]]
    assert [f"{clock:%d %H:%M}" for clock in clocks] == ["02 04:30", "02 08:20", "02 04:25", "02 08:30"]


def test_a_destination_has_the_zone_of_its_airport_if_that_is_known():
    airports = pd.DataFrame({"faa": ["BOS", "XXX"], "tzone": ["America/New_York", None]})
    zones = destination_zones(airports)
    assert [zones.get(name) for name in ("BOS", "XXX", "SJU")] == ["America/New_York", None, "America/Puerto_Rico"]


def test_an_hour_of_weather_is_known_when_it_is_over():
    dates = {name: pd.array([value], dtype="Int64") for name, value in {"year": 2013, "month": 6, "day": 1}.items()}
    hour = pd.DatetimeIndex(utc("2013-06-02T03:00"), tz="UTC")
    row = derived_frame(WEATHER, pd.DataFrame({**dates, "time_hour": hour}), {}).iloc[0]
    assert row["known_at"] == pd.Timestamp("2013-06-02T04:00Z")
    assert row["day"] == pd.Timestamp("2013-06-01")
