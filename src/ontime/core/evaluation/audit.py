"""A published protocol and the rows it is about -> what each of its steps reaches, and what that takes away."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.feature_selection import VarianceThreshold
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from ontime.core.model.model import DIGITS, TEXT
from ontime.core.model.split import in_month, known, start
from ontime.core.statistics.bootstrap import Statistic, calibrated
from ontime.core.statistics.day_metrics import by_day
from ontime.core.statistics.intervals import difference
from ontime.core.statistics.metrics import METRICS, Days
from ontime.dataset.protocol import Protocol, Step
from ontime.errors import OntimeError
from ontime.params import Intervals

METRIC = "roc_auc"
ROW = ["id", "day", "outcome"]
Pairs = Iterator[tuple[pd.DataFrame, pd.DataFrame]]


class Plan(NamedTuple):
    """The months before the test window; those that are judged; hours between a prediction and what it is about."""

    before_test: list[str]
    judged: list[str]
    lead_hours: float


class Judged(NamedTuple):
    """What a step said: id, day, outcome, probability of the rows it is judged on.

    by_month: the step before said the same, and only the ruler is another: the mean of the months.
    """

    name: str
    title: str
    about: str
    kind: str
    rows: pd.DataFrame
    by_month: bool = False


def draw(rows: pd.DataFrame, protocol: Protocol, seed: int) -> pd.DataFrame:
    """The rows with a column `held_out`: True for a random share of those that take part in the published step."""
    part = np.flatnonzero(rows[protocol.steps[0].outcome].notna())
    count = len(part) - int(len(part) * (1 - protocol.held_out))
    held_out = np.zeros(len(rows), dtype=bool)
    held_out[np.random.default_rng(seed).permutation(part)[:count]] = True
    return rows.assign(held_out=held_out)


def counted(rows: pd.DataFrame, protocol: Protocol, months: Sequence[str]) -> dict[str, Any]:
    """How many rows and positives the published step has here, and whether all the months are there to compare them.

    Raises OntimeError where they are and another number was published.
    """
    outcome = rows[protocol.steps[0].outcome].dropna()
    found, expected = (len(outcome), int(outcome.sum())), (protocol.published_rows, protocol.published_positives)
    complete = protocol.until in months
    if complete and found != expected:
        raise OntimeError(
            f"the published protocol ({protocol.source}) has {expected[0]:,} rows, {expected[1]:,} of them positive; "
            f"rebuilt here it has {found[0]:,} and {found[1]:,}: the raw tables, or how the dataset's protocol reads "
            f"them, have changed"
        )
    return {"rows": found[0], "positives": found[1], "complete": complete}


def judge(step: Step, rows: pd.DataFrame, plan: Plan) -> Judged:
    """Learn and predict as a step says. Raises OntimeError where its split is unknown."""
    if step.split not in SPLITS:
        raise OntimeError(f"step {step.name}: unknown split {step.split!r}; known: {sorted(SPLITS)}")
    names = {step.outcome: "outcome", f"{step.outcome}_known_at": "outcome_known_at"}
    types = {name: str(rows[name].dtype) for name in step.columns}
    table = _by_number(rows[["id", "day", "held_out", *names, *types]].rename(columns=names), types)
    said = [
        now[ROW].assign(probability=logistic(learned, now, types))
        for learned, now in SPLITS[step.split](table[table["outcome"].notna()], plan)
    ]
    together = pd.concat(said, ignore_index=True).astype({"outcome": "bool"})
    return Judged(step.name, step.title, step.about, step.kind, together)


def own(backtest: pd.DataFrame) -> list[Judged]:
    """The two steps that end an audit: what the backtest said of the same months, judged together and one by one."""
    return [
        Judged(
            "model",
            "the model of this repository",
            "Trees on everything that was known when predicting, as the backtest stands: nothing is computed anew.",
            "own",
            backtest,
        ),
        Judged(
            "months",
            "the same, month by month",
            "Telling a bad month from a good one earns nothing here: the mean of the months' figures is the one this "
            "repository gives first.",
            "own",
            backtest,
            by_month=True,
        ),
    ]


def logistic(learned: pd.DataFrame, rows: pd.DataFrame, types: Mapping[str, str]) -> np.ndarray:
    """Probabilities by logistic regression on columns of these types, six digits: (n,)."""
    model = _pipeline(types).fit(learned, learned["outcome"].astype("int64"))
    return model.predict_proba(rows)[:, 1].round(DIGITS)


def _by_number(rows: pd.DataFrame, types: Mapping[str, str]) -> pd.DataFrame:
    """Numbers in place of text, which are compared sooner."""
    text = [name for name, dtype in types.items() if dtype == TEXT]
    return rows.assign(**{name: rows[name].astype("category").cat.codes for name in text})


def _pipeline(types: Mapping[str, str]) -> Pipeline:
    """Dummies of text, booleans as they are, numbers standardised, missing ones average; without what is constant.

    Sparse, which is thirty times as fast here and leaves no sum to the threads of a BLAS. The penalty is
    scikit-learn's default: it moves the published figure by a hundred-thousandth, and keeps rare values finite.
    """
    text = [name for name, dtype in types.items() if dtype == TEXT]
    flags = [name for name, dtype in types.items() if dtype == "bool"]
    numbers = [name for name in types if name not in {*text, *flags}]
    prepared = ColumnTransformer(
        [
            ("text", OneHotEncoder(handle_unknown="ignore"), text),
            ("flags", "passthrough", flags),
            ("numbers", make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler()), numbers),
        ],
        sparse_threshold=1.0,
    )
    return make_pipeline(prepared, VarianceThreshold(), LogisticRegression(solver="newton-cholesky"))


def _random(rows: pd.DataFrame, _: Plan) -> Pairs:
    yield rows[~rows["held_out"]], rows[rows["held_out"]]


def _random_before_test(rows: pd.DataFrame, plan: Plan) -> Pairs:
    before = _in_months(rows, plan.before_test)
    yield before[~before["held_out"]], _in_months(before[before["held_out"]], plan.judged)


def _later(rows: pd.DataFrame, plan: Plan) -> Pairs:
    for month in plan.judged:
        yield known(rows, start(month, plan.lead_hours)), in_month(rows, month)


def _later_held_out(rows: pd.DataFrame, plan: Plan) -> Pairs:
    for learned, now in _later(rows, plan):
        yield learned, now[now["held_out"]]


def _in_months(rows: pd.DataFrame, months: Sequence[str]) -> pd.DataFrame:
    return pd.concat([in_month(rows, month) for month in months])


# What a step learns from, and what it is judged on.
SPLITS: dict[str, Callable[[pd.DataFrame, Plan], Pairs]] = {
    "random": _random,
    "random before the test window": _random_before_test,
    "later, what was held out": _later_held_out,
    "later": _later,
}


class Ruler(Statistic):
    """The mean of the months' metrics less the metric of all rows together."""

    def of(self, weights: np.ndarray) -> np.ndarray:
        """Under weights of the days (replicates, days): (replicates,)."""
        return super().of(weights) - METRICS[self.metric](self.days, weights)


