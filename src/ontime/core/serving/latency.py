"""Measurements of how long answers take -> lines of a table, for a terminal or a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ontime.core.text import markdown_table

NAMES = ("what", "rows", "start", "load", "first", "p50", "p95", "p99", "runs", "rows/s", "memory", "ratio")
WIDTHS = (-22, 8, 8, 8, 9, 9, 9, 9, 6, 11, 9, 9)  # below zero: set to the left
LABELS = {
    "features": "features, a table",
    "model": "model, a table",
    "row-features": "features, one row",
    "row-model": "model, one row",
    "answers": "answers",
    "explained": "answers, explained",
    "messages": "messages",
    "take-in": "taking messages in",
    "load": "60 days loaded",
    "snapshot": "60 days, a snapshot",
}
TIMES = ("start", "load", "first", "p50", "p95", "p99")


def terminal_header() -> str:
    """The names of the columns, above the lines of a terminal."""
    return _spaced(NAMES)


def terminal_line(measured: Mapping[str, Any], yardstick: float) -> str:
    """One measurement for a terminal. The ratio is that of the median to `yardstick`, in seconds."""
    return _spaced(_cells(measured, yardstick))


def latency_table(measured: Sequence[Mapping[str, Any]], yardstick: float) -> str:
    """All measurements for a page, in Markdown."""
    return markdown_table(NAMES, [_cells(one, yardstick) for one in measured], numbers=True)


def _spaced(cells: Sequence[str]) -> str:
    pairs = zip(cells, WIDTHS, strict=True)
    return "".join(f"{cell:<{-width}}" if width < 0 else f"{cell:>{width}}" for cell, width in pairs)


def _cells(measured: Mapping[str, Any], yardstick: float) -> list[str]:
    rows, median = measured["rows"], measured["p50_seconds"]
    return [
        LABELS[measured["what"]],
        f"{rows:,}",
        *(_short(measured[f"{name}_seconds"]) for name in TIMES),
        f"{measured['runs']:,}",
        f"{rows / median:,.0f}",
        f"{measured['megabytes']:,} MB",
        f"{median / yardstick:.2g}",
    ]


def _short(seconds: float) -> str:
    """Seconds, milliseconds or microseconds in three digits."""
    for unit, least in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= least:
            return f"{seconds / least:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"
