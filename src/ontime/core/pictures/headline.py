"""The backtest by month and the test window -> a picture."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure, SubFigure

from ontime.core.pictures.style import ACCENT, INK, PALE, WARM, legend_below, panels, plain, spread, titled
from ontime.core.statistics.intervals import Interval


def headline_picture(months: pd.DataFrame, test: Interval, calibration: pd.DataFrame, level: float) -> Figure:
    """Above the ROC AUC of each month of the backtest and of the test window, below calibration in the test window."""
    figure, (above, below) = panels(3.0, 3.4)
    _months(above, months, test, level)
    _calibration(below, calibration, level)
    return figure


def _months(panel: SubFigure, months: pd.DataFrame, test: Interval, level: float) -> None:
    axes, value, style = panel.subplots(), months["roc_auc"], {"capsize": 3}
    by_month = {"fmt": "o", "color": ACCENT, "label": "backtest, month by month"}
    axes.errorbar(range(len(months)), value, yerr=spread(months, "roc_auc"), **by_month, **style)
    axes.axhline(value.mean(), color=ACCENT, linewidth=1, linestyle=":", label=f"their mean, {value.mean():.3f}")
    ends = [[test.value - test.low], [test.high - test.value]]
    axes.errorbar([len(months)], [test.value], yerr=ends, fmt="s", color=WARM, label="test window", **style)
    axes.axhline(0.5, color=INK, linewidth=1, linestyle="--", label="chance")
    axes.set_xticks(range(len(months) + 1), [*months["month"], "test"], rotation=45)
    axes.set_ylim(bottom=min(0.48, axes.get_ylim()[0]))
    axes.set_ylabel("ROC AUC")
    plain(axes)
    titled(panel, f"Each month predicted by what was known before it, with {level:.0%} intervals")
    legend_below(panel, axes, 2)


def _calibration(panel: SubFigure, calibration: pd.DataFrame, level: float) -> None:
    axes = panel.subplots()
    probability, observed = calibration["probability"], calibration["observed"]
    style = {"fmt": "s", "color": WARM, "capsize": 3, "label": "rows of like probability"}
    axes.plot([0, 1], [0, 1], color=PALE, label="as predicted")
    axes.errorbar(probability, observed, yerr=spread(calibration, "observed"), **style)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="predicted probability", ylabel="share with the outcome")
    plain(axes)
    titled(panel, f"Do probabilities come true? Test window, with {level:.0%} intervals")
    legend_below(panel, axes, 2)
