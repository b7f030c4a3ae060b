"""Metrics of days -> intervals, each about other months or about these months only.

Nothing is drawn: `standard_errors` has the error in closed form, and Student's t does the rest. docs/intervals.md says
which interval answers which question, and why.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import numpy as np
import pandas as pd
from scipy.stats import t

from ontime.core.statistics.day_metrics import DayMetric, Difference
from ontime.core.statistics.standard_errors import Errors, errors_by_months, errors_within_months, kish
from ontime.errors import OntimeError
from ontime.params import Intervals

OTHER_MONTHS, THESE_MONTHS = "other months", "these months"
LEAST_MONTHS = 3  # of two months Student's t is 6.3, and an interval about others says nothing
LEAST_DAYS = 2  # without which there is no interval
DIGITS = 6


class Interval(NamedTuple):
    """A value between its bounds, which are not numbers where there are none.

    about: which question the bounds answer, OTHER_MONTHS (what would the value be in other months like these?) or
    THESE_MONTHS (what would it be in these months, had their days been others?).
    """

    value: float
    low: float = np.nan
    high: float = np.nan
    about: str | None = None

    @classmethod
    def load(cls, content: Mapping[str, Any]) -> Self:
        """An interval from what JSON holds of it: `value`, the others where they are; further keys are not read."""
        value, low, high = (_number(content.get(name)) for name in ("value", "low", "high"))
        return cls(value, low, high, content.get("about"))

    @classmethod
    def from_columns(cls, line: Mapping[str, Any] | pd.Series, name: str) -> Self:
        """An interval from a line of a table that has the columns `name`, `name_low` and `name_high`."""
        value, low, high = (_number(line[f"{name}{end}"]) for end in ("", "_low", "_high"))
        about = line.get(f"{name}_about")
        return cls(value, low, high, about if isinstance(about, str) else None)

    def content(self) -> dict[str, Any]:
        """What JSON holds of it, rounded; without what is missing."""
        fields = self._asdict()
        about = {"about": fields.pop("about")} if self.about else {}
        numbers = {name: number for name, number in fields.items() if name == "value" or not pd.isna(number)}
        return {name: round(float(number), DIGITS) for name, number in numbers.items()} | about

    def columns(self, name: str, digits: int | None = None) -> dict[str, Any]:
        """Columns of a table, rounded where digits are given, as `from_columns` reads them."""
        numbers = [number if digits is None else round(number, digits) for number in self[:3]]
        bounded = dict(zip((name, f"{name}_low", f"{name}_high"), numbers, strict=True))
        return bounded | ({f"{name}_about": self.about} if self.about else {})

    def __format__(self, form: str) -> str:
        """0.770 (0.749 to 0.788) as '.3f', 77.0 % (74.9 to 78.8 %) as '.1%'.

        The value alone where it has no bounds, and nothing where there is no value.
        """
        if not form:
            return str(self)
        unit, numbers = "", self[:3]
        if form.endswith("%"):
            form, unit, numbers = f"{form[:-1]}f", " %", tuple(100 * number for number in numbers)
        value, low, high = (format(number, form) for number in numbers)
        if np.isnan(self.value):
            return ""
        return f"{value}{unit}" if np.isnan(self.low) else f"{value}{unit} ({low} to {high}{unit})"


def _number(value: float | None) -> float:
    return np.nan if value is None else float(value)


class Estimate(NamedTuple):
    """A value, its standard error and the degrees of freedom of that; what its interval is about."""

    value: float
    error: float
    freedom: float
    about: str

    def interval(self, level: float) -> Interval:
        """Bounds that hold the truth with probability `level`."""
        reach = float(t.ppf((1 + level) / 2, self.freedom)) * self.error
        return Interval(self.value, self.value - reach, self.value + reach, self.about)

    def p_value(self, truth: float = 0.0) -> float:
        """Probability of a value so far from this truth or farther, on either side."""
        return float(2 * t.sf(abs(self.value - truth) / self.error, self.freedom)) if self.error > 0 else 1.0


def interval_columns(estimates: Mapping[str, Estimate], level: float) -> dict[str, Any]:
    """Columns of a table by name: value, bounds, what they are about, as `Interval.from_columns` reads them."""
    columns: dict[str, Any] = {}
    for name, estimated in estimates.items():
        columns |= estimated.interval(level).columns(name)
    return columns


def estimate(metric: DayMetric, months: np.ndarray, params: Intervals, about: str | None = None) -> Estimate:
    """A metric of days, about other months where there are three at least, else about these months.

    about: the question, where it is another. months (days,): of each day of the metric's calendar. A single day says
    nothing of others: its error is infinite. Raises OntimeError where the metric has no value.
    """
    days = np.arange(len(metric.weight))[None]
    with np.errstate(invalid="ignore", divide="ignore"):
        (value,), influence = metric.of(days)
    if not np.isfinite(value):
        raise OntimeError(f"a metric of {days.size} days has no value: expected rows in them, of either outcome")
    about = about or question(metric.weight, months)
    if np.count_nonzero(metric.weight) < LEAST_DAYS:
        return Estimate(float(value), np.inf, 1.0, about)
    (error,), (freedom,) = standard_errors(about, influence, metric.weight[None], months, params)
    return Estimate(float(value), float(error), float(freedom), about)


def difference(one: DayMetric, other: DayMetric, months: np.ndarray, params: Intervals) -> Interval:
    """A metric minus another, paired: of the same days of the calendar. months (days,): of each of them."""
    return estimate(Difference(one, other), months, params).interval(params.level)


def question(weight: np.ndarray, months: np.ndarray) -> str:
    """What an interval of days of this weight (days,) can be about; months count by what they weigh."""
    _, place = np.unique(months, return_inverse=True)
    (count,) = kish(np.bincount(place, weight)[None])
    return OTHER_MONTHS if round(count) >= LEAST_MONTHS else THESE_MONTHS


def standard_errors(
    about: str, influence: np.ndarray, weight: np.ndarray, months: np.ndarray, params: Intervals
) -> Errors:
    """Standard errors (m,) and their freedom (m,), from influence and weight (m, days), for one of the questions."""
    if about == OTHER_MONTHS:
        return errors_by_months(influence, weight, months)
    return errors_within_months(influence, weight, months, params.block_days)
