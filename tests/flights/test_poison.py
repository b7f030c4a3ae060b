"""The heart: whatever happens after a moment, no feature as of that moment moves.

From the raw tables on, everything that was not known at a cut is changed: flights are moved, cancelled, made to fly,
diverted, broken, added, removed; weather is changed, broken, removed. Then the contract, the features, and a comparison
of every row with `predict_at` up to the cut. What is changed stays after the cut: a flight that had not left by then
leaves later still, and one whose outcome was decided keeps it.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from ontime.core.contract.checks import check_part
from ontime.core.features.table import OUTCOME, build, declared_features
from ontime.dataset.features import FeatureSet, Window
from ontime.flights import FLIGHTS
from ontime.flights.contract.columns import TABLES
from ontime.flights.features import WRITTEN_DOWN
from ontime.flights.source import read_parts

Part = tuple[str, str | None]
Raw = dict[Part, pd.DataFrame]

CUTS = {
    "the night clocks spring forward": "2013-03-10T06:30Z",
    "a stormy evening in summer": "2013-07-10T21:00Z",
    "the night clocks fall back": "2013-11-03T05:30Z",
    "New Year's Eve": "2013-12-31T17:00Z",
}
LEADS = [0.5, 2, 24]


@cache
def source() -> Raw:
    return {(part.table, part.month): part.frame for part in read_parts("0.0.3", "2013-12")}


def months_around(cut: pd.Timestamp) -> list[str]:
    """The month of the cut, the two before (histories reach back 60 days) and the one after."""
    month = cut.tz_convert("America/New_York").tz_localize(None).to_period("M")
    return [str(near) for near in pd.period_range(month - 2, month + 1) if ("flights", str(near)) in source()]


def clean(raw: Raw, months: list[str]) -> dict[str, pd.DataFrame]:
    """The clean tables, whatever share of them was quarantined."""
    others: dict[str, pd.DataFrame] = {}
    kept: dict[str, list[pd.DataFrame]] = {"flights": [], "weather": []}
    for table in TABLES:
        for month in months if table.monthly else [None]:
            weather = {"weather": source()["weather", month]} if month else {}
            result = check_part(table, raw[table.name, month], month, others | weather, 1.0)
            assert result.clean is not None, result.findings[:3]
            if month:
                kept[table.name].append(result.clean)
            else:
                others[table.name] = result.clean
    return {name: pd.concat(frames, ignore_index=True) for name, frames in kept.items()}


def features(raw: Raw, months: list[str], lead: float, declared: FeatureSet = FLIGHTS.features) -> pd.DataFrame:
    tables = clean(raw, months)
    table = build(declared, tables, tables, lead)
    return table.set_index("id").sort_index()


@cache
def sound(cut: str, lead: float) -> pd.DataFrame:
    return features(source(), months_around(pd.Timestamp(cut)), lead)


@cache
def sound_clean(cut: str) -> dict[str, pd.DataFrame]:
    return clean(source(), months_around(pd.Timestamp(cut)))


def hhmm(minutes: pd.Series) -> pd.Series:
    minutes = minutes % 1440
    return (minutes // 60 * 100 + minutes % 60).replace(0, 2400)


def minute_of_day(times: pd.Series) -> pd.Series:
    return times // 100 * 60 + times % 100


def with_delays(flights: pd.DataFrame, rows: pd.Series, departure: pd.Series, arrival: pd.Series) -> pd.DataFrame:
    """Those rows with other delays, and with the times that belong to them."""
    departed = hhmm(minute_of_day(flights["sched_dep_time"]) + departure)
    arrived = hhmm(minute_of_day(flights["sched_arr_time"]) + arrival)
    new = {"dep_delay": departure, "dep_time": departed, "arr_delay": arrival, "arr_time": arrived}
    return flights.assign(**{name: flights[name].mask(rows, values) for name, values in new.items()})


def without(flights: pd.DataFrame, rows: pd.Series, *columns: str) -> pd.DataFrame:
    return flights.assign(**{name: flights[name].mask(rows) for name in columns})


def poison_flights(
    flights: pd.DataFrame, known: pd.DataFrame, cut: pd.Timestamp, lead: float, seed: int
) -> pd.DataFrame:
    """One month of raw flights (n) beside the same rows clean (n), changed in what was not known at the cut."""
    random = np.random.default_rng(seed)
    chance = pd.Series(random.random(len(flights)))
    longer = pd.Series(random.integers(1, 300, len(flights)), dtype="Int64")
    ahead = ~(known["departed_at"] <= cut)
    flying = (known["departed_at"] <= cut) & ~(known["arrived_at"] <= cut) & known["arrived_at"].notna()
    decided = known["ends_at"] + pd.Timedelta(minutes=15) <= cut
    flew = flights["arr_delay"].notna()
    # Not gone by the cut: delays grow, or it is cancelled, or a cancelled one flies; some break the contract.
    moved = ahead & flew & (chance < 0.5)
    result = with_delays(flights, moved, flights["dep_delay"] + longer, flights["arr_delay"] + longer)
    gone = ahead & (chance >= 0.5) & (chance < 0.7)
    result = without(result, gone, "dep_time", "dep_delay", "arr_time", "arr_delay", "air_time", "tailnum")
    late = ((cut - known["starts_at"]) // pd.Timedelta(minutes=1)).clip(lower=0).astype("Int64") + longer
    flies = ahead & flights["dep_time"].isna() & (chance < 0.7) & (late < 2000)
    result = with_delays(result, flies, late, late)
    blocks = ((known["ends_at"] - known["starts_at"]) // pd.Timedelta(minutes=1)).astype("Int64")
    result = result.assign(
        air_time=result["air_time"].mask(flies, blocks - 20), tailnum=result["tailnum"].mask(flies, "N1234")
    )
    broken = ahead & ~decided & (chance >= 0.8)
    result = result.assign(dep_time=result["dep_time"].mask(broken, 9999))
    # In the air at the cut: it arrives later, or elsewhere; some break the contract.
    result = with_delays(result, flying & (chance < 0.5), flights["dep_delay"], flights["arr_delay"] + longer)
    result = without(result, flying & (chance >= 0.5) & (chance < 0.8), "arr_delay", "air_time")
    result = result.assign(arr_time=result["arr_time"].mask(flying & ~decided & (chance >= 0.8), 9999))
    result = other_aircraft(result, known["starts_at"] + WRITTEN_DOWN > cut, random)
    return reschedule(result, known, cut + pd.Timedelta(hours=lead), random)


def other_aircraft(flights: pd.DataFrame, rows: pd.Series, random: np.random.Generator) -> pd.DataFrame:
    """Those of the rows that have an aircraft exchange it: which one flew was not written down yet."""
    named = rows & flights["tailnum"].notna()
    exchanged = flights["tailnum"].copy()
    exchanged[named] = random.permutation(exchanged[named])
    return flights.assign(tailnum=exchanged)


def reschedule(
    flights: pd.DataFrame, known: pd.DataFrame, last: pd.Timestamp, random: np.random.Generator
) -> pd.DataFrame:
    """The schedule of the days after the last that a row as of the cut may read: removed, broken, doubled."""
    free = known["day"] > last.tz_convert("America/New_York").tz_localize(None).normalize()
    chance = random.random(len(flights))
    broken = flights.assign(hour=flights["hour"].mask(free & (chance < 0.1), 99))
    more = broken[free & (chance > 0.8)]
    more = more.assign(flight=more["flight"] % 1000 + 9000).drop_duplicates(
        ["day", "carrier", "flight", "origin", "dest"]
    )
    return pd.concat([broken[~(free & (chance > 0.1) & (chance < 0.3))], more], ignore_index=True)


def poison_weather(weather: pd.DataFrame, cut: pd.Timestamp, seed: int) -> pd.DataFrame:
    """One month of raw weather, changed where its hour was not over at the cut."""
    random = np.random.default_rng(seed)
    later = weather["time_hour"] + pd.Timedelta(hours=1) > cut
    chance = pd.Series(random.random(len(weather)), index=weather.index)
    changed = weather.assign(
        temp=weather["temp"].mask(later, weather["temp"] + 20), visib=weather["visib"].mask(later, 0.5)
    )
    changed = changed.assign(wind_speed=changed["wind_speed"].mask(later & (chance < 0.3), 5000.0))
    return changed[~(later & (chance > 0.8))].reset_index(drop=True)


def poison(cut: pd.Timestamp, lead: float) -> Raw:
    raw = dict(source())
    for seed, month in enumerate(months_around(cut)):
        flights, known = source()["flights", month], sound_clean(str(cut))["flights"]
        known = known[known["day"].dt.strftime("%Y-%m") == month].reset_index(drop=True)
        raw["flights", month] = poison_flights(flights, known, cut, lead, seed)
        raw["weather", month] = poison_weather(source()["weather", month], cut, seed)
    return raw


def compare(cut: str, lead: float, declared: FeatureSet = FLIGHTS.features) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Features before and after the poison, of the rows that both have."""
    moment = pd.Timestamp(cut)
    before = (
        sound(cut, lead) if declared is FLIGHTS.features else features(source(), months_around(moment), lead, declared)
    )
    return before, features(poison(moment, lead), months_around(moment), lead, declared)


