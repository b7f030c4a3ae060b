"""Every law is broken on purpose: by a wrong model, a wrong featurizer or a wrong executor. It says so."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ontime.core.robustness import laws
from ontime.core.contract.checks import check
from ontime.core.features.failing_feeds import Sample
from ontime.core.features.online import Memory
from ontime.core.robustness.laws import (
    Verdict,
    at_bounds,
    example,
    extremes,
    inside,
    judge,
    late_is_earlier,
    not_lower,
    of_the_machinery,
    same_features,
    same_probabilities,
    together,
    unknown_categories,
)
from ontime.core.robustness.stress import added_risk
from ontime.core.robustness.stress_month import Setting, attempt, laws_of_features
from ontime.core.statistics.intervals import Interval
from ontime.dataset.features import FeatureSet, Latest, Window
from ontime.dataset.stress import Change, Feed
from ontime.flights import FLIGHTS
from ontime.flights.contract.columns import AIRLINES, TABLES
from ontime.flights.contract.times import at_home
from ontime.flights.stress import AIRPORTS, STRESS, after_midnight, longer_delays, worse_weather
from ontime.params import Intervals, Stress

FEATURES = FLIGHTS.features
PARAMS = Intervals(level=0.9, replicates=200, block_days=7, simulations=100, seed=1)
TRIED = Stress(every_days=1, stale_hours=[1], shares=[0.5], storm_share=0.1, times=[2.0])
EXAMPLES = {one.name: one for one in STRESS.examples}
TYPES = {"place": "str", "late": "float32"}


def rows(size: int = 50) -> pd.DataFrame:
    random = np.random.default_rng(0)
    place = pd.Series(random.choice(["a", "b"], size), dtype="str")
    return pd.DataFrame({"place": place, "late": random.random(size).astype(np.float32)})


def sound(table: pd.DataFrame) -> np.ndarray:
    """A model that keeps every law."""
    return np.full(len(table), 0.5)


def learned(table: pd.DataFrame) -> np.ndarray:
    return 0.2 + 0.5 * table["late"].to_numpy(dtype=np.float64)


def kept(verdicts: list[Verdict]) -> dict[str, bool]:
    return {verdict.name: verdict.holds for verdict in verdicts}


def by_place(table: pd.DataFrame) -> np.ndarray:
    return np.linspace(0.1, 0.9, len(table))


def by_batch(table: pd.DataFrame) -> np.ndarray:
    return np.full(len(table), 0.5 / len(table) + 0.1)


def by_copies(table: pd.DataFrame) -> np.ndarray:
    return np.where(table.duplicated(keep=False), 0.4, 0.6)


@pytest.mark.parametrize(
    ("wrong", "broken"),
    [
        (by_place, {"row_order", "one_by_one", "duplicates"}),
        (by_batch, {"one_by_one", "duplicates"}),
        (by_copies, {"duplicates"}),
    ],
)
def test_order_number_and_copies_of_rows_matter_to_wrong_models_alone(wrong: Callable, broken: set[str]):
    found = kept(of_the_machinery(rows(), wrong, 1))
    assert {name for name, holds in found.items() if not holds} == broken
    assert all(kept(of_the_machinery(rows(), learned, 1)).values())


def test_a_model_that_speaks_of_the_size_of_its_batch_is_found_where_there_are_batches(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(laws, "BATCH", 7)
    assert not kept(of_the_machinery(rows(), by_batch, 1))["batch_size"]
    assert kept(of_the_machinery(rows(), learned, 1))["batch_size"]


def test_a_value_never_seen_must_be_as_a_missing_one():
    def wrong(table: pd.DataFrame) -> np.ndarray:
        return np.where(table["place"].isna(), 0.5, 0.6)

    def certain(table: pd.DataFrame) -> np.ndarray:
        return np.where(table["place"].isin(["a", "b"]), 0.5, 1.0)

    assert kept(unknown_categories(rows(), sound, TYPES)) == {"unknown_place": True}
    assert kept(unknown_categories(rows(), wrong, TYPES)) == {"unknown_place": False}
    assert kept(unknown_categories(rows(), certain, TYPES)) == {"unknown_place": False}


@pytest.mark.parametrize("wrong", [0.0, 1.0, np.nan, np.inf, -0.1, 1.1])
def test_what_is_certain_or_no_probability_is_outside(wrong: float):
    verdict = inside("name", "given", np.array([0.5, wrong, 0.2]))
    assert not verdict.holds
    assert verdict.found.startswith("1 outside")
    assert inside("name", "given", np.array([1e-6, 1 - 1e-6])).holds


def in_local_hours(features: FeatureSet) -> FeatureSet:
    """Moments as the clocks on the wall show them."""

    def wall(moments: pd.Series) -> pd.Series:
        return at_home(moments).dt.tz_localize("UTC")

    def local_rows(tables, lead_hours):
        found = features.rows(tables, lead_hours)
        return found.assign(predict_at=wall(found["predict_at"]))

    def local_events(tables):
        return {name: frame.assign(moment=wall(frame["moment"])) for name, frame in features.events(tables).items()}

    return replace(features, rows=local_rows, events=local_events)


def of_their_own_day_alone(features: FeatureSet) -> FeatureSet:
    """Departures after midnight are forgotten."""

    def events(tables):
        found = features.events(tables)
        departures = found["departures"]
        same = at_home(departures["moment"]).dt.normalize() == departures["day"]
        return found | {"departures": departures[same]}

    return replace(features, events=events)


def with_zero_for_none(features: FeatureSet) -> FeatureSet:
    def derive(frame):
        return features.derive(frame).fillna(dict.fromkeys(frame.select_dtypes("float"), 0))

    return replace(features, derive=derive)


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
    assert example(FEATURES, EXAMPLES[name], [sound]).holds
    verdict = example(wrong(FEATURES), EXAMPLES[name], [sound])
    assert not verdict.holds
    assert "expected" in verdict.found


def test_every_example_is_broken_here():
    marks = test_an_example_is_broken_by_a_wrong_featurizer.pytestmark
    assert {name for name, _ in marks[0].args[1]} == set(EXAMPLES)


def test_an_example_is_broken_by_a_wrong_row_executor_and_by_a_certain_model(monkeypatch: pytest.MonkeyPatch):
    certain = example(FEATURES, EXAMPLES["first_hours"], [sound, lambda table: np.ones(len(table))])
    assert "probabilities: 1 outside" in certain.found
    read = Memory.read
    monkeypatch.setattr(Memory, "read", lambda memory, row: [value + 1 for value in read(memory, row)])
    assert "row by row differs" in example(FEATURES, EXAMPLES["fall_back"], [sound]).found


def test_an_event_that_counts_twice_when_it_comes_twice_is_found(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Memory, "remove", lambda memory, stream, identity: None)  # noqa: ARG005
    found = example(FEATURES, EXAMPLES["after_midnight"], [sound]).found
    assert "events received twice" in found
    assert "events received once" not in found


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_keep_the_contract(name: str):
    clean = EXAMPLES[name].tables()["flights"]
    codes = pd.DataFrame({"carrier": ["UA", "ZZ"], "name": ["one", "other"]})
    flights = next(table for table in TABLES if table.name == "flights")
    local = at_home(clean["departed_at"]), clean["arrived_at"].dt.tz_convert("America/Phoenix").dt.tz_localize(None)
    times = [(each.dt.hour * 100 + each.dt.minute).replace(0, 2400).astype("Int64") for each in local]
    raw = clean.assign(dep_time=times[0], arr_time=times[1], day=clean["day"].dt.day.astype("Int64"))
    raw = raw.assign(air_time=pd.array([250] * len(raw), dtype="Int64"))
    raw["air_time"] = raw["air_time"].mask(raw["arr_delay"].isna())
    raw["tailnum"] = raw["tailnum"].mask(raw["dep_delay"].isna())
    others = {"airports": AIRPORTS, AIRLINES.name: codes}
    month = clean["day"].dt.strftime("%Y-%m").iloc[-1]
    checked = check(flights, raw[list(flights.schema.columns)], month, others, 1.0)
    assert checked.broken == 0, checked.findings


def with_aircraft(features: FeatureSet) -> FeatureSet:
    def seen(tables, lead_hours):
        found = features.rows(tables, lead_hours)
        return found.assign(distance=tables["flights"]["tailnum"].str.len().astype("int32").to_numpy())

    return replace(features, rows=seen)


class Fake:
    """A model that reads nothing."""

    def __init__(self, said: float = 0.5) -> None:
        self.said = said
        self.inputs = type("Inputs", (), {"types": {"departures_origin_3h_delay": "float32"}})

    def predict(self, table: pd.DataFrame) -> np.ndarray:
        return np.full(len(table), self.said)


def setting(features: FeatureSet = FEATURES) -> Setting:
    return Setting(features, TABLES, STRESS, TRIED, 2.0, 1)


def test_a_featurizer_that_reads_the_aircraft_is_found():
    changed = {**after_midnight()}
    assert kept(laws_of_features(setting(), changed, changed, Fake()))["unknown_aircraft"]
    flights = changed["flights"]
    longer = changed | {"flights": flights.assign(tailnum=flights["tailnum"] + "Z")}
    assert not kept(laws_of_features(setting(with_aircraft(FEATURES)), longer, longer, Fake()))["unknown_aircraft"]


def test_a_window_that_looks_from_the_start_is_not_late_as_it_was_earlier():
    tables = after_midnight()
    wrong = Window("departures", ("origin",), 3, means=("delay",), anchor="starts_at", name="departures_origin_3h")
    groups = {**FEATURES.groups, "trailing": (wrong,)}
    derive = {"derive": lambda frame: frame, "derived": (), "dropped": ()}
    leaking = replace(FEATURES, groups=groups, **derive)
    feeds = {"departures": Feed(("departures",))}
    for features, holds in ((FEATURES, True), (leaking, False)):
        assert kept(late_is_earlier(Sample.of(features, tables, tables, 2.0), feeds, 3.0)) == {
            "late_departures_3h": holds
        }


def test_a_model_that_is_certain_at_a_bound_is_found():
    table = rows()
    low, high = (table.assign(late=np.float32(bound)) for bound in (0, 1))

    def certain(table: pd.DataFrame) -> np.ndarray:
        return np.where(table["late"] == 1, 1.0, 0.5)

    assert kept(extremes(table, low, high, learned, TYPES)) == dict.fromkeys(
        ("all_at_their_low", "all_at_their_high", "one_at_its_bound"), True
    )
    assert kept(extremes(table, low, high, certain, TYPES)) == {
        "all_at_their_low": True,
        "all_at_their_high": False,
        "one_at_its_bound": False,
    }


def test_every_observed_value_is_put_at_its_bound_and_the_schedule_stays():
    tables = EXAMPLES["stale_weather"].tables()
    low, high = (at_bounds(TABLES, tables, end) for end in (0, 1))
    assert low["weather"]["temp"].tolist() == [-60.0]
    assert high["weather"]["visib"].tolist() == [10.0]
    assert set(high["flights"]["dep_delay"]) == {2880}
    assert high["flights"]["dep_delay"].dtype == tables["flights"]["dep_delay"].dtype
    pd.testing.assert_series_equal(high["flights"]["distance"], tables["flights"]["distance"])


def days(size: int = 300) -> pd.DataFrame:
    random = np.random.default_rng(2)
    day = pd.Series(pd.date_range("2020-01-01", periods=30)).repeat(size // 30).reset_index(drop=True)
    return pd.DataFrame(
        {"day": day, "outcome": random.random(size) < 0.5, "probability": random.uniform(0.2, 0.6, size)}
    )


def test_a_model_whose_risk_falls_where_it_must_not_is_found():
    change = Change("worse", "worse", worse_weather, raises=True)
    table = days()
    rises, falls = (added_risk(table, table["probability"].to_numpy() * times, PARAMS) for times in (1.2, 0.8))
    assert not_lower(change, 300, rises).holds
    broken = not_lower(change, 300, falls)
    assert not broken.holds
    assert broken.found.startswith("-0.08")
    assert not not_lower(change, 300, Interval(0.01, -0.01, 0.03)).holds


def test_the_changes_change_what_they_say():
    tables = EXAMPLES["stale_weather"].tables()
    weather = tables["weather"].assign(visib=[8.0], precip=[0.0], wind_speed=[5.0])
    worse = worse_weather({**tables, "weather": weather})["weather"]
    assert worse[["visib", "precip", "wind_speed"]].iloc[0].tolist() == [1.0, 0.1, 20.0]
    before, after = after_midnight()["flights"], longer_delays(after_midnight())["flights"]
    assert (after["dep_delay"] - before["dep_delay"]).dropna().tolist() == [30]


def test_features_and_probabilities_that_are_not_the_stored_ones_are_found():
    tables = after_midnight()
    stored = Sample.of(FEATURES, tables, tables, 2.0).table.copy().assign(probability=0.5)
    assert all(kept(attempt(setting(), tables, tables, stored, Fake()).verdicts).values())
    moved = stored.assign(distance=stored["distance"] + 1)
    found = attempt(setting(), tables, tables, moved, Fake(0.4)).verdicts
    assert kept(found) == {"features_again": False, "said_again": False}
    assert "distance" in found[0].found


def test_features_of_other_rows_are_an_error_that_says_what_to_do():
    tables = after_midnight()
    stored = Sample.of(FEATURES, tables, tables, 2.0).table.copy().assign(probability=0.5)
    with pytest.raises(laws.OntimeError, match="not of the rows of the clean tables: bring both up to date"):
        attempt(setting(), tables, tables, stored.iloc[1:], Fake())


def test_missing_values_are_equal_and_nothing_else_is():
    one = pd.DataFrame({"a": [1.0, np.nan], "b": ["x", "y"]})
    assert same_features("name", "given", one, one.copy()).holds
    assert not same_features("name", "given", one, one.fillna(0)).holds
    assert not same_probabilities("name", "given", np.array([0.5, np.nan]), np.array([0.5, 0.5])).holds


def verdict(name: str, *, holds: bool, rows: int = 1) -> Verdict:
    return Verdict(name, "given", "the law", rows, holds, "7 differ")


def test_a_law_of_several_months_holds_where_it_holds_everywhere():
    found = together([verdict("one", holds=True), verdict("one", holds=False, rows=2), verdict("one", holds=True)])
    assert [(each.holds, each.rows) for each in found] == [(False, 4)]


def test_broken_laws_are_an_error_that_names_all_of_them():
    broken = [verdict("first", holds=False), verdict("second", holds=True), verdict("third", holds=False)]
    with pytest.raises(laws.OntimeError, match=r"(?s)first: the law; 7 differ.*third: the law; 7 differ") as raised:
        judge(broken, {})
    assert "second" not in str(raised.value)


def test_a_known_law_stands_in_the_table_with_its_reason():
    table = judge([verdict("first", holds=False), verdict("second", holds=True)], {"first": "because"})
    assert table[["name", "result", "reason"]].to_numpy().tolist() == [
        ["first", "known", "because"],
        ["second", "holds", ""],
    ]


def test_what_is_known_to_be_broken_must_be_a_law_and_broken():
    with pytest.raises(laws.OntimeError, match=r"(?s)second: known as broken, and it is kept.*gone: .*no law here"):
        judge([verdict("second", holds=True)], {"second": "because", "gone": "because"})
