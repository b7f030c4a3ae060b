"""A frame and its contract -> its breaks: one row of BREAKS for every value that breaks a check or a rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd
import pandera.pandas as pa

from ontime.core.contract.columns import meaning, rule_clock
from ontime.core.contract.findings import EXAMPLES, Finding, Level, counted
from ontime.dataset.contract import Rule, Table

# row: position in the part; value: as text; clock: place of that from which on the row's columns
# are lost.
BREAKS = {"row": "int64", "column": "str", "rule": "str", "value": "str", "clock": "int64"}
NONE = pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in BREAKS.items()})
QUARANTINE = ["table", "key", "column", "rule", "value"]


def column_breaks(columns: Mapping[str, pa.Column], frame: pd.DataFrame) -> pd.DataFrame:
    """Values that break their own column's checks. Columns that `frame` lacks are passed over.

    Checks judge a value by itself, so each different one is judged once; only columns with a break are gone through.
    Raises TypeError and ValueError where a column is not of its type, or a check judges values together.
    """
    broken = {name: column for name, column in columns.items() if name in frame and not _holds(column, frame[name])}
    if not broken:
        return none()
    try:
        pa.DataFrameSchema(broken).validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        cases = error.failure_cases
    else:
        raise ValueError(f"a check of {', '.join(broken)} judges more than a value by itself: make it a measure")
    clocks = [meaning(columns[name])["clock"].place for name in cases["column"]]
    names = {"index": "row", "check": "rule", "failure_case": "value"}
    return cases.rename(columns=names).assign(clock=clocks)[list(BREAKS)].astype(BREAKS)


def _holds(column: pa.Column, values: pd.Series) -> bool:
    if str(values.dtype) != meaning(column)["dtype"]:
        raise TypeError(f"{values.name} is {values.dtype}: expected {meaning(column)['dtype']}, as it is declared")
    if not column.nullable and values.hasnans:
        return False
    different = pd.Series(values.unique()) if column.checks else values
    return all(check(different).check_passed for check in column.checks or [])


def none() -> pd.DataFrame:
    """No break."""
    return NONE.copy()


def together(breaks: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Breaks of several checks, in their order."""
    found = [each for each in breaks if len(each)]
    return pd.concat(found, ignore_index=True) if found else none()


def without_broken_values(frame: pd.DataFrame, breaks: pd.DataFrame) -> pd.DataFrame:
    """The frame with every broken value missing, so that what is computed from the others stays sound."""
    broken = {name: breaks.loc[breaks["column"] == name, "row"] for name in breaks["column"].unique()}
    return frame.assign(**{name: frame[name].mask(frame.index.isin(rows)) for name, rows in broken.items()})


def rule_breaks(
    table: Table, rule: Rule, frame: pd.DataFrame, needed: Sequence[pd.DataFrame], before: pd.DataFrame
) -> pd.DataFrame:
    """Rows that break a rule, once for each of its columns. Not judged: rows whose columns are broken `before`."""
    holds = rule.holds(frame, *needed).fillna(value=True).astype(bool)
    if holds.all():
        return none()
    broken = frame[~holds & ~frame.index.isin(before.loc[before["column"].isin(rule.columns), "row"])]
    common = {"row": broken.index, "rule": rule.name, "clock": rule_clock(table, rule).place}
    breaks = [pd.DataFrame({**common, "column": name, "value": broken[name].astype("str")}) for name in rule.columns]
    return pd.concat(breaks)[list(BREAKS)].astype(BREAKS)


def as_findings(table: Table, month: str | None, labels: pd.Series, breaks: pd.DataFrame, rows: int) -> list[Finding]:
    """A finding for every column and rule that some of so many rows break; labels: what those are called."""
    remedies = {rule.name: rule.remedy for rule in table.rules}
    findings = []
    for (name, rule), broken in breaks.groupby(["column", "rule"]):
        sample = broken.head(EXAMPLES)
        values = zip(labels[sample["row"]], sample["value"].fillna("no value"), strict=True)
        remedy = remedies.get(rule, "correct the value at its source, or widen the contract if it is possible")
        found = f"{broken['row'].nunique():,} of {counted(rows, 'row')}"
        examples = tuple(f"{label} has {value}" for label, value in values)
        findings.append(Finding(Level.QUARANTINE, table.name, month, name, rule, found, remedy, examples))
    return findings


def as_quarantine(table: Table, labels: pd.Series, breaks: pd.DataFrame) -> pd.DataFrame:
    """The breaks as text for data/quarantine.parquet, in the order of the rows: columns QUARANTINE."""
    if breaks.empty:
        return pd.DataFrame(columns=QUARANTINE, dtype="str")
    breaks = breaks.sort_values(["row", "column", "rule"], kind="stable")
    entries = breaks.assign(table=table.name, key=labels[breaks["row"]].to_numpy())
    return entries[QUARANTINE].astype("str").reset_index(drop=True)


def keys(table: Table, frame: pd.DataFrame) -> pd.Series:
    """What every row is called: its key as text, or its position where the key is missing."""
    if frame.empty:
        return pd.Series(index=frame.index, dtype="str")
    position = pd.Series([f"row {position}" for position in frame.index], index=frame.index, dtype="str")
    if not set(table.key) <= set(frame):
        return position
    key = frame[list(table.key)]
    text = pd.Series([" ".join(map(str, row)) for row in key.itertuples(index=False)], index=frame.index, dtype="str")
    return text.where(key.notna().any(axis=1), position)
