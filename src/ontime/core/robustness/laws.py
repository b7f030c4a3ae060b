"""Rows, examples and changes, and who predicts them -> what must hold of the answers, and whether it does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from ontime.core.contract.columns import bounds, meaning
from ontime.core.features.failing_feeds import Disturbance, Sample, disturbed, read_columns
from ontime.core.features.online import Memory, records
from ontime.core.model.model import TEXT
from ontime.core.statistics.intervals import Interval
from ontime.dataset.contract import Table
from ontime.dataset.features import FeatureSet
from ontime.dataset.stress import Change, Example, Feed
from ontime.errors import OntimeError

Tables = Mapping[str, pd.DataFrame]
Predict = Callable[[pd.DataFrame], np.ndarray]

ALONE = 20  # rows that are predicted one by one
BATCH = 1000
NEVER_SEEN = "never seen"
INSIDE = "a finite probability between 0 and 1, neither of them"


class Verdict(NamedTuple):
    """A law, what it was tried on, and what was found: `found` says how far it was kept or broken."""

    name: str
    given: str
    law: str
    rows: int
    holds: bool
    found: str


def judge(verdicts: Sequence[Verdict], known: Mapping[str, str]) -> pd.DataFrame:
    """A line for each law: name, given, law, rows, result, found, reason.

    Raises OntimeError, with all of them, where laws are broken that are not `known` to be, or known ones are not.
    """
    broken = {verdict.name: verdict for verdict in verdicts if not verdict.holds}
    wrong = [f"  {name}: {one.law}; {one.found}" for name, one in broken.items() if name not in known]
    names = {verdict.name for verdict in verdicts}
    kept = [name for name in known if name not in broken]
    wrong += [f"  {name}: known as broken, and it is {'kept' if name in names else 'no law here'}" for name in kept]
    if wrong:
        head = "laws are broken; mend what breaks them, or list them with a reason as known to be broken:"
        raise OntimeError("\n".join([head, *wrong]))
    results = ["holds" if verdict.holds else "known" for verdict in verdicts]
    table = pd.DataFrame(verdicts, columns=Verdict._fields).drop(columns="holds")
    table.insert(4, "result", results)
    return table.assign(reason=[known.get(verdict.name, "") for verdict in verdicts])


def together(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Verdicts on one law from several samples as one: it holds where it holds everywhere."""
    found: dict[str, Verdict] = {}
    for verdict in verdicts:
        first = found.setdefault(verdict.name, verdict._replace(rows=0))
        worst = first if not first.holds else verdict
        found[verdict.name] = worst._replace(rows=first.rows + verdict.rows)
    return list(found.values())


def of_the_machinery(rows: pd.DataFrame, predict: Predict, seed: int) -> list[Verdict]:
    """Whatever rows are predicted: their order, their number and their copies do not matter."""
    said, order = predict(rows), np.random.default_rng(seed).permutation(len(rows))
    twice = pd.concat([rows, rows], ignore_index=True)
    alone = rows.iloc[order[:ALONE]]
    batches = [predict(rows.iloc[first : first + BATCH]) for first in range(0, len(rows), BATCH)]
    singly = [predict(alone.iloc[[place]]) for place in range(len(alone))]
    return [
        same_probabilities("row_order", "the rows in another order", predict(rows.iloc[order]), said[order]),
        same_probabilities("batch_size", f"batches of {BATCH:,}", np.concatenate(batches), said),
        same_probabilities("one_by_one", "rows alone", np.concatenate(singly), said[order[:ALONE]]),
        same_probabilities("duplicates", "every row twice", predict(twice), np.concatenate([said, said])),
    ]


def unknown_categories(rows: pd.DataFrame, predict: Predict, types: Mapping[str, str]) -> list[Verdict]:
    """A value of text that no model has seen is as one that is missing."""
    found = []
    for name in (name for name, dtype in types.items() if dtype == TEXT):
        values = [pd.Series(value, index=rows.index, dtype=TEXT) for value in (NEVER_SEEN, None)]
        never, none = (predict(rows.assign(**{name: value})) for value in values)
        verdict = same_probabilities(f"unknown_{name}", f"{name}: a value that no model has seen", never, none)
        verdict = verdict._replace(law="the probability of a missing one")
        found.append(verdict if _is_inside(never) else inside(verdict.name, verdict.given, never))
    return found


def inside(name: str, given: str, probability: np.ndarray) -> Verdict:
    """The answer is a probability, and never certain."""
    outside = int((~(np.isfinite(probability) & (probability > 0) & (probability < 1))).sum())
    span = f"{np.nanmin(probability):.6f} to {np.nanmax(probability):.6f}"
    return Verdict(name, given, INSIDE, len(probability), not outside, f"{outside} outside; {span}")


def extremes(
    rows: pd.DataFrame, low: pd.DataFrame, high: pd.DataFrame, predict: Predict, types: Mapping[str, str]
) -> list[Verdict]:
    """rows, and low, high: their features where every observed value is at a bound of its contract."""
    numbers = [name for name, dtype in types.items() if dtype != TEXT]
    found = [
        inside(f"all_at_their_{name}", f"every observed value at its {name}est", predict(table))
        for name, table in (("low", low), ("high", high))
    ]
    some = rows.index[:ALONE]
    each = [
        rows.loc[some].assign(**{name: table.loc[some, name]})
        for name in numbers
        for table in (low, high)
        if not table.loc[some, name].equals(rows.loc[some, name])
    ]
    if each:
        given = "one feature at the bound of its contract, one after another"
        found.append(inside("one_at_its_bound", given, predict(pd.concat(each, ignore_index=True))))
    return found


