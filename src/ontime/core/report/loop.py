"""Results -> the section on the loop: the year replayed under each policy, with faults, and how useful alarms were."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ontime.core.report.blocks import Block, Section, TableBlock, Text, cell, lines_of
from ontime.core.report.prose import Prose
from ontime.core.report.results import Results

PLAIN = "none"  # the fault of the runs in which nothing fails


def loop_section(results: Results) -> Section:
    """Which policy is recommended, what each cost, what faults cost, and whether alarms tell when to train anew."""
    prose = Prose("loop", results)
    blocks = [
        prose.text("summary"),
        _verdict(results),
        prose.picture("replay_picture"),
        _policies(results),
        _faults(results),
        *_alarms(results),
        *results.remarks("loop"),
    ]
    return Section("loop", "The loop, replayed", blocks)


def _verdict(results: Results) -> Text:
    """What is shown of the recommended policy where nothing was chosen, and in the test window alone."""
    verdicts = results.records.replay.verdicts
    return Prose("loop", results).text("verdict", judged=verdicts["evaluation"], test=verdicts.get("test window"))


def _policies(results: Results) -> TableBlock:
    """Every policy where nothing was chosen."""
    table = results.tables["replay_table"]
    judged = table[(table["fault"] == PLAIN) & (table["window"] == "evaluation") & (table["baseline"] == "never")]
    rows = [
        (
            line["policy"],
            cell(line, "log_loss_minus_baseline", "+.4f"),
            cell(line, "cost_minus_baseline", "+.1f"),
            str(line["retrainings"]),
            str(line["champion_changes"]),
            str(line["harmful_champion_changes"]),
        )
        for line in lines_of(judged)
    ]
    header = ("policy", "log loss", "cost of 1,000", "trainings", "changes of champion", "of them harmful")
    return Prose("loop", results).table("policies", header, rows)


def _faults(results: Results) -> TableBlock:
    """What each fault added to the same policy without it."""
    table = results.tables["replay_table"]
    judged = table[(table["fault"] != PLAIN) & (table["window"] == "evaluation")]
    rows = [
        (
            line["fault"],
            line["policy"],
            cell(line, "log_loss_minus_baseline", "+.4f"),
            cell(line, "cost_minus_baseline", "+.1f"),
            str(line["harmful_champion_changes"]),
        )
        for line in lines_of(judged)
    ]
    header = ("fault", "policy", "log loss", "cost of 1,000", "harmful changes of champion")
    return Prose("loop", results).table("faults", header, rows)


def _alarms(results: Results) -> list[Block]:
    prose, rules = Prose("loop", results), results.tables["alarm_rules"]
    judged = rules[rules["selected"] & (rules["window"] == "evaluation")]
    summary = prose.text("alarms", useful_base_rate=judged["useful_base_rate"].mean())
    rows = [
        (
            alarm_rule(line),
            f"{line['alarms']}",
            f"{line['episodes']}",
            cell(line, "precision", ".0%"),
            cell(line, "useful_share", ".0%"),
            f"{line['false_alarms_per_month']:.2f}",
            f"{line['missed_rises']}",
        )
        for line in lines_of(judged)
    ]
    header = ("rule", "alarms", "episodes", "precision", "useful", "false a month", "rises missed")
    return [summary, prose.picture("alarms_picture"), prose.table("rules", header, rows)]


def alarm_rule(line: Mapping[str, Any]) -> str:
    """A rule of the table of alarms in words: psi, 2 of 3 beyond 95%."""
    test = line["test"]
    watched = f"{line['monitor']} loss" if pd.isna(test) or not test else test.replace("_", " ")
    return f"{watched}, {line['k']} of {line['n']} beyond {line['quantile']:.0%}"
