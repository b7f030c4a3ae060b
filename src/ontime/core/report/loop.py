"""Results -> the section on the loop: the year replayed under each policy, with faults, and what alarms were worth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ontime.core.report.blocks import Block, Picture, Section, TableBlock, Text, cell, lines_of
from ontime.core.report.results import Results

PLAIN = "nothing"


def loop_section(results: Results) -> Section:
    """Which policy to hold, what each cost, what faults cost, and whether alarms tell when to train anew."""
    summary = (
        "The year is lived again, day by day, through the loop that a service would run: outcomes come in when they "
        "became known, models are trained, with a gate wait in shadow, are promoted and, where they turn out badly, "
        "taken back. What is chosen is chosen in the first months; the last ones judge. The policy to hold is "
        f"{results.records.replay.sentence}. Of one year each season is seen once: another may choose another policy."
    )
    tables = [_policies(results), _faults(results)]
    blocks = [Text(summary), _picture(), *tables, *_alarms(results), *results.remarks("loop")]
    return Section("loop", "The loop, replayed", blocks)


def _picture() -> Picture:
    return Picture(
        "replay_picture",
        "Log loss of each policy minus that of never training anew, week by week and in all; what faults add.",
        "Above lines over the year, one a policy, of the summed weekly log loss minus that of a model that is never "
        "replaced; below points with intervals: that difference in the months that chose and in those that judge, and "
        "what each fault adds.",
    )


def _policies(results: Results) -> TableBlock:
    """Every policy where nothing was chosen."""
    table = results.tables["replay_table"]
    judged = table[(table["fault"] == PLAIN) & (table["window"] == "judged") & (table["beside"] == "never")]
    rows = [
        (
            line["policy"],
            cell(line, "log_loss_minus_beside", "+.4f"),
            cell(line, "cost_minus_beside", "+.1f"),
            str(line["retrainings"]),
            str(line["changes"]),
            str(line["wrong_changes"]),
        )
        for line in lines_of(judged)
    ]
    header = ("policy", "log loss", "cost of 1,000", "trainings", "changes of champion", "of them wrong")
    return TableBlock("In the months that judge, difference to never training anew", header, rows)


def _faults(results: Results) -> TableBlock:
    """What each fault added to the same policy without it."""
    table = results.tables["replay_table"]
    judged = table[(table["fault"] != PLAIN) & (table["window"] == "judged")]
    rows = [
        (
            line["fault"],
            line["policy"],
            cell(line, "log_loss_minus_beside", "+.4f"),
            cell(line, "cost_minus_beside", "+.1f"),
            str(line["wrong_changes"]),
        )
        for line in lines_of(judged)
    ]
    header = ("fault", "policy", "log loss", "cost of 1,000", "wrong champions")
    return TableBlock("What goes wrong, difference to the same months without it", header, rows)


def _alarms(results: Results) -> list[Block]:
    table = results.tables["alarms"]
    judged = table[table["chosen"] & (table["window"] == "judged")]
    summary = (
        "**Alarms.** The models of the backtest are followed to the end of the year as if they were never replaced, "
        "and every rule is held against what came after it rang. An alarm is right if the loss then rose beyond what "
        "was usual. It was worth it if a model trained when the month began would have been better by the margin, as "
        f"it would have been in {judged['due'].mean():.0%} of all weeks."
    )
    picture = Picture(
        "alarms_picture",
        "One model followed: its loss beside that of newer ones, and the weeks that were unlike those learned from.",
        "Left above the weekly log loss of a model that is never replaced and of one trained when the month began; "
        "left below a row of weeks for each drift test, those beyond its bound marked; right for each chosen rule the "
        "share of alarms that were worth a new model, with its interval, and that share of all weeks.",
    )
    rows = [
        (
            alarm_rule(line),
            f"{line['alarms']}",
            cell(line, "precision", ".0%"),
            cell(line, "worth_share", ".0%"),
            f"{line['false_per_month']:.2f}",
            f"{line['missed']}",
        )
        for line in lines_of(judged)
    ]
    header = ("rule", "alarms", "right", "a new model was worth it", "false a month", "rises missed")
    return [Text(summary), picture, TableBlock("The chosen rule of each kind, in the months that judge", header, rows)]


def alarm_rule(line: Mapping[str, Any]) -> str:
    """A rule of the table of alarms in words: psi, 2 of 3 beyond 95%."""
    test = line["test"]
    watched = f"{line['monitor']} loss" if pd.isna(test) or not test else test.replace("_", " ")
    return f"{watched}, {line['k']} of {line['n']} beyond {line['quantile']:.0%}"
