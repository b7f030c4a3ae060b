"""The table of bands -> a picture."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ontime.core.pictures.style import ACCENT, INK, PALE, SMALL, plain, spread

MOST = 10  # bands of a slice; of a slice with more, those with the most rows are drawn
PANELS = (
    ("roc_auc", "ROC AUC"),
    ("calibration_gap", "mean probability minus rate"),
    ("log_loss_minus_climatology", "log loss minus climatology's"),
)


def bands_picture(table: pd.DataFrame, level: float) -> Figure:
    """Each band as a line, all rows behind it: ROC AUC, calibration gap, log loss minus climatology's."""
    whole, bands = table[table["slice"] == "all"].iloc[0], _drawn(table)
    figure = Figure(figsize=(10, 1.2 + 0.15 * len(bands)), dpi=75, layout="constrained")
    places = -(np.arange(len(bands)) + 0.8 * (bands["slice"] != bands["slice"].shift()).cumsum().to_numpy())
    for axes, (metric, title) in zip(figure.subplots(1, 3, sharey=True), PANELS, strict=True):
        axes.axvspan(whole[f"{metric}_low"], whole[f"{metric}_high"], color=PALE, alpha=0.5, linewidth=0)
        axes.errorbar(
            bands[metric], places, xerr=spread(bands, metric), fmt="o", markersize=3, linewidth=1, color=ACCENT
        )
        if metric == "calibration_gap":
            axes.axvline(0, color=INK, linewidth=0.8)
        axes.set_title(title, fontsize=9, color=INK)
        plain(axes, SMALL)
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(places.min() - 1, 0.2)
    names = [f"{name}: {band}" for name, band in zip(bands["slice"], bands["band"], strict=True)]
    figure.axes[0].set_yticks(places, names)
    figure.suptitle(f"Where is it weak? {level:.0%} intervals; pale: all rows", fontsize=10, color=INK)
    return figure


def _drawn(table: pd.DataFrame) -> pd.DataFrame:
    parts = []
    for name, part in table.groupby("slice", sort=False):
        if name != "all":
            parts.append(part.loc[part["rows"].nlargest(MOST).index.sort_values()])
    return pd.concat(parts, ignore_index=True)
