"""Results -> the sections on how early, and on what the model and its feature groups are worth."""

from __future__ import annotations

from ontime.core.report.blocks import Block, Section, TableBlock, Text, cell, lines_of
from ontime.core.report.prose import Prose
from ontime.core.report.results import Results
from ontime.core.text import hours_in_words

BASELINES = {
    "climatology": "climatology, the rate by kind and hour",
    "last_day": "the last known day's rate",
    "logistic": "logistic regression on the same features",
}


def how_early_section(results: Results) -> Section:
    """Every lead beside the others."""
    prose, lines = Prose("leads", results), lines_of(results.tables["leads_table"])
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
    blocks = [
        Text(results.records.leads.how_early),
        prose.picture("leads_picture", leads=", ".join(hours_in_words(line["hours"]) for line in lines)),
        prose.table("leads", header, rows),
        *results.remarks("how-early"),
    ]
    return Section("how-early", "How early", blocks)


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
    return Prose("leads", results).table("baselines", ("beside", "backtest", "test"), rows)


def _ablation(results: Results) -> list[Block]:
    prose, lines = Prose("leads", results), lines_of(results.tables["ablation_table"])
    if not lines:
        return [prose.text("no_ablation")]
    leads = ", ".join(dict.fromkeys(hours_in_words(line["hours"]) for line in lines))
    rows = [
        (f"{hours_in_words(line['hours'])} ahead", line["group"], cell(line, "log_loss_difference", "+.4f"))
        for line in lines
    ]
    header = ("lead", "feature group", "more")
    picture = prose.picture("ablation_picture", leads=leads)
    return [prose.text("ablation"), picture, prose.table("groups", header, rows)]
