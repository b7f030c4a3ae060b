"""Tables of results -> pictures, one function each; they are drawn the same everywhere."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ontime.core.pictures.style import ACCENT, INK, PALE, WARM
from ontime.core.statistics.intervals import Interval


def headline(months: pd.DataFrame, test: Interval, calibration: pd.DataFrame, level: float) -> Figure:
    """Left the ROC AUC of each month of the backtest and of the test window, right calibration in the test window."""
    figure = Figure(figsize=(10, 4.2), dpi=100, layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    _months(left, months, test, level)
    _calibration(right, calibration, level)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(colors=INK)
    return figure


def _months(axes: Axes, months: pd.DataFrame, test: Interval, level: float) -> None:
    value = months["roc_auc"]
    spread = [value - months["roc_auc_low"], months["roc_auc_high"] - value]
    axes.errorbar(range(len(months)), value, yerr=spread, fmt="o", color=ACCENT, capsize=3, label="backtest, by month")
    axes.axhline(value.mean(), color=ACCENT, linewidth=1, linestyle=":", label=f"their mean, {value.mean():.3f}")
    spread = [[test.value - test.low], [test.high - test.value]]
    axes.errorbar([len(months)], [test.value], yerr=spread, fmt="s", color=WARM, capsize=3, label="test window")
    axes.set_xticks(range(len(months) + 1), [*months["month"], "test"], rotation=45)
    axes.set_ylim(bottom=min(0.5, axes.get_ylim()[0]))
    axes.set_ylabel("ROC AUC (0.5 is chance)")
    axes.set_title(f"Each month predicted by what was known before it ({level:.0%} intervals)", fontsize=10, color=INK)
    axes.legend(loc="lower left", frameon=False, fontsize=9)


def _calibration(axes: Axes, calibration: pd.DataFrame, level: float) -> None:
    observed = calibration["observed"]
    spread = [observed - calibration["observed_low"], calibration["observed_high"] - observed]
    axes.plot([0, 1], [0, 1], color=PALE, label="as said")
    axes.errorbar(calibration["probability"], observed, yerr=spread, fmt="s", color=WARM, capsize=3, label="as it came")
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="predicted probability", ylabel="share of true outcomes")
    axes.set_title(f"Calibration in the test window ({level:.0%} intervals)", fontsize=10, color=INK)
    axes.legend(loc="upper left", frameon=False, fontsize=9)
