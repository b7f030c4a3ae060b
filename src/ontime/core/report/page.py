"""The results of all stages -> the report: sections one after another, in one page of HTML."""

from __future__ import annotations

from collections.abc import Callable

from ontime.core.report import html
from ontime.core.report.answer import answer, how_early, question, worth
from ontime.core.report.blocks import Section, of, share
from ontime.core.report.limits import audited, provenance, unknown
from ontime.core.report.loop import loop
from ontime.core.report.mistakes import costs, degrades, weak
from ontime.core.report.results import Results

# The order in which they are read. To tell more, write a function from the results to a section and name it here.
SECTIONS: tuple[Callable[[Results], Section], ...] = (
    question,
    answer,
    how_early,
    worth,
    weak,
    costs,
    degrades,
    loop,
    audited,
    unknown,
    provenance,
)


def page(results: Results, template: str) -> str:
    """The page, its pictures inside."""
    sections = [tell(results) for tell in SECTIONS]
    return html.page(results.story.question, _lead(results), sections, results.pictures, template)


def _lead(results: Results) -> str:
    """The answer in two sentences."""
    found = share(of(results.records["intervals"]["backtest_roc_auc"]))
    return f"ROC AUC {found} in the backtest. {results.records['lead_record']['how_early']}"
