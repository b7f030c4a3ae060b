"""Results -> the section on what a mistake costs, and on what conformal sets keep of their promise."""

from __future__ import annotations

from ontime.core.evaluation.costs import answer_thresholds, forced
from ontime.core.report.blocks import Block, Section, TableBlock, cell, lines_of
from ontime.core.report.prose import Prose
from ontime.core.report.results import Results


def costs_section(results: Results) -> Section:
    """What each strategy costs, and what conformal sets hold."""
    prose = Prose("costs", results)
    low, high = answer_thresholds(results.costs)
    even, _ = answer_thresholds(forced(results.costs))
    blocks = [
        prose.text("summary", even=even, low=low, high=high),
        prose.picture("costs_picture", even=even),
        _costs(results),
        *_conformal_sets(results),
        *results.remarks("costs"),
    ]
    return Section("costs", "What a mistake costs", blocks)


def _costs(results: Results) -> TableBlock:
    rows = [
        (
            line["strategy"],
            cell(line, "cost", ".0f"),
            cell(line, "cost_minus_model", "+.0f") if line["strategy"] != "model" else "",
            cell(line, "missed", ".0f"),
            cell(line, "false_alarms", ".0f"),
            cell(line, "unknown", ".0f"),
        )
        for line in lines_of(results.tables["costs"])
    ]
    header = ("strategy", "cost", "minus the model's", "missed", "false alarms", "I do not know")
    return Prose("costs", results).table("strategies", header, rows)


def _conformal_sets(results: Results) -> list[Block]:
    prose, table = Prose("costs", results), results.tables["conformal"]
    if table.empty:
        return []
    rows = [
        (f"{line['kind']}, outcome {line['outcome']}", cell(line, "coverage", ".1%"), cell(line, "both", ".1%"))
        for line in lines_of(table[table["month"] == "all"])
    ]
    header = ("bound", "hold the outcome", "hold both, which says nothing")
    return [prose.text("conformal"), prose.table("conformal_sets", header, rows)]
