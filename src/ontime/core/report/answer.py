"""Results -> the first sections of the report: the question, and the answer."""

from __future__ import annotations

from ontime.core.report.blocks import Section, TableBlock, Text, cell, lines_of
from ontime.core.report.prose import Prose
from ontime.core.report.results import Results
from ontime.core.statistics.intervals import Interval

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
    prose, months = Prose("answer", results), results.tables["backtest_months"]["month"]
    everything, *_ = lines_of(results.tables["slices_bands"])
    blocks = [
        *results.remarks("question"),
        prose.text("predicted", rows=everything["rows"], rate=Interval.from_columns(everything, "rate")),
        prose.points("reading", first_month=months.iloc[0], last_month=months.iloc[-1]),
    ]
    return Section("question", "The question", blocks)


def answer_section(results: Results) -> Section:
    """The headline, month by month, and whether probabilities can be taken at their word."""
    prose = Prose("answer", results)
    blocks = [
        prose.text("summary"),
        prose.picture("evaluate_picture"),
        _metrics(results),
        _months(results),
        _gaps_in_words(results),
        _gaps(results),
    ]
    return Section("answer", "The answer", blocks)


def _gaps_in_words(results: Results) -> Text:
    """The gap of each window, and the largest of a month of the backtest."""
    lines = lines_of(results.tables["evaluate_gaps"])
    whole = {line["window"]: line for line in lines if line["month"] == "all"}
    months = [line for line in lines if line["month"] != "all" and line["window"] == "backtest"]
    largest = max(months, key=lambda line: abs(line["calibration_gap"]))
    gaps = {window: Interval.from_columns(line, "calibration_gap") for window, line in whole.items()}
    largest_gap = Interval.from_columns(largest, "calibration_gap")
    return Prose("answer", results).text("gaps", **gaps, largest=largest_gap, month=largest["month"])


def _gaps(results: Results) -> TableBlock:
    rows = [
        (
            f"{line['window']}, {line['month']}",
            f"{100 * line['probability']:.1f} %",
            f"{100 * line['rate']:.1f} %",
            cell(line, "calibration_gap", "+.1%"),
            line["calibration_gap_about"],
        )
        for line in lines_of(results.tables["evaluate_gaps"])
    ]
    return Prose("answer", results).table("gap_table", ("month", "mean probability", "rate", "gap", "about"), rows)


def _metrics(results: Results) -> TableBlock:
    headline = results.records.headline
    backtest = {"roc_auc": headline.backtest_roc_auc, "log_loss": headline.backtest_log_loss}
    rows = [
        (words, f"{backtest[name]:.3f}" if name in backtest else "", f"{getattr(headline, name):.3f}")
        for name, words in METRICS.items()
    ]
    return Prose("answer", results).table("metrics", ("metric", "backtest", "test window"), rows)


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
    return Prose("answer", results).table("months", header, rows)
