"""Results -> the section on the audit of a published figure."""

from __future__ import annotations

from ontime.core.report.blocks import Picture, Points, Section, TableBlock, Text
from ontime.core.report.records import AuditStep
from ontime.core.report.results import Results


def audit_section(results: Results) -> Section:
    """A published figure, rebuilt and taken apart, where there is one."""
    title = "The audit of a published figure"
    published, steps = results.records.audit.published, results.records.audit.steps
    if not published:
        return Section("audit", title, [Text("No published figure is known to compare with.")])
    summary = (
        f"A ROC AUC of {published.roc_auc} has been published ({published.source}). It is rebuilt from "
        f"{published.rows:,} rows, {published.positives:,} of them positive; then one advantage after "
        "another is taken away, down to the backtest of this report. A price is what an advantage is worth on top "
        "of those that are left: in another order it is another."
    )
    picture = Picture(
        "audit_picture",
        "From the published protocol down to the backtest of this report, step by step.",
        f"Points with intervals, a step each: ROC AUC from {steps[0].roc_auc.value:.3f} as published, "
        f"through what is left without each advantage, to {steps[-1].roc_auc.value:.3f}, the backtest of "
        "this report.",
    )
    rows = [(step.title, f"{step.roc_auc:.3f}", _difference(step)) for step in steps]
    table = TableBlock("Step by step", ("step", "ROC AUC", "beside the step above"), rows)
    about = Points([f"**{step.title.capitalize()}.** {step.about}" for step in steps])
    return Section("audit", title, [Text(summary), *results.remarks("audit"), picture, table, about])


def _difference(step: AuditStep) -> str:
    if step.difference is None:
        return ""
    return f"{step.difference:+.3f}" if step.paired else f"{step.difference:+.3f}, not paired"
