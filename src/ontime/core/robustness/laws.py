"""Verdicts on laws: what was tried, what must hold, whether it does; and the table of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from ontime.core.statistics.intervals import Interval
from ontime.dataset.stress import Change
from ontime.errors import OntimeError

INSIDE = "a finite probability between 0 and 1, neither of them"


class Verdict(NamedTuple):
    """A law, what it was tried on, and whether it holds.

    name: one word; setting: what it was tried on; law: what must hold; rows: how many rows were tried.
    observed: how far the law was kept or broken, in words.
    """

    name: str
    setting: str
    law: str
    rows: int
    holds: bool
    observed: str


def law_table(verdicts: Sequence[Verdict], known: Mapping[str, str]) -> pd.DataFrame:
    """A line for each law: name, setting, law, rows, result, observed, reason.

    known: laws that are known to be broken, each with the reason. Raises OntimeError, with all that is wrong, where
    other laws are broken, or where a known one is kept or is no law.
    """
    wrong = _wrong(verdicts, known)
    if wrong:
        head = "laws are broken; mend what breaks them, or list them with a reason as known to be broken:"
        raise OntimeError("\n".join([head, *wrong]))
    results = ["holds" if verdict.holds else "known" for verdict in verdicts]
    table = pd.DataFrame(verdicts, columns=Verdict._fields).drop(columns="holds")
    table.insert(4, "result", results)
    return table.assign(reason=[known.get(verdict.name, "") for verdict in verdicts])


def merged_by_law(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """The verdicts of several samples as one for each law, which holds where it holds in all of them."""
    merged: dict[str, Verdict] = {}
    for verdict in verdicts:
        first = merged.setdefault(verdict.name, verdict._replace(rows=0))
        worst = first if not first.holds else verdict
        merged[verdict.name] = worst._replace(rows=first.rows + verdict.rows)
    return list(merged.values())


def inside(name: str, setting: str, probability: np.ndarray) -> Verdict:
    """Every probability (n,) is finite, above 0 and below 1."""
    outside = int((~(np.isfinite(probability) & (probability > 0) & (probability < 1))).sum())
    span = f"{np.nanmin(probability):.6f} to {np.nanmax(probability):.6f}"
    return Verdict(name, setting, INSIDE, len(probability), not outside, f"{outside} outside; {span}")


def same_probabilities(name: str, setting: str, probability: np.ndarray, expected: np.ndarray) -> Verdict:
    """No probability (n,) differs from the expected one; missing ones are equal."""
    equal = (probability == expected) | (np.isnan(probability) & np.isnan(expected))
    differ = int((~equal).sum())
    return Verdict(name, setting, "the same probabilities", len(probability), not differ, f"{differ} differ")


def same_features(name: str, setting: str, features: pd.DataFrame, expected: pd.DataFrame) -> Verdict:
    """No value differs from the expected one; missing ones are equal."""
    equal = (features == expected) | (features.isna() & expected.isna())
    differ = int((~equal.fillna(value=False).all(axis=1)).sum())
    columns = [str(column) for column in equal if not equal[column].all()][:3]
    observed = f"{differ} rows differ" + (f", in {', '.join(columns)}" if columns else "")
    return Verdict(name, setting, "the same features", len(features), not differ, observed)


def not_lower(change: Change, rows: int, risk: Interval) -> Verdict:
    """A change does not lower the mean probability. risk: what it adds to it, with its interval over days."""
    observed = f"{risk:+.4f}"
    return Verdict(change.name, change.given, "the mean probability is not lower", rows, risk.low >= 0, observed)


def _wrong(verdicts: Sequence[Verdict], known: Mapping[str, str]) -> list[str]:
    broken = {verdict.name: verdict for verdict in verdicts if not verdict.holds}
    names = {verdict.name for verdict in verdicts}
    lines = [f"  {name}: {one.law}; {one.observed}" for name, one in broken.items() if name not in known]
    kept = [name for name in known if name not in broken]
    lines += [f"  {name}: known as broken, and it is {'kept' if name in names else 'no law here'}" for name in kept]
    return lines
