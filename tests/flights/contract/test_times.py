"""Local fields and time zones -> UTC, in the nights when clocks jump too."""

import pandas as pd
import pytest

from ontime.flights.contract.times import (
    derive_flights,
    derive_weather,
    local_date,
    minute_of_day,
    minutes,
    next_local_time,
)


def utc(*moments: str) -> pd.Series:
    return pd.Series(pd.to_datetime(list(moments), utc=True)).dt.as_unit("us")


@pytest.mark.parametrize(
    ("after", "minute", "zone", "expected"),
    [
        ("2013-07-01T12:00Z", 9 * 60, "America/New_York", "2013-07-01T13:00Z"),
        ("2013-07-01T13:00Z", 9 * 60, "America/New_York", "2013-07-02T13:00Z"),
        ("2013-07-02T03:30Z", 30, "America/New_York", "2013-07-02T04:30Z"),
        ("2013-01-02T01:00Z", 19 * 60, "America/Los_Angeles", "2013-01-02T03:00Z"),
        ("2013-07-01T12:00Z", 0, "America/Phoenix", "2013-07-02T07:00Z"),
        # Clocks skip 2:00 to 3:00 on 10 March: half past two begins with the jump, at 7:00 UTC.
        ("2013-03-10T05:00Z", 150, "America/New_York", "2013-03-10T07:00Z"),
        # Clocks show 1:30 twice on 3 November: the first is meant.
        ("2013-11-03T04:00Z", 90, "America/New_York", "2013-11-03T05:30Z"),
        ("2013-11-03T04:00Z", 180, "America/New_York", "2013-11-03T08:00Z"),
    ],
)
def test_the_next_local_time_is_found(after: str, minute: int, zone: str, expected: str):
    moments = next_local_time(utc(after), pd.Series([minute], dtype="Int64"), pd.Series([zone]))
    assert moments.tolist() == utc(expected).tolist()


def test_rows_keep_their_places_and_those_without_a_zone_are_missing():
    after = utc("2013-07-01T12:00Z", "2013-07-01T12:00Z", "2013-07-01T12:00Z")
    zones = pd.Series(["America/Chicago", None, "America/New_York"], dtype="str")
    moments = next_local_time(after, pd.Series([600, 600, 600], dtype="Int64"), zones)
    assert moments.dt.strftime("%H:%M").fillna("none").tolist() == ["15:00", "none", "14:00"]
    assert str(moments.dtype) == "datetime64[us, UTC]"


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
    moments = local_date(pd.DataFrame({"year": [year], "month": [month], "day": [day]}, dtype="Int64"))
    assert moments.dt.strftime("%Y-%m-%d").fillna("none").tolist() == [expected or "none"]
    assert str(moments.dtype) == "datetime64[us]"


def test_hhmm_and_minutes():
    assert minute_of_day(pd.Series([1, 59, 517, 2400])).tolist() == [1, 59, 317, 1440]
    assert minutes(pd.Series([90, None], dtype="Int64"))[0] == pd.Timedelta(minutes=90)


def test_an_outcome_before_midnight_and_a_destination_the_airports_lack():
    flights = pd.DataFrame(
        {
            "year": [2013],
            "month": [1],
            "day": [1],
            "minute": [30],
            "carrier": ["B6"],
            "flight": [1],
            "origin": ["JFK"],
            "dest": ["SJU"],
            "sched_arr_time": [420],
            "dep_delay": [-5],
            "arr_delay": [10],
            "time_hour": utc("2013-01-02T04:00Z"),
        }
    )
    airports = pd.DataFrame({"faa": ["BOS"], "tzone": ["America/New_York"]})
    row = derive_flights(flights, airports).iloc[0]
    assert row["id"] == "2013-01-01-B6-1-JFK-SJU"
    assert str(row["day"]) == "2013-01-01 00:00:00"
    clocks = row[["starts_at", "ends_at", "departed_at", "arrived_at"]]
    assert [f"{clock:%d %H:%M}" for clock in clocks] == ["02 04:30", "02 08:20", "02 04:25", "02 08:30"]


def test_an_hour_of_weather_is_known_when_it_is_over():
    weather = pd.DataFrame({"year": [2013], "month": [6], "day": [1], "time_hour": utc("2013-06-02T03:00Z")})
    row = derive_weather(weather).iloc[0]
    assert row["known_at"] == pd.Timestamp("2013-06-02T04:00Z")
    assert row["day"] == pd.Timestamp("2013-06-01")
