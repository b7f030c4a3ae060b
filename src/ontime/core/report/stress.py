"""Results -> the section on how the model degrades: disturbed sources, simulated drift, the months as they came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ontime.core.report.blocks import Section, TableBlock, cell, lines_of
from ontime.core.report.prose import Prose
from ontime.core.report.results import Results

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
    prose, laws = Prose("stress", results), results.tables["laws"]
    dearest, *_ = _dearest(results)
    blocks = [
        prose.text("summary", rows=results.tables["stress_table"]["rows"].iloc[0]),
        prose.picture("stress_picture", dearest=_disturbance(dearest)),
        _failures(results),
        *results.remarks("degrades"),
        prose.text("laws", laws=laws, known=(laws["result"] == "known").sum()),
        _drift(results),
        _months(results),
    ]
    return Section("degrades", "How it degrades", blocks)


def _dearest(results: Results) -> list[dict[str, Any]]:
    table = results.tables["stress_table"]
    disturbed = table[table["kind"].isin(DISTURBANCES)]
    return lines_of(disturbed.sort_values("log_loss_difference", ascending=False, kind="stable").head(DEAREST))


def _disturbance(line: Mapping[str, Any]) -> str:
    return f"{line['what']}, {DISTURBANCES[line['kind']].format(line['level'])}"


def _added(line: Mapping[str, Any]) -> str:
    """What is added to the log loss, with its interval."""
    return cell(line, "log_loss_difference", "+.3f")


def _failures(results: Results) -> TableBlock:
    rows = [(_disturbance(line), _added(line)) for line in _dearest(results)]
    return Prose("stress", results).table("failures", ("source", "added to the log loss"), rows)


def _drift(results: Results) -> TableBlock:
    table = results.tables["stress_table"]
    drift = lines_of(table[~table["kind"].isin(DISTURBANCES)])
    rows = [(f"{line['what']}, {line['level']:g} times as often", _added(line)) for line in drift]
    return Prose("stress", results).table("drift", ("drift", "added to the log loss"), rows)


def _months(results: Results) -> TableBlock:
    rows = [
        (line["month"], cell(line, "log_loss", ".3f"), f"{line['mean_psi']:.2f}", line["largest_psi_feature"])
        for line in lines_of(results.tables["stress_months"])
    ]
    header = ("month", "log loss", "mean PSI of the features", "feature of the largest PSI")
    return Prose("stress", results).table("months", header, rows)
