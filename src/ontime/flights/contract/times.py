"""Local fields -> moments in UTC; the only place where local times and time zones are read.

Columns are arrays (n,), as `dataset/contract.py` says: of a month, or of a message.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import pandas as pd

from ontime.dataset.dtypes import is_missing

# All three airports of departure keep this time.
HOME_ZONE = "America/New_York"

# Destinations that the airports table lacks: Puerto Rico and the Virgin Islands, UTC-4 all year.
EXTRA_ZONES = {
    "BQN": "America/Puerto_Rico",
    "PSE": "America/Puerto_Rico",
    "SJU": "America/Puerto_Rico",
    "STT": "America/St_Thomas",
}

ONE_DAY, HOUR, MINUTE = np.timedelta64(1, "D"), np.timedelta64(1, "h"), 60_000_000  # microseconds
WINTER = datetime(2013, 1, 15)
DAYS_KEPT = 2**16  # days in a zone whose offset is kept
NO_MOMENT = np.datetime64("NaT", "us")
NO_NUMBER = np.iinfo(np.int64).min  # what no moment and no length of time are as integers

Column = TypeVar("Column", np.ndarray, pd.Series)
Offset = Callable[[str, datetime], timedelta]  # of a zone and a time -> how far clocks are ahead of UTC then


def destination_zones(airports: pd.DataFrame) -> dict[str, str]:
    """The time zone of each destination that has one, by its code."""
    named = airports[["faa", "tzone"]].dropna()
    return dict(zip(named["faa"], named["tzone"], strict=True)) | EXTRA_ZONES


def scheduled_arrival(
    starts_at: np.ndarray, hhmm: np.ndarray, destinations: np.ndarray, zones: Mapping[str, str]
) -> np.ndarray:
    """The scheduled arrival (UTC), which is in local time of the destination, within a day of the departure."""
    return next_local_time(starts_at, minute_of_day(hhmm), [zones.get(name) for name in destinations])


def flight_ids(
    day: np.ndarray, carrier: np.ndarray, flight: np.ndarray, origin: np.ndarray, destination: np.ndarray
) -> np.ndarray:
    """The id of each flight, like 2013-01-01-UA-1545-EWR-IAH: (n,) text, missing where any part is.

    day: the local scheduled date.
    """
    lacks = np.isnat(day) | np.isnan(flight) | is_missing(carrier) | is_missing(origin) | is_missing(destination)
    dates, numbers = np.datetime_as_string(day, unit="D"), np.where(lacks, 0, flight).astype(np.int64)
    parts = zip(lacks.tolist(), dates.tolist(), carrier, numbers.tolist(), origin, destination, strict=True)
    ids = [None if lack else f"{date}-{code}-{number}-{begin}-{end}" for lack, date, code, number, begin, end in parts]
    return np.array(ids, dtype=object)


def hour_later(moments: np.ndarray) -> np.ndarray:
    """When the hour is over that begins at each moment."""
    return moments + HOUR


def minutes_later(moments: np.ndarray, count: np.ndarray) -> np.ndarray:
    """The moments so many minutes later."""
    return moments + minutes(count)


def at_home(moments: np.ndarray) -> np.ndarray:
    """What clocks in New York show at these moments (UTC)."""
    return _local(moments, HOME_ZONE)


def are_zones(names: np.ndarray) -> np.ndarray:
    """Whether each text names a time zone: (n,) bool."""
    zones = available_timezones()
    return np.array([name in zones for name in names], dtype=bool)


def winter_offset(zones: np.ndarray) -> np.ndarray:
    """How many hours each named time zone was ahead of UTC in January 2013: (n,) float64; missing stays missing."""
    hours = {name: _local_offset(name, WINTER) / timedelta(hours=1) for name in {*zones} if name is not None}
    return np.array([hours.get(name, np.nan) for name in zones], dtype=np.float64)


def local_date(year: np.ndarray, month: np.ndarray, day: np.ndarray) -> np.ndarray:
    """The calendar's date of year, month and day as datetime64[us]; missing where there is no such date."""
    possible = (year >= 1) & (year <= 9999) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    months = np.where(possible, (year - 1970) * 12 + month - 1, 0).astype(np.int64).astype("datetime64[M]")
    dates = months.astype("datetime64[D]") + np.where(possible, day - 1, 0).astype(np.int64)
    possible &= dates.astype("datetime64[M]") == months  # there is no 31 June
    return np.where(possible, dates.astype("datetime64[us]"), NO_MOMENT)


