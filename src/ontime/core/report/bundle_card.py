"""A bundle and the headline -> its card, in Markdown: what it is for, what it says when, how good it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ontime.core.evaluation.costs import answer_thresholds
from ontime.core.model.signature import TrainedSignature
from ontime.core.report.answer import METRICS
from ontime.core.report.blocks import Block, Points, Section, TableBlock
from ontime.core.report.markdown import markdown_page
from ontime.core.report.prose import Prose
from ontime.core.report.records import HeadlineRecord
from ontime.core.serving.bundle import Bundle
from ontime.dataset.story import Story


@dataclass(frozen=True)
class BundleResults:
    """What the card of a bundle shows; level: of its conformal sets."""

    story: Story
    signature: TrainedSignature
    bundle: Bundle
    headline: HeadlineRecord
    level: float


def bundle_card(results: BundleResults) -> str:
    """The whole page."""
    prose = Prose("bundle_card", results)
    low, high = answer_thresholds(results.bundle.costs)
    sections = [
        Section("use", "Intended use", _points(results.story.intended, prose)),
        Section("misuse", "Not intended", _points(results.story.not_intended, prose)),
        Section("answers", "What it says", [prose.points("answers", low=low, high=high)]),
        Section("metrics", "How good it is", [_metrics(results, prose), prose.text("more")]),
    ]
    return markdown_page(f"Model bundle {results.bundle.version}", prose.passage("lead"), sections)


def _points(points: Sequence[str], prose: Prose) -> list[Block]:
    return [Points(points)] if points else [prose.text("not_said")]


def _metrics(results: BundleResults, prose: Prose) -> TableBlock:
    rows = [(words, f"{getattr(results.headline, name):.3f}") for name, words in METRICS.items()]
    return prose.table("metrics", ("metric", "test window"), rows)
