"""A stream of raw parts -> each one clean, with its quarantine, its profile and every finding; one part in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import pandas as pd

from ontime.core.check import check, check_measures
from ontime.core.findings import Finding, Level
from ontime.core.profile import Counts, add_counts, count_bins, judge, profile
from ontime.dataset import Table
from ontime.params import Validate


class Inspected(NamedTuple):
    """A part after inspection; `clean` is None and `lines` are empty where nothing of it is sound enough to go on."""

    table: str
    month: str | None
    rows: int
    clean: pd.DataFrame | None
    quarantine: pd.DataFrame
    lines: pd.DataFrame
    findings: list[Finding]


def inspect(parts: Iterable[tuple[Table, str | None, pd.DataFrame]], params: Validate) -> Iterator[Inspected]:
    """Check each part against the parts before it: reference tables first, then month by month, in the tables' order.

    A month is compared with the sound months before it; one that stops the run is no reference for the next.
    """
    reference: dict[str, pd.DataFrame] = {}
    of_month: dict[tuple[str, str | None], pd.DataFrame] = {}
    before: dict[str, Counts] = {}
    for table, month, frame in parts:
        known = reference | {name: clean for (name, its), clean in of_month.items() if its == month}
        checked = check(table, frame, month, known, params.max_quarantined)
        if checked.clean is None or checked.clean.empty:
            yield Inspected(table.name, month, 0, None, checked.quarantine, pd.DataFrame(), checked.findings)
            continue
        lines = profile(table, checked.clean, month, before.get(table.name, {}))
        measured = check_measures(table, checked.clean, month, known) + judge(table, lines, params)
        findings = checked.findings + measured
        yield Inspected(table.name, month, len(checked.clean), checked.clean, checked.quarantine, lines, findings)
        if not any(finding.stops for finding in findings):
            before[table.name] = add_counts(before.get(table.name, {}), count_bins(table, checked.clean))
        if table.monthly:
            of_month = {part: clean for part, clean in of_month.items() if part[1] == month} | {
                (table.name, month): checked.clean
            }
        else:
            reference[table.name] = checked.clean


def summary(results: Iterable[Inspected]) -> dict[str, Any]:
    """The record in a few numbers: per table the clean rows and the quarantined ones; warnings; the largest shift."""
    rows: Counter[str] = Counter()
    quarantined: Counter[str] = Counter()
    warnings, largest_shift = 0, 0.0
    for result in results:
        rows[result.table] += result.rows
        quarantined[result.table] += result.quarantine["key"].nunique()
        warnings += sum(finding.level is Level.WARN for finding in result.findings)
        largest_shift = max(largest_shift, result.lines["shift"].fillna(0).max())
    return {"rows": dict(rows), "quarantined": dict(quarantined), "warnings": warnings, "largest_shift": largest_shift}


def warnings_table(findings: Iterable[Finding]) -> pd.DataFrame:
    """What was found and let pass, a row each: table, month, column, rule, level, found."""
    names = ["table", "month", "column", "rule", "level", "found"]
    rows = [(f.table, f.month, f.column, f.rule, f.level.value, f.found) for f in findings]
    return pd.DataFrame(rows, columns=names)
