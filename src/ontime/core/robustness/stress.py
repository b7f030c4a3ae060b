"""Probabilities under disturbed feeds and drifted days -> what each costs, with intervals; months as they drifted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ontime.core.features.failing_feeds import EVERY_FEED, Disturbance
from ontime.core.profiles.reference import Profile
from ontime.core.statistics.day_metrics import Daily, by_day, value
from ontime.core.statistics.intervals import Interval, difference
from ontime.core.statistics.metrics import Days
from ontime.params import Intervals, Stress

METRICS = ("log_loss", "roc_auc")
DIGITS = 5
COMMON = 0.1  # share of rows from which on a category's mix is drifted
FALLBACK = Disturbance("the fallback", "instead", 1.0)  # climatology in place of the model
MIX = 2.0  # times as often
EPOCH = pd.Timestamp("1970-01-01")
DAY = pd.Timedelta(days=1)


class Drift(NamedTuple):
    """What is drawn so many times as often: `rows` (n,) bool of the backtest."""

    what: str
    kind: str
    times: float
    rows: np.ndarray


def sampled(day: pd.Series, every_days: int) -> np.ndarray:
    """Which rows are of every so manieth day, counted from 1970, so that no month moves it: (n,) bool."""
    return (((day - EPOCH) // DAY) % every_days == 0).to_numpy()


def added_risk(rows: pd.DataFrame, probability: np.ndarray, params: Intervals) -> Interval:
    """What is added to the mean of the column `probability`, with its interval over days."""
    after, before = (by_day("risk", _days(rows, said)) for said in (probability, rows["probability"].to_numpy()))
    return difference(after, before, params)


def losses(rows: pd.DataFrame, said: Mapping[Disturbance, np.ndarray], params: Intervals) -> pd.DataFrame:
    """A line for each disturbance: what it costs, beside the column `probability` of rows with day and outcome."""
    before, lines = _dailies(rows, rows["probability"].to_numpy()), []
    for what, probability in said.items():
        lines.append(_head(*what, rows) | _costs(_dailies(rows, probability), before, params))
    return pd.DataFrame(lines)


def drifts(rows: pd.DataFrame, text: Sequence[str], params: Stress) -> list[Drift]:
    """The mix of common categories, the base rate, and the days with most true outcomes."""
    true = rows["outcome"].to_numpy(dtype=bool)
    rate = rows.groupby("day")["outcome"].mean()
    worst = rate.sort_values(kind="stable").index[-max(1, round(len(rate) * params.storm_share)) :]
    groups = [("worst days", "days", rows["day"].isin(worst).to_numpy()), ("true outcomes", "base rate", true)]
    found = [Drift(what, kind, times, chosen) for what, kind, chosen in groups for times in params.times]
    for name in text:
        shares = rows[name].value_counts(normalize=True)
        common = sorted(shares.index[(shares >= COMMON) & (shares < 1)])
        found += [Drift(f"{name} {value}", "mix", MIX, (rows[name] == value).to_numpy()) for value in common]
    return found


def drifted(rows: pd.DataFrame, found: Iterable[Drift], params: Intervals) -> pd.DataFrame:
    """A line for each drift: the metrics of rows drawn so, less those of the rows as they are.

    Whole rows are repeated, the others where something is to be rarer, so that every day stays.
    """
    before, lines = _dailies(rows, rows["probability"].to_numpy()), []
    for what, kind, times, chosen in found:
        ratio = Fraction(times).limit_denominator(10)
        often = np.repeat(np.arange(len(rows)), np.where(chosen, ratio.numerator, ratio.denominator))
        drawn = rows.iloc[often]
        after = _dailies(drawn, drawn["probability"].to_numpy())
        lines.append(_head(what, kind, times, drawn) | _costs(after, before, params))
    return pd.DataFrame(lines)


def moved(learned: pd.DataFrame, rows: pd.DataFrame, types: Mapping[str, str]) -> dict[str, Any]:
    """How far the features of a month's rows are from those learned from (PSI): the farthest, and the mean of all."""
    profile = Profile.of(learned, list(types), dict.fromkeys(types, 1.0))
    found = profile.measure(rows)["psi"].to_dict()
    farthest = max(found, key=lambda name: (found[name], name))
    return {
        "largest_psi": round(found[farthest], 4),
        "farthest": farthest,
        "mean_psi": round(float(np.mean(list(found.values()))), 4),
    }


def verdict(rows: pd.DataFrame, said: Mapping[Disturbance, np.ndarray], params: Intervals) -> dict[str, Any]:
    """Which feed must never fail: that whose silence costs most log loss, and by how much more than the next one."""
    silent = {what.feed: probability for what, probability in said.items() if what.kind == "missing"}
    silent.pop(EVERY_FEED, None)
    before = by_day("log_loss", _days(rows, rows["probability"].to_numpy()))
    losses = {feed: by_day("log_loss", _days(rows, probability)) for feed, probability in silent.items()}
    order = sorted(losses, key=lambda feed: (-value(losses[feed]), feed))
    cost = difference(losses[order[0]], before, params)
    found: dict[str, Any] = {"feed": order[0], "cost": cost.content()}
    sentence = f"{order[0]}: without it log loss rises by {cost.value:.3f} ({cost.low:.3f} to {cost.high:.3f})"
    if len(order) > 1:
        more = difference(losses[order[0]], losses[order[1]], params)
        found |= {"next": order[1], "more_than_the_next": more.content()}
        sure = "more" if more.low > 0 else "not surely more"
        sentence += f", {sure} than without the next, {order[1]} ({more.low:+.3f} to {more.high:+.3f})"
    return found | {"sentence": sentence}


def _days(rows: pd.DataFrame, probability: np.ndarray) -> Days:
    return Days(rows["day"], rows["outcome"], probability)


def _dailies(rows: pd.DataFrame, probability: np.ndarray) -> dict[str, Daily]:
    days = _days(rows, probability)
    return {metric: by_day(metric, days) for metric in METRICS}


def _head(what: str, kind: str, level: float, rows: pd.DataFrame) -> dict[str, Any]:
    rate = round(float(rows["outcome"].mean()), 4)
    return {"what": what, "kind": kind, "level": level, "rows": len(rows), "rate": rate}


def _costs(after: Mapping[str, Daily], before: Mapping[str, Daily], params: Intervals) -> dict[str, float]:
    found: dict[str, float] = {}
    for metric in METRICS:
        gap = difference(after[metric], before[metric], params)
        found |= {metric: round(value(after[metric]), DIGITS), f"{metric}_difference": round(gap.value, DIGITS)}
        found |= {f"{metric}_low": round(gap.low, DIGITS), f"{metric}_high": round(gap.high, DIGITS)}
        found |= {f"{metric}_coverage": round(gap.coverage or 0.0, 3)}
    return found
