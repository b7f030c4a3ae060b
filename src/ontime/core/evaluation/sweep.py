"""What a sweep tries -> its trials; their backtests beside the committed recipe's -> a table, best trial first."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import pandas as pd

from ontime.core.statistics.comparison import compare_backtests
from ontime.core.statistics.intervals import Interval
from ontime.core.statistics.metrics import Days, metric_value
from ontime.params import Intervals

DIGITS = 5
PREFIX = "sweep-"  # of the names of experiments

Settings = Mapping[str, Any]


class Choice(NamedTuple):
    """What choosing costs: the trial that is best on the first months, and how it does on the months after them.

    experiment: its name; cut: the first day that judges; chosen, judged: its log loss minus that of the committed
    recipe, on the days before the cut and from it on.
    """

    experiment: str
    cut: pd.Timestamp
    chosen: Interval
    judged: Interval


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
    """
    shared = replace(params, level=1 - (1 - params.level) / max(len(backtests), 1))
    lines = []
    for name, backtest in backtests.items():
        comparison = compare_backtests(backtest, base, shared)
        line = {"experiment": name} | {_short(key): _shown(value) for key, value in settings[name].items()}
        line |= {"log_loss": _log_loss(backtest)}
        for metric, gap in comparison.differences.items():
            difference = f"{metric}_difference"
            line |= {difference: gap.value, f"{difference}_low": gap.low, f"{difference}_high": gap.high}
        lines.append(line | {"verdict": comparison.verdict})
    table = pd.DataFrame(lines).round(DIGITS)
    return table.sort_values(["log_loss", "experiment"], ignore_index=True)


def price_of_choosing(backtests: Mapping[str, pd.DataFrame], base: pd.DataFrame, params: Intervals) -> Choice | None:
    """The trial with the least log loss on the first half of the months, judged on the rest; None of a single month."""
    months = base["day"].dt.to_period("M").drop_duplicates().sort_values()
    if len(months) < 2 or not backtests:
        return None
    cut = months.iloc[(len(months) + 1) // 2].start_time.as_unit("us")
    before = {name: _log_loss(backtest[backtest["day"] < cut]) for name, backtest in backtests.items()}
    best = min(before, key=lambda name: (before[name], name))
    one, early = backtests[best], base["day"] < cut
    chosen = compare_backtests(one, base[early], params).differences["log_loss"]
    judged = compare_backtests(one, base[~early], params).differences["log_loss"]
    return Choice(best, cut, chosen, judged)


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
