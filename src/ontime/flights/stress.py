"""What may happen to flights: sources that fail, nights and gaps made by hand, changes that must keep a law."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ontime.core.contract.columns import LOST
from ontime.core.contract.row_rules import derived_frame
from ontime.dataset.stress import Change, Example, Source, StressDeclaration
from ontime.flights.contract.columns import FLIGHTS, WEATHER
from ontime.flights.contract.times import HOME_ZONE
from ontime.flights.features import READINGS

Tables = Mapping[str, pd.DataFrame]

AWAY_ZONE = "America/Phoenix"  # it keeps its clocks as they are all year
AIRPORTS = pd.DataFrame({"faa": ["PHX", "XXX"], "tzone": [AWAY_ZONE, AWAY_ZONE]})
BLOCK = pd.Timedelta(hours=5, minutes=30)
NONE = float("nan")


def spring_forward() -> Tables:
    """On 10 March clocks skip the hour from 02:00: 07:00 UTC is 03:00."""
    return _tables(_flight("2013-03-10T04:30", 60), _flight("2013-03-10T07:05", 30), _flight("2013-03-10T10:00"))


def fall_back() -> Tables:
    """On 3 November clocks show 01:30 twice, at 05:30 and at 06:30 UTC."""
    events = [_flight("2013-11-03T02:30", 60), _flight("2013-11-03T05:00", 30), _flight("2013-11-03T06:30", 0)]
    return _tables(*events, _flight("2013-11-03T09:00"))


def after_midnight() -> Tables:
    """A flight of 9 July at 23:45 that leaves at 00:25, before one of 10 July at 03:00."""
    return _tables(_flight("2013-07-10T03:45", 40), _flight("2013-07-10T07:00"), _flight("2013-07-10T15:00"))


def first_hours() -> Tables:
    """The first flight of all."""
    return _tables(_flight("2013-01-01T10:15"))


def stale_weather() -> Tables:
    """One observation, known from 07:00 on, and flights that are predicted up to six hours later, or just then."""
    weather = _weather("2013-05-01T06:00", temp=50.0)
    return _tables(_flight("2013-05-01T14:59"), _flight("2013-05-01T15:00"), weather=weather)


def unknown_names() -> Tables:
    """A carrier and a destination that nobody has seen, while others fly."""
    return _tables(_flight("2013-07-10T12:00", 40), _flight("2013-07-10T16:00", carrier="ZZ", dest="XXX"))


def other_aircraft(tables: Tables) -> Tables:
    """Every aircraft has a number that is in no registry, and flies what it flew."""
    flights = tables["flights"]
    return {**tables, "flights": flights.assign(tailnum="X" + flights["tailnum"])}


def worse_weather(tables: Tables) -> Tables:
    """At most a mile of visibility, a tenth of an inch more rain, 15 mph more wind."""
    weather = tables["weather"]
    worse = weather.assign(
        visib=weather["visib"].clip(upper=1.0),
        precip=weather["precip"] + 0.1,
        wind_speed=weather["wind_speed"] + 15,
    )
    return {**tables, "weather": worse}


def longer_delays(tables: Tables) -> Tables:
    """Whatever left and arrived did so half an hour later."""
    flights = tables["flights"]
    return {**tables, "flights": flights.assign(**{name: flights[name] + 30 for name in ("dep_delay", "arr_delay")})}


def _tables(*flights: pd.DataFrame, weather: pd.DataFrame | None = None) -> Tables:
    raw = pd.concat(flights, ignore_index=True)
    raw = raw.assign(flight=pd.array(range(1, len(raw) + 1), dtype="Int64"))
    observed = _weather("2013-01-01T00:00").head(0) if weather is None else weather
    derived = derived_frame(FLIGHTS, raw, {"airports": AIRPORTS})
    return {
        "flights": derived.assign(**{LOST: pd.Series(None, index=raw.index, dtype="str")}),
        "weather": derived_frame(WEATHER, observed, {}),
    }


def _flight(start: str, delay: int | None = None, carrier: str = "UA", dest: str = "PHX") -> pd.DataFrame:
    """A raw flight of Newark by its scheduled start in UTC; without a delay it has not left."""
    starts = pd.Series([pd.Timestamp(start, tz="UTC").as_unit("us")])
    local, away = starts.dt.tz_convert(HOME_ZONE), (starts + BLOCK).dt.tz_convert(AWAY_ZONE)
    row = pd.DataFrame(
        {
            **{name: getattr(local.dt, name).astype("Int64") for name in ("year", "month", "day", "hour", "minute")},
            "sched_dep_time": (local.dt.hour * 100 + local.dt.minute).astype("Int64"),
            "sched_arr_time": (away.dt.hour * 100 + away.dt.minute).astype("Int64"),
            "time_hour": starts.dt.floor("h"),
            "distance": pd.array([2133], dtype="Int64"),
        }
    )
    delays = {name: pd.array([delay], dtype="Int64") for name in ("dep_delay", "arr_delay")}
    names = {"carrier": carrier, "origin": "EWR", "dest": dest, "tailnum": "N12345"}
    return row.assign(**delays, **{name: pd.Series([value], dtype="str") for name, value in names.items()})


def _weather(hour: str, **readings: float) -> pd.DataFrame:
    """A raw observation at Newark within an hour (UTC); what is not among `readings` was not observed."""
    hours = pd.Series([pd.Timestamp(hour, tz="UTC").as_unit("us")])
    local = hours.dt.tz_convert(HOME_ZONE)
    row = pd.DataFrame({"origin": pd.Series(["EWR"], dtype="str"), "time_hour": hours})
    dates = {name: getattr(local.dt, name).astype("Int64") for name in ("year", "month", "day", "hour")}
    return row.assign(**dates, **{name: np.float64(readings.get(name, np.nan)) for name in READINGS})


def _id(date: str, number: int, carrier: str = "UA", dest: str = "PHX") -> str:
    return f"{date}-{carrier}-{number}-EWR-{dest}"


STRESS = StressDeclaration(
    sources={
        "departures": Source(("departures", "rotations"), ends=("schedule",), feeds=("departures",)),
        "arrivals": Source(("arrivals", "outcomes", "flown"), feeds=("arrivals",)),
        "weather": Source(("weather",), feeds=("weather",)),
        "schedule": Source(("schedule",), feeds=("schedule",)),
    },
    outcomes="arrivals",
    examples=(
        Example(
            "spring_forward",
            "flights around 10 March 2013, 02:00, an hour that there was not",
            "three hours back are three real hours",
            spring_forward,
            {_id("2013-03-10", 3): {"departures_origin_3h_delay": 45, "departures_origin_1h_late": 1}},
        ),
        Example(
            "fall_back",
            "flights around 3 November 2013, 01:30, a time that there was twice",
            "three hours back are three real hours",
            fall_back,
            {_id("2013-11-03", 4): {"departures_origin_3h_delay": 15, "departures_origin_1h_late": 0}},
        ),
        Example(
            "after_midnight",
            "a flight of the evening before that leaves after midnight",
            "it is among the last departures, and not in the day's traffic",
            after_midnight,
            {_id("2013-07-10", 2): {"departures_origin_1h_late": 1, "traffic_origin_day_count": 1}},
        ),
        Example(
            "first_hours",
            "the first flight of the year, nothing before it",
            "no history, nothing overdue, and still a probability",
            first_hours,
            {
                _id("2013-01-01", 1): {
                    "departures_origin_24h_delay": NONE,
                    "outcomes_carrier_flight_60d_late": NONE,
                    "latest_arrivals_carrier_flight_delay": NONE,
                    "open_schedule_origin_count": 0,
                }
            },
        ),
        Example(
            "stale_weather",
            "one observation, and flights 5:59 and 6:00 hours after it was known",
            "weather that is six hours old is none",
            stale_weather,
            {
                _id("2013-05-01", 1): {"latest_weather_origin_temp": 50},
                _id("2013-05-01", 2): {"latest_weather_origin_temp": NONE},
            },
        ),
        Example(
            "unknown_names",
            "a flight of a carrier and to a destination never seen",
            "no history of its own, that of the airport, and a probability",
            unknown_names,
            {
                _id("2013-07-10", 2, "ZZ", "XXX"): {
                    "outcomes_carrier_3h_late": NONE,
                    "outcomes_destination_24h_late": NONE,
                    "departures_origin_3h_delay": 40,
                }
            },
        ),
    ),
    changes=(
        Change("unknown_aircraft", "every aircraft has a number that no registry knows", other_aircraft),
        Change(
            "worse_weather",
            "at most a mile of visibility, a tenth of an inch more rain, 15 mph more wind",
            worse_weather,
            raises=True,
        ),
        Change(
            "longer_delays",
            "what left and arrived in the last two days did so 30 minutes later",
            longer_delays,
            raises=True,
            recent=True,
        ),
    ),
)
