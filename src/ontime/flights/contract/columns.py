"""The contract of the five tables: every column with type, range, null policy, unit, clock and reason."""

from __future__ import annotations

from functools import partial

import pandas as pd
import pandera.pandas as pa

from ontime.core.contract.columns import column
from ontime.core.contract.value_checks import value_check
from ontime.dataset.contract import DerivedColumn, Table
from ontime.flights.contract import rules, times
from ontime.flights.contract.clocks import ARRIVAL, DEPARTURE, OBSERVED, REFERENCE, SCHEDULE

within = pa.Check.in_range
one_of = pa.Check.isin

DELAY_BINS = (-10, -5, -2, 0, 5, 15, 30, 60, 120)
DURATION_BINS = (60, 90, 120, 150, 200, 300)
DISTANCE_BINS = (300, 600, 900, 1200, 1500, 2000)
TIME_BINS = (700, 900, 1200, 1500, 1700, 1900, 2100)

CARRIER = pa.Check.str_matches(r"^[A-Z0-9]{2}$")
AIRPORT = pa.Check.str_matches(r"^[A-Z0-9]{3}$")
AIRCRAFT = pa.Check.str_matches(r"^[A-Z][A-Z0-9]{4,5}$")
ORIGIN = one_of(["EWR", "JFK", "LGA"])
ZONE = value_check("iana_time_zone", times.are_zones)
HHMM = value_check("minutes_below_60", lambda hhmm: hhmm % 100 < 60)
UTC = "datetime64[us, UTC]"
CENTURY = within(pd.Timestamp("1987-01-01", tz="UTC"), pd.Timestamp("2100-01-01", tz="UTC"))

DAY = DerivedColumn("day", ("year", "month", "day"), times.local_date)

fact = partial(column, clock=REFERENCE)
observed = partial(column, clock=OBSERVED, nullable=True)
scheduled = partial(column, clock=SCHEDULE)
at_departure = partial(column, clock=DEPARTURE, nullable=True)
at_arrival = partial(column, clock=ARRIVAL, nullable=True)


AIRLINES = Table(
    name="airlines",
    about="Carriers and their names.",
    key=("carrier",),
    schema=pa.DataFrameSchema(
        {
            "carrier": fact("str", CARRIER, reason="two-letter code of the carrier"),
            "name": fact("str", reason="the carrier's name"),
        }
    ),
)

AIRPORTS = Table(
    name="airports",
    about="Airports, where they lie and which time they keep.",
    key=("faa",),
    rules=rules.AIRPORT_RULES,
    schema=pa.DataFrameSchema(
        {
            "faa": fact("str", AIRPORT, reason="code of the airport"),
            "name": fact("str", reason="its name"),
            "lat": fact("float64", within(-90, 90), unit="degrees north", reason="latitude"),
            "lon": fact("float64", within(-180, 180), unit="degrees east", reason="longitude"),
            "alt": fact("Int64", within(-1500, 15000), unit="feet", reason="altitude; the lowest lie below the sea"),
            "tz": fact("Int64", within(-12, 14), unit="hours", reason="offset to UTC in winter"),
            "dst": fact("str", one_of(["A", "N", "U"]), reason="daylight saving: as in the US, none, unknown"),
            "tzone": fact(
                "str",
                ZONE,
                nullable=True,
                missing=(0.01, 0.05),
                reason="name of the time zone; three airports have none, and no flight goes there",
            ),
        }
    ),
)

PLANES = Table(
    name="planes",
    about="Aircraft by tail number. About 15% of flights have one that is missing here.",
    key=("tailnum",),
    schema=pa.DataFrameSchema(
        {
            "tailnum": fact("str", AIRCRAFT, reason="tail number"),
            "year": fact(
                "Int64",
                within(1903, 2013),
                unit="year",
                nullable=True,
                missing=(0.05, 0.2),
                usual=(1950, 2013),
                reason="year of manufacture: after the first powered flight, not after the data",
            ),
            "type": fact(
                "str",
                one_of(["Fixed wing multi engine", "Fixed wing single engine", "Rotorcraft"]),
                reason="kind of aircraft",
            ),
            "manufacturer": fact("str", reason="who built it"),
            "model": fact("str", reason="what was built"),
            "engines": fact("Int64", within(1, 8), unit="engines", reason="number of engines"),
            "seats": fact("Int64", within(1, 900), unit="seats", reason="number of seats"),
            "speed": fact(
                "Int64",
                within(20, 1400),
                unit="mph",
                nullable=True,
                reason="average cruising speed, known for only 23 aircraft",
            ),
            "engine": fact(
                "str",
                one_of(["4 Cycle", "Reciprocating", "Turbo-fan", "Turbo-jet", "Turbo-prop", "Turbo-shaft"]),
                reason="kind of engine",
            ),
        }
    ),
)

