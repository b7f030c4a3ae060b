"""A stream of raw parts -> each one clean, with its quarantine, its profile and every finding; one part in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import pandas as pd

from ontime.core.contract.checks import check_measures, check_part
from ontime.core.contract.column_profile import MonthsBefore, limit_findings, profile_columns
from ontime.core.contract.findings import Finding, Level
from ontime.core.contract.schema import unreadable
from ontime.dataset.contract import Table
from ontime.errors import OntimeError
from ontime.params import Validate

# A raw part; one that cannot be read comes as the error.
RawPart = tuple[Table, str | None, pd.DataFrame | OntimeError]


class InspectedPart(NamedTuple):
    """A part after inspection; `clean` is None and `lines` are empty where too little of it is sound to go on.

    rows: clean ones; quarantined: rows that break a rule; lines: the profile of its columns.
    """

    table: str
    month: str | None
    rows: int
    quarantined: int
    clean: pd.DataFrame | None
    quarantine: pd.DataFrame
    lines: pd.DataFrame
    findings: list[Finding]


def inspect_parts(parts: Iterable[RawPart], params: Validate) -> Iterator[InspectedPart]:
    """Check each part as it comes: reference tables first, then month by month, in the tables' order.

    A month is compared with the sound months before it. One that has a finding that stops does not count among them.
    """
    reference: dict[str, pd.DataFrame] = {}
    of_month: dict[str, pd.DataFrame] = {}
    months_before: dict[str, MonthsBefore] = {}
    this_month = None
    for table, month, frame in parts:
        if month != this_month:
            this_month, of_month = month, {}
        others, before = reference | of_month, months_before.get(table.name, MonthsBefore({}, 0))
        result = _inspect_part(table, month, frame, others, before, params)
        yield result
        if result.clean is None:
            continue
        (of_month if table.monthly else reference)[table.name] = result.clean
        if not any(finding.stops for finding in result.findings):
            months_before[table.name] = before.followed_by(table, result.clean)


def inspection_summary(results: Iterable[InspectedPart]) -> dict[str, Any]:
    """What JSON holds of an inspection: clean and quarantined rows by table, warnings, the largest shift."""
    rows: Counter[str] = Counter()
    quarantined: Counter[str] = Counter()
    warnings, largest_shift = 0, 0.0
    for result in results:
        rows[result.table] += result.rows
        quarantined[result.table] += result.quarantined
        warnings += sum(finding.level is Level.WARN for finding in result.findings)
        if not result.lines.empty:
            largest_shift = max(largest_shift, result.lines["shift"].fillna(0).max())
    return {"rows": dict(rows), "quarantined": dict(quarantined), "warnings": warnings, "largest_shift": largest_shift}


def findings_table(findings: Iterable[Finding]) -> pd.DataFrame:
    """Findings, a row each: table, month, column, rule, level, and `found`, which is the problem."""
    names = ["table", "month", "column", "rule", "level", "found"]
    rows = [(f.table, f.month, f.column, f.rule, f.level.value, f.problem) for f in findings]
    return pd.DataFrame(rows, columns=names)


def _inspect_part(
    table: Table,
    month: str | None,
    frame: pd.DataFrame | OntimeError,
    others: dict[str, pd.DataFrame],
    before: MonthsBefore,
    params: Validate,
) -> InspectedPart:
    nothing = pd.DataFrame()
    if isinstance(frame, OntimeError):
        return InspectedPart(table.name, month, 0, 0, None, nothing, nothing, [unreadable(table, month, frame)])
    clean, quarantine, broken, findings = check_part(table, frame, month, others, params.max_quarantined)
    if clean is None:
        return InspectedPart(table.name, month, 0, broken, None, quarantine, nothing, findings)
    lines = profile_columns(table, clean, month, before.counts)
    findings += [
        *check_measures(table, clean, month, others),
        *limit_findings(table, lines, params, clean, before),
    ]
    return InspectedPart(table.name, month, len(clean), broken, clean, quarantine, lines, findings)
