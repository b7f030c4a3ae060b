"""What answers cost, and what conformal sets hold -> a picture."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import PercentFormatter

from ontime.core.pictures.style import ACCENT, INK, PALE, SMALL, WARM, legend_below, panels, plain, spread, titled

CLASSES = (("all", "all rows", INK, "o"), ("true", "with the outcome", WARM, "s"), ("false", "without it", ACCENT, "^"))
OTHERS = {"climatology": ":", "always yes": "--", "always no": "-.", "model or unknown": "-"}


def costs_picture(
    costs: pd.DataFrame,
    thresholds: pd.DataFrame,
    formula: float,
    answered: pd.DataFrame,
    conformal: pd.DataFrame,
    level: float,
) -> Figure:
    """First cost by threshold, and the threshold of the formula; then cost by share answered.

    Last the coverage of conformal sets by month.
    """
    figure, (first, second, third) = panels(3.6, 2.9, 3.1)
    _thresholds(first, thresholds, formula, costs.set_index("strategy")["cost"], level)
    _answered(second, answered, level)
    _conformal(third, conformal, level)
    return figure


def _thresholds(panel: SubFigure, thresholds: pd.DataFrame, formula: float, costs: pd.Series, level: float) -> None:
    axes = panel.subplots()
    axes.fill_between(thresholds["threshold"], thresholds["cost_low"], thresholds["cost_high"], color=PALE)
    axes.plot(thresholds["threshold"], thresholds["cost"], color=ACCENT, label="the model, by threshold")
    axes.axvline(formula, color=WARM, linestyle="--", linewidth=1, label="threshold by the costs")
    for name, style in OTHERS.items():
        color = WARM if name == "model or unknown" else INK
        label = "model or 'I do not know'" if name == "model or unknown" else name
        axes.axhline(costs[name], color=color, linestyle=style, linewidth=1, label=label)
    axes.set(xlabel="'yes' from this probability on", ylabel="cost of 1,000 rows")
    axes.set_ylim(bottom=0)
    plain(axes)
    titled(panel, f"From which probability on to say 'yes', with {level:.0%} intervals")
    legend_below(panel, axes, 2)


def _answered(panel: SubFigure, answered: pd.DataFrame, level: float) -> None:
    axes = panel.subplots()
    for name, color, style, label in (
        ("climatology_cost", INK, "--", "climatology"),
        ("cost", ACCENT, "-", "the model"),
    ):
        low, high = answered[f"{name}_low"], answered[f"{name}_high"]
        axes.fill_between(answered["share_answered"], low, high, color=PALE, alpha=0.7)
        axes.plot(answered["share_answered"], answered[name], color=color, linestyle=style, label=label)
    axes.set(xlabel="share of rows that are answered, the surest first", ylabel="cost of 1,000 answers")
    axes.set_ylim(bottom=0)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    plain(axes)
    titled(panel, f"What if only the surest rows are answered? With {level:.0%} intervals")
    legend_below(panel, axes, 2)


def _conformal(panel: SubFigure, conformal: pd.DataFrame, level: float) -> None:
    axes = panel.subplots()
    titled(panel, f"How often conformal sets, set on earlier months, hold the outcome, with {level:.0%} intervals")
    if conformal.empty:
        words = "one month alone: none before it to set them on"
        axes.text(0.5, 0.5, words, ha="center", va="center", color=INK, fontsize=SMALL)
        axes.set_axis_off()
        return
    table = conformal[conformal["kind"] == "by class"]
    for shift, (name, label, color, mark) in enumerate(CLASSES):
        part = table[table["outcome"] == name]
        places = np.arange(len(part)) + 0.15 * (shift - 1)
        style = {"fmt": mark, "color": color, "capsize": 2, "markersize": 4, "label": label}
        axes.errorbar(places, part["coverage"], yerr=spread(part, "coverage"), **style)
    axes.axhline(float(table["nominal"].iloc[0]), color=INK, linewidth=1, linestyle=":", label="as promised")
    axes.set_xticks(range(table["month"].nunique()), [*table["month"].unique()], rotation=45)
    axes.set(ylabel="share of sets that hold it", ylim=(None, 1.02))
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    plain(axes)
    legend_below(panel, axes, 2)