WEATHER = Table(
    name="weather",
    about="Hourly weather at the three airports of departure.",
    key=("origin", "time_hour"),
    monthly=True,
    derived=(DAY, DerivedColumn("known_at", ("time_hour",), times.hour_later)),
    rules=rules.WEATHER_RULES,
    measures=rules.WEATHER_MEASURES,
    schema=pa.DataFrameSchema(
        {
            "origin": fact("str", ORIGIN, reason="airport of the station"),
            "year": fact("Int64", within(1987, 2100), unit="year", reason="local date"),
            "month": fact("Int64", within(1, 12), unit="month", reason="local date"),
            "day": fact("Int64", within(1, 31), unit="day of the month", reason="local date"),
            "hour": fact("Int64", within(0, 23), unit="hour", reason="local hour"),
            "temp": observed(
                "float64",
                within(-60, 135),
                unit="degrees Fahrenheit",
                missing=(0.01, 0.1),
                usual=(0, 105),
                reason="well beyond what New York has seen; the season moves it, so no shift is measured",
            ),
            "dewp": observed(
                "float64",
                within(-80, 95),
                unit="degrees Fahrenheit",
                missing=(0.01, 0.1),
                usual=(-15, 80),
                reason="dew point, at most the temperature",
            ),
            "humid": observed(
                "float64",
                within(0, 100),
                unit="percent",
                missing=(0.01, 0.1),
                usual=(10, 100),
                reason="relative humidity",
            ),
            "wind_dir": observed(
                "Int64",
                within(0, 360),
                unit="degrees",
                missing=(0.05, 0.25),
                reason="where the wind comes from; 0 when it is calm, none when it keeps turning",
            ),
            "wind_speed": observed(
                "float64",
                within(0, 200),
                unit="mph",
                missing=(0.01, 0.1),
                usual=(0, 45),
                reason="far above any sustained wind here; the 1,048 mph at EWR on 12 February are an error",
            ),
            "wind_gust": observed(
                "float64",
                within(0, 250),
                unit="mph",
                missing=(0.95, 0.999),
                usual=(0, 65),
                reason="noted only when there are gusts",
            ),
            "precip": observed(
                "float64",
                within(0, 13),
                unit="inches",
                missing=(0.01, 0.1),
                usual=(0, 1),
                bins=(0.001, 0.05, 0.1),
                reason="in the hour; at most about what ever fell in one",
            ),
            "pressure": observed(
                "float64",
                within(850, 1090),
                unit="millibars",
                missing=(0.2, 0.5),
                usual=(980, 1045),
                reason="at sea level, within what was ever measured on earth; a tenth is missing",
            ),
            "visib": observed(
                "float64",
                within(0, 10),
                unit="miles",
                missing=(0.01, 0.1),
                bins=(3, 6, 9, 9.99),
                reason="visibility, noted up to 10",
            ),
            "time_hour": fact(UTC, CENTURY, reason="start of the hour in which the weather was observed"),
        }
    ),
    added={
        "day": fact("datetime64[us]", reason="local date, in place of the day of the month"),
        "known_at": fact(UTC, reason="when the hour is over: its observation is from within it"),
    },
)

