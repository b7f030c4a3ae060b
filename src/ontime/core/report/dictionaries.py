"""The contract and the features of a dataset -> their dictionaries in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandera.pandas as pa

from ontime.core.contract.columns import LOST, column_clocks, column_metadata, rule_clock
from ontime.core.text import markdown_table
from ontime.dataset.contract import Table
from ontime.dataset.features import Feature

COLUMNS = ["Column", "Type", "Unit", "Range", "Missing", "Clock", "Reason"]
MESSAGES = """\
## A month, and a message

Checks and rules judge a row by itself, so a message is judged by the code that judges its month. What differs: a
message may come before the one that makes its row, and waits for it, where in a month it belongs to no row; a later
one of the same feed and key corrects the one before, where in a month neither of the two is trusted.

What is of a whole has a meaning of its own while messages come. It is counted over the rows of a day, it only warns,
and it never stops an answer:

- The share of rows that break a rule, against `validate.max_quarantined`. A row counts once, as it stands at the end;
  messages that still wait for their row then count as broken.
- The shares of missing and extreme values of a column, of the rows whose values of its clock are known.
- A measure, where there are as many rows as it asks for; not one that counts the days of a month.
- The shift of a column against the months before, where it is beyond what chance alone gives of so few rows.
"""
LOST_ROW = (f"`{LOST}`", "`str`", "", "", "allowed", "", "clock from which on the row broke a rule and lost its values")


def data_dictionary(tables: Sequence[Table]) -> str:
    """Every table, column, rule and measure of the contract, as one Markdown page."""
    clocks = sorted({clock for table in tables for clock in column_clocks(table).values()})
    rows = [(f"`{clock}`", clock.about) for clock in clocks]
    intro = (
        "# Data dictionary\n\n"
        "Generated from the contract by `ontime document`; a test keeps it current.\n\n"
        "Every column has a **clock**: when its value becomes known. A row that breaks a rule loses the columns of\n"
        "the rule's clock and of every later one, and is removed where that is the table's first clock. The broken\n"
        "values are kept in `data/quarantine.parquet`. A missing value breaks no rule; its column says whether it may\n"
        "be missing.\n"
    )
    clock_table = markdown_table(["Clock", "Its values are known"], rows)
    return "\n".join([intro, clock_table, MESSAGES, *map(_table, tables)])


def feature_dictionary(features: Sequence[Feature]) -> str:
    """Every column of the feature table, by its group, as one Markdown page."""
    header = ["Feature", "Meaning", "Unit", "Type", "Clock", "Table", "Window", "Waits for"]
    intro = (
        "# Feature dictionary\n\n"
        "Generated from the declarations by `ontime document`; a test keeps it current.\n\n"
        "One row of `data/features/<month>.parquet` is one row of the schedule, with what was known at `predict_at`,\n"
        "which is `features.lead_hours` before `starts_at`. A window of 3h holds what became known in the three hours\n"
        "up to `predict_at`, never what belongs to the row itself. Beside the features stand `id`, `starts_at`, `day`\n"
        "(local), `predict_at`, `outcome` and `outcome_known_at`. A feature that waits for a source reads what did\n"
        "not happen, and only up to when that source was last heard from: while it is silent, nothing is no news.\n"
    )
    parts = [intro]
    for group in dict.fromkeys(feature.group for feature in features):
        rows = [
            (f"`{f.name}`", f.meaning, f.unit, f"`{f.dtype}`", f"`{f.clock}`", f"`{f.table}`", f.window, f.heard_from)
            for f in features
            if f.group == group
        ]
        parts.append(f"## {group}\n\n{markdown_table(header, rows)}")
    return "\n".join(parts)


def _table(table: Table) -> str:
    layout = f"`{table.name}/<month>.parquet`" if table.monthly else f"`{table.name}.parquet`"
    raw = [_column(name, column) for name, column in table.schema.columns.items()]
    added = [_column(name, column) for name, column in table.added.items()]
    parts = [
        f"## {table.name}\n\n{table.about} Stored as {layout}; unique by {_names(table.key)}.\n",
        f"### What the source brings\n\n{markdown_table(COLUMNS, raw)}",
        f"### What the clean table adds\n\n{markdown_table(COLUMNS, [*added, LOST_ROW])}",
    ]
    if table.rules:
        parts.append(f"### Rules for a row\n\n{_rules(table)}")
    if table.measures:
        parts.append(f"### Measures of a month\n\n{_measures(table)}")
    return "\n".join(parts)


def _rules(table: Table) -> str:
    header = ["Rule", "Columns", "Clock", "Reads", "Reason"]
    rows = [
        (f"`{rule.name}`", _names(rule.columns), f"`{rule_clock(table, rule)}`", _names(rule.needs), rule.reason)
        for rule in table.rules
    ]
    return markdown_table(header, rows)


def _measures(table: Table) -> str:
    header = ["Measure", "Columns", "Warns outside", "Stops outside", "Unit", "Reads", "Reason"]
    rows = [
        (f"`{m.name}`", _names(m.columns), _range(m.warn), _range(m.stop), m.unit, _names(m.needs), m.reason)
        for m in table.measures
    ]
    return markdown_table(header, rows)


def _column(name: str, column: pa.Column) -> tuple[str, ...]:
    metadata = column_metadata(column)
    bounds = [_bound(check) for check in column.checks or []]
    usual = [f"usually {_range(metadata['usual'])}"] if metadata["usual"] else []
    return (
        f"`{name}`",
        f"`{metadata['dtype']}`",
        metadata["unit"],
        "; ".join(bounds + usual),
        _missing(column.nullable, metadata["missing"]),
        f"`{metadata['clock']}`",
        metadata["reason"],
    )


def _bound(check: pa.Check) -> str:
    statistics = check.statistics or {}
    match check.name:
        case "in_range":
            return _range((statistics["min_value"], statistics["max_value"]))
        case "isin":
            return ", ".join(map(str, statistics["allowed_values"]))
        case "str_matches":
            return f"`{statistics['pattern']}`"
        case name:
            return str(name).replace("_", " ")


def _range(bounds: tuple[Any, Any]) -> str:
    low, high = (f"{bound:g}" if isinstance(bound, int | float) else f"{bound:%Y}" for bound in bounds)
    return f"{low} to {high}"


def _missing(nullable: bool, limits: tuple[float, float] | None) -> str:
    if not nullable:
        return "never"
    return f"allowed; above {limits[0]:.1%} warns, above {limits[1]:.1%} stops" if limits else "allowed"


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
