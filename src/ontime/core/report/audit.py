"""Results -> the section on the audit of a published figure."""

from __future__ import annotations

from ontime.core.report.blocks import Section
from ontime.core.report.prose import Prose
from ontime.core.report.records import AuditStep
from ontime.core.report.results import Results


def audit_section(results: Results) -> Section:
    """A published figure, rebuilt and taken apart, where there is one."""
    title, prose = "The audit of a published figure", Prose("audit", results)
    published, steps = results.records.audit.published, results.records.audit.steps
    if not published:
        return Section("audit", title, [prose.text("no_figure")])
    rows = [(step.title, f"{step.roc_auc:.3f}", _difference(step)) for step in steps]
    blocks = [
        prose.text("summary", published=published),
        *results.remarks("audit"),
        prose.picture("audit_picture", first=steps[0].roc_auc, last=steps[-1].roc_auc),
        prose.table("steps", ("step", "ROC AUC", "beside the step above"), rows),
        prose.points("about"),
    ]
    return Section("audit", title, blocks)


def _difference(step: AuditStep) -> str:
    if step.difference is None:
        return ""
    return f"{step.difference:+.3f}" if step.paired else f"{step.difference:+.3f}, not paired"
