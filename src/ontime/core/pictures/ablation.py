"""What each feature group is worth at each lead -> a picture."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from ontime.core.pictures.style import ACCENT, INK, PALE, WARM, plain
from ontime.core.text import in_short

MARKS = "osD^v<>p"
FEED_STEP = 0.2  # between the leads of one feed


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
        axes.errorbar(gap, places, xerr=spread, label=f"{in_short(hours)} ahead", **style)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlabel("log loss without it less with it; right is worth more")
    axes.set_title(f"What each feed is worth beside all others ({level:.0%} intervals)", fontsize=10, color=INK)
    if leads:
        axes.legend(frameon=False, fontsize=9)
    plain(axes)
    return figure
