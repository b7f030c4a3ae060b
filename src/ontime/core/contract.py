"""A raw table and its contract -> clean rows, what was quarantined, and every finding at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pandera.pandas as pa

from ontime.core.findings import Finding, Level
from ontime.core.structure import check_columns, sound_columns
from ontime.dataset import Clock, Measure, Rule, Table

# The clean tables that another may need: reference tables whole, monthly ones for the month at hand.
Known = Mapping[str, pd.DataFrame]

EXAMPLES = 3
QUARANTINE = ["table", "key", "column", "rule", "value"]
BREAKS = {"row": "int64", "column": "str", "rule": "str", "value": "str", "clock": "int64"}
# The column of a clean table that names the clock from which on a row's values broke the contract and were removed.
LOST = "lost_from"


@dataclass(frozen=True)
class Checked:
    """A part after its check; `clean` is None where the structure is too broken to go on."""

    clean: pd.DataFrame | None
    quarantine: pd.DataFrame
    findings: list[Finding]


def column(
    dtype: str,
    *checks: pa.Check,
    clock: Clock,
    reason: str,
    unit: str = "",
    nullable: bool = False,
    missing: tuple[float, float] | None = None,
    usual: tuple[float, float] | None = None,
    bins: Sequence[float] | str | None = None,
) -> pa.Column:
    """A column of a contract: a pandera column whose metadata say what its values mean and when they are known.

    dtype: name of the pandas dtype; checks: hard bounds, what breaks them is quarantined; unit: of the values;
    missing: shares of a month's rows above which a run warns and stops; usual: (low, high), beyond them a value is
    possible but extreme; bins: ascending edges, or 'values', to measure the shift of a month against those before it.
    """
    told = {
        "dtype": dtype,
        "clock": clock,
        "reason": reason,
        "unit": unit,
        "missing": missing,
        "usual": usual,
        "bins": bins,
    }
    return pa.Column(dtype, list(checks), nullable=nullable, metadata=told)


def meaning(column: pa.Column) -> dict[str, Any]:
    """What the function `column` was told."""
    return column.metadata or {}


def clock(table: Table, rule: Rule | Measure) -> Clock:
    """The latest clock of a rule's columns."""
    return max(meaning(table.columns[name])["clock"] for name in rule.columns)


def check(table: Table, frame: pd.DataFrame, month: str | None, known: Known, max_quarantined: float) -> Checked:
    """Hold one part of a table against its contract.

    A row loses the columns of the earliest clock at which it breaks a rule, and of every later one; at the table's
    first clock it is removed. A larger share of broken rows than `max_quarantined` is a finding that stops.
    """
    findings = check_columns(table, frame, month) + _unjudged(table, month, known)
    if findings:
        frame = frame.reset_index(drop=True)
        breaks = _column_breaks(table.schema.columns, frame[sound_columns(table, frame)])
        return Checked(None, _entries(table, frame, breaks.head(0)), findings + _broken(table, month, frame, breaks))
    raw = frame[list(table.schema.columns)].reset_index(drop=True)
    derived = table.derive(raw, *(known[name] for name in table.needs)) if table.derive else raw
    rules = [_rule_breaks(table, rule, derived, known) for rule in table.rules]
    breaks = pd.concat([_column_breaks(table.schema.columns, raw), _column_breaks(table.added, derived), *rules])
    findings = [
        *_misplaced(table, month, derived),
        *_duplicated(table, month, derived),
        *_too_many(table, month, breaks["row"].nunique(), len(raw), max_quarantined),
        *_broken(table, month, derived, breaks),
    ]
    return Checked(_without_lost(table, derived, breaks), _entries(table, derived, breaks), findings)


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


def _unjudged(table: Table, month: str | None, known: Known) -> list[Finding]:
    needs = {*table.needs, *(name for rule in (*table.rules, *table.measures) for name in rule.needs)}
    absent = ", ".join(sorted(needs - set(known)))
    found = f"rows were not checked against {absent}, which is missing or too broken itself"
    return [Finding(Level.STOP, table.name, month, "all", "checked", found, f"mend {absent} first")] if absent else []


def _misplaced(table: Table, month: str | None, frame: pd.DataFrame) -> list[Finding]:
    wrong = frame[frame["day"].dt.strftime("%Y-%m") != month] if table.monthly else frame.head(0)
    wrong = wrong[wrong["day"].notna()] if len(wrong) else wrong
    remedy = "move the rows to the file of their own month"
    return _stop_on(table, month, wrong, "day", "in_its_month", "belong to another month", remedy)


