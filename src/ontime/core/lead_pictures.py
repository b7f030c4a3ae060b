"""The tables of leads and feeds -> their pictures."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from ontime.core.hours import in_words
from ontime.core.plots import ACCENT, INK, PALE, WARM

SHORT = {"minutes": "min", "minute": "min", "hours": "h", "hour": "h"}
MARKS = "osD^v<>p"
FEED_STEP = 0.2  # between the leads of one feed


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
        _style(axes)
        axes.set_xscale("log")
        axes.set_xticks(table["hours"], [_short(hours) for hours in table["hours"]])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.margins(x=0.08)
        axes.set_xlabel("lead: time between the prediction and the start")
    return figure


def feeds(table: pd.DataFrame, level: float) -> Figure:
    """How much larger the log loss is without each feed, at several leads, with intervals."""
    names = list(dict.fromkeys(table["feed"]))
    leads = list(dict.fromkeys(table["hours"]))
    figure = Figure(figsize=(8, 1.4 + 0.55 * max(len(names), 2)), dpi=100, layout="constrained")
    axes = figure.subplots()
    axes.axvline(0, color=PALE)
    colors = (ACCENT, INK, WARM)
    for number, hours in enumerate(leads):
        lines = table[table["hours"] == hours]
        places = [names.index(name) + FEED_STEP * (number - (len(leads) - 1) / 2) for name in lines["feed"]]
        gap = lines["log_loss"]
        spread = [gap - lines["log_loss_low"], lines["log_loss_high"] - gap]
        style = {"color": colors[number % len(colors)], "fmt": MARKS[number % len(MARKS)], "capsize": 3}
        axes.errorbar(gap, places, xerr=spread, label=f"{_short(hours)} ahead", **style)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlabel("log loss without it less with it; right is worth more")
    axes.set_title(f"What each feed is worth beside all others ({level:.0%} intervals)", fontsize=10, color=INK)
    if leads:
        axes.legend(frameon=False, fontsize=9)
    _style(axes)
    return figure


def _curve(axes: Axes, table: pd.DataFrame, name: str, color: str, label: str, marker: str = "o") -> None:
    value = table[name]
    spread = [value - table[f"{name}_low"], table[f"{name}_high"] - value]
    axes.errorbar(table["hours"], value, yerr=spread, fmt=f"{marker}-", color=color, capsize=3, label=label)


def _style(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=INK)


def _short(hours: float) -> str:
    number, unit = in_words(hours).split()
    return f"{number} {SHORT[unit]}"
