"""Runs of the replay -> the policy that is recommended, and the record of policies, faults, decisions and weeks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from ontime.core.loop.alarm_rules import AlarmRule, alarm_outcomes
from ontime.core.loop.frozen_model import FrozenModel, loss_rises, reading_columns
from ontime.core.loop.replay import Run
from ontime.core.loop.replay_data import EVALUATION, SELECTION
from ontime.core.loop.run_table import ACTIONS, CHANGES, HARMFUL, METRICS, MINUS_BASELINE, MONTHLY, NEVER
from ontime.core.loop.scenarios import PLAIN
from ontime.core.loop.scoring import Scorer, rows_between
from ontime.core.monitoring.alarms import MONITORS
from ontime.core.monitoring.ledger import DAY
from ontime.core.monitoring.readings import WINDOW, Reading
from ontime.core.statistics.comparison import log_loss_verdict
from ontime.core.statistics.intervals import Interval
from ontime.params import Policy

DIGITS = 5
COUNTED = ("true_alarms", "late_alarms", "false_alarms", "missed_rises")


def replay_record(table: pd.DataFrame, runs: Mapping[str, Run], scorer: Scorer, current: Policy) -> dict[str, Any]:
    """The recommended policy and how it did; every policy and every fault in the evaluation; all alarms.

    table: of `run_table`. current: the policy of params.
    """
    recommended = recommended_policy(table, current)
    evaluated = table[table["window"] == EVALUATION]
    plain = evaluated[(evaluated["baseline"] == NEVER) & (evaluated["fault"] == PLAIN)]
    faults = evaluated[evaluated["fault"] != PLAIN].groupby("fault", sort=False)
    alarms = {name: alarm_counts(run, scorer) for name, run in runs.items() if run.spec.scenario.fault == PLAIN}
    return {
        "recommended": recommended,
        "good": good_policies(table, current.margin)["policy"].tolist(),
        "sentence": _sentence(table, recommended),
        "verdicts": verdicts(table, recommended),
        "not_shown_worse": not_shown_worse(table),
        "policies": {line["policy"]: _entry(line) | {"alarms": alarms[line["policy"]]} for line in _lines(plain)},
        "faults": {fault: {line["policy"]: _entry(line) for line in _lines(lines)} for fault, lines in faults},
    }


def recommended_policy(table: pd.DataFrame, current: Policy) -> str:
    """The policy that trains least often, of those that `good_policies` names; the current one where there are none."""
    good = good_policies(table, current.margin).sort_values(["retrainings", "log_loss"], kind="stable")
    return current.rule if good.empty else str(good["policy"].iloc[0])


def good_policies(table: pd.DataFrame, margin: float) -> pd.DataFrame:
    """The lines of the policies whose loss, where choosing is allowed, exceeds the best one's by the margin at most."""
    lines = table[(table["window"] == SELECTION) & (table["fault"] == PLAIN) & (table["baseline"] == NEVER)]
    return lines[lines["log_loss"] <= lines["log_loss"].min() + margin]


def verdicts(table: pd.DataFrame, name: str) -> dict[str, dict[str, Any]]:
    """By window, the log loss of a policy minus that of `never`, and what is shown: better, worse or no difference.

    `smallest_shown`: so far from 0 a difference must be to be shown there.
    """
    shown = {}
    for window, gap in _log_loss_differences(table, name, NEVER).items():
        verdict = log_loss_verdict({"log_loss": gap})
        reach = {"smallest_shown": round(gap.high - gap.value, DIGITS)} if np.isfinite(gap.high) else {}
        shown[window] = {"difference": gap.content(), "verdict": verdict} | reach
    return shown


def not_shown_worse(table: pd.DataFrame) -> list[str]:
    """The policies whose loss is not shown to be above that of `monthly` in the evaluation."""
    judged = table[(table["window"] == EVALUATION) & (table["fault"] == PLAIN) & (table["baseline"] == MONTHLY)]
    bounds = judged[f"log_loss{MINUS_BASELINE}_low"]
    return judged.loc[~(bounds > 0) & (judged["policy"] != MONTHLY), "policy"].tolist()


