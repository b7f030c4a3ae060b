"""A frame and its contract -> its violations: a row for every value that breaks a check or a rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

import pandas as pd
import pandera.pandas as pa

from ontime.core.contract.columns import column_metadata, rule_clock
from ontime.core.contract.findings import EXAMPLES, Finding, Level, quantity
from ontime.dataset.contract import Rule, Table

# Columns of a frame of violations. row: position in the part; value: as text; clock: place of the clock from which on
# the row loses its columns.
VIOLATION_TYPES = {"row": "int64", "column": "str", "rule": "str", "value": "str", "clock": "int64"}
QUARANTINE_COLUMNS = ["table", "key", "column", "rule", "value"]


def column_violations(columns: Mapping[str, pa.Column], frame: pd.DataFrame) -> pd.DataFrame:
    """Values that break the checks of their own column. Columns that `frame` lacks are passed over.

    A check judges a value by itself, so each different value is judged once; only columns with a violation are gone
    through row by row.
    Raises TypeError and ValueError where a column is not of its type, or a check judges values together.
    """
    broken = {name: column for name, column in columns.items() if name in frame and not _holds(column, frame[name])}
    if not broken:
        return no_violations()
    try:
        pa.DataFrameSchema(broken).validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        cases = error.failure_cases
    else:
        raise ValueError(f"a check of {', '.join(broken)} judges more than a value by itself: make it a measure")
    clocks = [column_metadata(columns[name])["clock"].place for name in cases["column"]]
    names = {"index": "row", "check": "rule", "failure_case": "value"}
    return cases.rename(columns=names).assign(clock=clocks)[list(VIOLATION_TYPES)].astype(VIOLATION_TYPES)


def _holds(column: pa.Column, values: pd.Series) -> bool:
    if str(values.dtype) != column_metadata(column)["dtype"]:
        expected = column_metadata(column)["dtype"]
        raise TypeError(f"{values.name} is {values.dtype}: expected {expected}, as it is declared")
    if not column.nullable and values.hasnans:
        return False
    different = pd.Series(values.unique()) if column.checks else values
    return all(check(different).check_passed for check in column.checks or [])


def no_violations() -> pd.DataFrame:
    """A frame of violations without a row."""
    return _none().copy(deep=False)


@cache  # a sound month asks for it dozens of times
def _none() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in VIOLATION_TYPES.items()})


def concat_violations(violations: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """The violations of several checks in one frame, in their order."""
    frames = [frame for frame in violations if len(frame)]
    return pd.concat(frames, ignore_index=True) if frames else no_violations()


def without_broken_values(frame: pd.DataFrame, violations: pd.DataFrame) -> pd.DataFrame:
    """The frame with every broken value missing, so that what is computed from the others stays sound."""
    broken = {name: violations.loc[violations["column"] == name, "row"] for name in violations["column"].unique()}
    return frame.assign(**{name: frame[name].mask(frame.index.isin(rows)) for name, rows in broken.items()})


def rule_violations(
    table: Table, rule: Rule, frame: pd.DataFrame, needed: Sequence[pd.DataFrame], before: pd.DataFrame
) -> pd.DataFrame:
    """Rows that break a rule, once for each of its columns.

    needed: the tables that the rule needs. before: violations already known; rows that have one in a column of the rule
    are not judged.
    """
    holds = rule.holds(frame, *needed).fillna(value=True).astype(bool)
    if holds.all():
        return no_violations()
    broken = frame[~holds & ~frame.index.isin(before.loc[before["column"].isin(rule.columns), "row"])]
    common = {"row": broken.index, "rule": rule.name, "clock": rule_clock(table, rule).place}
    violations = [
        pd.DataFrame({**common, "column": name, "value": broken[name].astype("str")}) for name in rule.columns
    ]
    return pd.concat(violations)[list(VIOLATION_TYPES)].astype(VIOLATION_TYPES)


def violation_findings(
    table: Table, month: str | None, labels: pd.Series, violations: pd.DataFrame, rows: int
) -> list[Finding]:
    """A finding for every column and rule that some rows break. labels: by row, as `row_labels`; rows: of the part."""
    remedies = {rule.name: rule.remedy for rule in table.rules}
    findings = []
    for (name, rule), broken in violations.groupby(["column", "rule"]):
        sample = broken.head(EXAMPLES)
        values = zip(labels[sample["row"]], sample["value"].fillna("no value"), strict=True)
        remedy = remedies.get(rule, "correct the value at its source, or widen the contract if it is possible")
        problem = f"{broken['row'].nunique():,} of {quantity(rows, 'row')}"
        examples = tuple(f"{label} has {value}" for label, value in values)
        findings.append(Finding(Level.QUARANTINE, table.name, month, name, rule, problem, remedy, examples))
    return findings


def quarantine_rows(table: Table, labels: pd.Series, violations: pd.DataFrame) -> pd.DataFrame:
    """The violations as data/quarantine.parquet holds them: text, in the order of the rows, with QUARANTINE_COLUMNS."""
    if violations.empty:
        return pd.DataFrame(columns=QUARANTINE_COLUMNS, dtype="str")
    violations = violations.sort_values(["row", "column", "rule"], kind="stable")
    entries = violations.assign(table=table.name, key=labels[violations["row"]].to_numpy())
    return entries[QUARANTINE_COLUMNS].astype("str").reset_index(drop=True)


def row_labels(table: Table, frame: pd.DataFrame) -> pd.Series:
    """What every row is called: its key as text, or its position where the key is missing."""
    if frame.empty:
        return pd.Series(index=frame.index, dtype="str")
    position = pd.Series([f"row {position}" for position in frame.index], index=frame.index, dtype="str")
    if not set(table.key) <= set(frame):
        return position
    key = frame[list(table.key)]
    text = pd.Series([" ".join(map(str, row)) for row in key.itertuples(index=False)], index=frame.index, dtype="str")
    return text.where(key.notna().any(axis=1), position)
