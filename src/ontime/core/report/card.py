"""Results -> the model card, in Markdown: what the model is for, how good it is, and what it was made of."""

from __future__ import annotations

from ontime.core.report.answer import answer_section
from ontime.core.report.blocks import Block, Picture, Points, Section, TableBlock
from ontime.core.report.costs import costs_section
from ontime.core.report.leads import worth_section
from ontime.core.report.limits import tables_of_data, unknown_section
from ontime.core.report.markdown import markdown_page
from ontime.core.report.prose import Prose
from ontime.core.report.results import Results
from ontime.core.report.weakness import weakest_bands


def model_card(results: Results) -> str:
    """The whole page."""
    prose = Prose("card", results)
    not_said = [prose.text("not_said")]
    numbers = [
        prose.text("reading"),
        *_without_pictures(answer_section(results)),
        *_without_pictures(worth_section(results)),
    ]
    sections = [
        Section("use", "Intended use", _points(results.story.intended) or not_said),
        Section("misuse", "Not intended", _points(results.story.not_intended) or not_said),
        Section("data", "Data", _data(results)),
        Section("recipe", "Recipe", [_recipe(results)]),
        Section("metrics", "How good it is", numbers),
        Section("weak", "Where it is weak", [weakest_bands(results)]),
        Section("harms", "What happens when it is wrong", _harms(results)),
        Section("limits", "Limits", unknown_section(results).blocks),
    ]
    return markdown_page("Model card", prose.passage("lead"), sections)


def _points(points: tuple[str, ...]) -> list[Block]:
    return [Points(points)] if points else []


def _without_pictures(section: Section) -> list[Block]:
    return [block for block in section.blocks if not isinstance(block, Picture)]


def _data(results: Results) -> list[Block]:
    prose, months = Prose("card", results), results.tables["backtest_months"]["month"]
    summary = prose.text("data", first_month=months.iloc[0], last_month=months.iloc[-1])
    licence = [prose.text("licence")] if results.story.licence else []
    return [summary, tables_of_data(results), *licence]


def _recipe(results: Results) -> TableBlock:
    rows = [(f"`{name}`", _shown(value)) for name, value in sorted(results.signature.params.items())]
    return Prose("card", results).table("recipe", ("parameter", "value"), rows)


def _harms(results: Results) -> list[Block]:
    return [*_points(results.story.harms), *_without_pictures(costs_section(results))]


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(f"`{item}`" for item in value) or "nothing"
    return f"{value:g}" if isinstance(value, float) else str(value)