def at_bounds(contract: Iterable[Table], tables: Tables, end: int) -> dict[str, pd.DataFrame]:
    """Tables with every value that is observed at the least (0) or greatest (1) that its contract allows."""
    found = dict(tables)
    for table in (table for table in contract if table.name in tables):
        limits = {name: bounds(column) for name, column in table.columns.items()}
        observed = {
            name: pair[end]
            for name, pair in limits.items()
            if pair and name in tables[table.name] and not meaning(table.columns[name])["clock"].beforehand
        }
        frame = tables[table.name]
        same = {name: pd.Series(value, index=frame.index) for name, value in observed.items()}
        found[table.name] = frame.assign(**{name: values.astype(frame[name].dtype) for name, values in same.items()})
    return found


def late_is_earlier(sample: Sample, feeds: Mapping[str, Feed], hours: float) -> list[Verdict]:
    """What comes so many hours late is what was known so many hours before."""
    late, found = pd.Timedelta(hours=hours).as_unit("us"), []
    moved = sample.frame.assign(predict_at=sample.frame["predict_at"] - late)
    for name, feed in feeds.items():
        streams = [stream for stream in feed.streams if not sample.features.streams[stream].clock.beforehand]
        columns = read_columns(sample.features, streams)
        if not columns:
            continue
        then = Sample(sample.features, moved, sample.events, sample.known).under(
            {stream: sample.events[stream] for stream in streams}
        )
        now = disturbed(sample, {name: Feed(tuple(streams))}, Disturbance(name, "stale", hours), 0)
        kept = [column for column in columns if column in now]
        verdict = same_features(f"late_{name}_{hours:g}h", f"{name}, {hours:g} h late", now[kept], then[kept])
        found.append(verdict._replace(law=f"what was known of it {hours:g} h before"))
    return found


def example(features: FeatureSet, given: Example, predicts: Iterable[Predict]) -> Verdict:
    """An example shows what it must, in both executors, with every event once or twice; and it has a probability."""
    tables = given.tables()
    sample = Sample.of(features, tables, tables, given.lead_hours)
    table = sample.table.set_index("id")
    expected = [(row, name, value) for row, values in given.expected.items() for name, value in values.items()]
    shown = [float(table[name].astype("float64")[row]) for row, name, _ in expected]
    wrong = [
        f"{name} of {row}: {found:g}, expected {value:g}"
        for found, (row, name, value) in zip(shown, expected, strict=True)
        if not np.array_equal(found, value, equal_nan=True)
    ]
    wrong += _executors_differ(sample)
    for predict in predicts:
        verdict = inside(given.name, given.given, predict(sample.table))
        wrong += [] if verdict.holds else [f"probabilities: {verdict.found}"]
    found = "; ".join(wrong) or "as expected, in both executors"
    return Verdict(given.name, given.given, given.law, len(sample.frame), not wrong, found)


def not_lower(change: Change, rows: int, risk: Interval) -> Verdict:
    """risk: what the change adds to the mean probability, with its interval over days."""
    found = f"{risk.value:+.4f} ({risk.low:+.4f} to {risk.high:+.4f})"
    return Verdict(change.name, change.given, "the mean probability is not lower", rows, risk.low >= 0, found)


def same_probabilities(name: str, given: str, found: np.ndarray, expected: np.ndarray) -> Verdict:
    """Not one probability differs."""
    differ = int((~((found == expected) | (np.isnan(found) & np.isnan(expected)))).sum())
    return Verdict(name, given, "the same probabilities", len(found), not differ, f"{differ} differ")


def same_features(name: str, given: str, found: pd.DataFrame, expected: pd.DataFrame) -> Verdict:
    """Not one value differs; what is missing is missing in both."""
    equal = (found == expected) | (found.isna() & expected.isna())
    differ = int((~equal.fillna(value=False).all(axis=1)).sum())
    moved = [str(column) for column in equal if not equal[column].all()][:3]
    told = f"{differ} rows differ" + (f", in {', '.join(moved)}" if moved else "")
    return Verdict(name, given, "the same features", len(found), not differ, told)


def _executors_differ(sample: Sample) -> list[str]:
    """Rows one at a time, with every event received once, and received twice."""
    asof, differ = sample.features.asof, []
    for times in (1, 2):
        memory = Memory.of(asof, sample.events)
        for stream, frame in sample.events.items():
            for event in records(frame) * (times - 1):
                memory.add(stream, event)
        read = np.array([memory.read(row) for row in records(sample.frame)], dtype=np.float32)
        expected = sample.known[memory.names].to_numpy(dtype=np.float32)
        if not np.array_equal(read, expected, equal_nan=True):
            differ.append(f"row by row differs from columns, events received {('once', 'twice')[times - 1]}")
    return differ


def _is_inside(probability: np.ndarray) -> bool:
    return inside("", "", probability).holds