def _duplicated(table: Table, month: str | None, frame: pd.DataFrame) -> list[Finding]:
    again = frame[frame.duplicated(list(table.key))]
    remedy = "remove the copies at the source: which of them is right cannot be told here"
    return _stop_on(table, month, again, ", ".join(table.key), "key_unique", "repeat the key of a row before", remedy)


def _stop_on(
    table: Table, month: str | None, rows: pd.DataFrame, columns: str, rule: str, found: str, remedy: str
) -> list[Finding]:
    examples = tuple(_keys(table, rows.head(EXAMPLES)))
    stop = Finding(Level.STOP, table.name, month, columns, rule, f"{len(rows):,} rows {found}", remedy, examples)
    return [stop] if len(rows) else []


def _too_many(table: Table, month: str | None, broken: int, rows: int, limit: float) -> list[Finding]:
    found = f"{broken:,} of {rows:,} rows break a rule ({broken / rows:.1%}, at most {limit:.1%} may)"
    remedy = "mend what breaks the rules named below, or raise validate.max_quarantined in params.yaml"
    stop = Finding(Level.STOP, table.name, month, "all", "max_quarantined", found, remedy)
    return [stop] if broken > limit * rows else []


def _column_breaks(columns: Mapping[str, pa.Column], frame: pd.DataFrame) -> pd.DataFrame:
    """Values that break their column's own checks, as rows of BREAKS; columns that `frame` lacks are passed over."""
    schema = pa.DataFrameSchema({name: column for name, column in columns.items() if name in frame})
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        cases = error.failure_cases
        clocks = [meaning(columns[name])["clock"] for name in cases["column"]]
        cases = cases.rename(columns={"index": "row", "check": "rule", "failure_case": "value"}).assign(clock=clocks)
        return cases[list(BREAKS)].astype(BREAKS)
    return pd.DataFrame(columns=list(BREAKS)).astype(BREAKS)


def _rule_breaks(table: Table, rule: Rule, frame: pd.DataFrame, known: Known) -> pd.DataFrame:
    """Rows that break a rule, as rows of BREAKS: one for each of the rule's columns."""
    holds = rule.holds(frame, *(known[name] for name in rule.needs))
    broken = frame[~holds.fillna(value=True).astype(bool)]
    common = {"row": broken.index, "rule": rule.name, "clock": clock(table, rule)}
    breaks = [pd.DataFrame({**common, "column": name, "value": broken[name].astype("str")}) for name in rule.columns]
    return pd.concat(breaks)[list(BREAKS)].astype(BREAKS)


def _broken(table: Table, month: str | None, frame: pd.DataFrame, breaks: pd.DataFrame) -> list[Finding]:
    """One finding for every column and rule that rows break, with examples."""
    remedies = {rule.name: rule.remedy for rule in table.rules}
    findings = []
    for (name, rule), broken in breaks.groupby(["column", "rule"]):
        sample = broken.head(EXAMPLES)
        keys = _keys(table, frame.iloc[sample["row"]])
        examples = tuple(f"{key} has {value}" for key, value in zip(keys, sample["value"], strict=True))
        remedy = remedies.get(rule, "correct the value at its source, or widen the contract if it is possible")
        found = f"{broken['row'].nunique():,} of {len(frame):,} rows"
        findings.append(Finding(Level.QUARANTINE, table.name, month, name, rule, found, remedy, examples))
    return findings


def _keys(table: Table, frame: pd.DataFrame) -> list[str]:
    names = [name for name in table.key if name in frame]
    return [
        " ".join(map(str, row)) or f"row {frame.index[i]}" for i, row in enumerate(frame[names].itertuples(index=False))
    ]


def _entries(table: Table, frame: pd.DataFrame, breaks: pd.DataFrame) -> pd.DataFrame:
    """The quarantine: table, key, column, rule and value (text) of every break, in the order of the rows."""
    breaks = breaks.sort_values(["row", "column", "rule"], kind="stable")
    entries = breaks.assign(table=table.name, key=_keys(table, frame.iloc[breaks["row"]]))
    return entries[QUARANTINE].astype("str").reset_index(drop=True)


def _without_lost(table: Table, frame: pd.DataFrame, breaks: pd.DataFrame) -> pd.DataFrame:
    """The rows that are sound at the table's first clock, each without the columns from its first broken clock on."""
    clocks = {name: meaning(column)["clock"] for name, column in table.columns.items()}
    never = max(Clock) + 1
    lost = breaks.groupby("row")["clock"].min().reindex(frame.index, fill_value=never)
    kept = {name: frame[name].where(lost > clocks[name]) for name in table.columns}
    names = lost.map({int(value): str(value) for value in Clock}).astype("str")
    return pd.DataFrame(kept | {LOST: names})[lost > min(clocks.values())].reset_index(drop=True)
