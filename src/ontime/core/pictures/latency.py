"""Measurements of how long answers take -> a picture."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from ontime.core.pictures.style import ACCENT, INK, PALE, WARM

LINES = {"features": (ACCENT, "o"), "model": (WARM, "s"), "row-features": (ACCENT, "D"), "row-model": (WARM, "D")}


def latency(measured: pd.DataFrame) -> Figure:
    """Seconds by rows, both logarithmic: a line from the median to the 95th percentile, and the cold start above."""
    figure = Figure(figsize=(8, 4.5), dpi=100, layout="constrained")
    axes = figure.subplots()
    for what, lines in measured.groupby("what", sort=False):
        color, marker = LINES[str(what)]
        median, cold = lines["p50_seconds"], lines[["start_seconds", "load_seconds", "first_seconds"]].sum(axis=1)
        spread = [median * 0, lines["p95_seconds"] - median]
        fill = "white" if marker == "D" else color
        axes.errorbar(
            *(lines["rows"], median, spread), fmt=f"{marker}-", color=color, markerfacecolor=fill, capsize=3, label=what
        )
        axes.plot(lines["rows"], cold, f"{marker}:", color=color, markersize=3, alpha=0.5)
    axes.set(xscale="log", yscale="log", xlabel="rows", ylabel="seconds")
    axes.grid(color=PALE, linewidth=0.5)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=INK)
    axes.set_title("Median to 95th percentile, warm; dotted: the first answer of a new process", fontsize=10, color=INK)
    axes.legend(frameon=False, fontsize=9, loc="lower right")
    return figure
