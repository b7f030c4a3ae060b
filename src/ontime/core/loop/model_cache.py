"""Scenarios and days -> the models that are trained there, and what they predict; each made once for all runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, MutableMapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from ontime.core.loop.replay_data import ReplaySetting
from ontime.core.loop.scenarios import PLAIN, Scenario, shuffled
from ontime.core.loop.state import TrainingResult
from ontime.core.loop.timeline import Timeline
from ontime.core.model.climatology import fit_climatology
from ontime.core.model.model import Model
from ontime.core.model.split import day_start, known_rows
from ontime.core.model.training import fit_model
from ontime.core.monitoring.drift import drift_ranks
from ontime.core.monitoring.ledger import DAY
from ontime.core.profiles.reference import ReferenceProfile
from ontime.errors import validated
from ontime.params import record

VERSION_DIGITS = 12


@record
class StoredModel:
    """What a checkpoint holds of a model."""

    text: str
    signature: dict[str, Any]

    @property
    def version(self) -> str:
        """A hash of the trees. In the replay models differ in nothing else."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:VERSION_DIGITS]


class ModelCache:
    """Models, their predictions and their drift, each computed once, whichever run asks for it.

    checkpoints: models as JSON, by scenario and day of training; what another call left there is not trained again.
    """

    def __init__(self, setting: ReplaySetting, checkpoints: MutableMapping[str, str]) -> None:
        self.setting, self.checkpoints = setting, checkpoints
        self._models: dict[str, Model] = {}
        self._trained_on: dict[str, tuple[Scenario, pd.Timestamp]] = {}
        self._profiles: dict[str, ReferenceProfile] = {}
        self._predictions: dict[tuple[str, str, pd.Timestamp], np.ndarray] = {}
        self._drift: dict[tuple[str, str, pd.Timestamp], Mapping[str, float]] = {}

    def train(self, scenario: Scenario, day: pd.Timestamp) -> str:
        """The version that is learned from what was known in a scenario when a day began."""
        name = _checkpoint(PLAIN if scenario.trains_as_plain(day) else scenario.fault, day)
        if name not in self.checkpoints:
            self.checkpoints[name] = json.dumps(asdict(self._fit(scenario, day)))
        stored = validated(StoredModel, json.loads(self.checkpoints[name]), f"the checkpoint {name}")
        if stored.version not in self._models:
            self._models[stored.version] = Model.load(stored.text, stored.signature)
            self._trained_on[stored.version] = scenario, day
        return stored.version

    def keep(self, day: pd.Timestamp, model: Model) -> None:
        """A model that learned from what was known in the plain scenario when a day began: it is not trained again."""
        self.checkpoints[_checkpoint(PLAIN, day)] = json.dumps(asdict(StoredModel(model.text, model.signature())))

    def predict(self, version: str, scenario: Scenario, day: pd.Timestamp, rows: pd.DataFrame) -> np.ndarray:
        """Probabilities (n,) for all rows (n,) that a day has in a scenario."""
        key = version, PLAIN if day < scenario.differs_from else scenario.fault, day
        if key not in self._predictions:
            self._predictions[key] = self._models[version].predict(rows)
        return self._predictions[key]

    def drift(self, version: str, scenario: Scenario, last: pd.Timestamp, rows: pd.DataFrame) -> Mapping[str, float]:
        """How the drift of the rows of the window that ends with `last` ranks among the weeks of the training."""
        key = version, PLAIN if last < scenario.differs_from else scenario.fault, last
        if key not in self._drift:
            self._drift[key] = drift_ranks(self._profile(version), rows)
        return self._drift[key]

    def _fit(self, scenario: Scenario, day: pd.Timestamp) -> StoredModel:
        rows, trees = self._training_rows(scenario, day), self.setting.trees(day)
        model = fit_model(rows, self.setting.types, trees, self.setting.recipe)
        return StoredModel(model.text, model.signature())

    def _training_rows(self, scenario: Scenario, day: pd.Timestamp) -> pd.DataFrame:
        rows = known_rows(scenario.rows, day_start(day, self.setting.lead_hours))
        if not scenario.training_fails(day):
            return rows
        return rows.assign(outcome=shuffled(rows["outcome"], np.arange(len(rows)), self.setting.seed))

    def _profile(self, version: str) -> ReferenceProfile:
        if version not in self._profiles:
            weights = self._models[version].importance().set_index("feature")["gain"].to_dict()
            rows = self._training_rows(*self._trained_on[version])
            self._profiles[version] = ReferenceProfile.of(rows, list(self.setting.types), weights)
        return self._profiles[version]


@dataclass(frozen=True)
class ReplayModels:
    """The `Models` of a loop that runs in a scenario, from the cache, and their trainings."""

    cache: ModelCache
    scenario: Scenario

    def train(self, day: pd.Timestamp) -> str:
        """The version that is learned from what was known when the day began."""
        return self.cache.train(self.scenario, day)

    def trainings(self, requests: Collection[str], day: pd.Timestamp, training_days: int) -> list[TrainingResult]:
        """What a day brings of the trainings that were requested on these days, each of which takes so many days."""
        requested = day - training_days * DAY
        name = f"{requested:%Y-%m-%d}"
        return [TrainingResult(name, self.train(requested))] if name in requests else []

    def predict(self, version: str, rows: pd.DataFrame) -> np.ndarray:
        return self.cache.predict(version, self.scenario, rows["day"].iloc[0], rows)

    def fallback(self, rows: pd.DataFrame) -> np.ndarray:
        month = rows["day"].iloc[0].replace(day=1)  # its rates are counted anew each month
        known = known_rows(self.scenario.rows, day_start(month, self.cache.setting.lead_hours))
        return fit_climatology(known, self.cache.setting.climate).predict(rows)

    def recipe(self, version: str) -> str:  # noqa: ARG002 - all runs share one
        return repr(self.cache.setting.recipe)

    def drift(self, version: str, first: pd.Timestamp, last: pd.Timestamp) -> Mapping[str, float]:
        return self.cache.drift(version, self.scenario, last, self.timeline.rows(first, last))

    @cached_property
    def timeline(self) -> Timeline:
        return Timeline(self.scenario, self.cache.setting.lead_hours)


def _checkpoint(fault: str, day: pd.Timestamp) -> str:
    return f"fit-{fault.replace(' ', '_').replace(',', '')}-{day:%Y-%m-%d}"
