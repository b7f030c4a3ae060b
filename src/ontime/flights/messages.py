"""How flights and weather arrive, message by message, and when: the schedule, departures, arrivals, observations."""

from __future__ import annotations

from ontime.dataset.messages import Messages

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
        known_at={"weather": "known_at"},
    ),
    Messages(
        table="flights",
        key=("year", "month", "day", "carrier", "flight", "origin", "dest"),
        feeds={
            "schedule": ("sched_dep_time", "sched_arr_time", "distance", "hour", "minute", "time_hour"),
            "departures": ("dep_time", "dep_delay", "tailnum"),
            "arrivals": ("arr_time", "arr_delay", "air_time"),
        },
        known_at={"departures": "departed_at", "arrivals": "arrived_at"},
    ),
)
