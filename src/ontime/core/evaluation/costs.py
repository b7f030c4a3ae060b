"""Probabilities and what mistakes cost -> answers, and what they cost, with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ontime.core.statistics.day_metrics import Ratio, calendar, daily_sums, mean
from ontime.core.statistics.intervals import estimate, shown
from ontime.params import Costs, Intervals

YES, NO, UNKNOWN = "yes", "no", "unknown"
PER = 1000  # rows that a cost is given for
DIGITS = 1
THRESHOLDS = 101
STEPS = 50
ORDERED = {"model": "probability", "climatology": "climatology"}  # column by whose probabilities rows are ordered


def bounds(costs: Costs) -> tuple[float, float]:
    """'No' up to the first probability, 'yes' from the second on; between them, where they differ, 'unknown'.

    The answer of least expected cost: of two, Elkan, The foundations of cost-sensitive learning, IJCAI 2001; of three,
    Chow, On optimum recognition error and reject tradeoff, IEEE Transactions on Information Theory 16, 1970. It is the
    best there is where probabilities can be taken at their word.
    """
    even = costs.false_alarm / (costs.false_alarm + costs.missed)
    return min(costs.unknown / costs.missed, even), max(1 - costs.unknown / costs.false_alarm, even)


def decide(probability: np.ndarray, costs: Costs) -> np.ndarray:
    """The answer of least expected cost to each probability: (n,) of 'yes', 'no' and 'unknown'."""
    low, high = bounds(costs)
    return np.where(probability >= high, YES, np.where(probability <= low, NO, UNKNOWN))


def forced(costs: Costs) -> Costs:
    """The same costs where every row must be answered: 'unknown' is as dear as the dearest mistake."""
    return replace(costs, unknown=max(costs.missed, costs.false_alarm))


def cost(answer: np.ndarray, outcome: np.ndarray, costs: Costs) -> np.ndarray:
    """What each answer cost: (n,)."""
    mistake = np.where(answer == YES, costs.false_alarm * ~outcome, costs.missed * outcome)
    return np.where(answer == UNKNOWN, costs.unknown, mistake)


def cost_table(rows: pd.DataFrame, costs: Costs, params: Intervals) -> pd.DataFrame:
    """Per way to answer, for 1,000 rows: its cost, that less the model's, missed, false alarms and unknown; intervals.

    rows: day, outcome, probability, climatology. `area`: that of `Area`, for those who must answer and
    know which answers they are surest of.
    """
    outcome, day = rows["outcome"].to_numpy(bool), rows["day"]
    answers = policies(rows, costs)
    own = cost(answers["model"], outcome, costs)
    lines = []
    for name, answer in answers.items():
        its = cost(answer, outcome, costs)
        values = {
            "cost": its,
            "over_model": its - own,
            "missed": (answer == NO) & outcome,
            "false_alarms": (answer == YES) & ~outcome,
            "unknown": answer == UNKNOWN,
        }
        found = {metric: estimate(mean(day, PER * value), params) for metric, value in values.items()}
        if name in ORDERED:
            found["area"] = estimate(area(rows, ORDERED[name], costs), params)
        lines.append({"answers": name} | shown(found, params.level) | {"coverage": found["cost"].coverage})
    table = pd.DataFrame(lines)
    return table.round({name: 3 if name == "coverage" else DIGITS for name in table})


def policies(rows: pd.DataFrame, costs: Costs) -> Mapping[str, np.ndarray]:
    """The answers of the model and of climatology, forced to answer and not, and of who always says the same."""
    said = {name: rows[column].to_numpy() for name, column in ORDERED.items()}
    return {
        "model": decide(said["model"], forced(costs)),
        "model or unknown": decide(said["model"], costs),
        "climatology": decide(said["climatology"], forced(costs)),
        "climatology or unknown": decide(said["climatology"], costs),
        "always yes": np.full(len(rows), YES),
        "always no": np.full(len(rows), NO),
    }


def threshold_curve(rows: pd.DataFrame, costs: Costs, params: Intervals) -> pd.DataFrame:
    """What 1,000 rows cost if the answer is 'yes' from each threshold on, with intervals: 101 rows.

    `over_formula`: that less what the threshold of `bounds` costs, paired on the same rows.
    """
    said, outcome, day = rows["probability"].to_numpy(), rows["outcome"].to_numpy(bool), rows["day"]
    formula = cost(decide(said, forced(costs)), outcome, costs)
    lines = []
    for threshold in np.linspace(0, 1, THRESHOLDS):
        its = cost(np.where(said >= threshold, YES, NO), outcome, costs)
        values = {"cost": its, "over_formula": its - formula}
        found = {metric: estimate(mean(day, PER * value), params) for metric, value in values.items()}
        lines.append({"threshold": threshold} | shown(found, params.level))
    table = pd.DataFrame(lines)
    return table.round({name: 2 if name == "threshold" else DIGITS for name in table})


@dataclass(frozen=True)
class Area:
    """The area under the curve of cost and share answered, the surest first.

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
        each = spent @ share.T - below @ (risk * share).T + self.rows @ (risk / total).T  # (days, m)
        each -= self.weight[:, None] * (value / total[:, 0])
        return value, np.take_along_axis(each.T, drawn, axis=1)


def area(rows: pd.DataFrame, name: str, costs: Costs) -> Area:
    """The area for the probabilities in column `name`, in cost of 1,000 answered rows."""
    said, outcome = rows[name].to_numpy(), rows["outcome"].to_numpy(bool)
    day = calendar(rows["day"])
    step, spent = _steps(said, costs), PER * cost(decide(said, forced(costs)), outcome, costs)
    shape = int(day.max()) + 1, STEPS
    place = day * STEPS + step
    tables = (np.bincount(place, values, minlength=shape[0] * STEPS) for values in (np.ones(len(rows)), spent))
    return Area(*(table.reshape(shape) for table in tables))


def coverage_curve(rows: pd.DataFrame, costs: Costs, params: Intervals) -> pd.DataFrame:
    """Per share answered, the surest first: what 1,000 of those answered cost, with intervals: 50 rows.

    `cost` by column `probability`, `climatology` by the column of that name. Rows of equal doubt are answered together,
    so that a share may be larger than it says.
    """
    outcome, lines = rows["outcome"].to_numpy(bool), []
    said = {"cost": rows["probability"].to_numpy(), "climatology": rows["climatology"].to_numpy()}
    steps = {name: _steps(probability, costs) for name, probability in said.items()}
    spent = {name: PER * cost(decide(each, forced(costs)), outcome, costs) for name, each in said.items()}
    for last in range(STEPS):
        found = {}
        for name in said:
            answered = steps[name] <= last
            sums = daily_sums(rows["day"], answered * spent[name], answered.astype(np.float64))
            found[name] = estimate(Ratio(*sums), params)
        lines.append({"answered": (last + 1) / STEPS} | shown(found, params.level))
    table = pd.DataFrame(lines)
    return table.round({name: 2 if name == "answered" else DIGITS for name in table})


def _steps(probability: np.ndarray, costs: Costs) -> np.ndarray:
    """In which of 50 equal parts of the rows each is, by the better answer's expected cost, 0 the least: (n,) int64."""
    expected = np.minimum(probability * costs.missed, (1 - probability) * costs.false_alarm)
    edges = np.quantile(expected, np.arange(1, STEPS) / STEPS, method="higher")
    return np.searchsorted(edges, expected)