FLIGHTS = Table(
    name="flights",
    about="Scheduled departures from EWR, JFK and LGA and what became of them.",
    key=("id",),
    monthly=True,
    derived=(
        DAY,
        DerivedColumn("id", ("day", "carrier", "flight", "origin", "dest"), times.flight_ids),
        DerivedColumn("starts_at", ("time_hour", "minute"), times.minutes_later),
        DerivedColumn(
            "ends_at",
            ("starts_at", "sched_arr_time", "dest"),
            times.scheduled_arrival,
            needs=("airports",),
            lookup=times.destination_zones,
        ),
        DerivedColumn("departed_at", ("starts_at", "dep_delay"), times.minutes_later),
        DerivedColumn("arrived_at", ("ends_at", "arr_delay"), times.minutes_later),
    ),
    rules=rules.FLIGHT_RULES,
    measures=rules.FLIGHT_MEASURES,
    schema=pa.DataFrameSchema(
        {
            "year": scheduled("Int64", within(1987, 2100), unit="year", reason="local scheduled date"),
            "month": scheduled("Int64", within(1, 12), unit="month", reason="local scheduled date"),
            "day": scheduled("Int64", within(1, 31), unit="day of the month", reason="local scheduled date"),
            "dep_time": at_departure(
                "Int64",
                within(1, 2400),
                HHMM,
                unit="local HHMM",
                missing=(0.05, 0.25),
                reason="actual departure; midnight is 2400; none where the flight was cancelled",
            ),
            "sched_dep_time": scheduled(
                "Int64", within(0, 2359), HHMM, unit="local HHMM", bins=TIME_BINS, reason="scheduled departure"
            ),
            "dep_delay": at_departure(
                "Int64",
                within(-60, 2880),
                unit="minutes",
                missing=(0.05, 0.25),
                usual=(-30, 360),
                bins=DELAY_BINS,
                reason="actual minus scheduled departure, -43 to 1,301 minutes; none where cancelled",
            ),
            "arr_time": at_arrival(
                "Int64",
                within(1, 2400),
                HHMM,
                unit="HHMM local to the destination",
                missing=(0.06, 0.25),
                reason="actual arrival; midnight is 2400; none where cancelled or diverted",
            ),
            "sched_arr_time": scheduled(
                "Int64", within(0, 2359), HHMM, unit="HHMM local to the destination", reason="scheduled arrival"
            ),
            "arr_delay": at_arrival(
                "Int64",
                within(-180, 2880),
                unit="minutes",
                missing=(0.06, 0.25),
                usual=(-90, 360),
                bins=DELAY_BINS,
                reason="actual minus scheduled arrival, -86 to 1,272 minutes; none where cancelled or diverted",
            ),
            "carrier": scheduled("str", CARRIER, bins="values", reason="two-letter code, in airlines"),
            "flight": scheduled("Int64", within(1, 9999), reason="flight number"),
            "tailnum": at_departure(
                "str",
                AIRCRAFT,
                missing=(0.02, 0.1),
                reason="the aircraft is written down after the fact: missing means cancelled",
            ),
            "origin": scheduled("str", ORIGIN, bins="values", reason="airport of departure"),
            "dest": scheduled("str", AIRPORT, bins="values", reason="destination"),
            "air_time": at_arrival(
                "Int64",
                within(10, 1200),
                unit="minutes",
                missing=(0.06, 0.25),
                bins=DURATION_BINS,
                reason="time in the air, known after landing",
            ),
            "distance": scheduled(
                "Int64", within(10, 10000), unit="miles", bins=DISTANCE_BINS, reason="between the airports"
            ),
            "hour": scheduled("Int64", within(0, 23), unit="local hour", reason="scheduled departure"),
            "minute": scheduled("Int64", within(0, 59), unit="minute", reason="scheduled departure"),
            "time_hour": scheduled(UTC, CENTURY, reason="scheduled hour of departure"),
        }
    ),
    added={
        "day": scheduled("datetime64[us]", reason="local scheduled date, in place of the day of the month"),
        "id": scheduled("str", reason="date, carrier, flight number, origin and destination: one flight"),
        "starts_at": scheduled(UTC, reason="scheduled departure"),
        "ends_at": scheduled(UTC, reason="scheduled arrival, by the destination's zone"),
        "departed_at": at_departure(UTC, reason="actual departure"),
        "arrived_at": at_arrival(UTC, reason="actual arrival at the destination"),
    },
)

TABLES = (AIRLINES, AIRPORTS, PLANES, WEATHER, FLIGHTS)
