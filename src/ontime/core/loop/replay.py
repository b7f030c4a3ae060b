"""A year, rules and a recipe -> the loop, day by day, for many rules at once; a model is fit once for all of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ontime.core.features.table import KEYS, chosen
from ontime.core.loop.day_step import Intake, Made, Rules, State, answer, begin, step
from ontime.core.loop.policy import RETRAIN
from ontime.core.loop.scenarios import PLAIN, World, mixed
from ontime.core.model.climatology import climatology
from ontime.core.model.model import Model, fit, search
from ontime.core.model.split import begins, known, pieces
from ontime.core.monitoring.drift import moved
from ontime.core.monitoring.ledger import ANSWERED, DAY, Memory
from ontime.core.profiles.reference import Profile
from ontime.dataset.features import FeatureSet
from ontime.params import Split, Train

VERSION_DIGITS = 12


class Setting(NamedTuple):
    """What all runs share: features that models read (type by name), the recipe, trees by month, climatology's keys."""

    types: Mapping[str, str]
    recipe: Train
    rounds: Mapping[str, int]
    climate: Mapping[str, float | None]
    lead_hours: float
    seed: int

    @classmethod
    def of(
        cls, features: FeatureSet, recipe: Train, rounds: Mapping[str, int], lead_hours: float, seed: int
    ) -> Setting:
        """With the features that the recipe leaves in."""
        return cls(chosen(features, recipe.leave_out), recipe, rounds, features.climate, lead_hours, seed)

    @property
    def columns(self) -> list[str]:
        """What a year needs of the feature table."""
        return [*KEYS, *{**self.types, **self.climate}]

    def trees(self, day: pd.Timestamp) -> int:
        """As many as the backtest found for the day's month, or for the last month that it reached."""
        return self.rounds[max(month for month in self.rounds if month <= f"{day:%Y-%m}")]


def days_of(rows: pd.DataFrame, month: str) -> list[pd.Timestamp]:
    """The days from the first of a month to the last of the rows."""
    return [day.as_unit("us") for day in pd.date_range(f"{month}-01", rows["day"].max())]


def before(rows: pd.DataFrame, month: str, split: Split, setting: Setting) -> pd.DataFrame:
    """`id, day, outcome, probability` of a month's validation rows, predicted by what was known before them."""
    data = pieces(rows, month, split, setting.lead_hours)
    said = search(data, setting.types, setting.recipe, {}).probability
    return data.valid[["id", "day", "outcome"]].assign(probability=said)


class Run(NamedTuple):
    """A year, and the rules by which a loop lives it."""

    name: str
    rules: Rules
    world: World


class Shelf:
    """Models and what they said, each once, whichever run asks; `texts` are the models as text, by day and year."""

    def __init__(self, setting: Setting, texts: MutableMapping[str, str]) -> None:
        self.setting, self.texts = setting, texts
        self._models: dict[str, Model] = {}
        self._learned: dict[str, tuple[World, pd.Timestamp]] = {}
        self._profiles: dict[str, Profile] = {}
        self._said: dict[tuple[str, str, pd.Timestamp], np.ndarray] = {}
        self._moved: dict[tuple[str, str, pd.Timestamp], Mapping[str, float]] = {}

    def train(self, world: World, day: pd.Timestamp) -> str:
        """The version learned from what was known in a world when a day began."""
        name = f"fit-{_slug(world.fault if not world.like_plain(day) else PLAIN)}-{day:%Y-%m-%d}"
        if name not in self.texts:
            model = fit(self._known(world, day), self.setting.types, self.setting.trees(day), self.setting.recipe)
            self.texts[name] = json.dumps({"text": model.text, "signature": model.signature()})
        content = json.loads(self.texts[name])
        version = hashlib.sha256(content["text"].encode()).hexdigest()[:VERSION_DIGITS]
        if version not in self._models:
            self._models[version] = Model.load(content["text"], content["signature"])
            self._learned[version] = world, day
        return version

    def say(self, version: str, world: World, day: pd.Timestamp, rows: pd.DataFrame) -> np.ndarray:
        """Probabilities for the rows of a day."""
        key = version, PLAIN if day < world.differs else world.fault, day
        if key not in self._said:
            self._said[key] = self._models[version].predict(rows)
        return self._said[key]

    def moved(self, version: str, world: World, last: pd.Timestamp, rows: pd.DataFrame) -> Mapping[str, float]:
        """By test, the share of the weeks that a version was learned from which moved less than these rows."""
        key = version, PLAIN if last < world.differs else world.fault, last
        if key not in self._moved:
            self._moved[key] = moved(self._profile(version), rows)
        return self._moved[key]

    def _known(self, world: World, day: pd.Timestamp) -> pd.DataFrame:
        rows = known(world.rows, begins(day, self.setting.lead_hours))
        if not world.spoils(day):
            return rows
        return rows.assign(outcome=mixed(rows["outcome"], np.arange(len(rows)), self.setting.seed))

    def _profile(self, version: str) -> Profile:
        if version not in self._profiles:
            weights = self._models[version].importance().set_index("feature")["gain"].to_dict()
            rows = self._known(*self._learned[version])
            self._profiles[version] = Profile.of(rows, list(self.setting.types), weights)
        return self._profiles[version]


