"""Results -> the section on where the model is weak: bands, segments of two bands, the worst mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ontime.core.report.blocks import Block, Picture, Section, TableBlock, Text, cell, lines_of
from ontime.core.report.results import Results

SHOWN = 6  # weakest bands, and mistakes of each kind


def weak_section(results: Results) -> Section:
    """The bands where it ranks worst, segments that were confirmed, what the worst mistakes share."""
    record = results.records.slices
    summary = (
        f"The backtest is looked at in {record.bands} bands of at least {results.slices.min_rows:,} "
        f"{results.story.rows}. In {record.bands_off} of them the interval of the gap between what was said and "
        f"what came leaves out zero, as chance alone has it in one of {1 / (1 - results.intervals.level):.0f}; "
        f"{record.bands_miscalibrated} stand out once it is taken into account that so many were looked at."
    )
    weakest, *_ = _weakest(results)
    picture = Picture(
        "slices_picture",
        "Every band: ROC AUC, the gap between what was said and what came, and the log loss minus that of climatology.",
        f"Three charts side by side with a point and its interval for each of {record.bands} bands: ROC AUC, "
        f"gap, and log loss minus climatology's. The lowest ROC AUC is that of {_band(weakest)}.",
    )
    blocks = [Text(summary), picture, weakest_bands(results), *_segments(results), *_mistakes(results)]
    return Section("weak", "Where it is weak", [*blocks, *results.remarks("weak")])


def weakest_bands(results: Results) -> TableBlock:
    """The bands in which it ranks worst, each with what the dataset says of it."""
    rows = [
        (
            _band(line),
            f"{line['rows']:,}",
            cell(line, "roc_auc", ".3f"),
            cell(line, "gap", "+.3f"),
            results.story.bands.get((line["slice"], line["band"]), ""),
        )
        for line in _weakest(results)
    ]
    header = ("band", results.story.rows, "ROC AUC", "gap", "why")
    return TableBlock("Lowest ROC AUC; gap: the mean probability minus the rate", header, rows)


def _weakest(results: Results) -> list[dict[str, Any]]:
    table = results.tables["slices"]
    return lines_of(table[table["slice"] != "all"].sort_values("roc_auc", kind="stable").head(SHOWN))


def _band(line: Mapping[str, Any]) -> str:
    return f"{line['slice']}: {line['band']}"


def _segments(results: Results) -> list[Block]:
    table = results.tables["slices_search"]
    confirmed = lines_of(table[table["confirmed"].astype("bool")])
    summary = Text(
        "**Two bands together.** All pairs were searched in odd weeks for gaps, and even weeks decide. Of "
        f"{len(table)} that were found, confirmed: {len(confirmed)}."
    )
    if not confirmed:
        return [summary]
    rows = [
        (
            f"{_band(line)}, {line['other_slice']}: {line['other_band']}",
            f"{line['rows']:,}",
            f"{100 * line['probability']:.1f} %",
            f"{100 * line['rate']:.1f} %",
            cell(line, "gap", "+.3f"),
        )
        for line in confirmed
    ]
    header = ("segment", results.story.rows, "said", "came", "gap")
    return [summary, TableBlock("Confirmed, in even weeks", header, rows)]


def _mistakes(results: Results) -> list[Block]:
    table = results.tables["slices_errors"]
    if table.empty:
        return []
    summary = (
        f"**The worst mistakes** are the {results.slices.mistakes} {results.story.rows} that were said to be "
        "safest and had the outcome, and as many that were said to be lost and had it not. These bands hold a larger "
        f"share of them than of all {results.story.rows}:"
    )
    shown = lines_of(table.groupby("kind", sort=False).head(SHOWN))
    rows = [(line["kind"], _band(line), f"{100 * line['share']:.0f} %", cell(line, "lift", ".1f")) for line in shown]
    header = ("mistake", "band", "their share", "times as often as among all")
    return [Text(summary), TableBlock("What the worst mistakes have in common", header, rows)]
