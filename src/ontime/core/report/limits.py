"""Results -> the last sections of the report: what is not known, and where the numbers come from."""

from __future__ import annotations

from ontime.core.report.blocks import Points, Section, TableBlock
from ontime.core.report.prose import Prose
from ontime.core.report.results import Results


def unknown_section(results: Results) -> Section:
    """What the dataset cannot say, and which bands are too small to say anything of."""
    prose, points = Prose("limits", results), list(results.story.unknown)
    if left_out := results.records.slices.left_out:
        counts = ", ".join(f"{rows:,} by {name}" for name, rows in left_out.items())
        points.append(prose.passage("left_out", left_out=counts))
    points.append(prose.passage("intervals"))
    return Section("unknown", "What is not known", [Points(points), *results.remarks("unknown")])


def provenance_section(results: Results) -> Section:
    """The content behind the numbers, and what was done to it."""
    prose = Prose("limits", results)
    licence = [prose.text("licence")] if results.story.licence else []
    blocks = [prose.text("model"), prose.text("data"), tables_of_data(results), *licence]
    return Section("provenance", "Where it comes from", blocks)


def tables_of_data(results: Results) -> TableBlock:
    """The tables of the data: rows, and how many broke the contract."""
    record = results.records.validate
    rows = [(name, f"{count:,}", f"{record.quarantined[name]:,}") for name, count in record.rows.items()]
    return Prose("limits", results).table("tables", ("table", "rows", "quarantined"), rows)
