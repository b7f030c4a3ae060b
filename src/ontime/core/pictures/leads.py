"""The table of leads -> a picture."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import NullLocator, PercentFormatter

from ontime.core.pictures.style import ACCENT, INK, WARM, legend_below, panels, plain, spread, titled
from ontime.core.text import hours_in_short


def leads_picture(table: pd.DataFrame, level: float) -> Figure:
    """Above the ROC AUC at each lead beside climatology's, below the share of its Brier score that is taken away."""
    figure, (above, below) = panels(2.7, 2.7)
    _ranking(above, table, level)
    _skill(below, table, level)
    return figure


def _ranking(panel: SubFigure, table: pd.DataFrame, level: float) -> None:
    axes = panel.subplots()
    _curve(axes, table, "roc_auc", ACCENT, "the model")
    _curve(axes, table, "climatology_roc_auc", WARM, "climatology", marker="s")
    axes.axhline(0.5, color=INK, linewidth=1, linestyle="--", label="chance")
    axes.set_ylabel("ROC AUC")
    axes.set_ylim(bottom=0.48)
    _by_lead(axes, table)
    titled(panel, f"How often the model ranks a pair rightly, with {level:.0%} intervals")
    legend_below(panel, axes, 3)


def _skill(panel: SubFigure, table: pd.DataFrame, level: float) -> None:
    axes = panel.subplots()
    _curve(axes, table, "brier_skill", ACCENT, "the model")
    axes.axhline(0, color=WARM, linewidth=1, label="climatology")
    axes.set_ylabel("share of the Brier score")
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    _by_lead(axes, table)
    titled(panel, f"How much of climatology's error the model takes away, with {level:.0%} intervals")
    legend_below(panel, axes, 2)


def _by_lead(axes: Axes, table: pd.DataFrame) -> None:
    axes.set_xscale("log")
    axes.set_xticks(table["hours"], [hours_in_short(hours) for hours in table["hours"]])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.margins(x=0.08)
    axes.set_xlabel("how long before the start it is predicted")
    plain(axes)


def _curve(axes: Axes, table: pd.DataFrame, name: str, color: str, label: str, marker: str = "o") -> None:
    style = {"fmt": f"{marker}-", "color": color, "capsize": 3, "label": label}
    axes.errorbar(table["hours"], table[name], yerr=spread(table, name), **style)
