"""A published figure on these flights, and the steps from there to one that can be compared with this repository's."""

from __future__ import annotations

from collections.abc import Mapping

import holidays
import pandas as pd

from ontime.core.contract.row_rules import derived_frame
from ontime.dataset.protocol import Protocol, Step
from ontime.flights.contract.columns import FLIGHTS

LATE = 30  # minutes late, from which the published question counts
LAST_KNOWN = "latest_weather_origin_"
READINGS = ("temp", "dewp", "humid", "wind_speed", "precip", "pressure", "visib")
WANTED = ["dep_time", "flight", "origin", "dest", "air_time", "distance", "carrier", "day", "arr_delay", "time_hour"]


def protocol_rows(tables: Mapping[str, pd.DataFrame], features: pd.DataFrame) -> pd.DataFrame:
    """A row for each flight of the raw tables: what the steps read, known in time or not, and three outcomes.

    `published` is missing where the published lesson drops the flight; `outcome` where `features` lacks it.
    """
    flights = derived_frame(FLIGHTS, tables["flights"], tables)
    flights = flights.merge(_of_the_hour(tables["weather"]), on=["origin", "time_hour"], how="left", validate="m:1")
    late = (flights["arr_delay"] >= LATE).astype("boolean")
    complete = flights[WANTED].notna().all(axis=1) & flights["observed"].notna()
    decided = flights["ends_at"] + pd.Timedelta(minutes=LATE)
    frame = pd.DataFrame(
        {
            **{name: flights[name] for name in ("id", "day", "origin", "dest", "carrier")},
            **{
                name: flights[name].astype("float64") for name in ("dep_time", "sched_dep_time", "air_time", "distance")
            },
            "weekday": flights["day"].dt.day_name(),
            "month": flights["day"].dt.month_name(),
            "holiday": _holiday(flights["day"]),
            **{f"coming_{name}": flights[f"coming_{name}"].astype("float64") for name in READINGS},
            "aircraft_known": flights["tailnum"].notna(),
            "published": late.where(complete),
            "published_known_at": flights["arrived_at"],
            "late": late.fillna(value=True),
            "late_known_at": flights["arrived_at"].where(flights["arrived_at"] < decided, decided),
        }
    )
    names = {f"{LAST_KNOWN}{name}": f"known_{name}" for name in READINGS}
    return frame.merge(features.rename(columns=names), on="id", how="left", validate="1:1")


def _of_the_hour(weather: pd.DataFrame) -> pd.DataFrame:
    """The weather that is observed within each hour, by that hour."""
    readings = {f"coming_{name}": weather[name] for name in READINGS}
    return weather[["origin", "time_hour"]].assign(observed=True, **readings)


def _holiday(day: pd.Series) -> pd.Series:
    """The name of the federal holiday on that date, else 'none'."""
    years = range(day.dt.year.min(), day.dt.year.max() + 1)
    named = holidays.country_holidays("US", years=years, observed=False)
    dates = {pd.Timestamp(date): name for date, name in named.items()}
    return day.map(dates).astype("str").fillna("none")


SCHEDULED = ("origin", "dest", "carrier", "distance", "weekday", "month", "holiday")
LESSON = (*SCHEDULED, "dep_time")
HONEST = (*SCHEDULED, "sched_dep_time")
COMING, KNOWN = (tuple(f"{when}_{name}" for name in READINGS) for when in ("coming", "known"))

PROTOCOL = Protocol(
    source="tidymodels.org, 'Preprocess your data with recipes'",
    roc_auc=0.764,
    published_rows=325_819,
    published_positives=52_540,
    until="2013-12",
    held_out=0.25,
    tables=("airports", "flights", "weather"),
    features=("id", "outcome", "outcome_known_at", *(f"{LAST_KNOWN}{name}" for name in READINGS)),
    rows=protocol_rows,
    steps=(
        Step(
            name="published",
            title="as published, rebuilt here",
            about="A lesson on preparing data, by the example of flights 30 minutes late or later: logistic "
            "regression, learned on a random three quarters of the year and judged on the rest.",
            kind="scope",
            outcome="published",
            split="random",
            columns=(*LESSON, "air_time"),
        ),
        Step(
            name="test_window",
            title="without the test window",
            about="The same, learned on the months before the test window and judged on what was held out of those of "
            "the backtest. From here on nothing reads the test window.",
            kind="scope",
            outcome="published",
            split="random before the test window",
            columns=(*LESSON, "air_time"),
        ),
        Step(
            name="air_time",
            title="without the time in the air",
            about="How long it was in the air is known after landing, when the delay is known too.",
            kind="leak",
            outcome="published",
            split="random before the test window",
            columns=LESSON,
            late=(("flights", "air_time"),),
        ),
        Step(
            name="actual_departure",
            title="scheduled, not actual departure",
            about="When it left is known once it left. Hardly any flight is scheduled after midnight, so that the "
            "hour alone gives a long delay away.",
            kind="leak",
            outcome="published",
            split="random before the test window",
            columns=HONEST,
            late=(("flights", "dep_time"),),
        ),
        Step(
            name="random_split",
            title="later months, not a random quarter",
            about="A random quarter is predicted by the other flights of its own day and month. Here the same ones are "
            "predicted month by month, by what was known when the month began.",
            kind="leak",
            outcome="published",
            split="later, what was held out",
            columns=HONEST,
            late=(("flights", "arr_delay"),),
        ),
        Step(
            name="dropped_rows",
            title="with the flights that were dropped",
            about="Rows with a missing value were dropped: cancelled and diverted flights, which nobody knows before, "
            "and those of hours without weather. They are back, and what did not arrive counts as late.",
            kind="leak",
            outcome="late",
            split="later",
            columns=HONEST,
            late=(("flights", "arr_delay"), ("flights", "air_time"), ("flights", "dep_time")),
        ),
        Step(
            name="question",
            title="15 minutes late, not 30",
            about="No fault of anyone's, another question: this repository counts as the Department of Transportation "
            "does.",
            kind="scope",
            outcome="outcome",
            split="later",
            columns=HONEST,
        ),
        Step(
            name="temptations",
            title="tempted by two columns",
            about="What the joined tables offer and the source did not take: the weather of the hour of departure, and "
            "whether the aircraft is named.",
            kind="temptation",
            outcome="outcome",
            split="later",
            columns=(*HONEST, *COMING, "aircraft_known"),
        ),
        Step(
            name="coming_weather",
            title="weather known, not weather to come",
            about="The weather of the hour of departure is observed within that hour. What is known when predicting is "
            "the last hour that was over.",
            kind="leak",
            outcome="outcome",
            split="later",
            columns=(*HONEST, *KNOWN, "aircraft_known"),
            late=tuple(("weather", name) for name in READINGS),
        ),
        Step(
            name="aircraft",
            title="without the aircraft",
            about="Which aircraft flew is written down after the fact, and a flight without one was cancelled.",
            kind="leak",
            outcome="outcome",
            split="later",
            columns=(*HONEST, *KNOWN),
            late=(("flights", "tailnum"),),
        ),
    ),
)
