"""What must hold between columns, rows and tables: the rules of flights and weather, and the measures of a month."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ontime.dataset.contract import Measure, Rule
from ontime.dataset.dtypes import is_missing
from ontime.flights.contract.times import EXTRA_ZONES, at_home, minute_of_day, minutes, winter_offset

DAY = 24 * 60  # minutes


def _both_or_neither(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return is_missing(first) == is_missing(second)


def _only_with(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The first is there only where the second is."""
    return is_missing(first) | ~is_missing(second)


def _delay_agrees(scheduled: np.ndarray, actual: np.ndarray, delay: np.ndarray) -> np.ndarray:
    return _equal((minute_of_day(actual) - minute_of_day(scheduled) - delay) % DAY, 0)


def _scheduled_minute(hhmm: np.ndarray, hour: np.ndarray, minute: np.ndarray) -> np.ndarray:
    return _equal(minute_of_day(hhmm), hour * 60 + minute)


def _equal(numbers: np.ndarray, others: np.ndarray | float) -> np.ndarray:
    """Where numbers are equal, or one of them is missing."""
    return ~(np.abs(numbers - others) > 0)


def _utc_agrees(day: np.ndarray, hour: np.ndarray, moment: np.ndarray) -> np.ndarray:
    ahead = at_home(moment) - (day + minutes(hour * 60))
    return (ahead == np.timedelta64(0)) | np.isnat(ahead)


def _enough_time(departed_at: np.ndarray, arrived_at: np.ndarray, air_time: np.ndarray) -> np.ndarray:
    return ~((arrived_at - departed_at) / np.timedelta64(1, "m") < air_time)


def _possible_speed(distance: np.ndarray, air_time: np.ndarray) -> np.ndarray:
    speed = distance / air_time * 60
    return ~((speed < 60) | (speed > 800))


def _known(names: np.ndarray, known: frozenset[str]) -> np.ndarray:
    return np.array([name is None or name in known for name in names], dtype=bool)


def _carriers(airlines: pd.DataFrame) -> frozenset[str]:
    return frozenset(airlines["carrier"].dropna())


def _destinations(airports: pd.DataFrame) -> frozenset[str]:
    return frozenset(airports["faa"].dropna()) | frozenset(EXTRA_ZONES)


def _share_without_aircraft(flights: pd.DataFrame, planes: pd.DataFrame) -> float:
    named = flights["tailnum"].dropna()
    return float((~_is_in(named, planes["tailnum"])).mean()) if len(named) else 0.0


def _is_in(text: pd.Series, names: pd.Series) -> pd.Series:
    """What `isin` gives, without a look at every value of `names` in Python."""
    known = pc.call_function("is_in", [pa.array(text)], pc.SetLookupOptions(pa.array(names)))
    return pd.Series(known.to_numpy(zero_copy_only=False), index=text.index)


def _share_without_weather(flights: pd.DataFrame, weather: pd.DataFrame) -> float:
    hours = pd.MultiIndex.from_frame(flights[["origin", "time_hour"]])
    return float((~hours.isin(pd.MultiIndex.from_frame(weather[["origin", "time_hour"]]))).mean())


def _warmest_hour(weather: pd.DataFrame) -> float:
    """The warmest hour of the mean day, at the station where it is furthest from two in the afternoon."""
    mean = weather.groupby(["origin", "hour"])["temp"].mean().dropna()
    hours = pd.Series([hour for _, hour in mean.groupby("origin").idxmax()], dtype="float64")
    return float(hours[(hours - 14).abs().idxmax()]) if len(hours) else float("nan")


def _days_present(frame: pd.DataFrame) -> float:
    days = frame["day"].drop_duplicates()
    return len(days) / float(days.dt.days_in_month.max())


def _humidity_difference(weather: pd.DataFrame) -> float:
    computed = 100 * _vapour_pressure(weather["dewp"]) / _vapour_pressure(weather["temp"])
    return float((weather["humid"] - computed).abs().median())


