"""Results -> the model card, in Markdown: what the model is for, how good it is, and what it was made of."""

from __future__ import annotations

from ontime.core.report.answer import answer_section
from ontime.core.report.blocks import Block, Picture, Points, Section, TableBlock, Text
from ontime.core.report.costs import costs_section
from ontime.core.report.leads import worth_section
from ontime.core.report.limits import tables_of_data, unknown_section
from ontime.core.report.markdown import markdown_page
from ontime.core.report.results import Results
from ontime.core.report.weakness import weakest_bands
from ontime.core.text import hours_in_words

UNSAID = [Text("Not said by the dataset.")]


def model_card(results: Results) -> str:
    """The whole page."""
    signature, story = results.signature, results.story
    lead = (
        f"Whether one of the {story.rows} {signature.outcome}, predicted {hours_in_words(signature.lead_hours)} ahead. "
        f"A gradient-boosted model of {signature.rounds} trees, learned from {signature.rows:,} {story.rows}. "
        "Written by the stage `report` from the results of the other stages."
    )
    numbers = [
        _reading(results),
        *_without_pictures(answer_section(results)),
        *_without_pictures(worth_section(results)),
    ]
    sections = [
        Section("use", "Intended use", _points(story.intended) or UNSAID),
        Section("misuse", "Not intended", _points(story.not_intended) or UNSAID),
        Section("data", "Data", _data(results)),
        Section("recipe", "Recipe", [_recipe(results)]),
        Section("metrics", "How good it is", numbers),
        Section("weak", "Where it is weak", [weakest_bands(results)]),
        Section("harms", "What happens when it is wrong", _harms(results)),
        Section("limits", "Limits", unknown_section(results).blocks),
    ]
    return markdown_page("Model card", lead, sections)


def _points(points: tuple[str, ...]) -> list[Block]:
    return [Points(points)] if points else []


def _without_pictures(section: Section) -> list[Block]:
    return [block for block in section.blocks if not isinstance(block, Picture)]


def _reading(results: Results) -> Text:
    """How the numbers are to be read."""
    return Text(
        "The backtest predicts each month by what was known when it began, and everything is chosen by it; the "
        "test window is the time after it, which nothing is chosen by. In parentheses stand "
        f"{results.intervals.level:.0%} intervals, widened where a simulation says that they hold less often."
    )


def _data(results: Results) -> list[Block]:
    signature, months = results.signature, results.tables["backtest_months"]["month"]
    summary = (
        f"Release {results.fetch.release} of the source, up to {results.fetch.until}. The model reads "
        f"{len(signature.features)} features, whose content has the hash `{signature.data}`. The backtest is of "
        f"{months.iloc[0]} to {months.iloc[-1]}; the last {signature.params['test_months']} months are the test "
        "window."
    )
    licence = [Text(f"Licence: {results.story.licence}")] if results.story.licence else []
    return [Text(summary), tables_of_data(results), *licence]


def _recipe(results: Results) -> TableBlock:
    rows = [(f"`{name}`", _shown(value)) for name, value in sorted(results.signature.params.items())]
    return TableBlock("As in `params.yaml`, sections `train` and `split`.", ("parameter", "value"), rows)


def _harms(results: Results) -> list[Block]:
    return [*_points(results.story.harms), *_without_pictures(costs_section(results))]


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(f"`{item}`" for item in value) or "nothing"
    return f"{value:g}" if isinstance(value, float) else str(value)