def moved(before: pd.DataFrame, after: pd.DataFrame) -> pd.Series:
    """For rows that both have, whether any feature differs."""
    names = [feature.name for feature in declared_features(FLIGHTS.features)]
    both = before.index.intersection(after.index)
    one, other = before.loc[both, names], after.loc[both, names]
    return ~((one == other) | (one.isna() & other.isna())).all(axis=1)


# In every run a night and a lead of each; every night at every lead in `make nightly`.
EVERY_RUN = {
    "the night clocks spring forward": 0.5,
    "a stormy evening in summer": 2,
    "the night clocks fall back": 24,
}


@pytest.mark.parametrize(
    ("night", "lead"),
    [
        pytest.param(night, lead, marks=[] if EVERY_RUN.get(night) == lead else pytest.mark.nightly)
        for night in CUTS
        for lead in LEADS
    ],
)
def test_what_happens_after_a_moment_moves_no_feature_as_of_it(night: str, lead: float):
    cut = CUTS[night]
    before, after = compare(cut, lead)
    known = before[before["predict_at"] <= pd.Timestamp(cut)].drop(columns=OUTCOME)
    later = after[after["predict_at"] <= pd.Timestamp(cut)].drop(columns=OUTCOME)
    assert len(known) > 25_000
    pd.testing.assert_frame_equal(later, known, check_exact=True)
    next_day = before["predict_at"].between(
        pd.Timestamp(cut), pd.Timestamp(cut) + pd.Timedelta(days=1), inclusive="right"
    )
    late = before.index[next_day]
    # A day ahead of the last evening of the data there is no row left to move.
    assert (len(late) == 0) == ((night, lead) == ("New Year's Eve", 24))
    assert len(late) == 0 or (len(late) > 200 and moved(before.loc[late], after).mean() > 0.5)


