"""A raw part of a table and its contract -> its clean rows, what was quarantined, and every finding at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from ontime.core.contract.row_rules import NEVER, Broken, RowRules, lost_clocks, with_added
from ontime.core.contract.schema import check_columns, sound_columns, sound_frame
from ontime.core.contract.values import frame_values
from ontime.core.contract.violations import (
    no_violations,
    quarantine_rows,
    row_labels,
    violation_findings,
    violation_frame,
    without_broken_values,
)
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
    known: Sequence[Broken] = (),
) -> CheckedPart:
    """Hold one part of a table against its contract.

    Of rows that are equal in all values one is kept; all that share a key with different values are removed. A row
    loses the columns of the earliest clock at which it breaks a rule, and of every later one; at the table's first
    clock it is removed. A larger share of broken rows than `max_quarantined`, if more than a FEW, is a finding that
    stops. known: what rows of the frame break that stands in another quarantine already.
    """
    structure = [*check_columns(table, frame, month), *_missing_tables(table, month, others)]
    repeated = repeated_rows(frame)
    raw, places = sound_frame(table, frame[~repeated.again]), np.flatnonzero(~repeated.again)
    rules, before = RowRules.of(table, others), [*_at_places(known, places)]
    values = frame_values(table.schema.columns, raw)
    own = rules.check({name: values[name] for name in sound_columns(table, frame)})
    if raw.empty or not set(table.needs) <= set(others):
        violations = violation_frame(own)
        labels = _labels(table, raw, raw, violations, repeated)
        findings = [*structure, *_row_findings(table, month, labels, violations, repeated)]
        return CheckedPart(None, quarantine_rows(table, labels, no_violations()), 0, findings)
    arrays, later = rules.judge(values, [*before, *own], added=not structure)
    derived = with_added(table, without_broken_values(raw, [*before, *own]), arrays)
    every = [*own, *later, *key_violations(table, derived)]
    violations, lost = violation_frame(every), lost_clocks([*before, *every], len(raw))
    clean, broken = _without_lost(table, derived, lost), int((lost != NEVER).sum())
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


def _at_places(known: Iterable[Broken], places: np.ndarray) -> Iterator[Broken]:
    """The same of the rows that stand at these places, by their new positions."""
    for one in known:
        row = pd.Index(places).get_indexer(pd.Index(one.rows))
        texts = [text for text, there in zip(one.texts, row >= 0, strict=True) if there]
        yield one._replace(rows=row[row >= 0], texts=texts)


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


def _without_lost(table: Table, frame: pd.DataFrame, lost: np.ndarray) -> pd.DataFrame:
    """The rows that are sound at the table's first clock, each without the columns from its first broken clock on."""
    known_at = column_clocks(table)
    names = pd.Series(lost).map({clock.place: clock.name for clock in known_at.values()}).astype("str")
    clean = frame[[*table.columns]].assign(**{LOST: names})
    if (lost == NEVER).all():
        return clean
    gone = {clock: lost <= clock.place for clock in {*known_at.values()}}
    kept = {name: frame[name].mask(gone[clock]) for name, clock in known_at.items()}
    return clean.assign(**kept)[~gone[min(gone)]].reset_index(drop=True)


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
