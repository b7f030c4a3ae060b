"""The trials of a sweep -> a picture."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from ontime.core.pictures.style import ACCENT, INK, PALE, plain, spread


def sweep_picture(table: pd.DataFrame, level: float) -> Figure:
    """The log loss of each trial minus that of the committed recipe, best trial first, with its interval."""
    figure = Figure(figsize=(8, 1.6 + 0.32 * len(table)), dpi=100, layout="constrained")
    axes, places = figure.subplots(), range(len(table))
    axes.axvline(0, color=PALE)
    style = {"fmt": "o", "color": ACCENT, "capsize": 3}
    axes.errorbar(table["log_loss_difference"], places, xerr=spread(table, "log_loss_difference"), **style)
    axes.set_yticks(places, table["experiment"].str.removeprefix("sweep-"))
    axes.invert_yaxis()
    axes.set_xlabel(f"log loss minus that of the committed recipe (all {level:.0%} intervals together); left is better")
    axes.set_title("Backtest, the same rows predicted by both", fontsize=10, color=INK)
    plain(axes)
    return figure
