"""The table of leads -> a picture."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from ontime.core.pictures.style import ACCENT, INK, WARM, plain, spread
from ontime.core.text import hours_in_short


def leads_picture(table: pd.DataFrame, level: float) -> Figure:
    """Left the ROC AUC at each lead beside climatology's, right the share of its Brier score that is taken away."""
    figure = Figure(figsize=(10, 4.2), dpi=100, layout="constrained")
    left, right = figure.subplots(1, 2)
    _ranking(left, table, level)
    _skill(right, table)
    for axes in (left, right):
        plain(axes)
        axes.set_xscale("log")
        axes.set_xticks(table["hours"], [hours_in_short(hours) for hours in table["hours"]])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.margins(x=0.08)
        axes.set_xlabel("lead: time between the prediction and the start")
    return figure


def _ranking(axes: Axes, table: pd.DataFrame, level: float) -> None:
    _curve(axes, table, "roc_auc", ACCENT, "the model")
    _curve(axes, table, "climatology_roc_auc", WARM, "climatology", marker="s")
    axes.set_ylabel("ROC AUC (0.5 is chance)")
    axes.set_ylim(bottom=0.5)
    axes.set_title(f"How early: mean of the backtest's months ({level:.0%} intervals)", fontsize=10, color=INK)
    axes.legend(frameon=False, fontsize=9, loc="lower left")


def _skill(axes: Axes, table: pd.DataFrame) -> None:
    _curve(axes, table, "brier_skill", ACCENT, "the model")
    axes.axhline(0, color=WARM, linewidth=1)
    below_right = {"xytext": (-4, 4), "xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
    axes.annotate("climatology", (1, 0), **below_right, color=WARM, fontsize=9, ha="right")
    axes.set_ylabel("Brier skill (share of climatology's error)")
    axes.set_title("What it takes off the error of climatology", fontsize=10, color=INK)


def _curve(axes: Axes, table: pd.DataFrame, name: str, color: str, label: str, marker: str = "o") -> None:
    style = {"fmt": f"{marker}-", "color": color, "capsize": 3, "label": label}
    axes.errorbar(table["hours"], table[name], yerr=spread(table, name), **style)
