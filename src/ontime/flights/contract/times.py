"""Local fields -> moments in UTC; the only place where local times and time zones are read."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

# All three airports of departure keep this time.
HOME_ZONE = "America/New_York"

# Destinations that the airports table lacks: Puerto Rico and the Virgin Islands, UTC-4 all year.
EXTRA_ZONES = {
    "BQN": "America/Puerto_Rico",
    "PSE": "America/Puerto_Rico",
    "SJU": "America/Puerto_Rico",
    "STT": "America/St_Thomas",
}

HOUR = pd.Timedelta(hours=1)
TEXT = pa.large_string()


def derive_flights(flights: pd.DataFrame, airports: pd.DataFrame) -> pd.DataFrame:
    """Add `id`, the local date `day` (in place of the day of the month) and the four moments in UTC.

    The scheduled arrival is in local time of the destination, and within 24 hours of the scheduled departure.
    """
    served = airports[airports["faa"].isin(flights["dest"].unique())].set_index("faa")["tzone"]
    zone = flights["dest"].map(served.dropna().to_dict() | EXTRA_ZONES)
    starts_at = flights["time_hour"] + minutes(flights["minute"])
    ends_at = next_local_time(starts_at, minute_of_day(flights["sched_arr_time"]), zone)
    day = local_date(flights)
    return flights.assign(
        id=flight_ids(flights, day),
        day=day,
        starts_at=starts_at,
        ends_at=ends_at,
        departed_at=starts_at + minutes(flights["dep_delay"]),
        arrived_at=ends_at + minutes(flights["arr_delay"]),
    )


def flight_ids(flights: pd.DataFrame, day: pd.Series) -> pd.Series:
    """The id of each flight, like 2013-01-01-UA-1545-EWR-IAH: (n,) str, missing where any part is.

    day: the local scheduled date.
    """
    parts = [pa.array(day).cast(pa.date32()), *(flights[name] for name in ("carrier", "flight", "origin", "dest"))]
    texts = [pa.array(part).cast(TEXT) for part in parts]  # a date as ISO 8601 has it
    joined = pc.call_function("binary_join_element_wise", [*texts, pa.scalar("-", TEXT)])
    return pd.Series(joined, index=flights.index, dtype="str")


def derive_weather(weather: pd.DataFrame) -> pd.DataFrame:
    """Add the local date `day` (in place of the day of the month) and `known_at`: when the observed hour is over."""
    return weather.assign(day=local_date(weather), known_at=weather["time_hour"] + HOUR)


def at_home(moments: pd.Series) -> pd.Series:
    """What clocks in New York show at these moments (UTC), without a zone."""
    return moments.dt.tz_convert(HOME_ZONE).dt.tz_localize(None)


def winter_offset(zone: pd.Series) -> pd.Series:
    """How many hours each named time zone was ahead of UTC in January 2013; missing stays missing."""
    winter = pd.Timestamp("2013-01-15")
    names = zone.dropna().unique()
    return zone.map({name: (winter.tz_localize("UTC") - winter.tz_localize(name)) / HOUR for name in names})


def local_date(frame: pd.DataFrame) -> pd.Series:
    """The calendar's date of year, month and day as datetime64[us]; missing where there is no such date."""
    year, month, day = (frame[name].to_numpy("float64", na_value=np.nan) for name in ("year", "month", "day"))
    possible = (year >= 1) & (year <= 9999) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    months = np.where(possible, (year - 1970) * 12 + month - 1, 0).astype(np.int64).astype("datetime64[M]")
    dates = months.astype("datetime64[D]") + np.where(possible, day - 1, 0).astype(np.int64)
    possible &= dates.astype("datetime64[M]") == months  # there is no 31 June
    return pd.Series(dates.astype("datetime64[us]"), index=frame.index).where(possible)


def minute_of_day(hhmm: pd.Series) -> pd.Series:
    """517 for 5:17 a.m. -> 317 minutes after midnight; 2400 -> 1440."""
    return hhmm // 100 * 60 + hhmm % 100


def minutes(count: pd.Series) -> pd.Series:
    """Whole minutes as a duration in microseconds; missing stays missing."""
    return pd.to_timedelta(count.astype("float64"), unit="min").dt.as_unit("us")


def next_local_time(after: pd.Series, minute: pd.Series, zone: pd.Series) -> pd.Series:
    """The first moment (UTC) after `after` at which clocks in `zone` show that minute of the day; missing without zone.

    Of an hour that clocks show twice the first is meant; one that they skip counts from the jump on.
    """
    codes, names = pd.factorize(zone)
    now, into = pd.DatetimeIndex(after), pd.TimedeltaIndex(minutes(minute))
    moments = np.full(len(after), np.datetime64("NaT", "us"))
    for code, name in enumerate(names):
        there = codes == code
        moments[there] = _next_in_zone(now[there], into[there], name).tz_localize(None)
    return pd.Series(moments, index=after.index).dt.tz_localize("UTC")


def _next_in_zone(after: pd.DatetimeIndex, into: pd.TimedeltaIndex, zone: str) -> pd.DatetimeIndex:
    """into: how long the local day has lasted by then."""
    now = after.tz_convert(zone).tz_localize(None)
    today = now.normalize() + into
    local = today.where(today > now, today + pd.Timedelta(days=1))
    first = np.ones(len(local), dtype=bool)
    return local.tz_localize(zone, ambiguous=first, nonexistent="shift_forward").tz_convert("UTC")
