"""The trials of a sweep -> a picture."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from ontime.core.pictures.style import ACCENT, INK, legend_below, panels, plain, rows, spread, titled


def sweep_picture(table: pd.DataFrame, level: float) -> Figure:
    """The log loss of each trial minus that of the committed recipe, best trial first, with its interval."""
    figure, (panel,) = panels(1.5 + 0.26 * len(table))
    axes, places = panel.subplots(), range(len(table))
    axes.axvline(0, color=INK, linewidth=0.8, label="the committed recipe")
    style = {"fmt": "o", "markersize": 4, "color": ACCENT, "capsize": 3, "label": "a trial"}
    axes.errorbar(table["log_loss_difference"], places, xerr=spread(table, "log_loss_difference"), **style)
    rows(axes, list(table["experiment"].str.removeprefix("sweep-")), letters=34)
    axes.locator_params(axis="x", nbins=4)
    axes.set_xlabel("difference of log loss; left is better")
    plain(axes)
    titled(panel, f"Trials on the rows that both predicted; all {level:.0%} intervals hold together")
    legend_below(panel, axes, 2)
    return figure
