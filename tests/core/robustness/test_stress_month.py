"""What is tried on a month: stored features and answers are computed again, and no change moves what it must not."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ontime.core.features.failing_sources import Sample
from ontime.core.robustness.laws import Verdict
from ontime.core.robustness.stress_month import StressSetting, laws_of_features, stress_month
from ontime.dataset.features import FeatureSet
from ontime.errors import OntimeError
from ontime.flights import FLIGHTS
from ontime.flights.contract.columns import TABLES
from ontime.flights.stress import STRESS, after_midnight, longer_delays, stale_weather, worse_weather
from ontime.params import Stress

FEATURES = FLIGHTS.features
TRIED = Stress(every_days=1, stale_hours=[1], shares=[0.5], storm_share=0.1, times=[2.0])


def kept(verdicts: list[Verdict]) -> dict[str, bool]:
    return {verdict.name: verdict.holds for verdict in verdicts}


def with_aircraft(features: FeatureSet) -> FeatureSet:
    def seen(tables, lead_hours):
        rows = features.rows(tables, lead_hours)
        return rows.assign(distance=tables["flights"]["tailnum"].str.len().astype("int32").to_numpy())

    return replace(features, rows=seen)


class Fake:
    """A model that reads nothing."""

    def __init__(self, probability: float = 0.5) -> None:
        self.probability = probability
        self.inputs = type("Inputs", (), {"types": {"departures_origin_3h_delay": "float32"}})

    def predict(self, table: pd.DataFrame) -> np.ndarray:
        return np.full(len(table), self.probability)


def setting(features: FeatureSet = FEATURES) -> StressSetting:
    return StressSetting(features, TABLES, STRESS, TRIED, 2.0, 1)


def test_a_featurizer_that_reads_the_aircraft_is_found():
    changed = {**after_midnight()}
    assert kept(laws_of_features(setting(), changed, changed, Fake()))["unknown_aircraft"]
    flights = changed["flights"]
    longer = changed | {"flights": flights.assign(tailnum=flights["tailnum"] + "Z")}
    assert not kept(laws_of_features(setting(with_aircraft(FEATURES)), longer, longer, Fake()))["unknown_aircraft"]


def test_the_changes_change_what_they_say():
    tables = stale_weather()
    weather = tables["weather"].assign(visib=[8.0], precip=[0.0], wind_speed=[5.0])
    worse = worse_weather({**tables, "weather": weather})["weather"]
    assert worse[["visib", "precip", "wind_speed"]].iloc[0].tolist() == [1.0, 0.1, 20.0]
    before, after = after_midnight()["flights"], longer_delays(after_midnight())["flights"]
    assert (after["dep_delay"] - before["dep_delay"]).dropna().tolist() == [30]


def test_features_and_probabilities_that_are_not_the_stored_ones_are_found():
    tables = after_midnight()
    stored = Sample.of(FEATURES, tables, tables, 2.0).table.copy().assign(probability=0.5)
    assert all(kept(stress_month(setting(), tables, tables, stored, Fake()).verdicts).values())
    moved = stored.assign(distance=stored["distance"] + 1)
    verdicts = stress_month(setting(), tables, tables, moved, Fake(0.4)).verdicts
    assert kept(verdicts) == {"features_again": False, "predicted_again": False}
    assert "distance" in verdicts[0].observed


def test_features_of_other_rows_are_an_error_that_says_what_to_do():
    tables = after_midnight()
    stored = Sample.of(FEATURES, tables, tables, 2.0).table.copy().assign(probability=0.5)
    with pytest.raises(OntimeError, match="not of the rows of the clean tables: bring both up to date"):
        stress_month(setting(), tables, tables, stored.iloc[1:], Fake())
