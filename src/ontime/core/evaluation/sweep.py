"""What a sweep tries -> its trials; their backtests beside the committed recipe's -> a table, best trial first."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from ontime.core.statistics.comparison import compare_backtests
from ontime.core.statistics.intervals import Interval
from ontime.core.statistics.metrics import Days, metric_value
from ontime.params import Intervals

DIGITS = 5
PREFIX = "sweep-"  # of the names of experiments

Settings = Mapping[str, Any]


def all_trials(grid: Mapping[str, Sequence[Any]], named: Mapping[str, Settings]) -> dict[str, Settings]:
    """The named trials, then every combination of the grid's values; by the name of the experiment."""
    combinations = (dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values()))
    return {f"{PREFIX}{name}": settings for name, settings in named.items()} | {
        _name(settings): settings for settings in combinations
    }


def rank_trials(
    settings: Mapping[str, Settings], backtests: Mapping[str, pd.DataFrame], base: pd.DataFrame, params: Intervals
) -> pd.DataFrame:
    """Per trial its settings, log loss, differences to `base` on the rows of both with intervals, and a verdict.

    Many trials are compared at once, so each interval is widened until all of them together hold as often as one alone
    would (Bonferroni). The best trial is chosen on the days that it is judged on: its difference is a little too good.
    `log_loss_difference_first` and `_last` show by how much: they are of the first half of the months, and of the rest.
    """
    shared = replace(params, level=1 - (1 - params.level) / max(len(backtests), 1))
    lines, halves = [], _halves(base)
    for name, backtest in backtests.items():
        comparison = compare_backtests(backtest, base, shared)
        line = {"experiment": name} | {_short(key): _shown(value) for key, value in settings[name].items()}
        line |= {"log_loss": _log_loss(backtest)}
        for metric, gap in comparison.differences.items():
            line |= gap.columns(f"{metric}_difference")
        for part, rows in halves.items():
            gap = compare_backtests(backtest, rows, shared).differences["log_loss"]
            line |= gap.columns(f"log_loss_difference_{part}")
        lines.append(line | {"verdict": comparison.verdict})
    table = pd.DataFrame(lines).round(DIGITS)
    return table.sort_values(["log_loss", "experiment"], ignore_index=True)


def price_of_choosing(table: pd.DataFrame) -> str:
    """The trial that is best on the first half of the months and how it does on the rest, in words; '' of one month."""
    if "log_loss_difference_first" not in table:
        return ""
    best = table.iloc[int(table["log_loss_difference_first"].argmin())]
    parts = [Interval.from_columns(best, f"log_loss_difference_{part}") for part in ("first", "last")]
    words = [f"{part:+.5f}" for part in parts]
    name = best["experiment"].removeprefix(PREFIX)
    return f"best on the first half of the months: {name}, minus HEAD {words[0]} there and {words[1]} on the rest"


def _halves(base: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The rows of the first half of the months, one month more where they are odd, and the rest; none of one month."""
    months = base["day"].dt.to_period("M")
    there = months.drop_duplicates().sort_values()
    first = months < there.iloc[(len(there) + 1) // 2] if len(there) > 1 else None
    return {} if first is None else {"first": base[first], "last": base[~first]}


def _log_loss(backtest: pd.DataFrame) -> float:
    return metric_value("log_loss", Days(backtest["day"], backtest["outcome"], backtest["probability"].to_numpy()))


def _short(key: str) -> str:
    """The last name of a param: leaves of train.leaves."""
    return key.rpartition(".")[2]


def _shown(value: object) -> object:
    """A list as text, for a table."""
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def _name(settings: Settings) -> str:
    words = [f"{_short(key).replace('_', '-')}-{value}" for key, value in settings.items()]
    return PREFIX + "-".join(words)
