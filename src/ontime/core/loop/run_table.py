"""Runs of the replay -> a table: every metric of their answers, differences to baseline runs, and what was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ontime.core.loop.champion_changes import ChampionChange, champion_changes
from ontime.core.loop.policy import ESCALATE, PROMOTE, RETRAIN, ROLL_BACK
from ontime.core.loop.replay import Run
from ontime.core.loop.replay_data import EVALUATION
from ontime.core.loop.scenarios import PLAIN
from ontime.core.loop.scoring import Scorer, rows_between
from ontime.core.monitoring.ledger import DAY
from ontime.core.statistics.day_metrics import mean_by_day
from ontime.core.statistics.intervals import Estimate, estimate
from ontime.core.statistics.metrics import calendar_months
from ontime.params import Intervals

METRICS = ("log_loss", "brier", "cost")
DIGITS = 5
SHORTEST = 13 * DAY
NEVER, MONTHLY = "never", "monthly"
MINUS_BASELINE = "_minus_baseline"  # how columns of differences to the run in column `baseline` end
ACTIONS = {"retrainings": RETRAIN, "gated_promotions": PROMOTE, "roll_backs": ROLL_BACK, "escalations": ESCALATE}
CHANGES, HARMFUL = "champion_changes", "harmful_champion_changes"


def run_table(runs: Mapping[str, Run], scorer: Scorer) -> pd.DataFrame:
    """One line per run, window and baseline run: every metric of the run, and its paired differences to the baseline.

    The baselines of runs without a fault are `never` and `monthly`. The baseline of a run with a fault is the same
    policy without it; its windows are `evaluation` and, where it is long enough, the days of the `fault`.
    """
    losses = {name: scorer.answers(run) for name, run in runs.items()}
    lines = []
    for name, run in runs.items():
        policy, fault = run.spec.rules.policy, run.spec.scenario.fault
        changes = champion_changes(run, scorer)
        for window, (first, last) in _windows(run, scorer).items():
            head = {"policy": policy.rule, "fault": fault, "window": window} | _counts(run, first, last)
            head |= _champion_changes(changes, policy.margin, first, last)
            for baseline in (NEVER, MONTHLY) if fault == PLAIN else (policy.rule,):
                own, other = (rows_between(losses[one], first, last) for one in (name, baseline))
                lines.append(head | {"baseline": baseline} | _metrics(own, other, scorer.intervals))
    return pd.DataFrame(lines)


def _windows(run: Run, scorer: Scorer) -> dict[str, tuple[pd.Timestamp, pd.Timestamp]]:
    """First and last day of each window in which a run is scored."""
    if run.spec.scenario.fault == PLAIN:
        return scorer.windows
    first, last = run.spec.scenario.span
    evaluation = {EVALUATION: scorer.windows[EVALUATION]}
    if last - first < SHORTEST:  # so few days have no interval
        return evaluation
    return evaluation | {"fault": (first, last)}


def _metrics(own: pd.DataFrame, other: pd.DataFrame, params: Intervals) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    day, months = own["day"], calendar_months(own["day"])
    for metric in METRICS:
        values = own[metric].to_numpy()
        level = estimate(mean_by_day(day, values), months, params)
        gap = estimate(mean_by_day(day, values - other[metric].to_numpy()), months, params)
        columns |= _columns(metric, level, params.level) | _columns(metric + MINUS_BASELINE, gap, params.level)
    return columns


def _columns(name: str, metric: Estimate, level: float) -> dict[str, Any]:
    """A value and its bounds, which are missing where a difference of so few days has none; what they are about."""
    columns = metric.interval(level).columns(name, DIGITS)
    return {key: np.nan if value in (-np.inf, np.inf) else value for key, value in columns.items()}


def _counts(run: Run, first: pd.Timestamp, last: pd.Timestamp) -> dict[str, int]:
    """How often each action was decided in some days."""
    actions = [one.action for one in run.decisions if first <= pd.Timestamp(one.day) <= last]
    return {name: actions.count(action) for name, action in ACTIONS.items()}


def _champion_changes(
    changes: Sequence[ChampionChange], margin: float, first: pd.Timestamp, last: pd.Timestamp
) -> dict[str, int]:
    """Changes of the champion in some days, and those whose new champion lost more by more than the margin."""
    regrets = [change.regret for change in changes if first <= change.day <= last]
    return {CHANGES: len(regrets), HARMFUL: sum(regret > margin for regret in regrets)}
