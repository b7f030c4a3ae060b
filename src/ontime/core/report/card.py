"""Results -> the model card, in Markdown: what the model is for, how good it is, and what it was made of."""

from __future__ import annotations

from ontime.core.report import markdown
from ontime.core.report.answer import answer, worth
from ontime.core.report.blocks import Block, Picture, Points, Section, Table, Text
from ontime.core.report.limits import tables, unknown
from ontime.core.report.mistakes import costs, weakest_bands
from ontime.core.report.results import Results
from ontime.core.text import in_words


def card(results: Results) -> str:
    """The whole page."""
    signature, rows = results.signature, results.story.rows
    lead = (
        f"Whether one of the {rows} {signature['outcome']}, predicted {in_words(signature['lead_hours'])} ahead. A "
        f"gradient-boosted model of {signature['rounds']} trees, learned from {signature['rows']:,} {rows}. "
        "Written by the stage `report` from the results of the other stages."
    )
    sections = [
        Section("use", "Intended use", _points(results.story.intended, "Not said by the dataset.")),
        Section("misuse", "Not intended", _points(results.story.not_intended, "Not said by the dataset.")),
        Section("data", "Data", _data(results)),
        Section("recipe", "Recipe", _recipe(results)),
        Section("metrics", "How good it is", _read(results, [*_unseen(answer(results)), *_unseen(worth(results))])),
        Section("weak", "Where it is weak", [weakest_bands(results)]),
        Section("harms", "What happens when it is wrong", [*_listed(results.story.harms), *_unseen(costs(results))]),
        Section("limits", "Limits", unknown(results).blocks),
    ]
    return markdown.page("Model card", lead, sections)


def _points(points: tuple[str, ...], otherwise: str) -> list[Block]:
    return _listed(points) or [Text(otherwise)]


def _listed(points: tuple[str, ...]) -> list[Block]:
    return [Points(points)] if points else []


def _unseen(section: Section) -> list[Block]:
    """A section without its pictures."""
    return [block for block in section.blocks if not isinstance(block, Picture)]


def _read(results: Results, blocks: list[Block]) -> list[Block]:
    """Numbers, after how they are to be read."""
    told = (
        "The backtest predicts each month by what was known when it began, and everything is chosen by it; the "
        "test window is the time after it, which nothing is chosen by. In parentheses stand "
        f"{results.intervals.level:.0%} intervals, widened where a simulation says that they hold less often."
    )
    return [Text(told), *blocks]


def _data(results: Results) -> list[Block]:
    signature, months = results.signature, results.tables["backtest_months"]["month"]
    told = (
        f"Release {results.fetch.release} of the source, up to {results.fetch.until}. The model reads "
        f"{len(signature['features'])} features, whose content has the hash `{signature['data']}`. The backtest is of "
        f"{months.iloc[0]} to {months.iloc[-1]}; the last {signature['params']['test_months']} months are the test "
        "window."
    )
    licence = [Text(f"Licence: {results.story.licence}")] if results.story.licence else []
    return [Text(told), tables(results), *licence]


def _recipe(results: Results) -> list[Block]:
    rows = [(f"`{name}`", _shown(value)) for name, value in sorted(results.signature["params"].items())]
    return [Table("As in `params.yaml`, sections `train` and `split`.", ("parameter", "value"), rows)]


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(f"`{item}`" for item in value) or "nothing"
    return f"{value:g}" if isinstance(value, float) else str(value)
