"""A month's clean tables, stored features and model -> its answers under every disturbance, and the laws it keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import pandas as pd

from ontime.core.features.failing_sources import Disturbance, Sample, disturbances, disturbed
from ontime.core.model.model import Model
from ontime.core.robustness.answer_laws import Predict, at_bounds, extremes, laws_of_any_rows, unknown_categories
from ontime.core.robustness.feature_laws import example_law, late_is_earlier
from ontime.core.robustness.laws import (
    Verdict,
    inside,
    merged_by_law,
    not_lower,
    same_features,
    same_probabilities,
)
from ontime.core.robustness.stress import added_risk
from ontime.dataset.contract import Table
from ontime.dataset.features import FeatureSet
from ontime.dataset.stress import Change, StressDeclaration
from ontime.errors import OntimeError
from ontime.params import Intervals, Stress

Tables = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class StressSetting:
    """What is tried on every month."""

    features: FeatureSet
    contract: tuple[Table, ...]
    declared: StressDeclaration
    params: Stress
    lead_hours: float
    seed: int


class StressMonth(NamedTuple):
    """Rows (n) with a known outcome, and the probabilities (n,) that they get when something happens.

    disturbed: by disturbance; changed: by name of a change that may raise them.
    """

    rows: pd.DataFrame
    disturbed: dict[Disturbance, np.ndarray]
    changed: dict[str, np.ndarray]
    verdicts: list[Verdict]

    @classmethod
    def of_all(cls, months: Sequence[StressMonth]) -> Self:
        """Several months as one."""
        first = months[0]
        return cls(
            pd.concat([month.rows for month in months], ignore_index=True),
            {what: np.concatenate([month.disturbed[what] for month in months]) for what in first.disturbed},
            {name: np.concatenate([month.changed[name] for month in months]) for name in first.changed},
            merged_by_law(verdict for month in months for verdict in month.verdicts),
        )


def month_of(rows: pd.DataFrame) -> np.ndarray:
    """The month ('2013-04') of each row's day: (n,)."""
    return rows["day"].dt.strftime("%Y-%m").to_numpy()


def by_month(models: Mapping[str, Model]) -> Predict:
    """Each row is predicted by the model of its month."""

    def predict(rows: pd.DataFrame) -> np.ndarray:
        month = month_of(rows)
        probability = np.full(len(rows), np.nan)
        for name in np.unique(month):
            probability[month == name] = models[name].predict(rows[month == name])
        return probability

    return predict


def stress_month(
    setting: StressSetting, rows: Tables, tables: Tables, stored: pd.DataFrame, model: Model
) -> StressMonth:
    """What a month's model answers under every disturbance and change, and whether it repeats what is stored.

    rows, tables: as for `build` in core/features/table.py; stored: the features of the same rows, with the probability
    that the backtest gave them. Raises OntimeError where they are not of the same rows.
    """
    sample = Sample.of(setting.features, rows, tables, setting.lead_hours)
    table, sources = sample.table, setting.declared.sources
    if table["id"].tolist() != stored["id"].tolist():
        raise OntimeError(
            "the stored features are not of the rows of the clean tables: bring both up to date (dvc repro)"
        )
    decided = table["outcome"].notna().to_numpy()
    under_disturbance = {
        what: model.predict(disturbed(sample, sources, what, setting.seed)[decided])
        for what in disturbances(setting.features, sources, setting.params)
    }
    changed = {
        change.name: model.predict(_changed(sample, change, tables)[decided])
        for change in setting.declared.changes
        if change.raises
    }
    verdicts = _repeated(table, stored, decided, model)
    return StressMonth(stored[decided], under_disturbance, changed, verdicts)


def laws_of_answers(
    setting: StressSetting, month: StressMonth, models: Mapping[str, Model], intervals: Intervals
) -> list[Verdict]:
    """Laws of the answers to all rows that were tried: those of any dataset, and those that this one declares.

    month: all months as one; models: by month.
    """
    rows, predict, declared = month.rows, by_month(models), setting.declared
    types = next(iter(models.values())).inputs.types
    verdicts = [
        *month.verdicts,
        *laws_of_any_rows(rows, predict, setting.seed),
        *unknown_categories(rows, predict, types),
    ]
    for what, probability in month.disturbed.items():
        if what.kind == "missing":
            name = f"no_{what.source.replace(' ', '_')}"
            verdicts.append(inside(name, f"{what.source} silent for two days", probability))
    everything = np.concatenate(list(month.disturbed.values()))
    verdicts.append(inside("disturbed", "every source missing, stale, lossy and noisy, at every level", everything))
    predicts = [model.predict for model in models.values()]
    verdicts += [example_law(setting.features, example, predicts) for example in declared.examples]
    for change in declared.changes:
        if change.raises:
            verdicts.append(not_lower(change, len(rows), added_risk(rows, month.changed[change.name], intervals)))
    return verdicts


def laws_of_features(setting: StressSetting, rows: Tables, tables: Tables, model: Model) -> list[Verdict]:
    """Laws for which the features of a month's rows are computed anew. rows, tables: as for `stress_month`."""
    sample = Sample.of(setting.features, rows, tables, setting.lead_hours)
    verdicts = []
    for hours in setting.params.stale_hours:
        verdicts += late_is_earlier(sample, setting.declared.sources, hours)
    for change in setting.declared.changes:
        if not change.raises:
            after = Sample.of(setting.features, change.tables(rows), change.tables(tables), setting.lead_hours).table
            verdicts.append(same_features(change.name, change.given, after, sample.table))
    low, high = (sample.under(setting.features.events(at_bounds(setting.contract, tables, end))) for end in (0, 1))
    return [*verdicts, *extremes(sample.table, low, high, model.predict, model.inputs.types)]


def _repeated(table: pd.DataFrame, stored: pd.DataFrame, decided: np.ndarray, model: Model) -> list[Verdict]:
    """Features and probabilities, computed again, are those that are stored."""
    features = stored[list(table)].reset_index(drop=True)
    probability = stored.loc[decided, "probability"].to_numpy()
    again = model.predict(table[decided])
    return [
        same_features("features_again", "the sampled days, featurized again", table, features),
        same_probabilities("predicted_again", "the rows of the backtest", again, probability),
    ]


def _changed(sample: Sample, change: Change, tables: Tables) -> pd.DataFrame:
    """The features of the same rows if what they read were changed."""
    events = sample.features.events(change.tables(tables))
    touched = {name: frame for name, frame in events.items() if not frame.equals(sample.events[name])}
    return sample.under(touched, recent=change.recent)
