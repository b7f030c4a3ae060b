"""What breaks a contract -> its violations, a row for every value; findings and quarantine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
import pandas as pd

from ontime.core.contract.findings import EXAMPLES, Finding, Level, quantity
from ontime.core.contract.row_rules import Broken
from ontime.core.contract.values import declared_dtype, exact_texts, frame_values, key_text
from ontime.dataset.contract import Table

# Columns of a frame of violations. row: position in the part; value: as text; clock: place of the clock from which on
# the row loses its columns.
VIOLATION_TYPES = {"row": "int64", "column": "str", "rule": "str", "value": "str", "clock": "int64"}
QUARANTINE_COLUMNS = ["table", "key", "column", "rule", "value"]


def no_violations() -> pd.DataFrame:
    """A frame of violations without a row."""
    return _none().copy(deep=False)


@cache  # a sound month asks for it dozens of times
def _none() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in VIOLATION_TYPES.items()})


def violation_frame(broken: Iterable[Broken]) -> pd.DataFrame:
    """What is broken as a frame of violations, in that order."""
    listed = [one for one in broken if len(one.rows)]
    if not listed:
        return no_violations()
    sizes = [len(one.rows) for one in listed]
    repeated = {name: np.repeat([getattr(one, name) for one in listed], sizes) for name in ("column", "rule", "clock")}
    texts = [text for one in listed for text in one.texts]
    rows = np.concatenate([one.rows for one in listed])
    return pd.DataFrame({**repeated, "row": rows, "value": texts})[list(VIOLATION_TYPES)].astype(VIOLATION_TYPES)


def without_broken_values(frame: pd.DataFrame, broken: Iterable[Broken]) -> pd.DataFrame:
    """The frame with every broken value missing, so that what is computed from the others stays sound."""
    for one in broken:
        if one.column in frame:
            frame = frame.assign(**{one.column: frame[one.column].mask(frame.index.isin(one.rows))})
    return frame


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
    texts: list[Sequence[str | None]] = [[None] * len(frame)]
    if {*table.key} <= {*frame}:
        key = {name: table.columns[name] for name in table.key}
        texts = [exact_texts(values, declared_dtype(key[name])) for name, values in frame_values(key, frame).items()]
    keys = zip(*texts, strict=True)
    names = [key_text(key) if any(key) else f"row {place}" for key, place in zip(keys, frame.index, strict=True)]
    return pd.Series(names, index=frame.index, dtype="str")
