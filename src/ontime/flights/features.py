"""What is predicted of flights, and from which features: the schedule, streams of events, and what is read of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ontime.dataset.features import Derived, Feature, FeatureSet, Latest, Open, Stream, Usual, Value, Waited, Window
from ontime.flights.contract.clocks import ARRIVAL, DEPARTURE, OBSERVED, SCHEDULE
from ontime.flights.contract.outcome import LATE, not_on_time, outcome_known_at
from ontime.flights.contract.times import minute_of_day

Tables = Mapping[str, pd.DataFrame]

ROUTE = ("origin", "destination")
NUMBER = ("carrier", "flight")
READINGS = ("temp", "dewp", "humid", "wind_dir", "wind_speed", "precip", "pressure", "visib")
MINUTE = pd.Timedelta(minutes=1)
TURN = pd.Timedelta(hours=20)  # an aircraft that left so long before has no flight in between
WRITTEN_DOWN = pd.Timedelta(hours=48).as_unit("us")  # after a scheduled departure, its aircraft counts as known
STALE = 6.0  # hours after which the latest weather is none

DELAY = Value("mean delay of {}", "minutes")
STREAMS = {
    "departures": Stream(
        "departures",
        "flights",
        DEPARTURE,
        {"delay": DELAY, "late": Value("share of {} that were 15 or more minutes late", "")},
    ),
    "arrivals": Stream("arrivals", "flights", ARRIVAL, {"delay": DELAY}),
    # A flight that has not arrived in time is not on time, and one that has not left is overdue: neither is news while
    # nobody would have said otherwise.
    "outcomes": Stream(
        "decided outcomes",
        "flights",
        ARRIVAL,
        {"late": Value("share of {} that were not on time", "")},
        heard_from="arrivals",
    ),
    "schedule": Stream("scheduled departures", "flights", SCHEDULE, heard_from="departures"),
    "flown": Stream(
        "flights that arrived",
        "flights",
        ARRIVAL,
        {
            "elapsed": Value("mean time from gate to gate of {}", "minutes"),
            "made_up": Value("mean delay that {} made up on their way", "minutes"),
        },
    ),
    # Which aircraft flew is written down after the fact: it counts as known two days after the scheduled departure.
    "rotations": Stream("flights whose aircraft is known", "flights", ARRIVAL),
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
            "precip": Value("precipitation in the hour at the origin", "inches"),
            "pressure": Value("pressure at sea level at the origin", "millibars"),
            "visib": Value("visibility at the origin", "miles"),
        },
    ),
}

TRAILING = (
    *(
        Window("departures", keys, hours, means, count=False)
        for keys in (("origin",), ("carrier",), ("origin", "carrier"))
        for hours, means in ((1, ("late",)), (3, ("delay", "late")))
    ),
    Window("departures", ("origin",), 24, ("delay", "late"), count=False),
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
WAITED = tuple(
    Waited("schedule", keys, hours, within)
    for keys in (("origin",), ("carrier",), ("origin", "carrier"), ("destination",), ())
    for hours, within in ((1, 0.25), (3, 0.25), (1, 1.0), (3, 1.0))
)
OPEN = tuple(Open("schedule", keys, 6) for keys in (("origin",), ("origin", "carrier"), ("destination",)))
ROTATION = (
    Usual(
        "previous_leg",
        "the leg that its aircraft usually flew before",
        "rotations",
        (*NUMBER, "origin"),
        21 * 24,
        "leg",
    ),
    Latest("departures", ("previous_leg",), 20, ("delay",)),
    Latest("arrivals", ("previous_leg",), 20, ("delay",)),
    Latest("schedule", ("previous_leg",), 20, age=True),
)
SLACK = (
    Window("flown", ("carrier", *ROUTE), 30 * 24, means=("elapsed", "made_up"), count=False),
    Window("flown", NUMBER, 30 * 24, means=("elapsed", "made_up"), count=False),
    Window("flown", ("destination",), 12, means=("made_up",), count=False),
    Window("flown", ("origin",), 6, means=("made_up",), count=False),
)
HISTORIES = (
    Window("outcomes", NUMBER, 30 * 24, means=("late",), count=False),
    Window("outcomes", ("origin", "hour"), 14 * 24, means=("late",), count=False),
    Window("outcomes", ("carrier", "origin", "hour"), 30 * 24, means=("late",), count=False),
    Window("outcomes", NUMBER, 14 * 24, means=("late",), count=False),
    Window("outcomes", NUMBER, 60 * 24, means=("late",), count=False),
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
WEATHER = (Latest("weather", ("origin",), STALE, READINGS),)


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
            "outcome": not_on_time(flights),
            "outcome_known_at": outcome_known_at(flights),
        }
    )


def events(tables: Tables) -> dict[str, pd.DataFrame]:
    """The events of every stream, by name. What broke the contract is no event."""
    flights, weather = tables["flights"].reset_index(drop=True), tables["weather"]
    leg = _legs(flights)
    keys = _keys(flights) | {"previous_leg": leg}
    decided = not_on_time(flights).astype("Int64")
    gates = flights["arrived_at"] - flights["departed_at"]
    flown = {"elapsed": (gates // MINUTE).astype("Int64"), "made_up": flights["dep_delay"] - flights["arr_delay"]}
    departures = {"delay": flights["dep_delay"], "late": (flights["dep_delay"] >= LATE).astype("Int64")}
    readings = {name: weather[name].astype("float64") for name in READINGS}
    hours = weather["origin"].str.cat(weather["time_hour"].astype("int64").astype("str"), sep=" ")
    return {
        "departures": _events(flights["id"], flights["departed_at"], keys | departures),
        "arrivals": _events(flights["id"], flights["arrived_at"], keys | {"delay": flights["arr_delay"]}),
        "outcomes": _events(flights["id"], outcome_known_at(flights), keys | {"late": decided}),
        "schedule": _events(flights["id"], flights["starts_at"], keys | {"until": flights["departed_at"]}),
        "flown": _events(flights["id"], flights["arrived_at"].where(gates.notna()), keys | flown),
        "rotations": _rotations(flights, keys, leg),
        "weather": _events(hours, weather["known_at"], {"origin": weather["origin"]} | readings),
    }


def _legs(flights: pd.DataFrame) -> pd.Series:
    """Carrier, number, origin and destination as one text, such as 'UA 1545 EWR IAH': (n,)."""
    parts = [pa.array(flights[name]).cast(pa.string()) for name in ("carrier", "flight", "origin", "dest")]
    joined = pc.call_function("binary_join_element_wise", [*parts, pa.scalar(" ")])
    return pd.Series(joined, index=flights.index, dtype="str")


def _rotations(flights: pd.DataFrame, keys: Mapping[str, pd.Series], leg: pd.Series) -> pd.DataFrame:
    """Flights whose aircraft had left before on the same day, or the evening before: `leg` is the leg it flew then."""
    flown = flights[["tailnum", "departed_at", "starts_at", "id"]].assign(leg=leg).dropna()
    flown = flown.sort_values(["tailnum", "departed_at", "id"])
    before = flown.groupby("tailnum", sort=False)[["leg", "starts_at"]].shift()
    near = (flown["starts_at"] - before["starts_at"]) < TURN
    previous = before["leg"].where(near).reindex(flights.index)
    known = (flights["starts_at"] + WRITTEN_DOWN).where(previous.notna())
    return _events(flights["id"], known, dict(keys) | {"leg": previous})


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


def _own(name: str, meaning: str, unit: str = "", dtype: str = "int32") -> Feature:
    return Feature(name, meaning, unit, SCHEDULE, "flights", "schedule", dtype=dtype)


def _slack(name: str, keys: tuple[str, ...]) -> Derived:
    """How much longer than usual the schedule gives a flight from gate to gate."""
    same = f"{', '.join(keys[:-1])} and {keys[-1]}"
    meaning = f"scheduled time from gate to gate minus the mean of flights that arrived with the same {same}"
    feature = Feature(f"slack_{name}", meaning, "minutes", ARRIVAL, "flights", "slack", window="30d")
    return Derived(feature, ("block_minutes", f"flown_{'_'.join(keys)}_30d_elapsed"), np.subtract)


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
    ),
    streams=STREAMS,
    groups={
        "schedule": SCHEDULE_WINDOWS,
        "weather": WEATHER,
        "trailing": TRAILING,
        "waited": WAITED,
        "open": OPEN,
        "slack": SLACK,
        "rotation": ROTATION,
        "histories": HISTORIES,
    },
    outcome="arrives 15 or more minutes late, is cancelled or diverted",
    climate={"origin": None, "destination": None, "departure_minute": 60},
    ablation={
        "schedule": ("schedule",),
        "weather": ("weather",),
        "recent departures and arrivals": ("trailing",),
        "overdue flights": ("waited", "open"),
        "slack": ("slack",),
        "the aircraft's day": ("rotation",),
        "weeks of history": ("histories",),
    },
    derived=tuple(_slack(name, keys) for name, keys in (("route", ("carrier", *ROUTE)), ("flight", NUMBER))),
    joined_by="tailnum",
    dropped=("flown_carrier_origin_destination_30d_elapsed", "flown_carrier_flight_30d_elapsed"),
)
