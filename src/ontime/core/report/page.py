"""The results of all stages -> the report: sections one after another, in one page of HTML."""

from __future__ import annotations

from collections.abc import Callable

from ontime.core.report.answer import answer_section, question_section
from ontime.core.report.audit import audit_section
from ontime.core.report.blocks import Section
from ontime.core.report.costs import costs_section
from ontime.core.report.html import html_page
from ontime.core.report.leads import how_early_section, worth_section
from ontime.core.report.limits import provenance_section, unknown_section
from ontime.core.report.loop import loop_section
from ontime.core.report.results import Results
from ontime.core.report.stress import degrades_section
from ontime.core.report.weakness import weak_section

# The order in which they are read. To tell more, write a function from the results to a section and name it here.
SECTIONS: tuple[Callable[[Results], Section], ...] = (
    question_section,
    answer_section,
    how_early_section,
    worth_section,
    weak_section,
    costs_section,
    degrades_section,
    loop_section,
    audit_section,
    unknown_section,
    provenance_section,
)


def report_page(results: Results) -> str:
    """The page, its pictures inside. Its lead is the answer in two sentences."""
    records = results.records
    lead = f"ROC AUC {records.headline.backtest_roc_auc:.1%} in the backtest. {records.leads.how_early}"
    sections = [section(results) for section in SECTIONS]
    return html_page(results.story.question, lead, sections, results.pictures)
