"""Measurements of how long answers take -> lines of a table, for a terminal or a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

NAMES = ("what", "rows", "start", "load", "first", "p50", "p95", "p99", "runs", "rows/s", "memory", "ratio")
WIDTHS = (-13, 8, 8, 8, 9, 9, 9, 9, 6, 11, 9, 9)
HEADER = "".join(
    f"{name:<{-width}}" if width < 0 else f"{name:>{width}}" for name, width in zip(NAMES, WIDTHS, strict=True)
)


def line(measured: Mapping[str, Any], yardstick: float) -> str:
    """One measurement for a terminal; ratio: of the median to the seconds of the yardstick."""
    cells = zip(_cells(measured, yardstick), WIDTHS, strict=True)
    return "".join(f"{cell:<{-width}}" if width < 0 else f"{cell:>{width}}" for cell, width in cells)


def grid(measured: Sequence[Mapping[str, Any]], yardstick: float) -> str:
    """All of them for a page (Markdown)."""
    rows = [NAMES, ["---"] + ["---:"] * (len(NAMES) - 1), *(_cells(one, yardstick) for one in measured)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _cells(measured: Mapping[str, Any], yardstick: float) -> list[str]:
    seconds = [_short(measured[f"{name}_seconds"]) for name in ("start", "load", "first", "p50", "p95", "p99")]
    median = measured["p50_seconds"]
    return [
        *(measured["what"], f"{measured['rows']:,}", *seconds, f"{measured['runs']:,}"),
        *(f"{measured['rows'] / median:,.0f}", f"{measured['megabytes']:,} MB", f"{median / yardstick:.2g}"),
    ]


def _short(seconds: float) -> str:
    """Seconds, milliseconds or microseconds in three digits."""
    for unit, least in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= least:
            return f"{seconds / least:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"
