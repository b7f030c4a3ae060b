"""Every law of features is broken on purpose by a wrong featurizer or a wrong executor, and says so."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ontime.core.contract.checks import check_part
from ontime.core.features.failing_sources import Sample
from ontime.core.features.online import OnlineFeatures
from ontime.core.features.table import declared_features
from ontime.core.robustness.feature_laws import example_law, late_is_earlier
from ontime.dataset.features import Derived, FeatureSet, Latest, Window, column_names
from ontime.dataset.stress import Source
from ontime.flights import FLIGHTS
from ontime.flights.contract.columns import AIRLINES, TABLES
from ontime.flights.contract.times import HOME_ZONE
from ontime.flights.stress import AIRPORTS, STRESS, after_midnight

FEATURES = FLIGHTS.features
EXAMPLES = {one.name: one for one in STRESS.examples}


def sound(table: pd.DataFrame) -> np.ndarray:
    """A model that keeps every law."""
    return np.full(len(table), 0.5)


def at_home(moments: pd.Series) -> pd.Series:
    return moments.dt.tz_convert(HOME_ZONE).dt.tz_localize(None)


def in_local_hours(features: FeatureSet) -> FeatureSet:
    """Moments as the clocks on the wall show them."""

    def wall(moments: pd.Series) -> pd.Series:
        return at_home(moments).dt.tz_localize("UTC")

    def local_rows(tables, lead_hours):
        rows = features.rows(tables, lead_hours)
        return rows.assign(predict_at=wall(rows["predict_at"]))

    def local_events(tables):
        return {name: frame.assign(moment=wall(frame["moment"])) for name, frame in features.events(tables).items()}

    return replace(features, rows=local_rows, events=local_events)


def of_their_own_day_alone(features: FeatureSet) -> FeatureSet:
    """Departures after midnight are forgotten."""

    def events(tables):
        streams = features.events(tables)
        departures = streams["departures"]
        same = at_home(departures["moment"]).dt.normalize() == departures["day"]
        return streams | {"departures": departures[same]}

    return replace(features, events=events)


def with_zero_for_none(features: FeatureSet) -> FeatureSet:
    read = [name for asof in features.asof for name in column_names(asof)]
    filled = [feature for feature in declared_features(features) if feature.name in read]
    zero = [Derived(feature, (feature.name,), np.nan_to_num) for feature in filled]
    return replace(features, derived=(*features.derived, *zero))


def with_old_weather(features: FeatureSet) -> FeatureSet:
    weather = tuple(replace(one, hours=12) for one in features.groups["weather"] if isinstance(one, Latest))
    return replace(features, groups={**features.groups, "weather": weather})


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("spring_forward", in_local_hours),
        ("fall_back", in_local_hours),
        ("after_midnight", of_their_own_day_alone),
        ("first_hours", with_zero_for_none),
        ("stale_weather", with_old_weather),
        ("unknown_names", with_zero_for_none),
    ],
)
def test_an_example_is_broken_by_a_wrong_featurizer(name: str, wrong: Callable[[FeatureSet], FeatureSet]):
    assert example_law(FEATURES, EXAMPLES[name], [sound]).holds
    verdict = example_law(wrong(FEATURES), EXAMPLES[name], [sound])
    assert not verdict.holds
    assert "expected" in verdict.observed


def test_every_example_is_broken_here():
    marks = test_an_example_is_broken_by_a_wrong_featurizer.pytestmark
    assert {name for name, _ in marks[0].args[1]} == set(EXAMPLES)


def test_an_example_is_broken_by_a_wrong_row_executor_and_by_a_certain_model(monkeypatch: pytest.MonkeyPatch):
    certain = example_law(FEATURES, EXAMPLES["first_hours"], [sound, lambda table: np.ones(len(table))])
    assert "probabilities: 1 outside" in certain.observed
    read = OnlineFeatures.read
    monkeypatch.setattr(OnlineFeatures, "read", lambda online, row: [value + 1 for value in read(online, row)])
    assert "row by row differs" in example_law(FEATURES, EXAMPLES["fall_back"], [sound]).observed


def test_an_event_that_counts_twice_when_it_comes_twice_is_found(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(OnlineFeatures, "remove", lambda online, stream, identity: None)  # noqa: ARG005
    observed = example_law(FEATURES, EXAMPLES["after_midnight"], [sound]).observed
    assert "events received twice" in observed
    assert "events received once" not in observed


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_keep_the_contract(name: str):
    clean = EXAMPLES[name].tables()["flights"]
    codes = pd.DataFrame({"carrier": ["UA", "ZZ"], "name": ["one", "other"]})
    flights = next(table for table in TABLES if table.name == "flights")
    local = at_home(clean["departed_at"]), clean["arrived_at"].dt.tz_convert("America/Phoenix").dt.tz_localize(None)
    times = [(clock.dt.hour * 100 + clock.dt.minute).replace(0, 2400).astype("Int64") for clock in local]
    raw = clean.assign(dep_time=times[0], arr_time=times[1], day=clean["day"].dt.day.astype("Int64"))
    raw = raw.assign(air_time=pd.array([250] * len(raw), dtype="Int64"))
    raw["air_time"] = raw["air_time"].mask(raw["arr_delay"].isna())
    raw["tailnum"] = raw["tailnum"].mask(raw["dep_delay"].isna())
    others = {"airports": AIRPORTS, AIRLINES.name: codes}
    month = clean["day"].dt.strftime("%Y-%m").iloc[-1]
    checked = check_part(flights, raw[list(flights.schema.columns)], month, others, 1.0)
    assert checked.broken == 0, checked.findings


def test_a_window_that_looks_from_the_start_is_not_late_as_it_was_earlier():
    tables = after_midnight()
    wrong = Window("departures", ("origin",), 3, means=("delay",), anchor="starts_at", name="departures_origin_3h")
    groups = {**FEATURES.groups, "trailing": (wrong,)}
    leaking = replace(FEATURES, groups=groups, derived=(), dropped=())
    sources = {"departures": Source(("departures",))}
    for features, holds in ((FEATURES, True), (leaking, False)):
        (verdict,) = late_is_earlier(Sample.of(features, tables, tables, 2.0), sources, 3.0)
        assert (verdict.name, verdict.holds) == ("late_departures_3h", holds)
