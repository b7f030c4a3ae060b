"""Probabilities under failing sources and simulated drift -> what each costs, with intervals; how far months moved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ontime.core.features.failing_sources import EVERY_SOURCE, Disturbance
from ontime.core.profiles.reference import ReferenceProfile
from ontime.core.statistics.day_metrics import DayMetric, metric_by_day, point_estimate
from ontime.core.statistics.intervals import Interval, difference
from ontime.core.statistics.metrics import Days, calendar_months
from ontime.params import Intervals, Stress

METRICS = ("log_loss", "roc_auc")
DIGITS = 5
COMMON = 0.1  # a category with at least this share of the rows is made more frequent
FALLBACK = Disturbance("the fallback", "instead", 1.0)  # climatology in place of the model
MIX = 2.0  # times as often as it was
EPOCH = pd.Timestamp("1970-01-01")
DAY = pd.Timedelta(days=1)


class SimulatedDrift(NamedTuple):
    """Rows that are drawn so many times as often as they were: `rows` (n,) bool of the backtest."""

    what: str
    kind: str
    times: float
    rows: np.ndarray


def sampled(day: pd.Series, every_days: int) -> np.ndarray:
    """Which rows are of one of every so many days: (n,) bool. Days count from 1970, so that no month moves them."""
    return (((day - EPOCH) // DAY) % every_days == 0).to_numpy()


def added_risk(rows: pd.DataFrame, probability: np.ndarray, params: Intervals) -> Interval:
    """What `probability` (n,) adds to the mean of the column `probability`, with its interval over days."""
    before = metric_by_day("risk", _days(rows, rows["probability"].to_numpy()))
    after = metric_by_day("risk", _days(rows, probability))
    return difference(after, before, calendar_months(rows["day"]), params)


def disturbance_costs(
    rows: pd.DataFrame, disturbed: Mapping[Disturbance, np.ndarray], params: Intervals
) -> pd.DataFrame:
    """A line for each disturbance: the metrics under it, and their difference to those of the rows as they are.

    rows (n): day, outcome and probability; disturbed: the probabilities (n,) under each disturbance.
    """
    before = _day_metrics(rows, rows["probability"].to_numpy())
    months, lines = calendar_months(rows["day"]), []
    for what, probability in disturbed.items():
        lines.append(_head(*what, rows) | _costs(_day_metrics(rows, probability), before, months, params))
    return pd.DataFrame(lines)


def simulated_drifts(rows: pd.DataFrame, text: Sequence[str], params: Stress) -> list[SimulatedDrift]:
    """More or fewer of the worst days, of true outcomes, and more of each common category of the columns `text`."""
    true = rows["outcome"].to_numpy(dtype=bool)
    rate = rows.groupby("day")["outcome"].mean()
    worst = rate.sort_values(kind="stable").index[-max(1, round(len(rate) * params.storm_share)) :]
    groups = [("worst days", "days", rows["day"].isin(worst).to_numpy()), ("true outcomes", "base rate", true)]
    drifts = [SimulatedDrift(what, kind, times, chosen) for what, kind, chosen in groups for times in params.times]
    for name in text:
        shares = rows[name].value_counts(normalize=True)
        common = sorted(shares.index[(shares >= COMMON) & (shares < 1)])
        drifts += [SimulatedDrift(f"{name} {value}", "mix", MIX, (rows[name] == value).to_numpy()) for value in common]
    return drifts


def drift_costs(rows: pd.DataFrame, drifts: Iterable[SimulatedDrift], params: Intervals) -> pd.DataFrame:
    """A line for each drift: the metrics of rows drawn so, and their difference to those of the rows as they are.

    Whole rows are repeated. Where something is to be rarer, the other rows are, so that every day stays.
    """
    before = _day_metrics(rows, rows["probability"].to_numpy())
    months, lines = calendar_months(rows["day"]), []
    for what, kind, times, chosen in drifts:
        ratio = Fraction(times).limit_denominator(10)
        often = np.repeat(np.arange(len(rows)), np.where(chosen, ratio.numerator, ratio.denominator))
        drawn = rows.iloc[often]
        after = _day_metrics(drawn, drawn["probability"].to_numpy())
        lines.append(_head(what, kind, times, drawn) | _costs(after, before, months, params))
    return pd.DataFrame(lines)


def feature_shift(learned: pd.DataFrame, rows: pd.DataFrame, types: Mapping[str, str]) -> dict[str, Any]:
    """How far the features of a month's rows have moved from those learned from (PSI): the largest, and the mean."""
    profile = ReferenceProfile.of(learned, list(types), dict.fromkeys(types, 1.0))
    psi = profile.measure(rows)["psi"].to_dict()
    largest = max(psi, key=lambda name: (psi[name], name))
    return {
        "largest_psi": round(psi[largest], 4),
        "largest_psi_feature": largest,
        "mean_psi": round(float(np.mean(list(psi.values()))), 4),
    }


def most_needed_source(
    rows: pd.DataFrame, disturbed: Mapping[Disturbance, np.ndarray], params: Intervals
) -> dict[str, Any]:
    """The source whose silence adds most log loss, what it adds, and how much more than the next one.

    rows, disturbed: as for `disturbance_costs`. The answer is in numbers, and as a sentence.
    """
    before = metric_by_day("log_loss", _days(rows, rows["probability"].to_numpy()))
    losses = {
        what.source: metric_by_day("log_loss", _days(rows, probability))
        for what, probability in disturbed.items()
        if what.kind == "missing" and what.source != EVERY_SOURCE
    }
    months = calendar_months(rows["day"])
    order = sorted(losses, key=lambda source: (-point_estimate(losses[source]), source))
    cost = difference(losses[order[0]], before, months, params)
    record: dict[str, Any] = {"source": order[0], "cost": cost.content()}
    sentence = f"{order[0]}: without it log loss rises by {cost:.3f}"
    if len(order) > 1:
        more = difference(losses[order[0]], losses[order[1]], months, params)
        record |= {"next": order[1], "more_than_the_next": more.content()}
        sure = "more" if more.low > 0 else "not surely more"
        sentence += f", {sure} than without the next, {order[1]} ({more.low:+.3f} to {more.high:+.3f})"
    return record | {"sentence": sentence}


def _days(rows: pd.DataFrame, probability: np.ndarray) -> Days:
    return Days(rows["day"], rows["outcome"], probability)


def _day_metrics(rows: pd.DataFrame, probability: np.ndarray) -> dict[str, DayMetric]:
    days = _days(rows, probability)
    return {metric: metric_by_day(metric, days) for metric in METRICS}


def _head(what: str, kind: str, level: float, rows: pd.DataFrame) -> dict[str, Any]:
    rate = round(float(rows["outcome"].mean()), 4)
    return {"what": what, "kind": kind, "level": level, "rows": len(rows), "rate": rate}


def _costs(
    after: Mapping[str, DayMetric], before: Mapping[str, DayMetric], months: np.ndarray, params: Intervals
) -> dict[str, object]:
    columns: dict[str, object] = {}
    for metric in METRICS:
        gap, name = difference(after[metric], before[metric], months, params), f"{metric}_difference"
        columns[metric] = round(point_estimate(after[metric]), DIGITS)
        columns |= gap.columns(name, DIGITS)
    return columns
