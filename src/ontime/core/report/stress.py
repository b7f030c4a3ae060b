"""Results -> the section on how the model degrades: disturbed sources, simulated drift, the months as they came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ontime.core.report.blocks import Picture, Section, TableBlock, Text, cell, lines_of
from ontime.core.report.results import Results
from ontime.core.statistics.intervals import Interval

DEAREST = 12  # disturbances
DISTURBANCES = {
    "missing": "silent",
    "stale": "{:g} h late",
    "lossy": "{:.0%} of messages lost",
    "noisy": "{:.0%} with the values of others",
    "instead": "instead of the model",
}


def degrades_section(results: Results) -> Section:
    """What failing sources and drifting days add to the loss, and the laws that answers keep all the same."""
    disturbed, laws = results.tables["stress_table"], results.tables["laws"]
    summary = (
        f"**The source that must never fail** is {results.records.stress.sentence}. Each disturbance is tried on "
        f"{disturbed['rows'].iloc[0]:,} {results.story.rows} of the backtest."
    )
    dearest, *_ = _dearest(results)
    picture = Picture(
        "stress_picture",
        "Left what each disturbed source adds to the log loss; right what simulated drift adds, and the months as "
        "they came.",
        "Three charts with intervals. Left, what each disturbed source adds to the log loss, the dearest on top: "
        f"{_disturbance(dearest)}. Top right, what simulated drift adds. Bottom right, the log loss "
        "of each month and how far its features were from those learned from.",
    )
    kept = (
        f"Through all of it {len(laws)} laws were tried on every answer: the same question gets the same answer, a "
        "silent source or an impossible value never brings a certainty. Broken and known to be: "
        f"{int((laws['result'] == 'known').sum())}; any other would have stopped the run. `metrics/stress/laws.csv` "
        "lists them."
    )
    remarks = results.remarks("degrades")
    blocks = [Text(summary), picture, _failures(results), *remarks, Text(kept), _drift(results), _months(results)]
    return Section("degrades", "How it degrades", blocks)


def _dearest(results: Results) -> list[dict[str, Any]]:
    table = results.tables["stress_table"]
    disturbed = table[table["kind"].isin(DISTURBANCES)]
    return lines_of(disturbed.sort_values("log_loss_difference", ascending=False, kind="stable").head(DEAREST))


def _disturbance(line: Mapping[str, Any]) -> str:
    return f"{line['what']}, {DISTURBANCES[line['kind']].format(line['level'])}"


def _added(line: Mapping[str, Any]) -> str:
    """What is added to the log loss, with its interval."""
    return f"{Interval(line['log_loss_difference'], line['log_loss_low'], line['log_loss_high']):+.3f}"


def _failures(results: Results) -> TableBlock:
    rows = [(_disturbance(line), _added(line)) for line in _dearest(results)]
    caption = "What costs most, of all that was tried (`metrics/stress/stress.csv`)"
    return TableBlock(caption, ("source", "added to the log loss"), rows)


def _drift(results: Results) -> TableBlock:
    table = results.tables["stress_table"]
    drift = lines_of(table[~table["kind"].isin(DISTURBANCES)])
    rows = [(f"{line['what']}, {line['level']:g} times as often", _added(line)) for line in drift]
    return TableBlock("Simulated drift: rows drawn more often, or less", ("drift", "added to the log loss"), rows)


def _months(results: Results) -> TableBlock:
    rows = [
        (line["month"], cell(line, "log_loss", ".3f"), f"{line['mean_psi']:.2f}", line["farthest"])
        for line in lines_of(results.tables["stress_months"])
    ]
    header = ("month", "log loss", "mean PSI of the features", "farthest feature")
    return TableBlock("The months as they came: how far features were from those learned from", header, rows)
