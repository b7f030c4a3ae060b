"""Results -> the last sections of the report: the audit of a published figure, what is not known, provenance."""

from __future__ import annotations

from typing import Any

from ontime.core.report.blocks import Block, Picture, Points, Section, Table, Text, number, of
from ontime.core.report.results import Results


def audited(results: Results) -> Section:
    """A published figure, rebuilt and taken apart, where there is one."""
    title = "The audit of a published figure"
    record = results.records["audit"]
    published, steps = record["published"], record["steps"]
    if not published:
        return Section("audit", title, [Text("No published figure is known to compare with.")])
    told = (
        f"A ROC AUC of {published['roc_auc']} has been published ({published['source']}). It is rebuilt from "
        f"{published['rows']:,} rows, {published['positives']:,} of them positive; then one advantage after "
        "another is taken away, down to the backtest of this report. A price is what an advantage is worth on top "
        "of those that are left: in another order it is another."
    )
    picture = Picture(
        "audit_picture",
        "From the published protocol down to the backtest of this report, step by step.",
        f"Points with intervals, a step each: ROC AUC from {steps[0]['roc_auc']['value']:.3f} as published, "
        f"through what is left without each advantage, to {steps[-1]['roc_auc']['value']:.3f}, the backtest of "
        "this report.",
    )
    rows = [(step["title"], number(of(step["roc_auc"])), _beside(step)) for step in steps]
    table = Table("Step by step", ("step", "ROC AUC", "beside the step above"), rows)
    about = Points([f"**{step['title'].capitalize()}.** {step['about']}" for step in steps])
    return Section("audit", title, [Text(told), *results.remarks("audit"), picture, table, about])


def _beside(step: dict[str, Any]) -> str:
    if "difference" not in step:
        return ""
    gap = number(of(step["difference"]), "+.3f")
    return gap if step["paired"] else f"{gap}, not paired"


def unknown(results: Results) -> Section:
    """What the dataset cannot say, and of what nothing is said for want of rows."""
    left_out = results.records["slices_record"]["left_out"]
    points = list(results.story.unknown)
    if left_out:
        told = ", ".join(f"{rows:,} by {name}" for name, rows in left_out.items())
        points.append(
            f"Nothing is said of bands with fewer than {results.slices.min_rows:,} {results.story.rows}. Left out "
            f"for that are {told}."
        )
    points.append(
        f"Intervals are of {results.intervals.level:.0%}: of ten, one may well miss. They speak of days like those "
        "that were seen, not of what has never happened."
    )
    return Section("unknown", "What is not known", [Points(points), *results.remarks("unknown")])


def provenance(results: Results) -> Section:
    """The content behind the numbers, and what was done to it."""
    record, signature = results.records["validate"], results.signature
    made = (
        f"The model has {signature['rounds']} trees on {len(signature['features'])} features, learned from "
        f"{signature['rows']:,} {results.story.rows}; the content of its features has the hash `{signature['data']}`. "
        "`metrics/report/model_card.md` says what it is for."
    )
    checked = (
        f"The data is release {results.fetch.release} of its source, up to {results.fetch.until}. It was held "
        f"against a contract: {sum(record['quarantined'].values())} rows broke it and are quarantined, and of "
        f"{record['warnings']} oddities it warns (`metrics/validate/findings.csv`)."
    )
    licence = [Text(f"Data: {results.story.licence}")] if results.story.licence else []
    return Section("provenance", "Where it comes from", [Text(made), Text(checked), tables(results), *licence])


def tables(results: Results) -> Block:
    """The tables of the data: rows, and how many broke the contract."""
    record = results.records["validate"]
    rows = [(name, f"{rows:,}", f"{record['quarantined'][name]:,}") for name, rows in record["rows"].items()]
    return Table("The tables", ("table", "rows", "quarantined"), rows)
