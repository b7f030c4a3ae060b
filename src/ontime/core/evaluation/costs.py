"""Probabilities and what mistakes cost -> answers, and what they cost, with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ontime.core.statistics.day_metrics import Ratio, daily_sums, day_numbers, mean_by_day
from ontime.core.statistics.intervals import Estimate, estimate, interval_columns
from ontime.core.statistics.metrics import calendar_months
from ontime.params import Costs, Intervals

YES, NO, UNKNOWN = "yes", "no", "unknown"
PER = 1000  # rows that a cost is given for
DIGITS = 1
THRESHOLDS = 101
STEPS = 50
ORDERED = {"model": "probability", "climatology": "climatology"}  # column by whose probabilities rows are ordered


def answer_thresholds(costs: Costs) -> tuple[float, float]:
    """'No' up to the first probability, 'yes' from the second on; between them, where they differ, 'unknown'.

    The answer of least expected cost: of two, Elkan, The foundations of cost-sensitive learning, IJCAI 2001; of three,
    Chow, On optimum recognition error and reject tradeoff, IEEE Transactions on Information Theory 16, 1970. It is the
    best there is where probabilities can be taken at their word.
    """
    even = costs.false_alarm / (costs.false_alarm + costs.missed)
    return min(costs.unknown / costs.missed, even), max(1 - costs.unknown / costs.false_alarm, even)


def decide(probability: np.ndarray, costs: Costs) -> np.ndarray:
    """The answer of least expected cost to each probability: (n,) of 'yes', 'no' and 'unknown'."""
    low, high = answer_thresholds(costs)
    return np.where(probability >= high, YES, np.where(probability <= low, NO, UNKNOWN))


def decision(probability: float, thresholds: tuple[float, float]) -> str:
    """The same to one probability, by the thresholds of the costs."""
    low, high = thresholds
    return YES if probability >= high else NO if probability <= low else UNKNOWN


def forced(costs: Costs) -> Costs:
    """The same costs where every row must be answered: 'unknown' is as dear as the dearest mistake."""
    return replace(costs, unknown=max(costs.missed, costs.false_alarm))


def cost(answer: np.ndarray, outcome: np.ndarray, costs: Costs) -> np.ndarray:
    """What each answer cost: (n,)."""
    mistake = np.where(answer == YES, costs.false_alarm * ~outcome, costs.missed * outcome)
    return np.where(answer == UNKNOWN, costs.unknown, mistake)


def cost_table(rows: pd.DataFrame, costs: Costs, params: Intervals) -> pd.DataFrame:
    """Per strategy, for 1,000 rows and with intervals: cost, missed, false alarms, unknown.

    `cost_minus_model`: paired on the same rows. `area_under_cost_coverage`: see `Area`; of the model and of
    climatology, forced to answer. rows: day, outcome, probability, climatology.
    """
    outcome, day = rows["outcome"].to_numpy(bool), rows["day"]
    strategies = answers_by_strategy(rows, costs)
    cost_of_model = cost(strategies["model"], outcome, costs)
    lines = []
    for name, answer in strategies.items():
        cost_of_answer = cost(answer, outcome, costs)
        values = {
            "cost": cost_of_answer,
            "cost_minus_model": cost_of_answer - cost_of_model,
            "missed": (answer == NO) & outcome,
            "false_alarms": (answer == YES) & ~outcome,
            "unknown": answer == UNKNOWN,
        }
        estimates = _estimates(day, values, params)
        if name in ORDERED:
            covered = area(rows, ORDERED[name], costs)
            estimates["area_under_cost_coverage"] = estimate(covered, calendar_months(day), params)
        lines.append({"strategy": name} | interval_columns(estimates, params.level))
    return pd.DataFrame(lines).round(DIGITS)


def answers_by_strategy(rows: pd.DataFrame, costs: Costs) -> Mapping[str, np.ndarray]:
    """Answers by strategy, each (n,): the model and climatology, forced and not, and those that never change."""
    model, climatology = (rows[column].to_numpy() for column in ORDERED.values())
    return {
        "model": decide(model, forced(costs)),
        "model or unknown": decide(model, costs),
        "climatology": decide(climatology, forced(costs)),
        "climatology or unknown": decide(climatology, costs),
        "always yes": np.full(len(rows), YES),
        "always no": np.full(len(rows), NO),
    }


def threshold_curve(rows: pd.DataFrame, costs: Costs, params: Intervals) -> pd.DataFrame:
    """What 1,000 rows cost if the answer is 'yes' from each threshold on, with intervals: 101 rows.

    `cost_minus_bayes_threshold`: minus the cost at the threshold of `answer_thresholds`, paired on the same rows.
    """
    probability, outcome, day = rows["probability"].to_numpy(), rows["outcome"].to_numpy(bool), rows["day"]
    cost_at_bayes = cost(decide(probability, forced(costs)), outcome, costs)
    lines = []
    for threshold in np.linspace(0, 1, THRESHOLDS):
        cost_of_threshold = cost(np.where(probability >= threshold, YES, NO), outcome, costs)
        values = {"cost": cost_of_threshold, "cost_minus_bayes_threshold": cost_of_threshold - cost_at_bayes}
        estimates = _estimates(day, values, params)
        lines.append({"threshold": threshold} | interval_columns(estimates, params.level))
    table = pd.DataFrame(lines)
    return table.round({name: 2 if name == "threshold" else DIGITS for name in table})


@dataclass(frozen=True)
class Area:
    """The area under the curve of cost over share answered, the surest first (coverage, in selective classification).

    rows, costs (days, steps): by day and step of expected cost, the least first. Geifman and El-Yaniv, Selective
    classification for deep neural networks, NIPS 2017.
    """

    rows: np.ndarray
    costs: np.ndarray

    @property
    def weight(self) -> np.ndarray:
        return self.rows.sum(axis=1)

    def of(self, drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows, costs = (table[drawn].sum(axis=1) for table in (self.rows, self.costs))  # (m, steps)
        answered, total = np.cumsum(rows, axis=1), rows.sum(axis=1, keepdims=True)
        risk = np.divide(np.cumsum(costs, axis=1), answered, out=np.zeros_like(costs), where=answered > 0)
        value = (risk * rows).sum(axis=1) / total[:, 0]
        share = np.divide(rows / total, answered, out=np.zeros_like(costs), where=answered > 0)
        below, spent = np.cumsum(self.rows, axis=1), np.cumsum(self.costs, axis=1)
        influence = spent @ share.T - below @ (risk * share).T + self.rows @ (risk / total).T  # (days, m)
        influence -= self.weight[:, None] * (value / total[:, 0])
        return value, np.take_along_axis(influence.T, drawn, axis=1)


def area(rows: pd.DataFrame, name: str, costs: Costs) -> Area:
    """The area for the probabilities in column `name`, in cost of 1,000 answered rows."""
    probability, outcome = rows[name].to_numpy(), rows["outcome"].to_numpy(bool)
    day = day_numbers(rows["day"])
    spent = PER * cost(decide(probability, forced(costs)), outcome, costs)
    shape = int(day.max()) + 1, STEPS
    place = day * STEPS + _steps(probability, costs)
    tables = (np.bincount(place, values, minlength=shape[0] * STEPS) for values in (np.ones(len(rows)), spent))
    return Area(*(table.reshape(shape) for table in tables))


def coverage_curve(rows: pd.DataFrame, costs: Costs, params: Intervals) -> pd.DataFrame:
    """Per share answered, the surest first: what 1,000 of those answered cost, with intervals: 50 rows.

    `cost` by column `probability`, `climatology_cost` by column `climatology`. Rows of equal doubt are answered
    together, so that a share may be larger than it says.
    """
    outcome, months, lines = rows["outcome"].to_numpy(bool), calendar_months(rows["day"]), []
    probabilities = {"cost": rows["probability"].to_numpy(), "climatology_cost": rows["climatology"].to_numpy()}
    steps = {name: _steps(given, costs) for name, given in probabilities.items()}
    spent = {name: PER * cost(decide(given, forced(costs)), outcome, costs) for name, given in probabilities.items()}
    for last in range(STEPS):
        estimates = {}
        for name in probabilities:
            answered = steps[name] <= last
            sums = daily_sums(rows["day"], answered * spent[name], answered.astype(np.float64))
            estimates[name] = estimate(Ratio(*sums), months, params)
        lines.append({"share_answered": (last + 1) / STEPS} | interval_columns(estimates, params.level))
    table = pd.DataFrame(lines)
    return table.round({name: 2 if name == "share_answered" else DIGITS for name in table})


def _estimates(day: pd.Series, values: Mapping[str, np.ndarray], params: Intervals) -> dict[str, Estimate]:
    """The mean of each value, for 1,000 rows."""
    months = calendar_months(day)
    return {name: estimate(mean_by_day(day, PER * value), months, params) for name, value in values.items()}


def _steps(probability: np.ndarray, costs: Costs) -> np.ndarray:
    """Rows in 50 parts of equal size, by the expected cost of the better answer; 0 has the least: (n,) int64."""
    expected = np.minimum(probability * costs.missed, (1 - probability) * costs.false_alarm)
    edges = np.quantile(expected, np.arange(1, STEPS) / STEPS, method="higher")
    return np.searchsorted(edges, expected)
