"""Local fields -> moments in UTC; the only place where local times and time zones are read."""

from __future__ import annotations

import pandas as pd

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


def derive_flights(flights: pd.DataFrame, airports: pd.DataFrame) -> pd.DataFrame:
    """Add `id`, the local date `day` (in place of the day of the month) and the four moments in UTC.

    Scheduled arrival is in the destination's local time, within 24 hours of the scheduled departure.
    """
    zone = flights["dest"].map(airports.set_index("faa")["tzone"].dropna().to_dict() | EXTRA_ZONES)
    starts_at = flights["time_hour"] + minutes(flights["minute"])
    ends_at = next_local_time(starts_at, minute_of_day(flights["sched_arr_time"]), zone)
    day = local_date(flights)
    named = [flights[name].astype("str") for name in ("carrier", "flight", "origin", "dest")]
    return flights.assign(
        id=day.dt.strftime("%Y-%m-%d").str.cat(named, sep="-"),
        day=day,
        starts_at=starts_at,
        ends_at=ends_at,
        departed_at=starts_at + minutes(flights["dep_delay"]),
        arrived_at=ends_at + minutes(flights["arr_delay"]),
    )


def derive_weather(weather: pd.DataFrame) -> pd.DataFrame:
    """Add the local date `day` (in place of the day of the month) and `known_at`: when the observed hour is over."""
    return weather.assign(day=local_date(weather), known_at=weather["time_hour"] + HOUR)


def at_home(moments: pd.Series) -> pd.Series:
    """What clocks at the airports of departure show at these moments (UTC), without a zone."""
    return moments.dt.tz_convert(HOME_ZONE).dt.tz_localize(None)


def winter_offset(zone: pd.Series) -> pd.Series:
    """Hours ahead of UTC in January 2013, by the names of time zones; missing stays missing."""
    winter = pd.Timestamp("2013-01-15")
    names = zone.dropna().unique()
    return zone.map({name: (winter.tz_localize("UTC") - winter.tz_localize(name)) / HOUR for name in names})


def local_date(frame: pd.DataFrame) -> pd.Series:
    """The calendar's date of year, month and day as datetime64[us]; missing where there is no such date."""
    dates = frame[["year", "month", "day"]].astype("float64")
    return pd.to_datetime(dates, errors="coerce").dt.as_unit("us")


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
    moments = [_next_in_zone(after[zone == name], minute[zone == name], name) for name in zone.dropna().unique()]
    return pd.concat([pd.Series(dtype=after.dtype), *moments]).reindex(after.index)


def _next_in_zone(after: pd.Series, minute: pd.Series, zone: str) -> pd.Series:
    now = after.dt.tz_convert(zone).dt.tz_localize(None)
    today = now.dt.normalize() + minutes(minute)
    local = today.where(today > now, today + pd.Timedelta(days=1))
    first = pd.Series(True, index=local.index).to_numpy()
    return local.dt.tz_localize(zone, ambiguous=first, nonexistent="shift_forward").dt.tz_convert("UTC")
