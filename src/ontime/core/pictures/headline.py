"""The backtest by month and the test window -> a picture."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ontime.core.pictures.style import ACCENT, INK, PALE, WARM, plain, spread
from ontime.core.statistics.intervals import Interval


def headline_picture(months: pd.DataFrame, test: Interval, calibration: pd.DataFrame, level: float) -> Figure:
    """Left the ROC AUC of each month of the backtest and of the test window, right calibration in the test window."""
    figure = Figure(figsize=(10, 4.2), dpi=100, layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    _months(left, months, test, level)
    _calibration(right, calibration, level)
    plain(left)
    plain(right)
    return figure


def _months(axes: Axes, months: pd.DataFrame, test: Interval, level: float) -> None:
    value, style = months["roc_auc"], {"capsize": 3}
    by_month = {"fmt": "o", "color": ACCENT, "label": "backtest, by month"}
    axes.errorbar(range(len(months)), value, yerr=spread(months, "roc_auc"), **by_month, **style)
    axes.axhline(value.mean(), color=ACCENT, linewidth=1, linestyle=":", label=f"their mean, {value.mean():.3f}")
    ends = [[test.value - test.low], [test.high - test.value]]
    axes.errorbar([len(months)], [test.value], yerr=ends, fmt="s", color=WARM, label="test window", **style)
    axes.set_xticks(range(len(months) + 1), [*months["month"], "test"], rotation=45)
    axes.set_ylim(bottom=min(0.5, axes.get_ylim()[0]))
    axes.set_ylabel("ROC AUC (0.5 is chance)")
    axes.set_title(f"Each month predicted by what was known before it ({level:.0%} intervals)", fontsize=10, color=INK)
    axes.legend(loc="lower left", frameon=False, fontsize=9)


def _calibration(axes: Axes, calibration: pd.DataFrame, level: float) -> None:
    probability, observed = calibration["probability"], calibration["observed"]
    style = {"fmt": "s", "color": WARM, "capsize": 3, "label": "as it came"}
    axes.plot([0, 1], [0, 1], color=PALE, label="as said")
    axes.errorbar(probability, observed, yerr=spread(calibration, "observed"), **style)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="predicted probability", ylabel="share of true outcomes")
    axes.set_title(f"Calibration in the test window ({level:.0%} intervals)", fontsize=10, color=INK)
    axes.legend(loc="upper left", frameon=False, fontsize=9)