def test_a_leak_would_be_noticed():
    """One window that reads departures up to the row's own departure, and the poison reaches it."""
    leak = Window(
        "departures", ("origin",), 3, means=("delay", "late"), anchor="starts_at", name="departures_origin_3h"
    )
    trailing = FLIGHTS.features.groups["trailing"]
    kept = [one for one in trailing if (one.stream, one.keys, one.hours) != (leak.stream, leak.keys, leak.hours)]
    assert len(kept) == len(trailing) - 1
    assert leaks(replace(FLIGHTS.features, groups={**FLIGHTS.features.groups, "trailing": (*kept, leak)}))


def test_an_aircraft_that_is_known_too_early_would_be_noticed():
    """Which aircraft flew read at its scheduled departure, not two days later."""

    def early(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
        events = FLIGHTS.features.events(tables)
        rotations = events["rotations"].assign(moment=events["rotations"]["moment"] - WRITTEN_DOWN)
        return {**events, "rotations": rotations}

    assert leaks(replace(FLIGHTS.features, events=early))


def leaks(declared: FeatureSet) -> bool:
    """Whether what happens after a summer's evening moves features as of it."""
    cut = CUTS["a stormy evening in summer"]
    before, after = compare(cut, 2, declared)
    known = before[before["predict_at"] <= pd.Timestamp(cut)]
    return moved(known, after).sum() > 20


@pytest.mark.parametrize(
    ("lead", "rows"), [(0.5, 3), *(pytest.param(lead, 12, marks=pytest.mark.nightly) for lead in (0.5, 2))]
)
def test_a_flight_s_own_outcome_never_moves_its_own_features(lead: float, rows: int):
    """One by one: flights that left early enough to be known before they were predicted, and others."""
    tables = sound_clean(CUTS["the night clocks spring forward"])
    flights = tables["flights"]
    days = flights["day"].between("2013-02-01", "2013-02-05")
    week = {"flights": flights[days].reset_index(drop=True), "weather": tables["weather"]}
    names = [feature.name for feature in declared_features(FLIGHTS.features)]
    before = build(FLIGHTS.features, week, week, lead)
    chosen = np.random.default_rng(1).choice(len(week["flights"]), rows, replace=False)
    for row in chosen:
        for change in (cancelled, gone_early, much_later):
            other = week | {"flights": change(week["flights"], int(row))}
            after = build(FLIGHTS.features, {**other, "flights": other["flights"].iloc[[row]]}, other, lead)
            pd.testing.assert_frame_equal(
                after[names].reset_index(drop=True), before.loc[[row], names].reset_index(drop=True), check_exact=True
            )


def cancelled(flights: pd.DataFrame, row: int) -> pd.DataFrame:
    columns = ("departed_at", "arrived_at", "dep_delay", "arr_delay")
    return without(flights, flights.index == row, *columns)


def gone_early(flights: pd.DataFrame, row: int, minutes: int = -150) -> pd.DataFrame:
    """So early that the flight itself is among what was known."""
    here = flights.index == row
    new = {"departed_at": flights["starts_at"], "arrived_at": flights["ends_at"]}
    moved = {name: flights[name].mask(here, values + pd.Timedelta(minutes=minutes)) for name, values in new.items()}
    return flights.assign(**moved, **{name: flights[name].mask(here, minutes) for name in ("dep_delay", "arr_delay")})


def much_later(flights: pd.DataFrame, row: int) -> pd.DataFrame:
    return gone_early(flights, row, 600)