@dataclass(frozen=True)
class Workshop:
    """The shelf as one world sees it: the `Models` of its loop."""

    shelf: Shelf
    world: World

    def train(self, day: pd.Timestamp) -> str:
        return self.shelf.train(self.world, day)

    def say(self, version: str, rows: pd.DataFrame) -> np.ndarray:
        return self.shelf.say(version, self.world, rows["day"].iloc[0], rows)

    def fallback(self, rows: pd.DataFrame) -> np.ndarray:
        month = rows["day"].iloc[0].replace(day=1)  # its rates are counted anew each month
        at_hand = known(self.world.rows, begins(month, self.shelf.setting.lead_hours))
        return climatology(at_hand, self.shelf.setting.climate).predict(rows)

    def recipe(self, version: str) -> str:  # noqa: ARG002 - all runs share one
        return repr(self.shelf.setting.recipe)

    def drift(self, version: str, first: pd.Timestamp, last: pd.Timestamp) -> Mapping[str, float]:
        return self.shelf.moved(version, self.world, last, self.year.rows(first, last))

    @cached_property
    def year(self) -> Year:
        return Year(self.world, self.shelf.setting.lead_hours)


class Year:
    """A world by day: its rows, and what came of earlier ones until it began."""

    def __init__(self, world: World, lead_hours: float) -> None:
        self.world, self.lead_hours = world, lead_hours
        self._day = world.rows["day"].to_numpy()
        told = world.rows.loc[world.rows["outcome"].notna(), ["id", "outcome", "outcome_known_at"]]
        self._told = told.sort_values("outcome_known_at", kind="stable")

    def places(self, first: pd.Timestamp, last: pd.Timestamp) -> slice:
        """Of the rows of some days."""
        return slice(*np.searchsorted(self._day, [first.to_datetime64(), (last + DAY).to_datetime64()]))

    def rows(self, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
        """The rows of some days."""
        return self.world.rows.iloc[self.places(first, last)]

    def intake(self, day: pd.Timestamp) -> Intake:
        """What came in since the day before began, and the day's rows."""
        moments = [begins(each, self.lead_hours) for each in (day - DAY, day)]
        told = self._told.iloc[slice(*self._told["outcome_known_at"].searchsorted(moments, side="right"))]
        places = self.places(day, day)
        outcomes = told["outcome"].to_numpy(dtype=np.int8)
        return Intake(self.world.rows.iloc[places], self.world.silent[places], told["id"].to_numpy(), outcomes)


class Life:
    """A run that goes on: its ledger, its state, what was decided, and who spoke on which day."""

    def __init__(self, run: Run, shelf: Shelf, earlier: pd.DataFrame, first: pd.Timestamp) -> None:
        self.run, self.models, self.ledger = run, Workshop(shelf, run.world), Memory()
        self.made: list[Made] = []
        self.spoke: list[list[str]] = []
        for day in earlier["day"].drop_duplicates():
            rows = earlier[earlier["day"] == day]
            self.ledger.say(day, rows["id"].to_numpy(), {ANSWERED: rows["probability"].to_numpy()})
        told = earlier[earlier["outcome"].notna()]
        self.ledger.learn(told["id"].to_numpy(), told["outcome"].to_numpy(dtype=np.int8))
        self.state = begin(first, self.ledger, self.models, run.rules)

    def day(self, day: pd.Timestamp) -> None:
        """One more day."""
        intake = self.models.year.intake(day)
        self.state, made = step(self.state, day, intake, self.ledger, self.models, self.run.rules)
        self.made += made
        self.spoke.append([self.state.champion, self.state.challenger, self.state.former])

    def content(self) -> dict[str, Any]:
        """What JSON holds of it: enough to go on."""
        return {"state": self.state.content(), "made": [list(each) for each in self.made], "spoke": self.spoke}

    def go_on(self, content: Mapping[str, Any], days: Sequence[pd.Timestamp]) -> None:
        """From where another life had come: who spoke then speaks again, and nothing is decided twice."""
        self.made = [Made(*each) for each in content["made"]]
        for made in self.made:
            if made.action == RETRAIN:
                self.models.train(pd.Timestamp(made.day))
        for day, (champion, challenger, former) in zip(days, content["spoke"], strict=False):
            intake = self.models.year.intake(day)
            self.ledger.learn(intake.ids, intake.outcomes)
            voices = replace(self.state, champion=champion, challenger=challenger, former=former)
            answer(voices, day, intake, self.ledger, self.models)
        self.state, self.spoke = State.load(content["state"]), list(content["spoke"])


def live(
    runs: Sequence[Run],
    shelf: Shelf,
    earlier: pd.DataFrame,
    days: Sequence[pd.Timestamp],
    kept: MutableMapping[str, str],
) -> Iterator[dict[str, Life]]:
    """All runs, one day after another; with what an interrupted call left in `kept`, another goes on from there."""
    lives = {run.name: Life(run, shelf, earlier, days[0]) for run in runs}
    done: dict[str, Any] = json.loads(kept.get("lives", '{"days": 0, "lives": {}}'))
    for name, content in done["lives"].items():
        lives[name].go_on(content, days)
    for number, day in enumerate(days):
        if number >= done["days"]:
            for life in lives.values():
                life.day(day)
            content = {name: life.content() for name, life in lives.items()}
            kept["lives"] = json.dumps({"days": number + 1, "lives": content})
        yield lives


def _slug(name: str) -> str:
    return name.replace(" ", "_").replace(",", "")