def decision_table(runs: Mapping[str, Run]) -> pd.DataFrame:
    """Every decision with its reason, a line each."""
    lines = [
        {"policy": run.spec.rules.policy.rule, "fault": run.spec.scenario.fault, **asdict(decision)}
        for run in runs.values()
        for decision in run.decisions
    ]
    return pd.DataFrame(lines, columns=["policy", "fault", "day", "action", "version", "reason"])


def weekly_losses(runs: Mapping[str, Run], scorer: Scorer) -> pd.DataFrame:
    """A line for each plain run and week: the loss of its answers, where it was expected to be, and drift."""
    lines = []
    for run in runs.values():
        if run.spec.scenario.fault != PLAIN:
            continue
        losses, readings = scorer.answers(run), run.state.readings
        for place, reading in enumerate(readings):
            loss = _week_loss(losses, reading)
            if not np.isnan(loss):
                line = {"policy": run.spec.rules.policy.rule, "week_end": reading.last, "log_loss": loss}
                lines.append(line | reading_columns(readings[: place + 1], scorer.intervals.level))
    return pd.DataFrame(lines).round(DIGITS)


def alarm_counts(run: Run, scorer: Scorer) -> dict[str, dict[str, int]]:
    """Per monitor: true, late and false alarms, and rises of the loss in which none rang."""
    drift, losses = run.spec.rules.drift, scorer.answers(run)
    readings = [reading for reading in run.state.readings if pd.Timestamp(reading.last) >= scorer.days[0]]
    before = [one.realised for one in run.state.readings[: -len(readings)] if one.realised is not None]
    weekly = np.array([_week_loss(losses, reading) for reading in readings])
    rises = loss_rises(np.array(before), weekly, drift.quantile)
    frozen = FrozenModel(run.state.readings, rises, np.zeros(len(rises), dtype=bool), weekly, weekly)
    counts = {}
    for monitor in MONITORS:
        outcomes = alarm_outcomes(AlarmRule(monitor, drift.test, drift.quantile, drift.k, drift.n), frozen)
        counts[monitor] = {name: int(outcomes[name].sum()) for name in COUNTED}
    return counts


def _week_loss(losses: pd.DataFrame, reading: Reading) -> float:
    """Mean log loss of the answers in a reading's week; not a number where there were none."""
    last = pd.Timestamp(reading.last)
    return float(rows_between(losses, last - WINDOW + DAY, last)["log_loss"].mean())


def _sentence(table: pd.DataFrame, name: str) -> str:
    """How far a policy changes log loss beside no training at all, where it was chosen and where it was not."""
    change = _log_loss_differences(table, name, NEVER)
    selection = f"by {change[SELECTION]:+.4f} in the months that chose it, and " if SELECTION in change else ""
    evaluation = f"by {change[EVALUATION]:+.4f} in the months that judge"
    return f"{name}: beside a model that is never replaced it changes log loss {selection}{evaluation}"


def _log_loss_differences(table: pd.DataFrame, name: str, baseline: str) -> dict[str, Interval]:
    """By window, the log loss of a plain run minus that of its baseline."""
    lines = table[(table["fault"] == PLAIN) & (table["baseline"] == baseline) & (table["policy"] == name)]
    return {line["window"]: Interval.from_columns(line, f"log_loss{MINUS_BASELINE}") for line in _lines(lines)}


def _lines(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in line.items()} for line in table.to_dict("records")]


def _entry(line: Mapping[str, Any]) -> dict[str, Any]:
    """A line's metrics and their differences to the baseline run, with intervals, and what was decided."""
    entry: dict[str, Any] = {name: int(line[name]) for name in (*ACTIONS, CHANGES, HARMFUL)}
    for metric in METRICS:
        for key in (metric, metric + MINUS_BASELINE):
            entry[key] = Interval.from_columns(line, key).content()
    return entry