def _vapour_pressure(fahrenheit: pd.Series) -> np.ndarray:
    # Magnus' formula with the coefficients of Alduchov and Eskridge (1996), up to a factor.
    celsius = (fahrenheit - 32) / 1.8
    return np.exp(17.625 * celsius / (243.04 + celsius))


def _zone_agrees(hours: np.ndarray, zone: np.ndarray) -> np.ndarray:
    return _equal(winter_offset(zone), hours)


def _longitude_agrees(longitude: np.ndarray, hours: np.ndarray) -> np.ndarray:
    # Hours between the sun's time and the zone's, the short way round the globe.
    difference = (longitude / 15 - hours + 12) % 24 - 12
    return ~(np.abs(difference) > 4)


DAYS = Measure(
    "days_present",
    ("day",),
    _days_present,
    warn=(1, 1),
    stop=(0.9, 1),
    unit="share of the month's days that have rows",
    reason="a month that was cut off is no month; weather lacks the last day of the year",
    remedy="fetch the whole month, or leave it out",
)
SWAPPED = "look at both times of the row: one is mistyped or from another flight"
WHOLE_RECORD = "ask the source for the whole record: half of it has arrived"
REFERENCE = "add the missing row to the reference table, or correct the code"
CLOCK = "find which step moved the clock: the local hour, its zone (New York), or the conversion to UTC"

FLIGHT_RULES = (
    Rule(
        "scheduled_minute",
        ("sched_dep_time", "hour", "minute"),
        _scheduled_minute,
        "the scheduled time is written twice",
        "correct the scheduled departure: its two notations differ",
    ),
    Rule(
        "utc_hour",
        ("day", "hour", "time_hour"),
        _utc_agrees,
        "the UTC hour is the local hour in New York's zone",
        CLOCK,
    ),
    Rule(
        "carrier_known",
        ("carrier",),
        _known,
        "every carrier stands in airlines",
        REFERENCE,
        needs=("airlines",),
        lookup=_carriers,
    ),
    Rule(
        "destination_known",
        ("dest",),
        _known,
        f"every destination stands in airports or is named in the contract with its zone: {', '.join(EXTRA_ZONES)}",
        REFERENCE,
        needs=("airports",),
        lookup=_destinations,
    ),
    Rule(
        "departure_pair",
        ("dep_time", "dep_delay"),
        _both_or_neither,
        "a departure has a time and a delay; a cancelled flight has neither",
        WHOLE_RECORD,
    ),
    Rule(
        "departure_delay",
        ("sched_dep_time", "dep_time", "dep_delay"),
        _delay_agrees,
        "the delay is the actual minus the scheduled time, modulo a day",
        SWAPPED,
    ),
    Rule(
        "aircraft_of_departure",
        ("dep_time", "tailnum"),
        _only_with,
        "only cancelled flights have no aircraft",
        WHOLE_RECORD,
    ),
    Rule(
        "arrival_after_departure",
        ("dep_time", "arr_time"),
        lambda departure, arrival: _only_with(arrival, departure),
        "what arrived has departed",
        WHOLE_RECORD,
    ),
    Rule(
        "arrival_pair",
        ("arr_delay", "air_time"),
        _both_or_neither,
        "an arrival at the destination has a delay and a time in the air; a diverted flight has neither",
        WHOLE_RECORD,
    ),
    Rule(
        "arrival_time",
        ("arr_time", "arr_delay"),
        lambda arrival, delay: _only_with(delay, arrival),
        "a delay on arrival has a time of arrival",
        WHOLE_RECORD,
    ),
    Rule(
        "arrival_delay",
        ("sched_arr_time", "arr_time", "arr_delay"),
        _delay_agrees,
        "the delay is the actual minus the scheduled time, modulo a day",
        SWAPPED,
    ),
    Rule(
        "elapsed_at_least_air_time",
        ("departed_at", "arrived_at", "air_time"),
        _enough_time,
        "gate to gate takes at least the time in the air: a strong test of the time zones",
        "look at the destination's time zone first, then at the delays and the time in the air",
    ),
    Rule(
        "ground_speed",
        ("distance", "air_time"),
        _possible_speed,
        "an airliner's average speed over ground is between 60 and 800 mph",
        "look at the time in the air (minutes) and the distance (miles)",
    ),
)

