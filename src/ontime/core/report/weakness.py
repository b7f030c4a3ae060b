"""Results -> the section on where the model is weak: bands, segments of two bands, the worst mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ontime.core.report.blocks import Block, Section, TableBlock, cell, lines_of
from ontime.core.report.prose import Prose
from ontime.core.report.results import Results

SHOWN = 6  # weakest bands, and mistakes of each kind


def weak_section(results: Results) -> Section:
    """The bands where it ranks worst, segments that were confirmed, what the worst mistakes share."""
    prose = Prose("weakness", results)
    weakest, *_ = _weakest(results)
    blocks = [
        prose.text("summary"),
        prose.picture("slices_picture", weakest=_band(weakest)),
        weakest_bands(results),
        *_segments(results),
        *_mistakes(results),
        *results.remarks("weak"),
    ]
    return Section("weak", "Where it is weak", blocks)


def weakest_bands(results: Results) -> TableBlock:
    """The bands in which it ranks worst, each with what the dataset says of it."""
    rows = [
        (
            _band(line),
            f"{line['rows']:,}",
            cell(line, "roc_auc", ".3f"),
            cell(line, "calibration_gap", "+.3f"),
            results.story.bands.get((line["slice"], line["band"]), ""),
        )
        for line in _weakest(results)
    ]
    header = ("band", results.story.rows, "ROC AUC", "calibration gap", "why")
    return Prose("weakness", results).table("weakest_bands", header, rows)


def _weakest(results: Results) -> list[dict[str, Any]]:
    table = results.tables["slices_bands"]
    return lines_of(table[table["slice"] != "all"].sort_values("roc_auc", kind="stable").head(SHOWN))


def _band(line: Mapping[str, Any]) -> str:
    return f"{line['slice']}: {line['band']}"


def _segments(results: Results) -> list[Block]:
    prose, table = Prose("weakness", results), results.tables["slices_segments"]
    confirmed = lines_of(table[table["confirmed"].astype("bool")])
    summary = prose.text("segments", pairs=len(table), confirmed=len(confirmed))
    if not confirmed:
        return [summary]
    rows = [
        (
            f"{_band(line)}, {line['other_slice']}: {line['other_band']}",
            f"{line['rows']:,}",
            f"{100 * line['probability']:.1f} %",
            f"{100 * line['rate']:.1f} %",
            cell(line, "calibration_gap", "+.3f"),
        )
        for line in confirmed
    ]
    header = ("segment", results.story.rows, "said", "came", "calibration gap")
    return [summary, prose.table("confirmed", header, rows)]


def _mistakes(results: Results) -> list[Block]:
    prose, table = Prose("weakness", results), results.tables["slices_mistakes"]
    if table.empty:
        return []
    shown = lines_of(table.groupby("kind", sort=False).head(SHOWN))
    rows = [(line["kind"], _band(line), f"{100 * line['share']:.0f} %", cell(line, "lift", ".1f")) for line in shown]
    header = ("mistake", "band", "their share", "times as often as among all")
    return [prose.text("mistakes"), prose.table("shared", header, rows)]
