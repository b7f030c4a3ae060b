"""A clean part of a table -> a line for each column: missing, extreme, mean, shift; and findings beyond the limits."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from ontime.core.contract.columns import column_bins, column_metadata
from ontime.core.contract.few_rows import FEW, beyond_few, chance_shift, moved_rows
from ontime.core.contract.findings import Finding, Level, quantity
from ontime.core.profiles.distances import bin_counts, psi_by_bin
from ontime.dataset.contract import Table
from ontime.params import Validate

Counts = Mapping[str, pd.Series]

MORE_MISSING = "look for a broken feed; if the gaps are real, raise the column's `missing` in the contract"
MORE_EXTREME = "look at the values; if they are real, widen the column's `usual` in the contract"
SHIFTED = (
    "compare with the months before; if the change is real, raise validate.shift_warn or shift_stop in params.yaml"
)
FEW_ROWS = "so few rows differ nearly as much by chance: bring more of them, or declare coarser `bins` in the contract"
PARTLY = "days differ, and of this month or of those before it only some are there: bring all, or leave the month out"


class MonthsBefore(NamedTuple):
    """What a month is compared with. counts: rows by bin; days: from the first to the last day of the longest month."""

    counts: Counts
    days: int

    def followed_by(self, table: Table, clean: pd.DataFrame) -> MonthsBefore:
        """These months and one more. A month that is only partly there is no measure where there are whole ones."""
        days, counts = days_spanned(table, clean), count_bins(table, clean)
        if _partly(days, self.days):
            return self
        earlier = {} if _partly(self.days, days) else self.counts
        return MonthsBefore(add_counts(earlier, counts), max(days, self.days))


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


def limit_findings(
    table: Table, lines: pd.DataFrame, params: Validate, clean: pd.DataFrame, before: MonthsBefore
) -> list[Finding]:
    """Findings where a column's month is beyond a limit of the contract (missing) or of the params (extreme, shift).

    lines: the profile of the part `clean`, beside the months `before`. By a FEW rows no share is beyond its limit, nor
    a shift by what chance alone gives of so many rows; the shift of a part of a month, or from one, only warns.
    """
    findings = []
    for line in lines.to_dict("records"):
        findings += _share_findings(table, line, params)
        if line["shift"] > params.shift_warn:
            findings += _shift_findings(table, line, params, clean, before)
    return findings


def days_spanned(table: Table, clean: pd.DataFrame) -> int:
    """Days from the first to the last of a month's rows, both counted; 0 where there are none."""
    if not table.monthly or clean.empty:
        return 0
    return (clean["day"].max() - clean["day"].min()).days + 1


def _share_findings(table: Table, line: Mapping[Hashable, Any], params: Validate) -> list[Finding]:
    name = line["column"]
    missing = column_metadata(table.columns[name])["missing"] or (np.inf, np.inf)
    findings = []
    for rule, (warn, stop), remedy in (
        ("missing", missing, MORE_MISSING),
        ("extreme", (params.max_extreme, np.inf), MORE_EXTREME),
    ):
        level, limit = (Level.STOP, stop) if line[rule] > stop else (Level.WARN, warn)
        if line[rule] > limit and beyond_few(line[rule], warn, line["rows"]):
            problem = f"{line[rule]:.2%}, at most {limit:.2%}"
            findings.append(Finding(level, table.name, line["month"], name, rule, problem, remedy))
    return findings


def _shift_findings(
    table: Table, line: Mapping[Hashable, Any], params: Validate, clean: pd.DataFrame, before: MonthsBefore
) -> list[Finding]:
    name, shift, days = line["column"], line["shift"], days_spanned(table, clean)
    earlier, counts = before.counts[name], count_bins(table, clean)[name]
    chance = chance_shift(earlier, counts)
    if shift <= chance or moved_rows(earlier, counts) <= FEW:
        return []
    partly = _partly(days, before.days) or _partly(before.days, days)
    stops = shift > params.shift_stop and not partly
    level, limit = (Level.STOP, params.shift_stop) if stops else (Level.WARN, params.shift_warn)
    size = f"from {quantity(len(clean), 'row')}{_days_present(table, line['month'], clean)}"
    problem = f"{shift:.4g} {size}, at most {limit:.4g}; chance alone gives up to {chance:.2g}"
    remedy = PARTLY if partly else FEW_ROWS if chance > limit else SHIFTED
    return [Finding(level, table.name, line["month"], name, "shift", problem, remedy)]


def _days_present(table: Table, month: str, clean: pd.DataFrame) -> str:
    """On how many days of the month there are rows, where it is not on all."""
    if not table.monthly:
        return ""
    days, all_days = clean["day"].nunique(), pd.Period(month).days_in_month
    return f" on {days} of {all_days} days" if days < all_days else ""


def _partly(days: int, others: int) -> bool:
    """Whether a month spans less than half the days of others."""
    return days < others / 2


def _extreme_share(values: pd.Series, usual: tuple[float, float] | None) -> float:
    return float((values.notna() & ~values.between(*usual)).mean()) if usual else 0.0
