"""Results -> the first sections of the report: what is asked, the answer, how early, and what it is worth."""

from __future__ import annotations

import pandas as pd

from ontime.core.report.blocks import Picture, Points, Section, Table, Text, at, number, of, share
from ontime.core.report.results import Results
from ontime.core.text import in_words

METRICS = {
    "roc_auc": "ROC AUC",
    "log_loss": "log loss",
    "brier": "Brier score",
    "brier_skill": "Brier score taken off climatology's, share",
    "average_precision": "average precision",
    "ece": "expected calibration error",
}
BASELINES = {
    "climatology": "climatology, the rate by kind and hour",
    "last_day": "the last known day's rate",
    "logistic": "logistic regression on the same features",
}


def question(results: Results) -> Section:
    """What is asked, of what, and how the numbers are to be read."""
    story, months = results.story, results.tables["backtest_months"]["month"]
    everything = results.tables["slices"].iloc[0]
    asked = (
        f"Predicted is whether one of the {story.rows} {results.signature['outcome']}, "
        f"{in_words(results.features.lead_hours)} ahead, from what was known by then. Of the "
        f"{everything['rows']:,} {story.rows} of the backtest that is so of {share(at(everything, 'rate'))}."
    )
    reading = (
        (
            f"**The backtest** predicts each month from {months.iloc[0]} to {months.iloc[-1]} by what was known when "
            "it began. Everything that was chosen was chosen by it."
        ),
        "**The test window** is the time after it. Nothing was chosen by it, and it is asked once.",
        (
            f"**In parentheses** stands the {results.intervals.level:.0%} interval of a number. Days are drawn, not "
            f"single {story.rows}, since those of a day resemble one another; where a simulation says that an interval "
            "holds less often than it claims, it is widened until it does."
        ),
        (
            "**ROC AUC**: of two, one with the outcome and one without, how often the one with it was given the higher "
            "probability; 50 % is chance. **Log loss** and **Brier score** measure the probabilities themselves; less "
            "is better."
        ),
    )
    return Section("question", "The question", [*results.remarks("question"), Text(asked), Points(reading)])


def answer(results: Results) -> Section:
    """The headline, month by month, and whether probabilities can be taken at their word."""
    found = results.records["intervals"]
    told = (
        f"Of two {results.story.rows}, one with the outcome and one without, the model names the right one in "
        f"**{share(of(found['backtest_roc_auc']))}** of pairs in the backtest, and in "
        f"**{share(of(found['roc_auc']))}** in the test window. There what it says and what comes are "
        f"**{share(of(found['ece']))}** apart on average."
    )
    picture = Picture(
        "evaluate_picture",
        "Left the ROC AUC of each month and of the test window; right what was said and what came in the test window.",
        "Two charts. Left, points with intervals: ROC AUC of each month of the backtest and of the test window, whose "
        f"own is {number(of(found['roc_auc']))}. Right, the calibration of the test window: points beside the "
        "diagonal on which probabilities are exactly what comes.",
    )
    metrics = Table(
        "The numbers",
        ("metric", "backtest", "test window"),
        [
            (name, number(of(found[f"backtest_{key}"])) if f"backtest_{key}" in found else "", number(of(found[key])))
            for key, name in METRICS.items()
        ],
    )
    return Section("answer", "The answer", [Text(told), picture, metrics, _months(results)])


def _months(results: Results) -> Table:
    lines = results.tables["backtest_months"]
    rows = [
        (
            line["month"],
            f"{line['rows']:,}",
            f"{100 * line['rate']:.1f} %",
            number(at(line, "roc_auc")),
            number(at(line, "log_loss")),
        )
        for _, line in lines.iterrows()
    ]
    return Table("Month by month", ("month", results.story.rows, "with the outcome", "ROC AUC", "log loss"), rows)


def how_early(results: Results) -> Section:
    """Every lead beside the others."""
    lines = results.tables["lead_table"]
    rows = [
        (
            in_words(line["hours"]),
            number(at(line, "roc_auc")),
            number(at(line, "climatology_roc_auc")),
            share(at(line, "brier_skill")),
            number(at(line, "log_loss_less_shortest"), "+.3f") if line["log_loss_less_shortest"] else "",
        )
        for _, line in lines.iterrows()
    ]
    header = (
        "ahead",
        "ROC AUC",
        "of climatology",
        "off climatology's Brier score",
        "log loss beside the shortest lead",
    )
    leads = ", ".join(in_words(hours) for hours in lines["hours"])
    picture = Picture(
        "lead_picture",
        "How good the model is by how early it is asked, beside climatology.",
        f"Two charts of the backtest at {leads} ahead, with intervals: ROC AUC beside that of climatology, and the "
        "share of climatology's Brier score that the model takes off. Both fall the earlier it is asked.",
    )
    told = Text(results.records["lead_record"]["how_early"])
    table = Table("Lead by lead, on the same rows; the last column is paired", header, rows)
    return Section("how-early", "How early", [told, picture, table, *results.remarks("how-early")])


def worth(results: Results) -> Section:
    """What the model is better by than what is simpler, and what each feed adds."""
    found = results.records["baselines"]
    rows = [
        (BASELINES.get(name, name), *(number(of(found[window][name]["log_loss"]["difference"])) for window in found))
        for name in found["backtest"]
    ]
    better = Table(
        "Log loss of the model less that of others; below zero the model is better", ("beside", *found), rows
    )
    blocks = [better, *_feeds(results.tables["worth_table"], results.intervals.level), *results.remarks("worth")]
    return Section("worth", "What it is worth", blocks)


def _feeds(lines: pd.DataFrame, level: float) -> list[Text | Table | Picture]:
    if lines.empty:
        return [Text("What single feeds are worth was not asked.")]
    told = (
        "What a feed is worth is the log loss that comes back without it, beside all others. What is left makes up "
        f"for much of what is not; where the {level:.0%} interval holds zero, nothing is shown."
    )
    rows = [
        (f"{in_words(line['hours'])} ahead", line["feed"], number(at(line, "log_loss"), "+.4f"))
        for _, line in lines.iterrows()
    ]
    leads = ", ".join(dict.fromkeys(in_words(hours) for hours in lines["hours"]))
    picture = Picture(
        "worth_picture",
        "What each feed is worth, at several leads.",
        f"Points with intervals: the log loss that each feed takes away beside all others, at {leads} ahead. The "
        "numbers are those of the table that follows.",
    )
    return [Text(told), picture, Table("Log loss without a feed, less that with all", ("lead", "feed", "more"), rows)]
