"""A model that is never replaced -> its readings and losses by window, and when a new one would have been worth it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from ontime.core.loop.model_cache import ModelCache, ReplayModels
from ontime.core.loop.replay import Run, RunSpec
from ontime.core.loop.replay_data import ReplayData
from ontime.core.loop.scenarios import PLAIN, Scenario
from ontime.core.loop.state import Rules
from ontime.core.monitoring.alarms import MIN_PAST, upper_bound
from ontime.core.monitoring.drift import P_VALUES
from ontime.core.monitoring.ledger import DAY
from ontime.core.monitoring.readings import WINDOW, Reading, expected_loss
from ontime.core.statistics.intervals import Interval
from ontime.core.statistics.metrics import log_losses

AHEAD = 4  # windows after one over which losses are compared: what a new model would serve for
DIGITS = 5
ESTIMATED = "log_loss_estimated"


class FrozenModel(NamedTuple):
    """A model from its first day to the last of the data, window by window.

    readings: what the windows showed, those of the time before it first. rises (windows,) bool: whether the loss after
    each window is beyond what was usual up to it (`loss_rises`). useful (windows,) bool: whether an alarm would be
    useful then, since a new model is better (`worth_retraining`). losses, retrained (windows,): mean log loss of this
    model, and of that new one.
    """

    readings: Sequence[Reading]
    rises: np.ndarray
    useful: np.ndarray
    losses: np.ndarray
    retrained: np.ndarray

    @property
    def first(self) -> int:
        """The index in `readings` of the model's first own window."""
        return len(self.readings) - len(self.losses)

    @property
    def ends(self) -> pd.DatetimeIndex:
        """The last day of each of its windows: (windows,)."""
        return pd.to_datetime([reading.last for reading in self.readings[self.first :]])

    def until(self, moment: pd.Timestamp) -> FrozenModel:
        """Its windows that end before a moment, and the time before it."""
        kept = int((self.ends < moment).sum())
        arrays = (values[:kept] for values in (self.rises, self.useful, self.losses, self.retrained))
        return FrozenModel(self.readings[: self.first + kept], *arrays)

    def weeks(self, model: str, level: float) -> pd.DataFrame:
        """A line for each of its windows, with the interval in which its loss was expected with probability `level`."""
        lines = []
        for place in range(self.first, len(self.readings)):
            columns = reading_columns(self.readings[: place + 1], level)
            lines.append({"model": model, "week_end": self.readings[place].last} | columns)
        return pd.DataFrame(lines).assign(log_loss=self.losses, log_loss_retrained=self.retrained).round(DIGITS)


def reading_columns(readings: Sequence[Reading], level: float) -> dict[str, float]:
    """Columns of the last reading, a window's.

    `log_loss_estimated`: its loss as estimated before outcomes came, corrected by the errors of earlier estimates, with
    bounds that hold with probability `level`; missing where too little was known. `<test>_rank`: how its drift ranks
    among the weeks that the model learned from. `p_values_share`: the share of features that differ (`drift_ranks`).
    """
    interval = expected_loss(readings, level) or Interval(np.nan)
    columns = {f"{ESTIMATED}{end}": number for end, number in zip(("", "_low", "_high"), interval[:3], strict=True)}
    drift = readings[-1].drift
    return columns | {f"{test}_share" if test == P_VALUES else f"{test}_rank": rank for test, rank in drift.items()}


def loss_rises(before: np.ndarray, losses: np.ndarray, quantile: float) -> np.ndarray:
    """Whether the mean loss of the next four windows is beyond what the windows up to each showed: (windows,) bool.

    losses (windows,); before: losses of the windows before the first.
    """
    rises = np.zeros(len(losses), dtype=bool)
    for place in range(len(losses) - 1):
        past = np.concatenate([before, losses[: place + 1]])
        after = losses[place + 1 : place + 1 + AHEAD]
        rises[place] = len(past) >= MIN_PAST and np.mean(after) > upper_bound(past, quantile, len(after))
    return rises


def worth_retraining(gaps: np.ndarray, margin: float) -> np.ndarray:
    """Whether a new model would have lost less than the frozen one by the margin, after each window: (windows,) bool.

    Compared are the next four windows, or as many as are left. gaps (windows, windows): the loss of the frozen model
    minus that of a new one. A row for each new model: the one that is trained when the month of that window's end
    begins. A column for each window that both are compared in.
    """
    size = len(gaps)
    after = [gaps[place, place + 1 : place + 1 + AHEAD] for place in range(size)]
    return np.array([len(part) > 0 and float(np.mean(part)) > margin for part in after])


def freeze_model(month: str, data: ReplayData, cache: ModelCache, answers: pd.DataFrame, rules: Rules) -> FrozenModel:
    """The model of a month of the backtest, from that month on, as if it were never replaced.

    answers: those that may stand in the ledger before, `id, day, outcome, probability`. It is compared with the models
    that are trained at the start of each month of the data.
    """
    first = pd.Timestamp(f"{month}-01")
    scenario = Scenario(PLAIN, data.rows, np.zeros(len(data.rows), dtype=bool))
    never = rules._replace(policy=replace(rules.policy, rule="never"))
    run = Run(RunSpec(month, never, scenario), cache, data.answers_before(first, answers), first)
    for day in data.days:
        if day >= first:
            run.step(day)
    return _frozen(run, [*data.backtest_months, *data.test_months], rules.policy.margin, rules.drift.quantile)


def _frozen(run: Run, months: Sequence[str], margin: float, quantile: float) -> FrozenModel:
    state, models = run.state, run.models
    ends = [pd.Timestamp(reading.last) for reading in state.readings if reading.last >= state.begun]
    newest = {month: models.train(pd.Timestamp(f"{month}-01")) for month in months}
    windows = [models.timeline.rows(end - WINDOW + DAY, end) for end in ends]
    windows[0] = windows[0][windows[0]["day"] >= state.begun]
    losses = {version: _losses(models, version, windows) for version in {state.champion, *newest.values()}}
    own, new = losses[state.champion], [losses[newest[f"{end:%Y-%m}"]] for end in ends]
    past = [reading.realised for reading in state.readings[: -len(ends)] if reading.realised is not None]
    return FrozenModel(
        readings=state.readings,
        rises=loss_rises(np.array(past), own, quantile),
        useful=worth_retraining(np.array([own - loss for loss in new]), margin),
        losses=own,
        retrained=np.array([loss[place] for place, loss in enumerate(new)]),
    )


def _losses(models: ReplayModels, version: str, windows: Sequence[pd.DataFrame]) -> np.ndarray:
    """Mean log loss of a version in each of the windows: (windows,)."""
    means = []
    for rows in windows:
        known = rows["outcome"].notna().to_numpy()
        probability = np.concatenate([models.predict(version, day) for _, day in rows.groupby("day")])[known]
        outcome = rows.loc[known, "outcome"].to_numpy(dtype=bool)
        means.append(float(np.mean(log_losses(probability, outcome))))
    return np.array(means)
