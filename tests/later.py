"""Flights and weather of which everything is later, so that only the distribution can tell."""

import pandas as pd


def shifted_hhmm(times: pd.Series, minutes: int) -> pd.Series:
    moved = (times // 100 * 60 + times % 100 + minutes) % 1440
    return moved // 60 * 100 + moved % 60


def all_delays_later(flights: pd.DataFrame) -> pd.DataFrame:
    """Thirty minutes more, in times and delays alike, so that only the distribution can tell."""
    return flights.assign(
        dep_time=shifted_hhmm(flights["dep_time"], 30).replace(0, 2400),
        arr_time=shifted_hhmm(flights["arr_time"], 30).replace(0, 2400),
        dep_delay=flights["dep_delay"] + 30,
        arr_delay=flights["arr_delay"] + 30,
    )


def all_clocks_later(weather: pd.DataFrame, hours: int = 5) -> pd.DataFrame:
    """Every clock field moved together, within the month."""
    moved = weather["time_hour"] + pd.Timedelta(hours=hours)
    local = moved.dt.tz_convert("America/New_York")
    fields = {name: getattr(local.dt, name).astype("Int64") for name in ("year", "month", "day", "hour")}
    return weather.assign(time_hour=moved, **fields)[local.dt.month == weather["month"].mode()[0]]
