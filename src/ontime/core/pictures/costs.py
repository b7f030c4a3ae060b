"""What answers cost, and what conformal sets hold -> a picture."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ontime.core.pictures.style import ACCENT, INK, PALE, WARM, plain, spread

CLASSES = (("all", INK, "o"), ("true", WARM, "s"), ("false", ACCENT, "^"))
OTHERS = {"climatology": ":", "always yes": "--", "always no": "-.", "model or unknown": "-"}


def costs_picture(
    costs: pd.DataFrame,
    thresholds: pd.DataFrame,
    formula: float,
    answered: pd.DataFrame,
    conformal: pd.DataFrame,
    level: float,
) -> Figure:
    """Left cost by threshold, and the threshold of the formula; in the middle cost by share answered.

    Right the coverage of conformal sets by month.
    """
    figure = Figure(figsize=(12, 4.2), dpi=80, layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    _thresholds(left, thresholds, formula, costs.set_index("strategy")["cost"])
    _answered(middle, answered)
    _conformal(right, conformal)
    for axes in (left, middle, right):
        plain(axes)
    left.set_title("Where to say 'yes'", fontsize=10, color=INK)
    middle.set_title("What if only the surest rows are answered?", fontsize=10, color=INK)
    right.set_title("Conformal sets by class, set on earlier months", fontsize=10, color=INK)
    figure.suptitle(f"What does a mistake cost? {level:.0%} intervals", fontsize=11, color=INK)
    return figure


def _thresholds(axes: Axes, thresholds: pd.DataFrame, formula: float, costs: pd.Series) -> None:
    axes.fill_between(thresholds["threshold"], thresholds["cost_low"], thresholds["cost_high"], color=PALE)
    axes.plot(thresholds["threshold"], thresholds["cost"], color=ACCENT, label="the model, by threshold")
    axes.axvline(formula, color=WARM, linestyle="--", linewidth=1, label="threshold that follows from the costs")
    for name, style in OTHERS.items():
        color = WARM if name == "model or unknown" else INK
        axes.axhline(costs[name], color=color, linestyle=style, linewidth=1, label=name)
    axes.set(xlabel="'yes' from this probability on", ylabel="cost of 1,000 rows")
    axes.set_ylim(bottom=0)
    axes.legend(loc="lower right", frameon=False, fontsize=8)


def _answered(axes: Axes, answered: pd.DataFrame) -> None:
    for name, color, label in (("climatology_cost", INK, "climatology"), ("cost", ACCENT, "the model")):
        low, high = answered[f"{name}_low"], answered[f"{name}_high"]
        axes.fill_between(answered["share_answered"], low, high, color=PALE, alpha=0.7)
        axes.plot(answered["share_answered"], answered[name], color=color, label=label)
    axes.set(xlabel="share of rows answered, the surest first", ylabel="cost of 1,000 of those answered")
    axes.set_ylim(bottom=0)
    axes.set_xlim(0, 1)
    axes.legend(loc="upper left", frameon=False, fontsize=8)


def _conformal(axes: Axes, conformal: pd.DataFrame) -> None:
    if conformal.empty:
        axes.text(0.5, 0.5, "one month alone: none before it to set them on", ha="center", va="center", color=INK)
        return
    table = conformal[conformal["kind"] == "by class"]
    for shift, (name, color, mark) in enumerate(CLASSES):
        part = table[table["outcome"] == name]
        places = np.arange(len(part)) + 0.15 * (shift - 1)
        style = {"fmt": mark, "color": color, "capsize": 2, "label": f"outcome: {name}"}
        axes.errorbar(places, part["coverage"], yerr=spread(part, "coverage"), **style)
    axes.axhline(float(table["nominal"].iloc[0]), color=INK, linewidth=1, linestyle=":", label="nominal")
    axes.set_xticks(range(table["month"].nunique()), [*table["month"].unique()], rotation=45)
    axes.set(ylabel="share of sets that hold the outcome", ylim=(None, 1.02))
    axes.legend(loc="lower left", frameon=False, fontsize=8)
