"""The records of several leads -> a table of their numbers, one of what each feed is worth, and how early, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ontime.core.evaluation.lead_record import METRICS, REFERENCE
from ontime.core.statistics.comparison import METRICS as COMPARED
from ontime.core.statistics.comparison import paired
from ontime.core.statistics.intervals import Interval
from ontime.core.text import in_words
from ontime.params import Intervals

BOUNDS = {"": "value", "_low": "low", "_high": "high"}
DIGITS = 4
GAP_DIGITS = 5

Records = Mapping[str, Mapping[str, Any]]


def lead_table(records: Records, said: Mapping[str, pd.DataFrame], params: Intervals) -> pd.DataFrame:
    """Per lead, the shortest first: hours, metrics, and what they are less climatology and the shortest lead."""
    names = _ordered(records)
    first = said[names[0]]
    lines = []
    for name in names:
        record = records[name]
        line: dict[str, Any] = {"lead": name, "hours": record["hours"], "rows": record["rows"]}
        for metric in (*METRICS, f"{REFERENCE}_roc_auc"):
            line |= _bounds(metric, record[metric], DIGITS)
        for metric in COMPARED:
            line |= _bounds(f"{metric}_less_{REFERENCE}", record[f"less_{REFERENCE}"][metric], GAP_DIGITS)
        for metric, gap in _earlier(said[name], first, params).items():
            line |= _bounds(f"{metric}_less_shortest", gap.content(), GAP_DIGITS)
        lines.append(line)
    return pd.DataFrame(lines)


def worth_table(records: Records) -> pd.DataFrame:
    """Per lead, the shortest first, and feed, the one worth most first: what is lost without it, with bounds."""
    lines = []
    for name in _ordered(records):
        feeds = records[name]["worth"]
        for feed in sorted(feeds, key=lambda feed: (-feeds[feed]["log_loss"]["value"], feed)):
            line = {"lead": name, "hours": records[name]["hours"], "feed": feed}
            line |= {key: feeds[feed][key] for key in ("left_out", "months", "rows", "days")}
            for metric in COMPARED:
                line |= _bounds(metric, feeds[feed][metric], GAP_DIGITS)
            lines.append(line)
    return pd.DataFrame(lines, columns=None if lines else ["lead", "hours", "feed", "log_loss"])


def how_early(table: pd.DataFrame, level: float) -> str:
    """The longest lead up to which the model is shown to be better than climatology, and what it is worth there."""
    better = (table[f"log_loss_less_{REFERENCE}_high"] < 0) & (table["brier_skill_low"] > 0)
    up_to = table[better.cummin()]
    if up_to.empty:
        return f"At no lead is the model shown to be better than climatology ({level:.0%} intervals)."
    last, ends = up_to.iloc[-1], f"({level:.0%} intervals)."
    told = f"{in_words(last['hours'])} ahead the model is still better than climatology: it takes {_skill(last)} off"
    if len(up_to) > 1:
        ends = f"beside {_skill(up_to.iloc[0])} {in_words(up_to.iloc[0]['hours'])} ahead {ends}"
    if len(up_to) < len(table):
        ends = f"{ends} {in_words(table.iloc[len(up_to)]['hours'])} ahead that is not shown."
    return f"{told} its Brier score, {ends}" if len(up_to) > 1 else f"{told} its Brier score {ends}"


def _earlier(said: pd.DataFrame, first: pd.DataFrame, params: Intervals) -> dict[str, Interval]:
    """What a lead predicted less what the shortest did, on the same rows."""
    both = said[["id", "day", "outcome", "probability"]].merge(
        first[["id", "probability"]], on="id", suffixes=("", "_first"), validate="one_to_one"
    )
    return paired(both, "probability", "probability_first", params)


def _ordered(records: Records) -> list[str]:
    return sorted(records, key=lambda name: (records[name]["hours"], name))


def _bounds(name: str, interval: Mapping[str, float], digits: int) -> dict[str, float]:
    return {f"{name}{suffix}": round(interval[bound], digits) for suffix, bound in BOUNDS.items()}


def _skill(line: pd.Series) -> str:
    value, low, high = (100 * line[f"brier_skill{suffix}"] for suffix in BOUNDS)
    return f"{value:.1f} % ({low:.1f} to {high:.1f} %)"
