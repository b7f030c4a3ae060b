"""A grid of params -> its trials; their backtests and that of the committed recipe -> a table, best trial first."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from ontime.core.statistics.comparison import backtests
from ontime.core.statistics.metrics import Days, value
from ontime.params import Intervals

DIGITS = 5

Settings = Mapping[str, Any]


def trials(grid: Mapping[str, Sequence[Any]]) -> dict[str, Settings]:
    """Every combination of the grid's values by the name of its experiment, which says what it changes."""
    combinations = itertools.product(*grid.values())
    found = (dict(zip(grid, values, strict=True)) for values in combinations)
    return {_name(settings): settings for settings in found}


def ranking(
    settings: Mapping[str, Settings], tried: Mapping[str, pd.DataFrame], base: pd.DataFrame, params: Intervals
) -> pd.DataFrame:
    """Per trial its settings, log loss, differences from `base` on the rows of both with intervals, and a verdict.

    The trials are looked at together, so each interval is as wide as leaves all of them right as often as one alone
    (Bonferroni). The best one is chosen on the same days: the difference that it shows is a little too good.
    """
    shared = replace(params, level=1 - (1 - params.level) / max(len(tried), 1))
    lines = []
    for name, backtest in tried.items():
        found = backtests(backtest, base, shared)
        days = Days(backtest["day"], backtest["outcome"], backtest["probability"].to_numpy())
        line = {"experiment": name} | {key.rpartition(".")[2]: value for key, value in settings[name].items()}
        line |= {"log_loss": value("log_loss", days)}
        for metric, gap in found.differences.items():
            line |= {f"{metric}_gap": gap.value, f"{metric}_low": gap.low, f"{metric}_high": gap.high}
        lines.append(line | {"verdict": found.verdict})
    table = pd.DataFrame(lines).round(DIGITS)
    return table.sort_values(["log_loss", "experiment"], ignore_index=True)


def _name(settings: Settings) -> str:
    words = [f"{key.rpartition('.')[2].replace('_', '-')}-{value}" for key, value in settings.items()]
    return "-".join(["sweep", *words])
