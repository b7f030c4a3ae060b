"""A raw part of a table and its contract -> its clean rows, what was quarantined, and every finding at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from ontime.core.contract.columns import LOST, column_clocks
from ontime.core.contract.duplicates import (
    KEY_UNIQUE,
    Repeated,
    key_violations,
    repeated_finding,
    repeated_rows,
    shared_key_finding,
)
from ontime.core.contract.few_rows import SMALL, tolerated_share, within_by_chance
from ontime.core.contract.findings import EXAMPLES, Finding, Level, quantity
from ontime.core.contract.schema import check_columns, sound_columns, sound_frame
from ontime.core.contract.violations import (
    column_violations,
    concat_violations,
    no_violations,
    quarantine_rows,
    row_labels,
    rule_violations,
    violation_findings,
    without_broken_values,
)
from ontime.dataset.clocks import Clock
from ontime.dataset.contract import Measure, Table

# Clean tables that another reads: reference tables whole, monthly ones for the month at hand.
Others = Mapping[str, pd.DataFrame]


class CheckedPart(NamedTuple):
    """A part after its check; `clean` is None where too little of it is sound, `broken` counts the rows that break."""

    clean: pd.DataFrame | None
    quarantine: pd.DataFrame
    broken: int
    findings: list[Finding]


def check_part(
    table: Table,
    frame: pd.DataFrame,
    month: str | None,
    others: Others,
    max_quarantined: float,
    known: pd.DataFrame | None = None,
) -> CheckedPart:
    """Hold one part of a table against its contract.

    Of rows that are equal in all values one is kept; all that share a key with different values are removed. A row
    loses the columns of the earliest clock at which it breaks a rule, and of every later one; at the table's first
    clock it is removed. A larger share of broken rows than `max_quarantined`, if more than a FEW, is a finding that
    stops. known: violations of rows of the frame, which stand in another quarantine already.
    """
    structure = [*check_columns(table, frame, month), *_missing_tables(table, month, others)]
    repeated = repeated_rows(frame)
    raw, places = sound_frame(table, frame[~repeated.again]), np.flatnonzero(~repeated.again)
    before = _at_places(known, places)
    own = column_violations({name: table.schema.columns[name] for name in sound_columns(table, frame)}, raw)
    if raw.empty or not set(table.needs) <= set(others):
        labels = _labels(table, raw, raw, own, repeated)
        findings = [*structure, *_row_findings(table, month, labels, own, repeated)]
        return CheckedPart(None, quarantine_rows(table, labels, no_violations()), 0, findings)
    derived = _derive(table, without_broken_values(raw, concat_violations([before, own])), others)
    later = _later_violations(table, derived, others, concat_violations([before, own]), added=not structure)
    violations = concat_violations([own, *later, key_violations(table, derived)])
    all_broken = concat_violations([before, violations])
    clean, broken = _without_lost(table, derived, all_broken), all_broken["row"].nunique()
    too_many = _too_many(table, month, broken, len(raw), len(clean), max_quarantined)
    labels = _labels(table, raw, derived, violations, repeated)
    stops = [*structure, *too_many, *_misplaced(table, month, clean)]
    findings = [*stops, *_row_findings(table, month, labels, violations, repeated)]
    sound_part = None if structure or too_many else clean
    return CheckedPart(sound_part, quarantine_rows(table, labels, violations), broken, findings)


def check_measures(table: Table, clean: pd.DataFrame, month: str | None, others: Others) -> list[Finding]:
    """Findings on a clean part as a whole: each measure against the bounds that stop and those that warn.

    A part of few rows is within bounds where chance alone might have brought it there, and is not asked for a measure
    that needs more.
    """
    enough = [measure for measure in table.measures if len(clean) >= measure.least_rows]
    judged = [measure for measure in enough if set(measure.needs) <= set(others)]
    findings = [_measured(table, measure, clean, month, others) for measure in judged]
    return [finding for finding in findings if finding is not None]


def _measured(table: Table, measure: Measure, clean: pd.DataFrame, month: str | None, others: Others) -> Finding | None:
    needed = [others[name] for name in measure.needs]

    def value_of(rows: pd.DataFrame) -> float:
        return measure.value(rows, *needed)

    value, columns = value_of(clean), ", ".join(measure.columns)
    size = f", from {quantity(len(clean), 'row')}" if len(clean) < SMALL else ""
    for level, (low, high) in ((Level.STOP, measure.stop), (Level.WARN, measure.warn)):
        if not low <= value <= high and not within_by_chance(value_of, clean, low, high):
            problem = f"{measure.unit}: {value:.4g}, expected {low:g} to {high:g}{size}"
            return Finding(level, table.name, month, columns, measure.name, problem, measure.remedy)
    return None


def _at_places(known: pd.DataFrame | None, places: np.ndarray) -> pd.DataFrame:
    """Violations of rows that stand at these places, by their new positions."""
    if known is None or known.empty:
        return no_violations()
    return known.assign(row=pd.Index(places).get_indexer(pd.Index(known["row"]))).query("row >= 0")


def _labels(
    table: Table, raw: pd.DataFrame, derived: pd.DataFrame, violations: pd.DataFrame, repeated: Repeated
) -> pd.Series:
    """What the rows are called that break a rule or came again, by position in `raw`."""
    places = np.flatnonzero(~repeated.again)
    rows = np.union1d(violations["row"], np.flatnonzero(repeated.first[places])).astype(np.int64)
    if not len(rows):
        return pd.Series(dtype="str")
    # A broken value is missing in the derived frame; its row is called by what it was.
    key = [name for name in table.key if name in derived]
    was = {name: raw.loc[rows, name] for name in key if name not in table.added}
    labels = row_labels(table, derived.loc[rows, key].assign(**was).set_axis(places[rows]))
    return labels.set_axis(rows)


def _row_findings(
    table: Table, month: str | None, labels: pd.Series, violations: pd.DataFrame, repeated: Repeated
) -> list[Finding]:
    """Findings on the rows: which came again, which share a key, which break what rule."""
    if labels.empty:
        return []
    copies, rows = int(repeated.again.sum()), int((~repeated.again).sum())
    first = labels[np.flatnonzero(repeated.first[~repeated.again])]
    sharing = violations["rule"] == KEY_UNIQUE
    return [
        *repeated_finding(table.name, month, copies, "row", first),
        *shared_key_finding(table.name, month, ", ".join(table.key), violations.loc[sharing, "value"], (rows, "row")),
        *violation_findings(table, month, labels, violations[~sharing], rows),
    ]


def _derive(table: Table, frame: pd.DataFrame, others: Others) -> pd.DataFrame:
    return table.derive(frame, *(others[name] for name in table.needs)) if table.derive else frame


def _later_violations(
    table: Table, derived: pd.DataFrame, others: Others, before: pd.DataFrame, *, added: bool
) -> list[pd.DataFrame]:
    """Violations of rules and, where `added`, of the derived columns, if what they read is not broken `before`."""
    times = sorted({column_clocks(table)[name] for name in table.added})
    of_added = [_added_violations(table, clock, derived, before) for clock in times if added]
    known = concat_violations([before, *of_added])
    judged = [rule for rule in table.rules if set(rule.needs) <= set(others)]
    needed = [[others[name] for name in rule.needs] for rule in judged]
    rules = zip(judged, needed, strict=True)
    return [*of_added, *(rule_violations(table, rule, derived, tables, known) for rule, tables in rules)]


def _added_violations(table: Table, clock: Clock, derived: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Violations of the added columns of one clock."""
    added = {name: column for name, column in table.added.items() if column_clocks(table)[name] == clock}
    # A value derived from one that is broken is missing for that reason: no second violation.
    explained = derived.index.isin(before.loc[before["clock"] <= clock.place, "row"])
    return column_violations(added, derived.loc[~explained, [name for name in added if name in derived]])


