"""A published protocol and the rows it is about -> what each of its steps reaches, and what that takes away."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ontime.core.model.logistic import LogisticOptions, logistic_probabilities
from ontime.core.model.model import DIGITS
from ontime.core.model.signature import TEXT
from ontime.core.model.split import known_rows, month_rows, month_start
from ontime.core.statistics.day_metrics import DayMetric, MonthMean, metric_by_day, point_estimate
from ontime.core.statistics.intervals import Interval, difference, estimate
from ontime.core.statistics.metrics import Days, calendar_months
from ontime.dataset.protocol import Protocol, Step
from ontime.errors import OntimeError
from ontime.params import Intervals

METRIC = "roc_auc"
ROW = ["id", "day", "outcome"]
# The penalty is scikit-learn's default: it moves the published figure by a hundred-thousandth, and keeps rare values
# finite. Sparse is thirty times as fast here, and leaves no sum to the threads of a BLAS.
LOGISTIC = LogisticOptions(inverse_penalty=1.0, tolerance=1e-4, category_rows=1, impute_first=True, sparse=True)
Pairs = Iterator[tuple[pd.DataFrame, pd.DataFrame]]


class AuditPlan(NamedTuple):
    """The months before the test window; those that are judged; hours between a prediction and what it is about."""

    before_test: list[str]
    judged: list[str]
    lead_hours: float


class PredictedStep(NamedTuple):
    """What a step predicted. rows: id, day, outcome, probability of the rows that it is judged on.

    by_month: measured by the mean of the months' metrics; what is predicted is as in the step before.
    """

    name: str
    title: str
    about: str
    kind: str
    rows: pd.DataFrame
    by_month: bool = False


def hold_out(rows: pd.DataFrame, protocol: Protocol, seed: int) -> pd.DataFrame:
    """The rows with a column `held_out`: True for a random share of those that take part in the published step."""
    part = np.flatnonzero(rows[protocol.steps[0].outcome].notna())
    count = len(part) - int(len(part) * (1 - protocol.held_out))
    held_out = np.zeros(len(rows), dtype=bool)
    held_out[np.random.default_rng(seed).permutation(part)[:count]] = True
    return rows.assign(held_out=held_out)


def published_counts(rows: pd.DataFrame, protocol: Protocol, months: Sequence[str]) -> dict[str, Any]:
    """How many rows and positives the published step has here, and whether all the months are there to compare them.

    Raises OntimeError where they are and another number was published.
    """
    outcome = rows[protocol.steps[0].outcome].dropna()
    count, positives = len(outcome), int(outcome.sum())
    complete = protocol.until in months
    if complete and (count, positives) != (protocol.published_rows, protocol.published_positives):
        raise OntimeError(
            f"the published protocol ({protocol.source}) has {protocol.published_rows:,} rows, "
            f"{protocol.published_positives:,} of them positive; rebuilt here it has {count:,} and {positives:,}: "
            f"the raw tables, or how the dataset's protocol reads them, have changed"
        )
    return {"rows": count, "positives": positives, "complete": complete}


def predict_step(step: Step, rows: pd.DataFrame, plan: AuditPlan) -> PredictedStep:
    """Learn and predict as a step says. Raises OntimeError where its split is unknown."""
    if step.split not in SPLITS:
        raise OntimeError(f"step {step.name}: unknown split {step.split!r}; known: {sorted(SPLITS)}")
    names = {step.outcome: "outcome", f"{step.outcome}_known_at": "outcome_known_at"}
    types = {name: str(rows[name].dtype) for name in step.columns}
    table = _by_number(rows[["id", "day", "held_out", *names, *types]].rename(columns=names), types)
    predictions = [
        judged[ROW].assign(probability=logistic_probabilities(learned, judged, types, LOGISTIC).round(DIGITS))
        for learned, judged in SPLITS[step.split](table[table["outcome"].notna()], plan)
    ]
    predicted = pd.concat(predictions, ignore_index=True).astype({"outcome": "bool"})
    return PredictedStep(step.name, step.title, step.about, step.kind, predicted)


def backtest_steps(backtest: pd.DataFrame) -> list[PredictedStep]:
    """The two steps that end an audit: the backtest of the same months, judged as one and month by month.

    backtest: id, day, outcome, probability.
    """
    return [
        PredictedStep(
            "model",
            "the model of this repository",
            "Trees on everything that was known when predicting, as the backtest stands: nothing is computed anew.",
            "own",
            backtest,
        ),
        PredictedStep(
            "months",
            "the same, month by month",
            "Telling a bad month from a good one earns nothing here: the mean of the months' figures is the one this "
            "repository gives first.",
            "own",
            backtest,
            by_month=True,
        ),
    ]


def _by_number(rows: pd.DataFrame, types: Mapping[str, str]) -> pd.DataFrame:
    """Numbers in place of text, which are compared sooner."""
    text = [name for name, dtype in types.items() if dtype == TEXT]
    return rows.assign(**{name: rows[name].astype("category").cat.codes for name in text})


def _random(rows: pd.DataFrame, _: AuditPlan) -> Pairs:
    yield rows[~rows["held_out"]], rows[rows["held_out"]]


def _random_before_test(rows: pd.DataFrame, plan: AuditPlan) -> Pairs:
    before = _in_months(rows, plan.before_test)
    yield before[~before["held_out"]], _in_months(before[before["held_out"]], plan.judged)


def _later(rows: pd.DataFrame, plan: AuditPlan) -> Pairs:
    for month in plan.judged:
        yield known_rows(rows, month_start(month, plan.lead_hours)), month_rows(rows, month)


def _later_held_out(rows: pd.DataFrame, plan: AuditPlan) -> Pairs:
    for learned, judged in _later(rows, plan):
        yield learned, judged[judged["held_out"]]


def _in_months(rows: pd.DataFrame, months: Sequence[str]) -> pd.DataFrame:
    return pd.concat([month_rows(rows, month) for month in months])


# What a step learns from, and what it is judged on.
SPLITS: dict[str, Callable[[pd.DataFrame, AuditPlan], Pairs]] = {
    "random": _random,
    "random before the test window": _random_before_test,
    "later, what was held out": _later_held_out,
    "later": _later,
}


def measure_steps(steps: Sequence[PredictedStep], params: Intervals) -> list[dict[str, Any]]:
    """What JSON holds of each step: its ROC AUC and the difference to that of the step before, with intervals."""
    measured = [_measured(step) for step in steps]
    lines = []
    for place, (step, metric) in enumerate(zip(steps, measured, strict=True)):
        line = {name: getattr(step, name) for name in ("name", "title", "about", "kind", "by_month")}
        line |= {"rows": len(step.rows), "positives": int(step.rows["outcome"].sum())}
        interval = estimate(metric, calendar_months(step.rows["day"]), params).interval(params.level)
        line |= {METRIC: interval.content()}
        lines.append(line | (_difference(place, steps, measured, params) if place else {}))
    return [line | {"sentence": step_sentence(line)} for line in lines]


def _measured(step: PredictedStep) -> DayMetric:
    rows = step.rows
    days = Days(rows["day"], rows["outcome"], rows["probability"].to_numpy())
    metric = metric_by_day(METRIC, days)
    return MonthMean(metric, days.calendar) if step.by_month else metric


def _difference(
    place: int, steps: Sequence[PredictedStep], measured: Sequence[DayMetric], params: Intervals
) -> dict[str, Any]:
    """The difference to the step before: with an interval where the days are the same, paired where the rows are."""
    now, before = (np.sort(steps[number].rows["day"].unique()) for number in (place, place - 1))
    if not np.array_equal(now, before):
        gap = point_estimate(measured[place]) - point_estimate(measured[place - 1])
        return {"paired": False, "difference": Interval(gap).content()}
    gap = difference(measured[place], measured[place - 1], calendar_months(steps[place].rows["day"]), params)
    return {"paired": _same(steps[place].rows, steps[place - 1].rows), "difference": gap.content()}


def _same(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    first, second = (rows[ROW].sort_values("id", ignore_index=True) for rows in (one, other))
    return first.equals(second)


def step_sentence(line: Mapping[str, Any]) -> str:
    """What a step is about and what it changes, in words."""
    if "difference" not in line:
        return f"{line['about']} ROC AUC {Interval.load(line[METRIC]):.3f}."
    paired = "on the same rows" if line["paired"] else "not paired, since the rows or the outcome are others"
    return f"{line['about']} ROC AUC {Interval.load(line['difference']):+.3f}, {paired}."
