"""The records of several leads -> a table of their metrics, one of their ablations, and how early, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ontime.core.evaluation.lead_record import METRICS, MINUS, REFERENCE, LeadRecord
from ontime.core.statistics.comparison import COMPARED, mean_differences
from ontime.core.statistics.intervals import Interval
from ontime.core.text import hours_in_words
from ontime.params import Intervals

DIGITS = 4
GAP_DIGITS = 5
SHOWN = (*METRICS, f"{REFERENCE}_roc_auc")

Records = Mapping[str, LeadRecord]


def lead_table(records: Records, predictions: Mapping[str, pd.DataFrame], params: Intervals) -> pd.DataFrame:
    """Per lead, the shortest first: hours, metrics, and their differences to climatology and to the shortest lead.

    Every number is the mean of the months' numbers, each month counting once.
    """
    names = _by_hours(records)
    shortest = predictions[names[0]]
    lines = []
    for name in names:
        record = records[name]
        line: dict[str, Any] = {"lead": name, "hours": record.hours, "rows": record.rows}
        for metric in SHOWN:
            line |= getattr(record, metric).columns(metric, DIGITS)
        for metric in COMPARED:
            line |= record.minus_climatology[metric].columns(f"{metric}_{MINUS}", GAP_DIGITS)
        for metric, gap in _gaps(predictions[name], shortest, params).items():
            rounded = Interval.load(gap.content())  # as the records hold the other differences
            line |= rounded.columns(f"{metric}_minus_shortest", GAP_DIGITS)
        lines.append(line)
    return pd.DataFrame(lines)


def ablation_table(records: Records) -> pd.DataFrame:
    """Per lead, the shortest first, and feature group, that of most worth first: what is lost without it."""
    lines = []
    for name in _by_hours(records):
        groups = records[name].ablation
        for group in sorted(groups, key=lambda group: (-groups[group].log_loss_difference.value, group)):
            ablation = groups[group]
            line = {"lead": name, "hours": records[name].hours, "group": group}
            line |= {key: getattr(ablation, key) for key in ("left_out", "months", "rows", "days")}
            for metric in COMPARED:
                line |= getattr(ablation, f"{metric}_difference").columns(f"{metric}_difference", GAP_DIGITS)
            lines.append(line)
    return pd.DataFrame(lines, columns=None if lines else ["lead", "hours", "group", "log_loss_difference"])


def how_early_sentence(table: pd.DataFrame, level: float) -> str:
    """The longest lead up to which the model is shown to be better than climatology, and what it is worth there."""
    better = (table[f"log_loss_{MINUS}_high"] < 0) & (table["brier_skill_low"] > 0)
    shown = table[better.cummin()]
    if shown.empty:
        return f"At no lead is the model shown to be better than climatology ({level:.0%} intervals)."
    first, last = shown.iloc[0], shown.iloc[-1]
    longest, shortest = hours_in_words(last["hours"]), hours_in_words(first["hours"])
    sentence = (
        f"{longest} ahead the model is still better than climatology: it takes {_skill(last)} off its Brier score"
    )
    if len(shown) > 1:
        sentence += f", beside {_skill(first)} {shortest} ahead"
    sentence += f" ({level:.0%} intervals)."
    if len(shown) < len(table):
        sentence += f" {hours_in_words(table.iloc[len(shown)]['hours'])} ahead that is not shown."
    return sentence


def _skill(line: pd.Series) -> str:
    return f"{Interval.from_columns(line, 'brier_skill'):.1%}"


def _gaps(predictions: pd.DataFrame, shortest: pd.DataFrame, params: Intervals) -> dict[str, Interval]:
    """Per metric the difference of a lead to the shortest one, on the same rows."""
    both = predictions[["id", "day", "outcome", "probability"]].merge(
        shortest[["id", "probability"]], on="id", suffixes=("", "_shortest"), validate="one_to_one"
    )
    return mean_differences(both, "probability", "probability_shortest", params)


def _by_hours(records: Records) -> list[str]:
    return sorted(records, key=lambda name: (records[name].hours, name))
