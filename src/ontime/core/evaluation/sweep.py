"""A grid of params -> its trials; their backtests and that of the committed recipe -> a table, best trial first."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from ontime.core.statistics.comparison import compare_backtests
from ontime.core.statistics.metrics import Days, metric_value
from ontime.params import Intervals

DIGITS = 5

Settings = Mapping[str, Any]


def trials(grid: Mapping[str, Sequence[Any]]) -> dict[str, Settings]:
    """Every combination of the grid's values, by the name of its experiment, which says what it changes."""
    combinations = (dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values()))
    return {_name(settings): settings for settings in combinations}


def rank_trials(
    settings: Mapping[str, Settings], backtests: Mapping[str, pd.DataFrame], base: pd.DataFrame, params: Intervals
) -> pd.DataFrame:
    """Per trial its settings, log loss, differences to `base` on the rows of both with intervals, and a verdict.

    Many trials are compared at once, so each interval is widened until all of them together hold as often as one alone
    would (Bonferroni). The best trial is chosen on the days that it is judged on: its difference is a little too good.
    """
    shared = replace(params, level=1 - (1 - params.level) / max(len(backtests), 1))
    lines = []
    for name, backtest in backtests.items():
        comparison = compare_backtests(backtest, base, shared)
        days = Days(backtest["day"], backtest["outcome"], backtest["probability"].to_numpy())
        line = {"experiment": name} | {_short(key): value for key, value in settings[name].items()}
        line |= {"log_loss": metric_value("log_loss", days)}
        for metric, gap in comparison.differences.items():
            difference = f"{metric}_difference"
            line |= {difference: gap.value, f"{difference}_low": gap.low, f"{difference}_high": gap.high}
        lines.append(line | {"verdict": comparison.verdict})
    table = pd.DataFrame(lines).round(DIGITS)
    return table.sort_values(["log_loss", "experiment"], ignore_index=True)


def _short(key: str) -> str:
    """The last name of a param: leaves of train.leaves."""
    return key.rpartition(".")[2]


def _name(settings: Settings) -> str:
    words = [f"{_short(key).replace('_', '-')}-{value}" for key, value in settings.items()]
    return "-".join(["sweep", *words])
