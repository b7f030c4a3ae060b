"""The steps of an audit -> their picture, drawn the same everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ontime.core.pictures.style import ACCENT, INK, PALE, WARM

KINDS = {
    "scope": ("another question", INK, "o"),
    "leak": ("an advantage taken away", WARM, "v"),
    "temptation": ("an advantage added", WARM, "^"),
    "own": ("the model of this repository", ACCENT, "s"),
}


def staircase(steps: Sequence[dict[str, Any]], published: float | None, level: float) -> Figure:
    """From the top down the ROC AUC of each step, beside what it differs by from the step above, with intervals."""
    figure = Figure(figsize=(10.5, 1.5 + 0.4 * len(steps)), dpi=90, layout="constrained")
    axes = figure.subplots()
    value, low, high = (np.array([step["roc_auc"][name] for step in steps]) for name in ("value", "low", "high"))
    axes.stairs(value, np.arange(len(steps) + 1) - 0.5, orientation="horizontal", baseline=None, color=PALE)
    if published is not None:
        axes.axvline(published, color=INK, linewidth=1, linestyle=":")
    for place, step in enumerate(steps):
        _, color, marker = KINDS[step["kind"]]
        spread = [[value[place] - low[place]], [high[place] - value[place]]]
        axes.errorbar(value[place], place, xerr=spread, fmt=marker, color=color, capsize=3)
        axes.text(1.02, place, _label(step), transform=axes.get_yaxis_transform(), va="center", fontsize=9, color=INK)
    axes.set_yticks(range(len(steps)), [step["title"] for step in steps])
    axes.invert_yaxis()
    axes.set_xlabel(f"ROC AUC ({level:.0%} intervals); right, how much more or less than the step above")
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=INK)
    _legend(axes, {step["kind"] for step in steps}, published)
    return figure


def _label(step: dict[str, Any]) -> str:
    """The figure, and what it is more or less than the one above."""
    value, difference = step["roc_auc"]["value"], step.get("difference")
    if difference is None:
        return f"{value:.3f}"
    bounds = "({low:+.3f} to {high:+.3f})".format(**difference) if "low" in difference else "(other days)"
    return f"{value:.3f}  {difference['value']:+.3f} {bounds}"


def _legend(axes: Axes, kinds: set[str], published: float | None) -> None:
    shown = [look for kind, look in KINDS.items() if kind in kinds]
    handles = [Line2D([], [], color=color, marker=marker, linestyle="", label=label) for label, color, marker in shown]
    if published is not None:
        handles.append(Line2D([], [], color=INK, linewidth=1, linestyle=":", label=f"published, {published:.3f}"))
    axes.figure.legend(handles=handles, loc="outside upper center", ncols=len(handles), frameon=False, fontsize=9)
