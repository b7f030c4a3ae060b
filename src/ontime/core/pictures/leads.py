"""The tables of leads and feeds -> their pictures."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from ontime.core.pictures.style import ACCENT, INK, WARM, plain
from ontime.core.text import in_short


def how_early(table: pd.DataFrame, level: float) -> Figure:
    """Left the ROC AUC at each lead beside climatology's, right the share of its Brier score that is taken away."""
    figure = Figure(figsize=(10, 4.2), dpi=100, layout="constrained")
    left, right = figure.subplots(1, 2)
    _curve(left, table, "roc_auc", ACCENT, "the model")
    _curve(left, table, "climatology_roc_auc", WARM, "climatology", marker="s")
    left.set_ylabel("ROC AUC (0.5 is chance)")
    left.set_ylim(bottom=0.5)
    left.set_title(f"How early: mean of the backtest's months ({level:.0%} intervals)", fontsize=10, color=INK)
    left.legend(frameon=False, fontsize=9, loc="lower left")
    _curve(right, table, "brier_skill", ACCENT, "the model")
    right.axhline(0, color=WARM, linewidth=1)
    right.annotate(
        "climatology", (1, 0), (-4, 4), ("axes fraction", "data"), "offset points", color=WARM, fontsize=9, ha="right"
    )
    right.set_ylabel("Brier skill (share of climatology's error)")
    right.set_title("What it takes off the error of climatology", fontsize=10, color=INK)
    for axes in (left, right):
        plain(axes)
        axes.set_xscale("log")
        axes.set_xticks(table["hours"], [in_short(hours) for hours in table["hours"]])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.margins(x=0.08)
        axes.set_xlabel("lead: time between the prediction and the start")
    return figure


def _curve(axes: Axes, table: pd.DataFrame, name: str, color: str, label: str, marker: str = "o") -> None:
    value = table[name]
    spread = [value - table[f"{name}_low"], table[f"{name}_high"] - value]
    axes.errorbar(table["hours"], value, yerr=spread, fmt=f"{marker}-", color=color, capsize=3, label=label)
