"""The ablation table -> a picture."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from ontime.core.pictures.style import ACCENT, INK, WARM, legend_below, panels, plain, rows, spread, titled
from ontime.core.text import hours_in_short

COLORS = (ACCENT, INK, WARM)
MARKS = "osD^v<>p"
DIFFERENCE = "log_loss_difference"
STEP = 0.2  # between the leads of one feature group


def ablation_picture(table: pd.DataFrame, level: float) -> Figure:
    """How much larger the log loss is without each feature group, at several leads, with intervals."""
    groups = list(dict.fromkeys(table["group"]))
    leads = list(dict.fromkeys(table["hours"]))
    figure, (panel,) = panels(1.5 + 0.5 * max(len(groups), 2))
    axes = panel.subplots()
    axes.axvline(0, color=INK, linewidth=0.8)
    for number, hours in enumerate(leads):
        lines = table[table["hours"] == hours]
        places = [groups.index(group) + STEP * (number - (len(leads) - 1) / 2) for group in lines["group"]]
        style = {
            "color": COLORS[number % len(COLORS)],
            "fmt": MARKS[number % len(MARKS)],
            "capsize": 2,
            "markersize": 4,
        }
        label = f"{hours_in_short(hours)} ahead"
        axes.errorbar(lines[DIFFERENCE], places, xerr=spread(lines, DIFFERENCE), label=label, **style)
    rows(axes, groups, letters=18)
    axes.set_xlabel("how much the log loss grows without the group")
    plain(axes)
    titled(panel, f"What each feature group is worth beside all others, with {level:.0%} intervals")
    if leads:
        legend_below(panel, axes, len(leads))
    return figure
