"""Results -> the sections on how early, and on what the model and its feature groups are worth."""

from __future__ import annotations

from ontime.core.report.blocks import Block, Picture, Section, TableBlock, Text, cell, lines_of
from ontime.core.report.results import Results
from ontime.core.text import hours_in_words

BASELINES = {
    "climatology": "climatology, the rate by kind and hour",
    "last_day": "the last known day's rate",
    "logistic": "logistic regression on the same features",
}


def how_early_section(results: Results) -> Section:
    """Every lead beside the others."""
    lines = lines_of(results.tables["leads_table"])
    leads = ", ".join(hours_in_words(line["hours"]) for line in lines)
    picture = Picture(
        "leads_picture",
        "How good the model is by how early it is asked, beside climatology.",
        f"Two charts of the backtest at {leads} ahead, with intervals: ROC AUC beside that of climatology, and the "
        "share of climatology's Brier score that the model takes off. Both fall the earlier it is asked.",
    )
    header = (
        "ahead",
        "ROC AUC",
        "of climatology",
        "off climatology's Brier score",
        "log loss beside the shortest lead",
    )
    rows = [
        (
            hours_in_words(line["hours"]),
            cell(line, "roc_auc", ".3f"),
            cell(line, "climatology_roc_auc", ".3f"),
            cell(line, "brier_skill", ".1%"),
            cell(line, "log_loss_minus_shortest", "+.3f") if line["log_loss_minus_shortest"] else "",
        )
        for line in lines
    ]
    table = TableBlock("Lead by lead, on the same rows; the last column is paired", header, rows)
    sentence = Text(results.records.leads.how_early)
    return Section("how-early", "How early", [sentence, picture, table, *results.remarks("how-early")])


def worth_section(results: Results) -> Section:
    """What the model is better by than what is simpler, and what each feature group adds."""
    blocks = [_baselines(results), *_ablation(results), *results.remarks("worth")]
    return Section("worth", "What it is worth", blocks)


def _baselines(results: Results) -> TableBlock:
    record = results.records.baselines
    rows = [
        (
            BASELINES.get(name, name),
            f"{record.backtest[name]['log_loss'].difference:.3f}",
            f"{record.test[name]['log_loss'].difference:.3f}",
        )
        for name in record.backtest
    ]
    caption = "Log loss of the model minus that of others; below zero the model is better"
    return TableBlock(caption, ("beside", "backtest", "test"), rows)


def _ablation(results: Results) -> list[Block]:
    lines = lines_of(results.tables["ablation_table"])
    if not lines:
        return [Text("What single feature groups are worth was not asked.")]
    summary = (
        "What a feature group is worth is the log loss that comes back without it, beside all others. What is left "
        f"makes up for much of what is not; where the {results.intervals.level:.0%} interval holds zero, nothing is "
        "shown."
    )
    leads = ", ".join(dict.fromkeys(hours_in_words(line["hours"]) for line in lines))
    picture = Picture(
        "ablation_picture",
        "What each feature group is worth, at several leads.",
        f"Points with intervals: the log loss that each feature group takes away beside all others, at {leads} ahead. "
        "The numbers are those of the table that follows.",
    )
    rows = [(f"{hours_in_words(line['hours'])} ahead", line["group"], cell(line, "log_loss", "+.4f")) for line in lines]
    header = ("lead", "feature group", "more")
    return [Text(summary), picture, TableBlock("Log loss without a group minus that with all", header, rows)]
