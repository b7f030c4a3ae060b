"""What is predicted of flights, and from which features: the schedule, streams of events, and what is read of them."""

from __future__ import annotations

from collections.abc import Mapping

import holidays
import numpy as np
import pandas as pd

from ontime.dataset.features import Feature, FeatureSet, Latest, Open, Stream, Value, Window
from ontime.flights.contract.clocks import ARRIVAL, DEPARTURE, OBSERVED, SCHEDULE
from ontime.flights.contract.outcome import LATE, not_on_time, outcome_known_at
from ontime.flights.contract.times import minute_of_day

Tables = Mapping[str, pd.DataFrame]

ROUTE = ("origin", "destination")
NUMBER = ("carrier", "flight")
READINGS = ("temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib")
STALE = 6.0  # hours after which the latest weather is none
CHANGE = 3.0  # hours over which weather changes
# Bearing of the main runways in degrees: Newark 4/22, Kennedy 13/31, LaGuardia 4/22 (FAA airport diagrams).
RUNWAYS = {"EWR": 39.0, "JFK": 134.0, "LGA": 44.0}

DELAY = Value("mean delay of {}", "minutes")
STREAMS = {
    "departures": Stream(
        "departures",
        "flights",
        DEPARTURE,
        {"delay": DELAY, "late": Value("share of {} that were 15 or more minutes late", "")},
    ),
    "arrivals": Stream("arrivals", "flights", ARRIVAL, {"delay": DELAY}),
    "outcomes": Stream(
        "decided outcomes", "flights", ARRIVAL, {"late": Value("share of {} that were not on time", "")}
    ),
    "schedule": Stream("scheduled departures", "flights", SCHEDULE),
    "weather": Stream(
        "observations",
        "weather",
        OBSERVED,
        {
            "temp": Value("temperature at the origin", "degrees Fahrenheit"),
            "dewp": Value("dew point at the origin", "degrees Fahrenheit"),
            "humid": Value("relative humidity at the origin", "percent"),
            "wind_dir": Value("direction of the wind at the origin", "degrees"),
            "wind_speed": Value("speed of the wind at the origin", "mph"),
            "wind_gust": Value("speed of gusts at the origin", "mph"),
            "precip": Value("precipitation in the hour at the origin", "inches"),
            "pressure": Value("pressure at sea level at the origin", "millibars"),
            "visib": Value("visibility at the origin", "miles"),
        },
    ),
}

TRAILING = (
    *(
        Window("departures", keys, hours, means=("delay", "late"))
        for keys in (("origin",), ("carrier",), ("origin", "carrier"), ("destination",))
        for hours in (1, 3, 6, 24)
    ),
    *(
        Window("outcomes", keys, hours, means=("late",), count=False)
        for keys in (("origin",), ("carrier",), ("carrier", "origin"), ("destination",))
        for hours in (3, 24)
    ),
    *(
        Window("arrivals", keys, hours, means=("delay",), count=False)
        for keys in (("origin",), ("carrier",), ("destination",), ("carrier", "destination"))
        for hours in (3, 6)
    ),
)
OPEN = tuple(Open("schedule", keys, 6) for keys in (("origin",), ("origin", "carrier"), ("destination",)))
HISTORIES = (
    Window("outcomes", NUMBER, 14 * 24, means=("late",), count=False),
    Window("outcomes", NUMBER, 60 * 24, means=("late",)),
    Window("outcomes", ROUTE, 14 * 24, means=("late",), count=False),
    Window("outcomes", ROUTE, 60 * 24, means=("late",), count=False),
    Window("outcomes", ("carrier", "origin"), 14 * 24, means=("late",), count=False),
    Window("outcomes", (*ROUTE, "hour"), 60 * 24, means=("late",), count=False),
    Window("arrivals", NUMBER, 14 * 24, means=("delay",), count=False),
    Window("arrivals", ("destination",), 24, means=("delay",), count=False),
    Window("arrivals", ("carrier", "destination"), 24, means=("delay",), count=False),
    Latest("arrivals", NUMBER, 36, ("delay",)),
)
SCHEDULE_WINDOWS = (
    Window("schedule", ("origin", "day", "hour"), 24, anchor="starts_at", ahead=24, name="traffic_origin_hour"),
    Window("schedule", ("origin", "day"), 24, anchor="starts_at", ahead=24, name="traffic_origin_day"),
    Window("schedule", ("origin",), 2, anchor="starts_at", name="queue_origin_2h"),
)
WEATHER = (
    Latest("weather", ("origin",), STALE, READINGS),
    Latest("weather", ("origin",), STALE, READINGS, ago=CHANGE),
)


