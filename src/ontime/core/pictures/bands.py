"""The table of bands -> a picture."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import StrMethodFormatter

from ontime.core.pictures.style import ACCENT, INK, PALE, SMALL, legend_below, panels, plain, spread, titled

MOST = 8  # bands of a slice; of a slice with more, those with the most rows are drawn
PANELS = (
    ("roc_auc", "ROC AUC"),
    ("calibration_gap", "probability minus share with the outcome"),
    ("log_loss_minus_climatology", "log loss minus that of climatology"),
)
ROW = 0.155  # inches


def bands_picture(table: pd.DataFrame, level: float) -> Figure:
    """Each band as a line, all rows behind it: ROC AUC, calibration gap, log loss minus climatology's."""
    whole, bands = table[table["slice"] == "all"].iloc[0], _drawn(table)
    places = np.arange(len(bands)) + 0.8 * (bands["slice"] != bands["slice"].shift()).cumsum().to_numpy()
    figure, (panel,) = panels(1.7 + ROW * (float(places[-1]) + 1))
    columns = panel.subplots(1, 3, sharey=True)
    for axes, (metric, title) in zip(columns, PANELS, strict=True):
        axes.axvspan(whole[f"{metric}_low"], whole[f"{metric}_high"], color=PALE, alpha=0.6, linewidth=0)
        style = {"fmt": "o", "markersize": 3, "linewidth": 1, "color": ACCENT}
        axes.errorbar(bands[metric], places, xerr=spread(bands, metric), **style)
        if metric != "roc_auc":
            axes.axvline(0, color=INK, linewidth=0.8)
        axes.set_title(textwrap.fill(title, 16), fontsize=SMALL, color=INK)
        axes.locator_params(axis="x", nbins=3)
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        plain(axes)
        axes.tick_params(axis="y", length=0)
    columns[0].set_yticks(places, [f"{name}: {band}" for name, band in zip(bands["slice"], bands["band"], strict=True)])
    columns[0].set_ylim(places[-1] + 1, places[0] - 1)
    dropped = f"; of slices with more than {MOST} bands the {MOST} largest" if len(bands) < len(table) - 1 else ""
    titled(panel, f"Where is it weak? Each band with its {level:.0%} interval{dropped}")
    handles = [
        Line2D([], [], color=ACCENT, marker="o", markersize=3, label="a band"),
        Patch(color=PALE, alpha=0.6, label="all rows together"),
    ]
    legend_below(panel, columns[0], 2, handles)
    return figure


def _drawn(table: pd.DataFrame) -> pd.DataFrame:
    parts = []
    for name, part in table.groupby("slice", sort=False):
        if name != "all":
            parts.append(part.loc[part["rows"].nlargest(MOST).index.sort_values()])
    return pd.concat(parts, ignore_index=True)
