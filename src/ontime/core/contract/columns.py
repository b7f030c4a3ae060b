"""How a column is declared, and what its declaration says."""

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

    dtype: name of a pandas dtype that can be missing; checks: hard bounds, each on a value by itself, what breaks them
    is quarantined; unit: of the values; missing: shares of a month's rows above which a run warns and stops; usual:
    (low, high), beyond them a value is possible but extreme; bins: ascending edges, or 'values', to measure a month's
    shift against those before.
    """
    if dtype.startswith(("int", "uint", "bool")):
        raise ValueError(f"{dtype} cannot be missing, and a broken value is made missing: declare {dtype.capitalize()}")
    told = {"dtype": dtype, "clock": clock, "reason": reason, "unit": unit}
    told |= {"missing": missing, "usual": usual, "bins": bins}
    return pa.Column(dtype, list(checks), nullable=nullable, metadata=told)


def meaning(column: pa.Column) -> dict[str, Any]:
    """What the function `column` was told."""
    return column.metadata or {}


def clocks(table: Table) -> dict[str, Clock]:
    """The clock of every column of the clean table."""
    return {name: meaning(column)["clock"] for name, column in table.columns.items()}


def bounds(column: pa.Column) -> tuple[float, float] | None:
    """The least and the greatest number that a column may hold, where it has both."""
    for check in column.checks or []:
        known = check.statistics or {}
        if check.name == "in_range" and isinstance(known["min_value"], int | float):
            return known["min_value"], known["max_value"]
    return None


def rule_clock(table: Table, rule: Rule) -> Clock:
    """The latest clock of a rule's columns."""
    return max(clocks(table)[name] for name in rule.columns)