def flight_rows(tables: Tables, lead_hours: float) -> pd.DataFrame:
    """A row for each flight of the clean schedule: its keys, the features of the schedule itself, and the outcome."""
    flights = tables["flights"]
    day = flights["day"]
    return pd.DataFrame(
        {
            "id": flights["id"],
            "starts_at": flights["starts_at"],
            "day": day,
            "predict_at": flights["starts_at"] - pd.Timedelta(hours=lead_hours).as_unit("us"),
            **_keys(flights),
            "departure_minute": minute_of_day(flights["sched_dep_time"]).astype("int32"),
            "arrival_minute": minute_of_day(flights["sched_arr_time"]).astype("int32"),
            "block_minutes": ((flights["ends_at"] - flights["starts_at"]) // pd.Timedelta(minutes=1)).astype("int32"),
            "distance": flights["distance"].astype("int32"),
            "weekday": day.dt.day_of_week.astype("int32"),
            "holiday_days": _days_to_holiday(day),
            "outcome": not_on_time(flights),
            "outcome_known_at": outcome_known_at(flights),
        }
    )


def events(tables: Tables) -> dict[str, pd.DataFrame]:
    """The events of every stream, by name. What broke the contract is no event."""
    flights, weather = tables["flights"], tables["weather"]
    keys = _keys(flights)
    decided = not_on_time(flights).astype("Int64")
    departures = {"delay": flights["dep_delay"], "late": (flights["dep_delay"] >= LATE).astype("Int64")}
    readings = {name: weather[name].astype("float64") for name in READINGS}
    hours = weather["origin"].str.cat(weather["time_hour"].astype("int64").astype("str"), sep=" ")
    return {
        "departures": _events(flights["id"], flights["departed_at"], keys | departures),
        "arrivals": _events(flights["id"], flights["arrived_at"], keys | {"delay": flights["arr_delay"]}),
        "outcomes": _events(flights["id"], outcome_known_at(flights), keys | {"late": decided}),
        "schedule": _events(flights["id"], flights["starts_at"], keys | {"until": flights["departed_at"]}),
        "weather": _events(hours, weather["known_at"], {"origin": weather["origin"]} | readings),
    }


def derive(frame: pd.DataFrame) -> pd.DataFrame:
    """Add the features that follow from others: changes of the weather, crosswind, the trend of delays."""
    latest = {name: f"latest_weather_origin_{name}" for name in READINGS}
    before = {name: f"{column}_3h_ago" for name, column in latest.items()}
    changes = {f"change_weather_{name}": frame[latest[name]] - frame[before[name]] for name in READINGS}
    changes["change_weather_wind_dir"] = (changes["change_weather_wind_dir"] + 180) % 360 - 180
    angle = np.deg2rad(frame[latest["wind_dir"]] - frame["origin"].map(RUNWAYS).astype("float32"))
    return frame.assign(
        **changes,
        # Rounded, since the last bit of a sine depends on the machine.
        crosswind=(np.abs(np.sin(angle)) * frame[latest["wind_speed"]]).astype("float64").round(2).astype("float32"),
        trend_departures_origin=frame["departures_origin_1h_delay"] - frame["departures_origin_3h_delay"],
    )


def _events(ids: pd.Series, moment: pd.Series, columns: Mapping[str, pd.Series]) -> pd.DataFrame:
    return pd.DataFrame({"id": ids, "moment": moment, **columns})[moment.notna()]


def _keys(flights: pd.DataFrame) -> dict[str, pd.Series]:
    return {
        "carrier": flights["carrier"].astype("category"),
        "origin": flights["origin"].astype("category"),
        "destination": flights["dest"].astype("category"),
        "flight": flights["flight"],
        "day": flights["day"],
        "hour": flights["hour"],
    }


def _days_to_holiday(day: pd.Series) -> pd.Series:
    years = range(day.dt.year.min() - 1, day.dt.year.max() + 2)
    dates = np.array(sorted(holidays.country_holidays("US", years=years)), dtype="datetime64[D]")
    days = day.to_numpy(dtype="datetime64[D]")
    after = np.searchsorted(dates, days)
    nearest = np.minimum(dates[after] - days, days - dates[after - 1])
    return pd.Series(nearest.astype("int32"), index=day.index)


def _own(name: str, meaning: str, unit: str = "", dtype: str = "int32") -> Feature:
    return Feature(name, meaning, unit, SCHEDULE, "flights", "schedule", dtype=dtype)


FEATURES = FeatureSet(
    tables=("flights", "weather"),
    rows=flight_rows,
    events=events,
    own=(
        _own("carrier", "carrier", dtype="str"),
        _own("origin", "airport of departure", dtype="str"),
        _own("destination", "destination", dtype="str"),
        _own("departure_minute", "scheduled departure, local", "minute of the day"),
        _own("arrival_minute", "scheduled arrival, local to the destination", "minute of the day"),
        _own("block_minutes", "scheduled time from gate to gate", "minutes"),
        _own("distance", "between the airports", "miles"),
        _own("weekday", "day of the week, Monday is 0"),
        _own("holiday_days", "to the nearest federal holiday", "days"),
    ),
    streams=STREAMS,
    groups={
        "schedule": SCHEDULE_WINDOWS,
        "weather": WEATHER,
        "trailing": TRAILING,
        "open": OPEN,
        "histories": HISTORIES,
    },
    derive=derive,
    derived=(
        *(
            Feature(
                f"change_weather_{name}",
                f"{value.meaning} now minus that of three hours ago",
                value.unit,
                OBSERVED,
                "weather",
                "weather",
                window="3h",
            )
            for name, value in STREAMS["weather"].fields.items()
        ),
        Feature(
            "crosswind",
            "wind across the main runway, by the latest speed and direction",
            "mph",
            OBSERVED,
            "weather",
            "weather",
        ),
        Feature(
            "trend_departures_origin",
            "mean delay of departures in the last hour minus that in the last three",
            "minutes",
            DEPARTURE,
            "flights",
            "trailing",
            window="1h, 3h",
        ),
    ),
    outcome="arrives 15 or more minutes late, is cancelled or diverted",
    climate={"origin": None, "destination": None, "departure_minute": 60},
    ablation={
        "schedule": ("schedule",),
        "weather": ("weather",),
        "recent departures and arrivals": ("trailing",),
        "overdue flights": ("open",),
        "weeks of history": ("histories",),
    },
    dropped=tuple(f"latest_weather_origin_{name}_3h_ago" for name in READINGS),
)
