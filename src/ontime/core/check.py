"""A raw part of a table and its contract -> its clean rows, what was quarantined, and every finding at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from ontime.core.breaks import (
    as_findings,
    as_quarantine,
    column_breaks,
    keys,
    rule_breaks,
    without_broken_values,
)
from ontime.core.contract import clocks
from ontime.core.findings import EXAMPLES, Finding, Level
from ontime.core.structure import check_columns, sound_columns
from ontime.dataset import Clock, Measure, Table

# The clean tables that another may need: reference tables whole, monthly ones for the month at hand.
Known = Mapping[str, pd.DataFrame]

# The column of a clean table that names the clock from which on a row broke the contract and has lost its values.
LOST = "lost_from"


@dataclass(frozen=True)
class Checked:
    """A part after its check; `clean` is None where the structure is too broken to go on."""

    clean: pd.DataFrame | None
    quarantine: pd.DataFrame
    findings: list[Finding]


def check(table: Table, frame: pd.DataFrame, month: str | None, known: Known, max_quarantined: float) -> Checked:
    """Hold one part of a table against its contract.

    A row loses the columns of the earliest clock at which it breaks a rule, and of every later one; at the table's
    first clock it is removed. A larger share of broken rows than `max_quarantined` is a finding that stops.
    """
    frame = frame.reset_index(drop=True)
    structure = check_columns(table, frame, month) + _unjudged(table, month, known)
    breaks = column_breaks(table.schema.columns, frame[sound_columns(table, frame)])
    if structure:
        nothing = as_quarantine(table, frame, breaks.head(0))
        return Checked(None, nothing, structure + as_findings(table, month, frame, breaks))
    derived = _derive(table, without_broken_values(frame[list(table.schema.columns)], breaks), known)
    breaks = pd.concat([breaks, *_later_breaks(table, derived, known, breaks)], ignore_index=True)
    clean = _without_lost(table, derived, breaks)
    findings = [
        *_misplaced(table, month, clean),
        *_duplicated(table, month, clean),
        *_too_many(table, month, breaks["row"].nunique(), len(frame), max_quarantined),
        *as_findings(table, month, derived, breaks),
    ]
    return Checked(clean, as_quarantine(table, derived, breaks), findings)


def check_measures(table: Table, clean: pd.DataFrame, month: str | None, known: Known) -> list[Finding]:
    """Findings on a clean part as a whole: each measure against the bounds that stop and those that warn."""
    findings = [_measured(table, measure, clean, month, known) for measure in table.measures]
    return [finding for finding in findings if finding is not None]


def _measured(table: Table, measure: Measure, clean: pd.DataFrame, month: str | None, known: Known) -> Finding | None:
    value = measure.value(clean, *(known[name] for name in measure.needs))
    for level, (low, high) in ((Level.STOP, measure.stop), (Level.WARN, measure.warn)):
        if not low <= value <= high:
            found = f"{value:.4g} {measure.unit}, expected {low:g} to {high:g}"
            return Finding(level, table.name, month, ", ".join(measure.columns), measure.name, found, measure.remedy)
    return None


def _derive(table: Table, frame: pd.DataFrame, known: Known) -> pd.DataFrame:
    return table.derive(frame, *(known[name] for name in table.needs)) if table.derive else frame


def _later_breaks(table: Table, derived: pd.DataFrame, known: Known, before: pd.DataFrame) -> list[pd.DataFrame]:
    """Breaks of derived columns and of rules, where the raw values they come from are not broken themselves."""
    added = column_breaks(table.added, derived[~derived.index.isin(before["row"])])
    rules = [
        rule_breaks(table, rule, derived, [known[name] for name in rule.needs], pd.concat([before, added]))
        for rule in table.rules
    ]
    return [added, *rules]


def _without_lost(table: Table, frame: pd.DataFrame, breaks: pd.DataFrame) -> pd.DataFrame:
    """The rows that are sound at the table's first clock, each without the columns from its first broken clock on."""
    known_at = clocks(table)
    lost = breaks.groupby("row")["clock"].min().reindex(frame.index, fill_value=max(Clock) + 1)
    kept = {name: frame[name].where(lost > known_at[name]) for name in table.columns}
    names = lost.map({int(clock): str(clock) for clock in Clock}).astype("str")
    return pd.DataFrame(kept | {LOST: names})[lost > min(known_at.values())].reset_index(drop=True)


def _unjudged(table: Table, month: str | None, known: Known) -> list[Finding]:
    needs = {*table.needs, *(name for rule in (*table.rules, *table.measures) for name in rule.needs)}
    absent = ", ".join(sorted(needs - set(known)))
    found = f"rows were not checked against {absent}, which is missing or too broken itself"
    return [Finding(Level.STOP, table.name, month, "all", "checked", found, f"mend {absent} first")] if absent else []


def _misplaced(table: Table, month: str | None, clean: pd.DataFrame) -> list[Finding]:
    rows = clean[clean["day"].dt.strftime("%Y-%m") != month] if table.monthly else clean.head(0)
    found = f"{len(rows):,} rows belong to another month"
    remedy = "move the rows to the file of their own month"
    stop = Finding(Level.STOP, table.name, month, "day", "in_its_month", found, remedy, _examples(table, rows))
    return [stop] if len(rows) else []


def _duplicated(table: Table, month: str | None, clean: pd.DataFrame) -> list[Finding]:
    rows = clean[clean.duplicated(list(table.key))]
    found = f"{len(rows):,} rows repeat the key of a row before"
    remedy = "remove the copies at the source: which of them is right cannot be told here"
    names = ", ".join(table.key)
    stop = Finding(Level.STOP, table.name, month, names, "key_unique", found, remedy, _examples(table, rows))
    return [stop] if len(rows) else []


def _too_many(table: Table, month: str | None, broken: int, rows: int, limit: float) -> list[Finding]:
    found = f"{broken:,} of {rows:,} rows break a rule ({broken / rows:.1%}, at most {limit:.1%} may)"
    remedy = "mend what breaks the rules named below, or raise validate.max_quarantined in params.yaml"
    stop = Finding(Level.STOP, table.name, month, "all", "max_quarantined", found, remedy)
    return [stop] if broken > limit * rows else []


def _examples(table: Table, rows: pd.DataFrame) -> tuple[str, ...]:
    return tuple(keys(table, rows.head(EXAMPLES)))
