"""A clean part of a table -> a line for each column: missing, extreme, mean, shift; and findings beyond the limits."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from ontime.core.contract.columns import column_bins, column_metadata
from ontime.core.contract.findings import Finding, Level
from ontime.core.profiles.distances import bin_counts, psi_by_bin
from ontime.dataset.contract import Table
from ontime.params import Validate

Counts = Mapping[str, pd.Series]

MORE_MISSING = "look for a broken feed; if the gaps are real, raise the column's `missing` in the contract"
MORE_EXTREME = "look at the values; if they are real, widen the column's `usual` in the contract"
SHIFTED = (
    "compare with the months before; if the change is real, raise validate.shift_warn or shift_stop in params.yaml"
)


def count_bins(table: Table, clean: pd.DataFrame) -> dict[str, pd.Series]:
    """The part's rows by bin, for every column that declares bins."""
    return {
        name: bin_counts(clean[name], None if isinstance(bins, str) else bins)
        for name, bins in column_bins(table).items()
        if bins is not None
    }


def add_counts(before: Counts, counts: Counts) -> dict[str, pd.Series]:
    """Rows by bin of two parts, added up. Columns that only `before` has are left out."""
    return {name: now.add(before[name], fill_value=0) if name in before else now for name, now in counts.items()}


def profile_columns(table: Table, clean: pd.DataFrame, month: str | None, before: Counts) -> pd.DataFrame:
    """A row for each raw column: table, month, column, rows, missing and extreme (shares), mean, shift.

    shift: population stability index against the counts of the months `before`; empty where there are none.
    """
    counts = count_bins(table, clean) if before else {}
    lines = [
        {
            "table": table.name,
            "month": month,
            "column": name,
            "rows": len(clean),
            "missing": round(clean[name].isna().mean(), 6),
            "extreme": round(_extreme_share(clean[name], column_metadata(table.columns[name])["usual"]), 6),
            "mean": round(clean[name].astype("float64").mean(), 4) if is_numeric_dtype(clean[name]) else np.nan,
            "shift": round(psi_by_bin(before[name], counts[name]), 4) if name in counts else np.nan,
        }
        for name in table.schema.columns
    ]
    return pd.DataFrame(lines)


def limit_findings(table: Table, lines: pd.DataFrame, params: Validate) -> list[Finding]:
    """Findings where a column's month is beyond a limit of the contract (missing) or of the params (extreme, shift)."""
    return [finding for line in lines.to_dict("records") for finding in _line_findings(table, line, params)]


def _line_findings(table: Table, line: Mapping[Hashable, Any], params: Validate) -> list[Finding]:
    name = line["column"]
    limits = [
        ("missing", *(column_metadata(table.columns[name])["missing"] or (np.inf, np.inf)), "{:.2%}", MORE_MISSING),
        ("extreme", params.max_extreme, np.inf, "{:.2%}", MORE_EXTREME),
        ("shift", params.shift_warn, params.shift_stop, "{:.4g}", SHIFTED),
    ]
    findings = []
    for rule, warn, stop, form, remedy in limits:
        level, limit = (Level.STOP, stop) if line[rule] > stop else (Level.WARN, warn)
        if line[rule] > limit:
            problem = f"{form.format(line[rule])}, at most {form.format(limit)}"
            findings.append(Finding(level, table.name, line["month"], name, rule, problem, remedy))
    return findings


def _extreme_share(values: pd.Series, usual: tuple[float, float] | None) -> float:
    return float((values.notna() & ~values.between(*usual)).mean()) if usual else 0.0
