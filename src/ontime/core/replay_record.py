"""Lives of a loop and what really came -> what each policy cost, decided and got wrong, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ontime.core.alarms import AlarmRule, Followed, outcome, rises
from ontime.core.costs import PER, cost, decide
from ontime.core.daily import mean
from ontime.core.influence import Estimate, estimate
from ontime.core.ledger import ANSWERED, DAY
from ontime.core.metrics import log_losses
from ontime.core.monitor import MONITORS, WINDOW
from ontime.core.policy import ASK, PROMOTE, RETRAIN, ROLL_BACK
from ontime.core.replay import Life, Year
from ontime.core.worlds import PLAIN
from ontime.params import Costs, Drift, Intervals

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
        """First and last day of what may be chosen on, of what judges, and of all."""
        first, last = self.days[0], self.days[-1]
        return {"chosen": (first, self.judged_from - DAY), "judged": (self.judged_from, last), "all": (first, last)}

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
                "brier": (said - true) ** 2,
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
        plain = world.fault == PLAIN
        spans = judge.windows if plain else {"judged": judge.windows["judged"], "fault": world.span}
        if not plain and world.span[1] - world.span[0] < SHORTEST:
            spans.pop("fault")  # so few days have no interval
        for window, (first, last) in spans.items():
            head = {"policy": rule, "fault": world.fault, "window": window} | _counts(life, first, last)
            head |= _wrong(life, judge, first, last)
            for beside in (NEVER, MONTHLY) if plain else (rule,):
                mine, its = (_between(lost[each], first, last) for each in (name, beside))
                lines.append(head | {"beside": beside} | _metrics(mine, its, judge.intervals))
    return pd.DataFrame(lines)


def record(table: pd.DataFrame, lives: Mapping[str, Life], judge: Judge, margin: float) -> dict[str, Any]:
    """The policy to hold and how it did; every policy in the window that judges; every fault; all alarms."""
    name = recommended(table, margin)
    judged = table[(table["window"] == "judged") & (table["beside"] == NEVER) & (table["fault"] == PLAIN)]
    faults = table[(table["window"] == "judged") & (table["fault"] != PLAIN)]
    alarms = {each: alarm_counts(life, judge) for each, life in lives.items() if life.run.world.fault == PLAIN}
    return {
        "recommended": name,
        "sentence": _sentence(table, name),
        "policies": {line["policy"]: _shown(line) | {"alarms": alarms[line["policy"]]} for line in _lines(judged)},
        "faults": {
            fault: {line["policy"]: _shown(line) for line in _lines(lines)}
            for fault, lines in faults.groupby("fault", sort=False)
        },
    }


def recommended(table: pd.DataFrame, margin: float) -> str:
    """The policy of fewest trainings that, where choosing is allowed, loses at most the margin more than the best."""
    chosen = table[(table["window"] == "chosen") & (table["fault"] == PLAIN) & (table["beside"] == NEVER)]
    good = chosen[chosen["log_loss"] <= chosen["log_loss"].min() + margin]
    return str(good.sort_values(["retrainings", "log_loss"], kind="stable")["policy"].iloc[0])


def _sentence(table: pd.DataFrame, name: str) -> str:
    """What the policy is worth beside no training at all, where it was chosen and where it was not."""
    lines = table[(table["fault"] == PLAIN) & (table["beside"] == NEVER) & (table["policy"] == name)]
    said = {
        line["window"]: "{:+.4f} ({:+.4f} to {:+.4f})".format(*(line[f"log_loss_less{end}"] for end in BOUNDS))
        for line in _lines(lines)
    }
    return f"{name}: beside never, log loss {said['chosen']} where it was chosen and {said['judged']} where not"


def _lines(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in line.items()} for line in table.to_dict("records")]


def _shown(line: Mapping[str, Any]) -> dict[str, Any]:
    """A line's metrics with their intervals, what they are less the other run's, and what was decided."""
    found: dict[str, Any] = {name: int(line[name]) for name in (*COUNTED, "changes", "wrong_changes")}
    for metric in METRICS:
        for key in (metric, f"{metric}_less"):
            value, low, high = (line[f"{key}{end}"] for end in BOUNDS)
            found[key] = {"value": value, "low": low, "high": high, "coverage": line[f"{key}_coverage"]}
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
    """A line for each plain run and week: the loss of its answers, what it was expected to be, and drift."""
    found = []
    for life in lives.values():
        if life.run.world.fault != PLAIN:
            continue
        lost = judge.answers(life)
        for reading in life.state.readings:
            last = pd.Timestamp(reading.last)
            part = _between(lost, last - WINDOW + DAY, last)
            if len(part):
                line = {"policy": life.run.rules.policy.rule, "last": reading.last, "log_loss": part["log_loss"].mean()}
                found.append({**line, "estimated": reading.estimated, **reading.drift})
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
        found |= _columns(f"{metric}_less", _estimate_or_zero(mine["day"], gap, params), params.level)
    return found


def _estimate_or_zero(day: pd.Series, gap: np.ndarray, params: Intervals) -> Estimate:
    if not gap.any():
        return Estimate(0.0, 0.0, 1.0, 1.0, 1.0)
    return estimate(mean(day, gap), params)


def _columns(name: str, found: Estimate, level: float) -> dict[str, float]:
    value, low, high, coverage, _ = found.interval(level)
    shown = {name: value, f"{name}_low": low, f"{name}_high": high, f"{name}_coverage": coverage or 0.0}
    return {key: round(each, DIGITS) for key, each in shown.items()}


def _counts(life: Life, first: pd.Timestamp, last: pd.Timestamp) -> dict[str, int]:
    made = [each.action for each in life.made if first <= pd.Timestamp(each.day) <= last]
    return {name: made.count(action) for name, action in COUNTED.items()}


def _wrong(life: Life, judge: Judge, first: pd.Timestamp, last: pd.Timestamp) -> dict[str, int]:
    """Changes of the champion, and those after which the one before would have lost less by more than the margin."""
    champions = [spoke[0] for spoke in life.spoke]
    places = [place for place in range(1, len(champions)) if champions[place] != champions[place - 1]]
    ends = [*places[1:], len(champions)]
    changes = [
        _regret(life, judge, place, end)
        for place, end in zip(places, ends, strict=False)
        if first <= judge.days[place] <= last
    ]
    return {"changes": len(changes), "wrong_changes": sum(gap > life.run.rules.policy.margin for gap in changes)}


def _regret(life: Life, judge: Judge, place: int, end: int) -> float:
    """What the champion since `place` lost more than the one before would have, until `end`."""
    gaps, rows = 0.0, 0
    for number in range(place, end):
        day = judge.days[number]
        asked = life.models.year.rows(day, day)
        true = judge.rows(day, day)
        now, before = (
            judge.losses(life.models.say(life.spoke[each][0], asked), true)["log_loss"] for each in (place, place - 1)
        )
        gaps, rows = gaps + float((now - before).sum()), rows + len(now)
    return gaps / max(rows, 1)
