"""Measurements of how long answers take -> a picture; what is no answer is in the table alone."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ontime.core.pictures.style import ACCENT, INK, PALE, WARM, legend_below, panels, plain, titled

LINES = {
    "features": ("features of a table", ACCENT, "o"),
    "model": ("model on a table", WARM, "s"),
    "row-features": ("features of one row", ACCENT, "D"),
    "row-model": ("model on one row", WARM, "D"),
    "answers": ("answers of a service", INK, "^"),
}
COLD = ["start_seconds", "load_seconds", "first_seconds"]


def latency_picture(measured: pd.DataFrame) -> Figure:
    """Seconds by rows, both logarithmic: a line from the median to the 95th percentile, and the cold start above."""
    figure, (panel,) = panels(4.0)
    axes = panel.subplots()
    handles = []
    for what, lines in measured[measured["what"].isin(list(LINES))].groupby("what", sort=False):
        label, color, marker = LINES[str(what)]
        number, median = lines["rows"], lines["p50_seconds"]
        ends = [median * 0, lines["p95_seconds"] - median]
        style = {"color": color, "markerfacecolor": "white" if marker == "D" else color, "markersize": 5}
        axes.errorbar(number, median, ends, fmt=f"{marker}-", capsize=3, **style)
        axes.plot(number, lines[COLD].sum(axis=1), f"{marker}:", color=color, markersize=3, alpha=0.6)
        handles.append(Line2D([], [], marker=marker, label=label, **style))
    handles.append(Line2D([], [], color=INK, linestyle="-", label="warm: median, up to 95th percentile"))
    handles.append(Line2D([], [], color=INK, linestyle=":", label="cold: first answer of a new process"))
    axes.set(xscale="log", yscale="log", xlabel="rows answered at once", ylabel="seconds")
    axes.grid(color=PALE, linewidth=0.5)
    plain(axes)
    titled(panel, "How long an answer takes")
    legend_below(panel, axes, 2, handles)
    return figure