def minute_of_day(hhmm: Column) -> Column:
    """517 for 5:17 a.m. -> 317 minutes after midnight; 2400 -> 1440."""
    return hhmm // 100 * 60 + hhmm % 100


def minutes(count: np.ndarray) -> np.ndarray:
    """Minutes as durations in whole microseconds, timedelta64[us]; missing stays missing."""
    return (count * MINUTE).astype("timedelta64[us]")


def next_local_time(after: np.ndarray, minute: np.ndarray, zones: Sequence[str | None]) -> np.ndarray:
    """The first moment (UTC) after `after` at which clocks in its zone show that minute of the day: (n,) datetime64.

    Missing without a zone. Of an hour that clocks show twice the first is meant; one that they skip counts from the
    jump on.
    """
    into, moments = minutes(minute), np.full(len(after), NO_MOMENT)
    places = {name: place for place, name in enumerate(dict.fromkeys(zones))}
    codes = np.array([places[name] for name in zones], dtype=np.int64)
    for name, place in places.items():
        if name is not None:
            there = codes == place
            moments[there] = _next_in_zone(after[there], into[there], name)
    return moments


def _next_in_zone(after: np.ndarray, into: np.ndarray, zone: str) -> np.ndarray:
    """into: how long the local day has lasted by then."""
    now = _local(after, zone)
    today = now.astype("datetime64[D]") + into
    local = np.where(today > now, today, today + ONE_DAY)
    return local - _offsets(local, zone, _local_offset)


def _local(moments: np.ndarray, zone: str) -> np.ndarray:
    """What clocks in the zone show at these moments (UTC)."""
    return moments + _offsets(moments, zone, _utc_offset)


def _offsets(times: np.ndarray, zone: str, offset: Offset) -> np.ndarray:
    """How far clocks in the zone are ahead of UTC at these times: (n,) timedelta64[us]; missing without a time.

    A day that begins and ends with the same offset has it throughout.
    """
    days = times.astype("datetime64[D]").astype(np.int64).tolist()
    of_days = {day: _day_offset(zone, day, offset) for day in {*days}}
    offsets = np.array([of_days[day] for day in days], dtype=np.int64).astype("timedelta64[us]")
    for row in np.flatnonzero(np.isnat(offsets) & ~np.isnat(times)):
        offsets[row] = offset(zone, times[row].item())
    return offsets


@lru_cache(maxsize=DAYS_KEPT)
def _day_offset(zone: str, day: int, offset: Offset) -> int:
    """The offset of a whole day since 1970 in microseconds; NO_NUMBER where clocks change in it, or it is none."""
    if day == NO_NUMBER:
        return NO_NUMBER
    begins = datetime(1970, 1, 1) + timedelta(days=day)
    first, last = offset(zone, begins), offset(zone, begins + timedelta(days=1))
    return first // timedelta(microseconds=1) if first == last else NO_NUMBER


def _utc_offset(zone: str, moment: datetime) -> timedelta:
    """At a moment in UTC."""
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).utcoffset() or timedelta(0)


def _local_offset(zone: str, local: datetime) -> timedelta:
    """At a local time: of one that there is twice the first, of one that is skipped up to the jump."""
    before, after = (local.replace(tzinfo=ZoneInfo(zone), fold=fold).utcoffset() or timedelta(0) for fold in (0, 1))
    if after <= before:
        return before
    earlier = (local - after).replace(microsecond=0)
    seconds = range(int((after - before).total_seconds()) + 1)
    jumped = bisect_left(seconds, after, key=lambda second: _utc_offset(zone, earlier + timedelta(seconds=second)))
    return local - (earlier + timedelta(seconds=jumped))
