"""The ablation table -> a picture."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from ontime.core.pictures.style import ACCENT, INK, PALE, WARM, plain, spread
from ontime.core.text import hours_in_short

COLORS = (ACCENT, INK, WARM)
MARKS = "osD^v<>p"
DIFFERENCE = "log_loss_difference"
STEP = 0.2  # between the leads of one feature group


def ablation_picture(table: pd.DataFrame, level: float) -> Figure:
    """How much larger the log loss is without each feature group, at several leads, with intervals."""
    groups = list(dict.fromkeys(table["group"]))
    leads = list(dict.fromkeys(table["hours"]))
    figure = Figure(figsize=(8, 1.4 + 0.55 * max(len(groups), 2)), dpi=100, layout="constrained")
    axes = figure.subplots()
    axes.axvline(0, color=PALE)
    for number, hours in enumerate(leads):
        lines = table[table["hours"] == hours]
        places = [groups.index(group) + STEP * (number - (len(leads) - 1) / 2) for group in lines["group"]]
        style = {"color": COLORS[number % len(COLORS)], "fmt": MARKS[number % len(MARKS)], "capsize": 3}
        label = f"{hours_in_short(hours)} ahead"
        axes.errorbar(lines[DIFFERENCE], places, xerr=spread(lines, DIFFERENCE), label=label, **style)
    axes.set_yticks(range(len(groups)), groups)
    axes.invert_yaxis()
    axes.set_xlabel("log loss without it minus log loss with it; farther right is worth more")
    title = f"What each feature group is worth beside all others ({level:.0%} intervals)"
    axes.set_title(title, fontsize=10, color=INK)
    if leads:
        axes.legend(frameon=False, fontsize=9)
    plain(axes)
    return figure
