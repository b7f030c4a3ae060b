"""Results -> the section on the loop: the year replayed under each policy, with faults, and what alarms were worth."""

from __future__ import annotations

import pandas as pd

from ontime.core.report.blocks import Picture, Section, Table, Text, at, number, share
from ontime.core.report.results import Results

PLAIN = "nothing"


def loop(results: Results) -> Section:
    """Which policy to hold, what each cost, what faults cost, and whether alarms tell when to train anew."""
    record = results.records["replay"]
    told = (
        "The year is lived again, day by day, through the loop that a service would run: outcomes come in when they "
        "became known, models are trained, with a gate wait in shadow, are promoted and, where they turn out badly, "
        "taken back. What is chosen is chosen in "
        f"the first months; the last ones judge. To hold is {record['sentence']}. Of one year each season is seen "
        "once: another may choose another policy."
    )
    blocks = [Text(told), _year(), policies(results), faults(results), *_alarms(results), *results.remarks("loop")]
    return Section("loop", "The loop, replayed", blocks)


def policies(results: Results) -> Table:
    """Every policy where nothing was chosen."""
    lines = results.tables["replay_table"]
    judged = lines[(lines["fault"] == PLAIN) & (lines["window"] == "judged") & (lines["beside"] == "never")]
    rows = [
        (
            line["policy"],
            number(at(line, "log_loss_less"), "+.4f"),
            number(at(line, "cost_less"), "+.1f"),
            str(line["retrainings"]),
            str(line["changes"]),
            str(line["wrong_changes"]),
        )
        for _, line in judged.iterrows()
    ]
    header = ("policy", "log loss", "cost of 1,000", "trainings", "changes of champion", "of them wrong")
    return Table("In the months that judge, less than never training anew", header, rows)


def faults(results: Results) -> Table:
    """What each fault added to the same policy without it."""
    lines = results.tables["replay_table"]
    judged = lines[(lines["fault"] != PLAIN) & (lines["window"] == "judged")]
    rows = [
        (
            line["fault"],
            line["policy"],
            number(at(line, "log_loss_less"), "+.4f"),
            number(at(line, "cost_less"), "+.1f"),
            str(line["wrong_changes"]),
        )
        for _, line in judged.iterrows()
    ]
    header = ("fault", "policy", "log loss", "cost of 1,000", "wrong champions")
    return Table("What goes wrong, less the same months without it", header, rows)


def _year() -> Picture:
    return Picture(
        "replay_picture",
        "What each policy lost less than never training anew, week by week and in all; what faults add.",
        "Above lines over the year, one a policy, of the summed weekly log loss less that of a model that is never "
        "replaced; below points with intervals: that difference in the months that chose and in those that judge, and "
        "what each fault adds.",
    )


def _alarms(results: Results) -> list[Text | Picture | Table]:
    lines = results.tables["alarms"]
    judged = lines[lines["chosen"] & (lines["window"] == "judged")]
    told = (
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
            _rule(line),
            f"{line['alarms']}",
            share(at(line, "precision"), ".0f"),
            share(at(line, "worth_share"), ".0f"),
            f"{line['false_per_month']:.2f}",
            f"{line['missed']}",
        )
        for _, line in judged.iterrows()
    ]
    header = ("rule", "alarms", "right", "a new model was worth it", "false a month", "rises missed")
    return [Text(told), picture, Table("The chosen rule of each kind, in the months that judge", header, rows)]


def _rule(line: pd.Series) -> str:
    watched = f"{line['monitor']} loss" if pd.isna(line["test"]) or not line["test"] else line["test"].replace("_", " ")
    return f"{watched}, {line['k']} of {line['n']} beyond {line['quantile']:.0%}"
