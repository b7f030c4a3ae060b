"""Results -> the first sections of the report: the question, and the answer."""

from __future__ import annotations

from ontime.core.report.blocks import Picture, Points, Section, TableBlock, Text, cell, lines_of
from ontime.core.report.results import Results
from ontime.core.text import hours_in_words

METRICS = {
    "roc_auc": "ROC AUC",
    "log_loss": "log loss",
    "brier": "Brier score",
    "brier_skill": "Brier score taken off climatology's, share",
    "average_precision": "average precision",
    "ece": "expected calibration error",
}


def question_section(results: Results) -> Section:
    """What is predicted, of what, and how the numbers are to be read."""
    rows, months = results.story.rows, results.tables["backtest_months"]["month"]
    everything, *_ = lines_of(results.tables["slices"])
    predicted = (
        f"Predicted is whether one of the {rows} {results.signature.outcome}, "
        f"{hours_in_words(results.features.lead_hours)} ahead, from what was known by then. Of the "
        f"{everything['rows']:,} {rows} of the backtest that is so of {cell(everything, 'rate', '.1%')}."
    )
    reading = (
        (
            f"**The backtest** predicts each month from {months.iloc[0]} to {months.iloc[-1]} by what was known when "
            "it began. Everything that was chosen was chosen by it."
        ),
        "**The test window** is the time after it. Nothing was chosen by it, and it is asked once.",
        (
            f"**In parentheses** stands the {results.intervals.level:.0%} interval of a number. Days are drawn, not "
            f"single {rows}, since those of a day resemble one another; where a simulation says that an interval "
            "holds less often than it claims, it is widened until it does."
        ),
        (
            "**ROC AUC**: of two, one with the outcome and one without, how often the one with it was given the higher "
            "probability; 50 % is chance. **Log loss** and **Brier score** measure the probabilities themselves; less "
            "is better."
        ),
    )
    return Section("question", "The question", [*results.remarks("question"), Text(predicted), Points(reading)])


def answer_section(results: Results) -> Section:
    """The headline, month by month, and whether probabilities can be taken at their word."""
    headline = results.records.headline
    summary = (
        f"Of two {results.story.rows}, one with the outcome and one without, the model names the right one in "
        f"**{headline.backtest_roc_auc:.1%}** of pairs in the backtest, and in "
        f"**{headline.roc_auc:.1%}** in the test window. There what it says and what comes are "
        f"**{headline.ece:.1%}** apart on average."
    )
    picture = Picture(
        "evaluate_picture",
        "Left the ROC AUC of each month and of the test window; right what was said and what came in the test window.",
        "Two charts. Left, points with intervals: ROC AUC of each month of the backtest and of the test window, whose "
        f"own is {headline.roc_auc:.3f}. Right, the calibration of the test window: points beside the "
        "diagonal on which probabilities are exactly what comes.",
    )
    return Section("answer", "The answer", [Text(summary), picture, _metrics(results), _months(results)])


def _metrics(results: Results) -> TableBlock:
    headline = results.records.headline
    backtest = {"roc_auc": headline.backtest_roc_auc, "log_loss": headline.backtest_log_loss}
    rows = [
        (words, f"{backtest[name]:.3f}" if name in backtest else "", f"{getattr(headline, name):.3f}")
        for name, words in METRICS.items()
    ]
    return TableBlock("The numbers", ("metric", "backtest", "test window"), rows)


def _months(results: Results) -> TableBlock:
    rows = [
        (
            line["month"],
            f"{line['rows']:,}",
            f"{100 * line['rate']:.1f} %",
            cell(line, "roc_auc", ".3f"),
            cell(line, "log_loss", ".3f"),
        )
        for line in lines_of(results.tables["backtest_months"])
    ]
    header = ("month", results.story.rows, "with the outcome", "ROC AUC", "log loss")
    return TableBlock("Month by month", header, rows)
