"""Measurements of how long answers take -> a picture."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from ontime.core.pictures.style import ACCENT, INK, PALE, WARM, plain

LINES = {"features": (ACCENT, "o"), "model": (WARM, "s"), "row-features": (ACCENT, "D"), "row-model": (WARM, "D")}
COLD = ["start_seconds", "load_seconds", "first_seconds"]


def latency_picture(measured: pd.DataFrame) -> Figure:
    """Seconds by rows, both logarithmic: a line from the median to the 95th percentile, and the cold start above."""
    figure = Figure(figsize=(8, 4.5), dpi=100, layout="constrained")
    axes = figure.subplots()
    for what, lines in measured.groupby("what", sort=False):
        color, marker = LINES[str(what)]
        rows, median = lines["rows"], lines["p50_seconds"]
        ends = [median * 0, lines["p95_seconds"] - median]
        style = {"color": color, "markerfacecolor": "white" if marker == "D" else color, "capsize": 3}
        axes.errorbar(rows, median, ends, fmt=f"{marker}-", label=what, **style)
        axes.plot(rows, lines[COLD].sum(axis=1), f"{marker}:", color=color, markersize=3, alpha=0.5)
    axes.set(xscale="log", yscale="log", xlabel="rows", ylabel="seconds")
    axes.grid(color=PALE, linewidth=0.5)
    plain(axes)
    axes.set_title("Median to 95th percentile, warm; dotted: the first answer of a new process", fontsize=10, color=INK)
    axes.legend(frameon=False, fontsize=9, loc="lower right")
    return figure
