"""The steps of an audit -> a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ontime.core.pictures.style import ACCENT, INK, PALE, SMALL, WARM, legend_below, panels, plain, titled
from ontime.core.statistics.intervals import Interval

KINDS = {
    "scope": ("another question", INK, "o"),
    "leak": ("an advantage taken away", WARM, "v"),
    "temptation": ("an advantage added", WARM, "^"),
    "own": ("the model of this repository", ACCENT, "s"),
}
PAPER = {"facecolor": "white", "edgecolor": "none", "pad": 1}  # behind words, so that no line runs through them
ABOVE = 0.38  # of a row, that its words stand above its point


def audit_picture(steps: Sequence[dict[str, Any]], published: float | None, level: float) -> Figure:
    """From the top down the ROC AUC of each step, and its difference to the step above, with intervals."""
    figure, (panel,) = panels(1.5 + 0.46 * len(steps))
    axes = panel.subplots()
    if published is not None:
        axes.axvline(published, color=INK, linewidth=1, linestyle=":")
    for place, step in enumerate(steps):
        interval = Interval.load(step["roc_auc"])
        _, color, marker = KINDS[step["kind"]]
        ends = [[interval.value - interval.low], [interval.high - interval.value]]
        axes.errorbar(interval.value, place, xerr=ends, fmt=marker, color=color, capsize=3)
        for side, text in (("left", step["title"]), ("right", _label(step))):
            words = {"va": "center", "ha": side, "fontsize": SMALL, "color": INK, "bbox": PAPER}
            axes.text(float(side == "right"), place - ABOVE, text, transform=axes.get_yaxis_transform(), **words)
        axes.axhline(place - 0.62, color=PALE, linewidth=0.5)
    axes.set_yticks([])
    axes.set_ylim(len(steps) - 0.6, -0.65)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(f"ROC AUC with {level:.0%} intervals")
    plain(axes)
    titled(panel, "From the published protocol to this repository: ROC AUC of each step, and minus the step above")
    legend_below(panel, axes, 2, _handles({step["kind"] for step in steps}, published))
    return figure


def _label(step: dict[str, Any]) -> str:
    """The figure, and its difference to the one above."""
    value = f"{step['roc_auc']['value']:.3f}"
    if "difference" not in step:
        return value
    difference = Interval.load(step["difference"])
    return f"{value}, {difference:+.3f}" + (" (other days)" if np.isnan(difference.low) else "")


def _handles(kinds: set[str], published: float | None) -> list[Line2D]:
    shown = [look for kind, look in KINDS.items() if kind in kinds]
    handles = [Line2D([], [], color=color, marker=marker, linestyle="", label=label) for label, color, marker in shown]
    if published is not None:
        handles.append(Line2D([], [], color=INK, linewidth=1, linestyle=":", label=f"as published, {published:.3f}"))
    return handles