FLIGHT_MEASURES = (
    DAYS,
    Measure(
        "typical_departure",
        ("dep_delay",),
        lambda f: float(f["dep_delay"].astype("float64").median()),
        warn=(-6, 3),
        stop=(-15, 15),
        unit="median delay in minutes",
        reason="half of all flights leave on time or early, in the first month too, which has none before it",
        remedy="look for a clock that has moved; months that were shifted before this one make it look wrong too",
    ),
    Measure(
        "typical_arrival",
        ("arr_delay",),
        lambda f: float(f["arr_delay"].astype("float64").median()),
        warn=(-15, 3),
        stop=(-30, 15),
        unit="median delay in minutes",
        reason="schedules leave a reserve: half of all flights arrive early",
        remedy="look for a clock or a time zone that has moved",
    ),
    Measure(
        "aircraft_known",
        ("tailnum",),
        _share_without_aircraft,
        warn=(0, 0.2),
        stop=(0, 0.5),
        unit="share of flights whose aircraft is not in planes",
        reason="planes lacks the aircraft of about 15% of flights",
        remedy="refresh the planes table",
        needs=("planes",),
    ),
    Measure(
        "weather_known",
        ("origin", "time_hour"),
        _share_without_weather,
        warn=(0, 0.02),
        stop=(0, 0.1),
        unit="share of flights without weather for their hour",
        reason="weather has gaps of five hours, on 26 October and 3 November, and ends on 30 December",
        remedy="look for a gap in the weather feed, or for a clock that has moved",
        needs=("weather",),
    ),
)

WEATHER_RULES = (
    Rule(
        "utc_hour",
        ("day", "hour", "time_hour"),
        _utc_agrees,
        "the UTC hour is the local hour in New York's zone",
        CLOCK,
    ),
    Rule(
        "dew_point_at_most_temperature",
        ("temp", "dewp"),
        lambda temperature, dew_point: ~(dew_point > temperature),
        "air cannot hold more water than saturates it",
        "look at both sensors: one is wrong, or their units differ",
    ),
    Rule(
        "gust_at_least_wind",
        ("wind_speed", "wind_gust"),
        lambda wind, gust: ~(gust < wind),
        "a gust is the wind's peak",
        "look at both readings: one is wrong, or their units differ",
    ),
)

WEATHER_MEASURES = (
    DAYS,
    Measure(
        "warmest_hour",
        ("temp", "hour"),
        _warmest_hour,
        warn=(12, 16),
        stop=(12, 16),
        unit="warmest hour of the month's mean day, local, at the station where it is furthest from 14",
        reason="a day is warmest in the early afternoon: this holds even where every clock field has moved together",
        remedy=CLOCK,
        least_rows=7 * 24,  # a week at one station, or two days and more at all three
    ),
    Measure(
        "humidity_agrees",
        ("temp", "dewp", "humid"),
        _humidity_difference,
        warn=(0, 0.5),
        stop=(0, 2),
        unit="median difference in points from the humidity that follows from temperature and dew point",
        reason="three sensors measure two things: a change of unit shows here, and nowhere else",
        remedy="look for a temperature in degrees Celsius, or a humidity that is no percentage",
    ),
)

AIRPORT_RULES = (
    Rule(
        "zone_agrees",
        ("tz", "tzone"),
        _zone_agrees,
        "the offset is the named zone's in winter",
        "correct the offset or the name of the zone",
    ),
    Rule(
        "longitude_agrees",
        ("lon", "tz"),
        _longitude_agrees,
        "no zone is more than four hours from the sun's time",
        "look at the coordinates: sign and order are the usual mistakes",
    ),
)
