"""How flights and weather arrive, message by message: the schedule, departures, arrivals, observations."""

from __future__ import annotations

import pandas as pd

from ontime.dataset.messages import Messages
from ontime.flights.contract.times import flight_ids, local_date


def message_ids(keys: pd.DataFrame) -> pd.Series:
    """The `id` of the flight that each message speaks of: (n,) str."""
    return flight_ids(keys, local_date(keys))


MESSAGES = (
    Messages(
        table="weather",
        key=("origin", "year", "month", "day", "hour", "time_hour"),
        feeds={
            "weather": (
                "temp",
                "dewp",
                "humid",
                "wind_dir",
                "wind_speed",
                "wind_gust",
                "precip",
                "pressure",
                "visib",
            )
        },
        day=local_date,
    ),
    Messages(
        table="flights",
        key=("year", "month", "day", "carrier", "flight", "origin", "dest"),
        feeds={
            "schedule": ("sched_dep_time", "sched_arr_time", "distance", "hour", "minute", "time_hour"),
            "departures": ("dep_time", "dep_delay", "tailnum"),
            "arrivals": ("arr_time", "arr_delay", "air_time"),
        },
        day=local_date,
        identity=message_ids,
    ),
)
