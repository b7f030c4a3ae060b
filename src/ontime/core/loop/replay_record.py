"""Lives of a loop and what really came -> what each policy cost, decided and got wrong, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ontime.core.evaluation.costs import PER, cost, decide
from ontime.core.loop.alarm_rules import AlarmRule, Followed, expectation, outcome, rises
from ontime.core.loop.policy import ASK, PROMOTE, RETRAIN, ROLL_BACK
from ontime.core.loop.replay import Life, Year
from ontime.core.loop.scenarios import PLAIN
from ontime.core.monitoring.alarms import MONITORS
from ontime.core.monitoring.ledger import ANSWERED, DAY
from ontime.core.monitoring.readings import WINDOW
from ontime.core.statistics.day_metrics import mean
from ontime.core.statistics.intervals import Estimate, estimate
from ontime.core.statistics.metrics import log_losses, squares
from ontime.params import Costs, Drift, Intervals, Policy

METRICS = ("log_loss", "brier", "cost")
DIGITS = 5
SHORTEST = 13 * DAY
NEVER, MONTHLY = "never", "monthly"
BOUNDS = ("", "_low", "_high")
COUNTED = {"retrainings": RETRAIN, "promotions": PROMOTE, "roll_backs": ROLL_BACK, "asked": ASK}


class Judge(NamedTuple):
    """What lives are judged by: the plain year, its days, the first that nothing was chosen on, costs, intervals."""

    year: Year
    days: Sequence[pd.Timestamp]
    judged_from: pd.Timestamp
    costs: Costs
    intervals: Intervals

    @property
    def windows(self) -> dict[str, tuple[pd.Timestamp, pd.Timestamp]]:
        """First and last day of what may be chosen on, of what judges, of all; a shorter year may lack the first."""
        first, last = self.days[0], self.days[-1]
        since = max(self.judged_from, first)
        found = {"chosen": (first, since - DAY), "judged": (since, last), "all": (first, last)}
        return {name: span for name, span in found.items() if span[0] <= span[1]}

    def rows(self, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
        """Day and true outcome of the rows of some days, and whether it was ever known."""
        return self.year.rows(first, last)[["day", "outcome"]]

    def losses(self, probability: np.ndarray, rows: pd.DataFrame) -> pd.DataFrame:
        """Day and every metric, a row for each whose outcome was ever known."""
        known = rows["outcome"].notna().to_numpy()
        true, said = rows.loc[known, "outcome"].to_numpy(dtype=bool), probability[known]
        return pd.DataFrame(
            {
                "day": rows.loc[known, "day"].to_numpy(),
                "log_loss": log_losses(said, true),
                "brier": squares(said, true),
                "cost": PER * cost(decide(said, self.costs), true, self.costs),
            }
        )

    def answers(self, life: Life) -> pd.DataFrame:
        """What each answer of a life lost."""
        first, last = self.days[0], self.days[-1]
        return self.losses(life.ledger.asked(first, last, ANSWERED), self.rows(first, last))


def summary(lives: Mapping[str, Life], judge: Judge) -> pd.DataFrame:
    """A line for each run, window of the year and run `beside` it: every metric, and less that one's on the same rows.

    Plain runs stand beside `never` and `monthly`; runs with a fault beside the same policy without it, in the window
    that judges and in the days of the fault.
    """
    lost = {name: judge.answers(life) for name, life in lives.items()}
    lines = []
    for name, life in lives.items():
        rule, world = life.run.rules.policy.rule, life.run.world
        plain, changes = world.fault == PLAIN, _changes(life, judge)
        spans = judge.windows if plain else {"judged": judge.windows["judged"], "fault": world.span}
        if not plain and world.span[1] - world.span[0] < SHORTEST:
            spans.pop("fault")  # so few days have no interval
        for window, (first, last) in spans.items():
            head = {"policy": rule, "fault": world.fault, "window": window} | _counts(life, first, last)
            head |= _wrong(changes, life.run.rules.policy.margin, first, last)
            for beside in (NEVER, MONTHLY) if plain else (rule,):
                mine, its = (_between(lost[each], first, last) for each in (name, beside))
                lines.append(head | {"beside": beside} | _metrics(mine, its, judge.intervals))
    return pd.DataFrame(lines)


def record(table: pd.DataFrame, lives: Mapping[str, Life], judge: Judge, held: Policy) -> dict[str, Any]:
    """The policy to hold and how it did; every policy in the window that judges; every fault; all alarms."""
    name = recommended(table, held)
    judged = table[(table["window"] == "judged") & (table["beside"] == NEVER) & (table["fault"] == PLAIN)]
    faults = table[(table["window"] == "judged") & (table["fault"] != PLAIN)]
    alarms = {each: alarm_counts(life, judge) for each, life in lives.items() if life.run.world.fault == PLAIN}
    return {
        "recommended": name,
        "good": good(table, held.margin)["policy"].tolist(),
        "sentence": _sentence(table, name),
        "policies": {line["policy"]: _shown(line) | {"alarms": alarms[line["policy"]]} for line in _lines(judged)},
        "faults": {
            fault: {line["policy"]: _shown(line) for line in _lines(lines)}
            for fault, lines in faults.groupby("fault", sort=False)
        },
    }


def recommended(table: pd.DataFrame, held: Policy) -> str:
    """The policy of fewest trainings that, where choosing is allowed, loses at most the margin more than the best.

    That which is held where there is nothing to choose on.
    """
    found = good(table, held.margin).sort_values(["retrainings", "log_loss"], kind="stable")
    return held.rule if found.empty else str(found["policy"].iloc[0])


def good(table: pd.DataFrame, margin: float) -> pd.DataFrame:
    """The lines of the policies that, where choosing is allowed, lose at most the margin more than the best."""
    chosen = table[(table["window"] == "chosen") & (table["fault"] == PLAIN) & (table["beside"] == NEVER)]
    return chosen[chosen["log_loss"] <= chosen["log_loss"].min() + margin]


def _sentence(table: pd.DataFrame, name: str) -> str:
    """What the policy is worth beside no training at all, where it was chosen and where it was not."""
    lines = table[(table["fault"] == PLAIN) & (table["beside"] == NEVER) & (table["policy"] == name)]
    said = {
        line["window"]: "{:+.4f} ({:+.4f} to {:+.4f})".format(*(line[f"log_loss_less{end}"] for end in BOUNDS))
        for line in _lines(lines)
    }
    chosen = f"{said['chosen']} where it was chosen and " if "chosen" in said else ""
    return f"{name}: beside never, log loss {chosen}{said['judged']} where not"


def _lines(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in line.items()} for line in table.to_dict("records")]


def _shown(line: Mapping[str, Any]) -> dict[str, Any]:
    """A line's metrics with their intervals, what they are less the other run's, and what was decided."""
    found: dict[str, Any] = {name: int(line[name]) for name in (*COUNTED, "changes", "wrong_changes")}
    for metric in METRICS:
        for key in (metric, f"{metric}_less"):
            bounds = {name: line[f"{key}_{name}"] for name in ("low", "high", "coverage")}
            known = {name: None if np.isnan(bound) else bound for name, bound in bounds.items()}
            found[key] = {"value": line[key], **known}
    return found


def decisions(lives: Mapping[str, Life]) -> pd.DataFrame:
    """Every decision with its reason, a line each."""
    return pd.DataFrame(
        [
            {"policy": life.run.rules.policy.rule, "fault": life.run.world.fault, **made._asdict()}
            for life in lives.values()
            for made in life.made
        ],
        columns=["policy", "fault", "day", "action", "version", "reason"],
    )


def weeks(lives: Mapping[str, Life], judge: Judge) -> pd.DataFrame:
    """A line for each plain run and week: the loss of its answers, where it was expected to be, and drift."""
    found = []
    for life in lives.values():
        if life.run.world.fault != PLAIN:
            continue
        lost = judge.answers(life)
        for place, reading in enumerate(life.state.readings):
            last = pd.Timestamp(reading.last)
            part = _between(lost, last - WINDOW + DAY, last)
            if len(part):
                line = {"policy": life.run.rules.policy.rule, "last": reading.last, "log_loss": part["log_loss"].mean()}
                band = expectation(life.state.readings[: place + 1], judge.intervals.level)
                found.append({**line, **band, **reading.drift})
    return pd.DataFrame(found).round(DIGITS)


def alarm_counts(life: Life, judge: Judge) -> dict[str, dict[str, int]]:
    """Per monitor: alarms that were right, late and false, and rises that none rang in."""
    drift: Drift = life.run.rules.drift
    lost, first = judge.answers(life), judge.days[0]
    readings = [each for each in life.state.readings if pd.Timestamp(each.last) >= first]
    before = [each.realised for each in life.state.readings[: -len(readings)] if each.realised is not None]
    losses = [
        _between(lost, pd.Timestamp(each.last) - WINDOW + DAY, pd.Timestamp(each.last))["log_loss"].mean()
        for each in readings
    ]
    up = rises(np.array(before), np.array(losses), drift.quantile)
    followed = Followed(life.state.readings, up, np.zeros(len(up), dtype=bool), np.array(losses), np.array(losses))
    found = {}
    for monitor in MONITORS:
        table = outcome(AlarmRule(monitor, drift.test, drift.quantile, drift.k, drift.n), followed)
        found[monitor] = {name: int(table[name].sum()) for name in ("right", "late", "false", "missed")}
    return found


def _between(rows: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
    return rows[(rows["day"] >= first) & (rows["day"] <= last)]


def _metrics(mine: pd.DataFrame, other: pd.DataFrame, params: Intervals) -> dict[str, float]:
    found: dict[str, float] = {}
    for metric in METRICS:
        value = mine[metric].to_numpy()
        found |= _columns(metric, estimate(mean(mine["day"], value), params), params.level)
        gap = value - other[metric].to_numpy()
        found |= _columns(f"{metric}_less", estimate(mean(mine["day"], gap), params), params.level)
    return found


def _columns(name: str, found: Estimate, level: float) -> dict[str, float]:
    """A value and its bounds, which are missing where a difference of so few days has none."""
    value, low, high, coverage, _ = found.interval(level)
    shown = {name: value, f"{name}_low": low, f"{name}_high": high, f"{name}_coverage": coverage or 0.0}
    return {key: round(each, DIGITS) if np.isfinite(each) else np.nan for key, each in shown.items()}


def _counts(life: Life, first: pd.Timestamp, last: pd.Timestamp) -> dict[str, int]:
    made = [each.action for each in life.made if first <= pd.Timestamp(each.day) <= last]
    return {name: made.count(action) for name, action in COUNTED.items()}


def _changes(life: Life, judge: Judge) -> list[tuple[pd.Timestamp, float]]:
    """For each change of the champion its day, and what the new one lost more than the one before would have.

    Over the days that it served, until the next change.
    """
    champions = [spoke[0] for spoke in life.spoke]
    places = [place for place in range(1, len(champions)) if champions[place] != champions[place - 1]]
    ends = [*places[1:], len(champions)]
    gaps = [_regret(life, judge, place, end) for place, end in zip(places, ends, strict=False)]
    return list(zip([judge.days[place] for place in places], gaps, strict=True))


def _wrong(
    changes: Sequence[tuple[pd.Timestamp, float]], margin: float, first: pd.Timestamp, last: pd.Timestamp
) -> dict[str, int]:
    """Changes of the champion in some days, and those that lost more by more than the margin."""
    within = [gap for day, gap in changes if first <= day <= last]
    return {"changes": len(within), "wrong_changes": sum(gap > margin for gap in within)}


def _regret(life: Life, judge: Judge, place: int, end: int) -> float:
    days, rows = judge.days[place:end], judge.rows(judge.days[place], judge.days[end - 1])
    asked = [life.models.year.rows(day, day) for day in days]
    now, before = (
        np.concatenate([life.models.say(life.spoke[each][0], part) for part in asked]) for each in (place, place - 1)
    )
    return float((judge.losses(now, rows)["log_loss"] - judge.losses(before, rows)["log_loss"]).mean())
