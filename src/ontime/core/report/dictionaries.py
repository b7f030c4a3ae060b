"""The contract and the features of a dataset -> their dictionaries in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandera.pandas as pa

from ontime.core.contract.columns import LOST, clocks, meaning, rule_clock
from ontime.core.text import grid
from ontime.dataset.contract import Table
from ontime.dataset.features import Feature

LOST_ROW = (f"`{LOST}`", "`str`", "", "", "allowed", "", "clock from which on the row broke a rule and lost its values")


def data_dictionary(tables: Sequence[Table]) -> str:
    """Every table, column, rule and measure of the contract, as one Markdown page."""
    known = sorted({clock for table in tables for clock in clocks(table).values()})
    lines = grid(["Clock", "Its values are known"], [(f"`{clock}`", clock.about) for clock in known])
    intro = (
        "# Data dictionary\n\n"
        "Generated from the contract by `python -m ontime document`; a test keeps it current.\n\n"
        "Every column has a **clock**: when its value becomes known. A row that breaks a rule loses the columns of\n"
        "the rule's clock and of every later one, and is removed where that is the table's first clock. The broken\n"
        "values are kept in `data/quarantine.parquet`. A missing value breaks no rule; its column says whether it may\n"
        "be missing.\n"
    )
    return "\n".join([intro, lines, *map(_table, tables)])


def feature_dictionary(features: Sequence[Feature]) -> str:
    """Every column of the feature table, by the feed it comes from, as one Markdown page."""
    header = ["Feature", "Meaning", "Unit", "Type", "Clock", "Source", "Window"]
    intro = (
        "# Feature dictionary\n\n"
        "Generated from the declarations by `python -m ontime document`; a test keeps it current.\n\n"
        "One row of `data/features/<month>.parquet` is one row of the schedule, with what was known at `predict_at`,\n"
        "which is `features.lead_hours` before `starts_at`. A window of 3h holds what became known in the three hours\n"
        "up to `predict_at`, never what belongs to the row itself. Beside the features stand `id`, `starts_at`, `day`\n"
        "(local), `predict_at`, `outcome` and `outcome_known_at`.\n"
    )
    lines = [intro]
    for group in dict.fromkeys(feature.group for feature in features):
        rows = [
            (f"`{f.name}`", f.meaning, f.unit, f"`{f.dtype}`", f"`{f.clock}`", f"`{f.source}`", f.window)
            for f in features
            if f.group == group
        ]
        lines.append(f"## {group}\n\n{grid(header, rows)}")
    return "\n".join(lines)


def _table(table: Table) -> str:
    layout = f"`{table.name}/<month>.parquet`" if table.monthly else f"`{table.name}.parquet`"
    lines = [f"## {table.name}\n\n{table.about} Stored as {layout}; unique by {_names(table.key)}.\n"]
    header = ["Column", "Type", "Unit", "Range", "Missing", "Clock", "Reason"]
    lines += ["### What the source brings\n", grid(header, [_column(*item) for item in table.schema.columns.items()])]
    lines += [
        "### What the clean table adds\n",
        grid(header, [*(_column(*item) for item in table.added.items()), LOST_ROW]),
    ]
    if table.rules:
        header = ["Rule", "Columns", "Clock", "Reads", "Reason"]
        rules = [
            (f"`{rule.name}`", _names(rule.columns), f"`{rule_clock(table, rule)}`", _names(rule.needs), rule.reason)
            for rule in table.rules
        ]
        lines += ["### Rules for a row\n", grid(header, rules)]
    if table.measures:
        header = ["Measure", "Columns", "Warns outside", "Stops outside", "Unit", "Reads", "Reason"]
        measures = [
            (f"`{m.name}`", _names(m.columns), _range(m.warn), _range(m.stop), m.unit, _names(m.needs), m.reason)
            for m in table.measures
        ]
        lines += ["### Measures of a month\n", grid(header, measures)]
    return "\n".join(lines)


def _column(name: str, column: pa.Column) -> tuple[str, ...]:
    told = meaning(column)
    bounds = [_bound(check) for check in column.checks or []]
    usual = [f"usually {_range(told['usual'])}"] if told["usual"] else []
    return (
        f"`{name}`",
        f"`{told['dtype']}`",
        told["unit"],
        "; ".join(bounds + usual),
        _missing(column.nullable, told["missing"]),
        f"`{told['clock']}`",
        told["reason"],
    )


def _bound(check: pa.Check) -> str:
    known = check.statistics or {}
    match check.name:
        case "in_range":
            return _range((known["min_value"], known["max_value"]))
        case "isin":
            return ", ".join(map(str, known["allowed_values"]))
        case "str_matches":
            return f"`{known['pattern']}`"
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