def measured(steps: Sequence[Judged], params: Intervals) -> list[dict[str, Any]]:
    """For each step its ROC AUC and what it is more or less than that of the step before, each with its interval."""
    statistics = [_statistic(step) for step in steps]
    lines = []
    for place, (step, statistic) in enumerate(zip(steps, statistics, strict=True)):
        line = {name: getattr(step, name) for name in ("name", "title", "about", "kind", "by_month")}
        line |= {"rows": len(step.rows), "positives": int(step.rows["outcome"].sum())}
        line |= {METRIC: calibrated(statistic, params).content()}
        lines.append(line | (_difference(place, steps, statistics, params) if place else {}))
    return [line | {"sentence": sentence(line)} for line in lines]


def _statistic(step: Judged) -> Statistic:
    rows = step.rows
    return Statistic(METRIC, Days(rows["day"], rows["outcome"], rows["probability"].to_numpy()), step.by_month)


def _difference(place: int, steps: Sequence[Judged], statistics: Sequence[Statistic], params: Intervals) -> dict:
    """The difference from the step before: with an interval where the days are the same, paired where the rows are."""
    now, before = statistics[place], statistics[place - 1]
    if not now.days.names.equals(before.days.names):
        return {"paired": False, "difference": {"value": round(now.value - before.value, DIGITS)}}
    if now.by_month:
        gap = calibrated(Ruler(METRIC, now.days, by_month=True), params)
    else:
        gap = difference(by_day(METRIC, now.days), by_day(METRIC, before.days), params)
    return {"paired": _same(steps[place].rows, steps[place - 1].rows), "difference": gap.content()}


def _same(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    first, second = (rows[ROW].sort_values("id", ignore_index=True) for rows in (one, other))
    return first.equals(second)


def sentence(line: dict[str, Any]) -> str:
    """What a step is about and what it changes, in words."""
    if "difference" not in line:
        return f"{line['about']} ROC AUC {_with_bounds(line[METRIC], '.3f')}."
    paired = "on the same rows" if line["paired"] else "not paired, since the rows or the outcome are others"
    return f"{line['about']} ROC AUC {_with_bounds(line['difference'], '+.3f')}, {paired}."


def _with_bounds(interval: dict[str, float], form: str) -> str:
    value, *bounds = (format(interval[name], form) for name in ("value", "low", "high") if name in interval)
    return f"{value} ({bounds[0]} to {bounds[1]})" if bounds else value
