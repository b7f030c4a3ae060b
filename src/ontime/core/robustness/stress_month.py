"""A month's clean tables, stored features and model -> what is said under every disturbance, and the laws it keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import pandas as pd

from ontime.core.features.failing_feeds import Disturbance, Sample, disturbances, disturbed
from ontime.core.model.model import Model
from ontime.core.robustness.laws import (
    Predict,
    Verdict,
    at_bounds,
    example,
    extremes,
    inside,
    late_is_earlier,
    not_lower,
    of_the_machinery,
    same_features,
    same_probabilities,
    together,
    unknown_categories,
)
from ontime.core.robustness.stress import added_risk
from ontime.dataset.contract import Table
from ontime.dataset.features import FeatureSet
from ontime.dataset.stress import Change
from ontime.dataset.stress import Stress as Declared
from ontime.errors import OntimeError
from ontime.params import Intervals, Stress

Tables = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Setting:
    """What every month is tried with."""

    features: FeatureSet
    contract: tuple[Table, ...]
    declared: Declared
    params: Stress
    lead_hours: float
    seed: int


class Trial(NamedTuple):
    """Rows with a known outcome, and for each of them what was said: `said` by disturbance, `changed` by change."""

    rows: pd.DataFrame
    said: dict[Disturbance, np.ndarray]
    changed: dict[str, np.ndarray]
    verdicts: list[Verdict]

    @classmethod
    def of_all(cls, trials: Sequence[Trial]) -> Self:
        """Several months as one."""
        first = trials[0]
        return cls(
            pd.concat([trial.rows for trial in trials], ignore_index=True),
            {what: np.concatenate([trial.said[what] for trial in trials]) for what in first.said},
            {name: np.concatenate([trial.changed[name] for trial in trials]) for name in first.changed},
            together(verdict for trial in trials for verdict in trial.verdicts),
        )


def month_of(rows: pd.DataFrame) -> np.ndarray:
    """The month ('2013-04') of each row's day: (n,)."""
    return rows["day"].dt.strftime("%Y-%m").to_numpy()


def by_month(models: Mapping[str, Model]) -> Predict:
    """Each row is predicted by the model of its month."""

    def predict(rows: pd.DataFrame) -> np.ndarray:
        month = month_of(rows)
        said = np.full(len(rows), np.nan)
        for name in np.unique(month):
            said[month == name] = models[name].predict(rows[month == name])
        return said

    return predict


def laws(setting: Setting, trial: Trial, models: Mapping[str, Model], intervals: Intervals) -> list[Verdict]:
    """Laws of the machinery and of the dataset on all rows that were tried."""
    rows, predict, declared = trial.rows, by_month(models), setting.declared
    types = next(iter(models.values())).inputs.types
    silent = {what.feed: said for what, said in trial.said.items() if what.kind == "missing"}
    any_kind = np.concatenate(list(trial.said.values()))
    raising = [change for change in declared.changes if change.raises]
    return [
        *trial.verdicts,
        *of_the_machinery(rows, predict, setting.seed),
        *unknown_categories(rows, predict, types),
        *(inside(f"no_{feed.replace(' ', '_')}", f"{feed} silent for two days", said) for feed, said in silent.items()),
        inside("disturbed", "every feed missing, stale, lossy and noisy, at every level", any_kind),
        *(example(setting.features, one, [model.predict for model in models.values()]) for one in declared.examples),
        *(not_lower(one, len(rows), added_risk(rows, trial.changed[one.name], intervals)) for one in raising),
    ]


def attempt(setting: Setting, rows: Tables, tables: Tables, stored: pd.DataFrame, model: Model) -> Trial:
    """rows, tables: as for `core.features.build`; stored: the features of the same rows, and what the model said.

    Raises OntimeError where they are not of the same rows.
    """
    sample = Sample.of(setting.features, rows, tables, setting.lead_hours)
    table = sample.table
    if table["id"].tolist() != stored["id"].tolist():
        raise OntimeError(
            "the stored features are not of the rows of the clean tables: bring both up to date (dvc repro)"
        )
    decided = table["outcome"].notna().to_numpy()
    feeds = setting.declared.feeds
    said = {
        what: model.predict(disturbed(sample, feeds, what, setting.seed)[decided])
        for what in disturbances(setting.features, feeds, setting.params)
    }
    changed = {
        change.name: model.predict(_changed(sample, change, tables)[decided])
        for change in setting.declared.changes
        if change.raises
    }
    features = stored[list(table)].reset_index(drop=True)
    verdicts = [
        same_features("features_again", "the sampled days, featurized again", table, features),
        same_probabilities(
            "said_again",
            "the rows of the backtest",
            model.predict(table[decided]),
            stored.loc[decided, "probability"].to_numpy(),
        ),
    ]
    return Trial(stored[decided], said, changed, verdicts)


def laws_of_features(setting: Setting, rows: Tables, tables: Tables, model: Model) -> list[Verdict]:
    """Laws whose rows must be featurized anew."""
    sample = Sample.of(setting.features, rows, tables, setting.lead_hours)
    verdicts = [
        verdict
        for hours in setting.params.stale_hours
        for verdict in late_is_earlier(sample, setting.declared.feeds, hours)
    ]
    for change in setting.declared.changes:
        if not change.raises:
            after = Sample.of(setting.features, change.tables(rows), change.tables(tables), setting.lead_hours).table
            verdicts.append(same_features(change.name, change.given, after, sample.table))
    low, high = (sample.under(setting.features.events(at_bounds(setting.contract, tables, end))) for end in (0, 1))
    return [*verdicts, *extremes(sample.table, low, high, model.predict, model.inputs.types)]


def _changed(sample: Sample, change: Change, tables: Tables) -> pd.DataFrame:
    """The features of the same rows if what they read were changed."""
    events = sample.features.events(change.tables(tables))
    touched = {name: frame for name, frame in events.items() if not frame.equals(sample.events[name])}
    return sample.under(touched, recent=change.recent)
