"""The year replayed under each policy, with faults -> a picture."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ontime.core.pictures.style import ACCENT, INK, PALE, SMALL, dated, plain, spread

PLAIN = "none"  # the fault of the runs in which nothing fails
DIFFERENCE = "log_loss_minus_baseline"
COLORS = ("#0b6e99", "#c2571a", "#5a8a3a", "#8a63a8", "#a38a1d", "#1f2933")


def replay_picture(weeks: pd.DataFrame, table: pd.DataFrame, decisions: pd.DataFrame, level: float) -> Figure:
    """Above the weekly loss of each policy minus that of `never`, summed; below what policies and faults cost."""
    figure = Figure(figsize=(11, 8), dpi=80, layout="constrained")
    grid = figure.add_gridspec(2, 2, height_ratios=(5, 4))
    above, left, right = (figure.add_subplot(place) for place in (grid[0, :], grid[1, 0], grid[1, 1]))
    _summed(above, weeks, decisions)
    without_fault = table[(table["fault"] == PLAIN) & (table["baseline"] == "never") & (table["policy"] != "never")]
    policies = without_fault[without_fault["window"] != "all"]
    policies = policies.assign(label=policies["policy"] + ", " + policies["window"])
    _gaps(left, policies.sort_values("policy", kind="stable"))
    left.set_title(f"Log loss minus that of never ({level:.0%} intervals)", fontsize=10, color=INK)
    faults = table[(table["fault"] != PLAIN) & (table["window"] == "evaluation")]
    _gaps(right, faults.assign(label=faults["fault"] + ", " + faults["policy"]))
    right.set_title("What a fault adds to it, in the evaluation", fontsize=10, color=INK)
    for axes in (above, left, right):
        plain(axes, SMALL)
    return figure


def _summed(axes: Axes, weeks: pd.DataFrame, decisions: pd.DataFrame) -> None:
    """A line for each policy; a dot where a model was trained or promoted."""
    loss = weeks.pivot_table(index="week_end", columns="policy", values="log_loss", sort=True)
    gaps = loss.sub(loss["never"], axis=0).drop(columns="never").cumsum()
    week_end = pd.to_datetime(gaps.index)
    new_models = decisions[(decisions["fault"] == PLAIN) & decisions["action"].isin(["retrain", "promote"])]
    for color, policy in zip(COLORS, gaps, strict=False):
        axes.plot(week_end, gaps[policy], color=color, label=policy)
        days = pd.to_datetime(new_models.loc[new_models["policy"] == policy, "day"])
        places = np.interp(days.to_numpy("int64"), week_end.to_numpy("datetime64[us]").astype("int64"), gaps[policy])
        axes.plot(days, places, "o", color=color, markersize=4)
    axes.axhline(0, color=PALE)
    dated(axes)
    axes.set_ylabel("weekly log loss minus never's, summed")
    axes.set_title("The year under each policy; dots: a model was trained or promoted", fontsize=10, color=INK)
    axes.legend(frameon=False, fontsize=8, ncols=3)


def _gaps(axes: Axes, lines: pd.DataFrame) -> None:
    """A difference with its interval, a line each."""
    places, style = range(len(lines)), {"fmt": "o", "markersize": 4, "capsize": 2, "color": ACCENT}
    axes.axvline(0, color=PALE, zorder=0)
    axes.errorbar(lines[DIFFERENCE], places, xerr=spread(lines, DIFFERENCE), **style)
    axes.set_yticks(places, lines["label"])
    axes.invert_yaxis()
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.grid(axis="x", color=PALE, linewidth=0.5)
