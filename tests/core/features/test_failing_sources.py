"""Sources that fall silent, come late, lose or garble messages, and the features that rows would then have had."""

import numpy as np
import pandas as pd
import pytest
from toy import TOY

from ontime.core.features.failing_sources import (
    EVERY_SOURCE,
    KINDS,
    RECENT_HOURS,
    Disturbance,
    Sample,
    disturbances,
    disturbed,
)
from ontime.dataset.features import column_names
from ontime.flights import FLIGHTS
from ontime.flights.stress import after_midnight
from ontime.params import Stress

PARAMS = Stress(every_days=5, stale_hours=[1, 6], shares=[0.1, 0.3], storm_share=0.1, times=[2.0])
FEATURES, SOURCES = FLIGHTS.features, FLIGHTS.stress.sources


@pytest.fixture(scope="module")
def sample() -> Sample:
    """A hundred copies of a night, a day apart."""
    nights = [after_midnight() for _ in range(100)]
    days = [pd.Timedelta(days=number) for number in range(100)]
    flights = pd.concat([later_by(night["flights"], day) for night, day in zip(nights, days, strict=True)])
    tables = {"flights": flights.reset_index(drop=True), "weather": nights[0]["weather"]}
    return Sample.of(FEATURES, tables, tables, 2.0)


def later_by(flights: pd.DataFrame, by: pd.Timedelta) -> pd.DataFrame:
    moments = ("day", "starts_at", "ends_at", "departed_at", "arrived_at")
    later = flights.assign(**{name: flights[name] + by.as_unit("us") for name in moments})
    minutes = later["dep_delay"] + by.days
    return later.assign(id=later["id"] + f" {by.days}", dep_delay=minutes, arr_delay=minutes)


def events_under(sample: Sample, kind: str, level: float) -> pd.DataFrame:
    fields = list(FEATURES.streams["departures"].fields)
    return KINDS[kind](sample.events["departures"], fields, level, lambda: sample.drawn("departures", 1))


def test_every_source_fails_in_every_way_that_makes_sense_for_it():
    ways = disturbances(FEATURES, SOURCES, PARAMS)
    assert ways[0] == Disturbance(EVERY_SOURCE, "missing", 1.0)
    kinds = {source: {what.kind for what in ways if what.source == source} for source in SOURCES}
    assert kinds["weather"] == set(KINDS)
    assert kinds["schedule"] == {"missing", "lossy"}
    assert len(ways) == len(set(ways))
    assert {what.source for what in disturbances(TOY.features, TOY.stress.sources, PARAMS)} == {EVERY_SOURCE, "scans"}


def test_a_silent_source_empties_recent_windows_and_leaves_histories(sample: Sample):
    before, after = sample.table, disturbed(sample, SOURCES, Disturbance("arrivals", "missing", 1.0), 1)
    assert before["arrivals_destination_24h_delay"].notna().any()
    assert after["arrivals_destination_24h_delay"].isna().all()
    assert after["latest_arrivals_carrier_flight_delay"].isna().all()
    long = [name for one in FEATURES.asof if one.hours > RECENT_HOURS for name in column_names(one) if name in before]
    assert len(long) > 5
    pd.testing.assert_frame_equal(after[long], before[long])


def test_without_departures_everything_that_is_due_is_overdue(sample: Sample):
    before, after = sample.table, disturbed(sample, SOURCES, Disturbance("departures", "missing", 1.0), 1)
    share = "open_schedule_origin_share"
    assert (before[share] < after[share]).any()
    assert (after[share].dropna() == 1).all()


def test_where_the_source_of_departures_is_silent_nothing_is_overdue_that_was_not(sample: Sample):
    """Without departures everything seems overdue; known to be silent, what was read by absence stays as it was."""
    since = sample.frame["predict_at"].median()
    there, schedule = sample.events["departures"], sample.events["schedule"]
    events = {
        "departures": there[there["moment"] < since],
        "schedule": schedule.assign(until=schedule["until"].mask(schedule["until"] >= since)),
    }
    heard = {"departures": there["moment"][there["moment"] < since].sort_values().dt.tz_convert(None).to_numpy()}
    news, silent = (sample.under(events, heard=sources)["open_schedule_origin_count"] for sources in (None, heard))
    later = sample.frame["predict_at"] >= since + pd.Timedelta(hours=12)
    assert news[later].max() > 0
    assert (silent[later] == silent[later].iloc[0]).all()


def test_a_source_that_is_late_tells_its_events_later(sample: Sample):
    late = events_under(sample, "stale", 6.0)
    assert (late["moment"] - sample.events["departures"]["moment"] == pd.Timedelta(hours=6)).all()
    schedule = disturbed(sample, SOURCES, Disturbance("departures", "stale", 6.0), 1)["open_schedule_origin_count"]
    assert (schedule >= sample.table["open_schedule_origin_count"]).all()
    assert (schedule > sample.table["open_schedule_origin_count"]).any()


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_so_many_messages_are_lost_and_more_loss_loses_the_same_and_more(share: float, sample: Sample):
    kept = events_under(sample, "lossy", share)
    assert 1 - len(kept) / len(sample.events["departures"]) == pytest.approx(share, abs=0.1)
    assert set(events_under(sample, "lossy", 0.5)["id"]) < set(kept["id"])


def test_a_message_is_lost_in_every_stream_of_its_source(sample: Sample):
    drawn = {
        stream: dict(zip(sample.events[stream]["id"], sample.drawn(stream, 1), strict=True)) for stream in sample.events
    }
    assert all(drawn["schedule"][name] == number for name, number in drawn["departures"].items())
    assert drawn["schedule"] != dict(zip(sample.events["schedule"]["id"], sample.drawn("schedule", 2), strict=True))


def test_noise_gives_so_many_events_the_values_of_others_and_keeps_all_values(sample: Sample):
    before, after = sample.events["departures"], events_under(sample, "noisy", 0.3)
    assert sorted(after["delay"]) == sorted(before["delay"])
    assert (after["moment"] == before["moment"]).all()
    assert (after["delay"] != before["delay"]).mean() == pytest.approx(0.3, abs=0.1)


def test_what_is_drawn_does_not_depend_on_the_order_of_events(sample: Sample):
    order = np.random.default_rng(0).permutation(len(sample.events["departures"]))
    turned = Sample(
        sample.features,
        sample.frame,
        {**sample.events, "departures": sample.events["departures"].iloc[order]},
        sample.known,
    )
    for kind in ("lossy", "noisy"):
        one, other = (
            events_under(either, kind, 0.3).sort_values("id", ignore_index=True) for either in (sample, turned)
        )
        pd.testing.assert_frame_equal(one, other)
