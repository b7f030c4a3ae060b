"""Runs of the replay -> a table: every metric of their answers, beside other runs, and what was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ontime.core.loop.champion_changes import ChampionChange, champion_changes
from ontime.core.loop.policy import ASK, PROMOTE, RETRAIN, ROLL_BACK
from ontime.core.loop.replay import Run
from ontime.core.loop.scenarios import PLAIN
from ontime.core.loop.scoring import Scorer, rows_between
from ontime.core.monitoring.ledger import DAY
from ontime.core.statistics.day_metrics import mean_by_day
from ontime.core.statistics.intervals import Estimate, estimate
from ontime.params import Intervals

METRICS = ("log_loss", "brier", "cost")
DIGITS = 5
SHORTEST = 13 * DAY
NEVER, MONTHLY = "never", "monthly"
MINUS_BESIDE = "_minus_beside"  # how columns of differences to the run in column `beside` end
ACTIONS = {"retrainings": RETRAIN, "promotions": PROMOTE, "roll_backs": ROLL_BACK, "asked": ASK}


def run_table(runs: Mapping[str, Run], scorer: Scorer) -> pd.DataFrame:
    """A line for each run, window of days and run `beside` it: every metric, and the paired difference to that run.

    Plain runs stand beside `never` and `monthly`. Runs with a fault stand beside the same policy without it, in the
    window `judged` and in the days of the fault.
    """
    losses = {name: scorer.answers(run) for name, run in runs.items()}
    lines = []
    for name, run in runs.items():
        policy, fault = run.spec.rules.policy, run.spec.scenario.fault
        changes = champion_changes(run, scorer)
        for window, (first, last) in _windows(run, scorer).items():
            head = {"policy": policy.rule, "fault": fault, "window": window} | _counts(run, first, last)
            head |= _wrong(changes, policy.margin, first, last)
            for beside in (NEVER, MONTHLY) if fault == PLAIN else (policy.rule,):
                own, other = (rows_between(losses[one], first, last) for one in (name, beside))
                lines.append(head | {"beside": beside} | _metrics(own, other, scorer.intervals))
    return pd.DataFrame(lines)


def _windows(run: Run, scorer: Scorer) -> dict[str, tuple[pd.Timestamp, pd.Timestamp]]:
    """First and last day of each window in which a run is scored."""
    if run.spec.scenario.fault == PLAIN:
        return scorer.windows
    first, last = run.spec.scenario.span
    judged = {"judged": scorer.windows["judged"]}
    if last - first < SHORTEST:  # so few days have no interval
        return judged
    return judged | {"fault": (first, last)}


def _metrics(own: pd.DataFrame, other: pd.DataFrame, params: Intervals) -> dict[str, float]:
    columns: dict[str, float] = {}
    for metric in METRICS:
        values = own[metric].to_numpy()
        differences = values - other[metric].to_numpy()
        for name, one in ((metric, values), (metric + MINUS_BESIDE, differences)):
            columns |= _columns(name, estimate(mean_by_day(own["day"], one), params), params.level)
    return columns


def _columns(name: str, metric: Estimate, level: float) -> dict[str, float]:
    """A value and its bounds, which are missing where a difference of so few days has none."""
    value, low, high, coverage, _ = metric.interval(level)
    columns = {name: value, f"{name}_low": low, f"{name}_high": high, f"{name}_coverage": coverage or 0.0}
    return {key: round(number, DIGITS) if np.isfinite(number) else np.nan for key, number in columns.items()}


def _counts(run: Run, first: pd.Timestamp, last: pd.Timestamp) -> dict[str, int]:
    """How often each action was decided in some days."""
    actions = [one.action for one in run.decisions if first <= pd.Timestamp(one.day) <= last]
    return {name: actions.count(action) for name, action in ACTIONS.items()}


def _wrong(changes: Sequence[ChampionChange], margin: float, first: pd.Timestamp, last: pd.Timestamp) -> dict[str, int]:
    """Changes of the champion in some days, and those whose new champion lost more by more than the margin."""
    regrets = [change.regret for change in changes if first <= change.day <= last]
    return {"changes": len(regrets), "wrong_changes": sum(regret > margin for regret in regrets)}
