"""Results -> the last sections of the report: what is not known, and where the numbers come from."""

from __future__ import annotations

from ontime.core.report.blocks import Points, Section, TableBlock, Text
from ontime.core.report.results import Results


def unknown_section(results: Results) -> Section:
    """What the dataset cannot say, and which bands are too small to say anything of."""
    points = list(results.story.unknown)
    if left_out := results.records.slices.left_out:
        counts = ", ".join(f"{rows:,} by {name}" for name, rows in left_out.items())
        points.append(
            f"Nothing is said of bands with fewer than {results.slices.min_rows:,} {results.story.rows}. Left out "
            f"for that are {counts}."
        )
    points.append(
        f"Intervals are of {results.intervals.level:.0%}: of ten, one may well miss. They speak of days like those "
        "that were seen, not of what has never happened."
    )
    return Section("unknown", "What is not known", [Points(points), *results.remarks("unknown")])


def provenance_section(results: Results) -> Section:
    """The content behind the numbers, and what was done to it."""
    signature, validated = results.signature, results.records.validate
    model = (
        f"The model has {signature.rounds} trees on {len(signature.features)} features, learned from "
        f"{signature.rows:,} {results.story.rows}; the content of its features has the hash `{signature.data}`. "
        "`metrics/report/model_card.md` says what it is for."
    )
    data = (
        f"The data is release {results.fetch.release} of its source, up to {results.fetch.until}. It was held "
        f"against a contract: {sum(validated.quarantined.values())} rows broke it and are quarantined, and of "
        f"{validated.warnings} oddities it warns (`metrics/validate/findings.csv`)."
    )
    licence = [Text(f"Data: {results.story.licence}")] if results.story.licence else []
    return Section("provenance", "Where it comes from", [Text(model), Text(data), tables_of_data(results), *licence])


def tables_of_data(results: Results) -> TableBlock:
    """The tables of the data: rows, and how many broke the contract."""
    record = results.records.validate
    rows = [(name, f"{count:,}", f"{record.quarantined[name]:,}") for name, count in record.rows.items()]
    return TableBlock("The tables", ("table", "rows", "quarantined"), rows)
