"""Results -> the section on what a mistake costs, and on what conformal sets keep of their promise."""

from __future__ import annotations

from ontime.core.evaluation.costs import answer_thresholds, forced
from ontime.core.report.blocks import Block, Picture, Section, TableBlock, Text, cell, lines_of
from ontime.core.report.results import Results


def costs_section(results: Results) -> Section:
    """What each way to answer costs, and what conformal sets hold."""
    costs = results.costs
    low, high = answer_thresholds(costs)
    even, _ = answer_thresholds(forced(costs))
    summary = (
        f"In units of a false alarm ({costs.false_alarm:g}) a miss costs {costs.missed:g} and an 'I do not know' "
        f"{costs.unknown:g}: what is chosen here are these prices, and the rest follows. The answer is 'yes' from a "
        f"probability of {even:.2f} on; who may say 'I do not know' says it between {low:.2f} and {high:.2f}."
    )
    picture = Picture(
        "costs_picture",
        "Left the cost by threshold; in the middle the cost if only the surest are answered; right what conformal "
        "sets hold.",
        f"Three charts. Left, what 1,000 answers cost by threshold, least near {even:.2f}. Middle, what an answer "
        "costs if only the surest are given, for the model and for climatology. Right, by month, the share of "
        "conformal sets that hold the outcome, beside what was promised.",
    )
    blocks = [Text(summary), picture, _costs(results), *_conformal_sets(results), *results.remarks("costs")]
    return Section("costs", "What a mistake costs", blocks)


def _costs(results: Results) -> TableBlock:
    rows = [
        (
            line["answers"],
            cell(line, "cost", ".0f"),
            cell(line, "over_model", "+.0f") if line["answers"] != "model" else "",
            cell(line, "missed", ".0f"),
            cell(line, "false_alarms", ".0f"),
            cell(line, "unknown", ".0f"),
        )
        for line in lines_of(results.tables["costs"])
    ]
    header = ("answers of", "cost", "more than the model", "missed", "false alarms", "I do not know")
    return TableBlock(f"What 1,000 {results.story.rows} cost in the backtest", header, rows)


def _conformal_sets(results: Results) -> list[Block]:
    table = results.tables["conformal"]
    if table.empty:
        return []
    summary = (
        f"**Conformal sets** promise to hold the outcome in {results.slices.conformal_level:.0%} of cases. The "
        "promise is exact where later days are like earlier ones, and seasons are not; `metrics/slices/conformal.csv` "
        "shows each month."
    )
    rows = [
        (f"{line['kind']}, outcome {line['outcome']}", cell(line, "coverage", ".1%"), cell(line, "both", ".1%"))
        for line in lines_of(table[table["month"] == "all"])
    ]
    header = ("bound", "hold the outcome", "hold both, which says nothing")
    return [Text(summary), TableBlock("What conformal sets hold, over all months", header, rows)]
