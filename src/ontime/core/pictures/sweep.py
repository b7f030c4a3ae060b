"""The trials of a sweep -> a picture."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from ontime.core.pictures.style import ACCENT, INK, PALE


def sweep(table: pd.DataFrame, level: float) -> Figure:
    """What the log loss of each trial is less that of the committed recipe, best trial first, with its interval."""
    figure = Figure(figsize=(8, 1.6 + 0.32 * len(table)), dpi=100, layout="constrained")
    axes, places = figure.subplots(), range(len(table))
    gap = table["log_loss_gap"]
    spread = [gap - table["log_loss_low"], table["log_loss_high"] - gap]
    axes.axvline(0, color=PALE)
    axes.errorbar(gap, places, xerr=spread, fmt="o", color=ACCENT, capsize=3)
    axes.set_yticks(places, table["experiment"].str.removeprefix("sweep-"))
    axes.invert_yaxis()
    axes.set_xlabel(f"log loss less that of the committed recipe (all {level:.0%} intervals together); left is better")
    axes.set_title("Backtest, the same rows predicted by both", fontsize=10, color=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=INK)
    return figure
