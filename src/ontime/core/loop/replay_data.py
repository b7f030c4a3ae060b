"""The feature table and the recipe -> what every run of a replay shares: rows, days, months, and answers of before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from ontime.core.features.table import KEYS, model_features
from ontime.core.model.split import backtest_months, day_start, known_rows, split_months, training_data
from ontime.core.model.training import search_rounds
from ontime.dataset.features import FeatureSet
from ontime.params import Replay, Split, Train

SELECTION, EVALUATION = "selection", "evaluation"  # windows of days: by the first is chosen, by the second judged
TEST = "test window"  # days that no choice at all has seen, not that of the recipe either


class ReplaySetting(NamedTuple):
    """How models are made: features that they read (type by name), recipe, trees by month, climatology's keys."""

    types: Mapping[str, str]
    recipe: Train
    rounds: Mapping[str, int]
    climate: Mapping[str, float | None]
    lead_hours: float
    seed: int

    @classmethod
    def of(
        cls, features: FeatureSet, recipe: Train, backtest: pd.DataFrame, lead_hours: float, seed: int
    ) -> ReplaySetting:
        """With the features that the recipe leaves in. backtest: its months, with the `trees` of each."""
        trees = backtest.set_index("month")["trees"].to_dict()
        return cls(model_features(features, recipe.leave_out), recipe, trees, features.climate, lead_hours, seed)

    @property
    def columns(self) -> list[str]:
        """The columns of the feature table that a replay reads."""
        return [*KEYS, *{**self.types, **self.climate}]

    def trees(self, day: pd.Timestamp) -> int:
        """How many trees a model of that day has: as many as the backtest chose for its month, or for its own last."""
        return self.rounds[max(month for month in self.rounds if month <= f"{day:%Y-%m}")]


@dataclass(frozen=True)
class ReplayData:
    """The data that a replay runs on. It begins with the first month of the backtest.

    rows: the feature table in ascending order of `day`. months: of the backtest, then of the test window. judged_from:
    the first day of the months that judge what was chosen on the others.
    """

    setting: ReplaySetting
    split: Split
    rows: pd.DataFrame
    backtest_months: list[str]
    test_months: list[str]
    judged_from: pd.Timestamp

    @classmethod
    def of(
        cls, rows: pd.DataFrame, months: Sequence[str], setting: ReplaySetting, split: Split, replay: Replay
    ) -> ReplayData:
        """rows: the feature table of these months, with the columns that the setting names."""
        ordered = rows.sort_values("day", kind="stable", ignore_index=True)
        parts = split_months(months, split)
        judged_from = pd.Timestamp(str(pd.Period(months[-1]) - replay.judged_months + 1))
        return cls(setting, split, ordered, backtest_months(parts, split), parts.test, judged_from)

    @property
    def days(self) -> list[pd.Timestamp]:
        """The days of the replay, to the last of the rows."""
        first = f"{self.backtest_months[0]}-01"
        return [day.as_unit("us") for day in pd.date_range(first, self.rows["day"].max())]

    @property
    def test_from(self) -> pd.Timestamp:
        """The first day of the test window."""
        return pd.Timestamp(f"{self.test_months[0]}-01")

    @property
    def faults_from(self) -> pd.Timestamp:
        """The day on which faults begin: `judged_from`, or the second month's first day where that is later.

        In the first month there is no challenger and no former champion that a fault could meet.
        """
        return max(self.judged_from, self.days[0] + pd.offsets.MonthBegin(1))

    def earlier_answers(self) -> pd.DataFrame:
        """Answers of the time before the replay: `id, day, outcome, probability`.

        They are those of the first month's search for its number of trees: rows of its validation months, predicted by
        what was known before these.
        """
        data = training_data(self.rows, self.backtest_months[0], self.split, self.setting.lead_hours)
        probability = search_rounds(data, self.setting.types, self.setting.recipe, {}).probability
        return data.valid[["id", "day", "outcome"]].assign(probability=probability)

    def answers_before(self, day: pd.Timestamp, answers: pd.DataFrame) -> pd.DataFrame:
        """Those of the answers that are of earlier days, with the outcomes that were known when the day began."""
        known = known_rows(self.rows, day_start(day, self.setting.lead_hours))
        outcome = answers["outcome"].where(answers["id"].isin(known["id"]))
        return answers.assign(outcome=outcome)[answers["day"] < day]
