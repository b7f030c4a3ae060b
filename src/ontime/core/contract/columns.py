"""How a column of a contract is declared, and what its declaration says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandera.pandas as pa

from ontime.dataset.clocks import Clock
from ontime.dataset.contract import Rule, Table

# The column of a clean table that names the clock from which on a row broke the contract and has lost its values.
LOST = "lost_from"


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

    dtype: name of a pandas dtype that can be missing. checks: hard bounds, each on a value by itself; what breaks them
    is quarantined. clock: when values become known. reason: why it is there, in words. unit: of the values. missing:
    shares of a month's rows above which a run warns and stops. usual: (low, high), beyond which a value is possible but
    extreme. bins: ascending edges, or 'values', to measure a month's shift against those before. Raises ValueError
    where values of this dtype cannot be missing.
    """
    if dtype == "bool" or dtype.startswith(("int", "uint")):
        nullable_dtype = "boolean" if dtype == "bool" else dtype.replace("u", "U").replace("i", "I")
        raise ValueError(f"{dtype} cannot be missing, and a broken value is made missing: declare {nullable_dtype}")
    metadata = {"dtype": dtype, "clock": clock, "reason": reason, "unit": unit}
    metadata |= {"missing": missing, "usual": usual, "bins": bins}
    return pa.Column(dtype, list(checks), nullable=nullable, metadata=metadata)


def column_metadata(column: pa.Column) -> dict[str, Any]:
    """What `column` was declared with beside its checks, by the name of the argument."""
    return column.metadata or {}


def clean_dtypes(table: Table) -> dict[str, str]:
    """The type of every column of the clean table, that of lost clocks among them."""
    return {name: column_metadata(column)["dtype"] for name, column in table.columns.items()} | {LOST: "str"}


def column_clocks(table: Table) -> dict[str, Clock]:
    """The clock of every column of the clean table."""
    return {name: column_metadata(column)["clock"] for name, column in table.columns.items()}


def column_bins(table: Table | None) -> dict[str, Sequence[float] | str | None]:
    """The bins by which the shift of each column of a clean table is measured, None where it is not.

    Nothing for a table that has no contract.
    """
    return {name: column_metadata(column)["bins"] for name, column in table.columns.items()} if table else {}


def numeric_bounds(column: pa.Column) -> tuple[float, float] | None:
    """The least and the greatest number that a column may hold, where it has both."""
    for check in column.checks or []:
        bounds = check.statistics or {}
        if check.name == "in_range" and isinstance(bounds["min_value"], int | float):
            return bounds["min_value"], bounds["max_value"]
    return None


def rule_clock(table: Table, rule: Rule) -> Clock:
    """When a rule can be judged: the latest clock of its columns."""
    return max(column_clocks(table)[name] for name in rule.columns)
