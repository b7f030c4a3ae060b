"""The steps of an audit -> a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ontime.core.pictures.style import ACCENT, INK, PALE, WARM, plain
from ontime.core.statistics.intervals import Interval

KINDS = {
    "scope": ("another question", INK, "o"),
    "leak": ("an advantage taken away", WARM, "v"),
    "temptation": ("an advantage added", WARM, "^"),
    "own": ("the model of this repository", ACCENT, "s"),
}


def audit_picture(steps: Sequence[dict[str, Any]], published: float | None, level: float) -> Figure:
    """From the top down the ROC AUC of each step, beside its difference to the step above, with intervals."""
    figure = Figure(figsize=(10.5, 1.5 + 0.4 * len(steps)), dpi=90, layout="constrained")
    axes = figure.subplots()
    intervals = [Interval.load(step["roc_auc"]) for step in steps]
    edges = np.arange(len(steps) + 1) - 0.5
    values = [interval.value for interval in intervals]
    axes.stairs(values, edges, orientation="horizontal", baseline=None, color=PALE)
    if published is not None:
        axes.axvline(published, color=INK, linewidth=1, linestyle=":")
    for place, (step, interval) in enumerate(zip(steps, intervals, strict=True)):
        _, color, marker = KINDS[step["kind"]]
        ends = [[interval.value - interval.low], [interval.high - interval.value]]
        axes.errorbar(interval.value, place, xerr=ends, fmt=marker, color=color, capsize=3)
        axes.text(1.02, place, _label(step), transform=axes.get_yaxis_transform(), va="center", fontsize=9, color=INK)
    axes.set_yticks(range(len(steps)), [step["title"] for step in steps])
    axes.invert_yaxis()
    axes.set_xlabel(f"ROC AUC ({level:.0%} intervals); right, how much more or less than the step above")
    plain(axes)
    _legend(axes, {step["kind"] for step in steps}, published)
    return figure


def _label(step: dict[str, Any]) -> str:
    """The figure, and its difference to the one above."""
    value = f"{step['roc_auc']['value']:.3f}"
    if "difference" not in step:
        return value
    difference = Interval.load(step["difference"])
    return f"{value}  {difference:+.3f}" + (" (other days)" if np.isnan(difference.low) else "")


def _legend(axes: Axes, kinds: set[str], published: float | None) -> None:
    shown = [look for kind, look in KINDS.items() if kind in kinds]
    handles = [Line2D([], [], color=color, marker=marker, linestyle="", label=label) for label, color, marker in shown]
    if published is not None:
        handles.append(Line2D([], [], color=INK, linewidth=1, linestyle=":", label=f"published, {published:.3f}"))
    axes.figure.legend(handles=handles, loc="outside upper center", ncols=len(handles), frameon=False, fontsize=9)