def _without_lost(table: Table, frame: pd.DataFrame, violations: pd.DataFrame) -> pd.DataFrame:
    """The rows that are sound at the table's first clock, each without the columns from its first broken clock on."""
    lost, known_at = violations.groupby("row")["clock"].min(), column_clocks(table)
    names = lost.map({clock.place: clock.name for clock in known_at.values()}).astype("str").reindex(frame.index)
    clean = frame[[*table.columns]].assign(**{LOST: names})
    if lost.empty:
        return clean
    gone = {clock: lost.index[lost <= clock.place] for clock in {*known_at.values()}}
    kept = {name: frame[name].mask(frame.index.isin(gone[clock])) for name, clock in known_at.items()}
    return clean.assign(**kept).drop(index=gone[min(gone)]).reset_index(drop=True)


def _missing_tables(table: Table, month: str | None, others: Others) -> list[Finding]:
    needs = {*table.needs, *(name for rule in (*table.rules, *table.measures) for name in rule.needs)}
    absent = ", ".join(sorted(needs - set(others)))
    if not absent:
        return []
    problem = f"rows were not checked against {absent}, which is missing or too broken itself"
    return [Finding(Level.STOP, table.name, month, "all", "checked", problem, f"correct {absent} first")]


def _misplaced(table: Table, month: str | None, clean: pd.DataFrame) -> list[Finding]:
    if not table.monthly:
        return []
    span = pd.Period(month)
    rows = clean[(clean["day"] < span.start_time) | (clean["day"] > span.end_time)]
    if rows.empty:
        return []
    problem, examples = f"{quantity(len(rows), 'row')} of another month", tuple(row_labels(table, rows.head(EXAMPLES)))
    remedy = "move the rows to the file of their own month"
    return [Finding(Level.STOP, table.name, month, "day", "in_its_month", problem, remedy, examples)]


def _too_many(table: Table, month: str | None, broken: int, rows: int, left: int, limit: float) -> list[Finding]:
    limit = tolerated_share(limit, rows)
    if broken <= limit * rows and left:
        return []
    problem = f"{broken / rows:.1%} of rows break a rule ({broken:,} of {rows:,}), at most {limit:.1%} may"
    remedy = "correct what breaks the rules named here, or raise validate.max_quarantined in params.yaml"
    return [Finding(Level.STOP, table.name, month, "all", "max_quarantined", problem, remedy)]
