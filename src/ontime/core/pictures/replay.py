"""What the loop did over a year, and what alarms were worth -> pictures."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ontime.core.pictures.style import ACCENT, INK, PALE, dated

COLORS = ("#0b6e99", "#c2571a", "#5a8a3a", "#8a63a8", "#a38a1d", "#1f2933")


def policies(weeks: pd.DataFrame, table: pd.DataFrame, decisions: pd.DataFrame, level: float) -> Figure:
    """Above each policy's loss less that of never, week by week and summed; below what policies and faults cost."""
    figure = Figure(figsize=(11, 8), dpi=80, layout="constrained")
    grid = figure.add_gridspec(2, 2, height_ratios=(5, 4))
    above, left, right = (figure.add_subplot(place) for place in (grid[0, :], grid[1, 0], grid[1, 1]))
    _summed(above, weeks, decisions)
    plain = table[(table["fault"] == "nothing") & (table["beside"] == "never") & (table["policy"] != "never")]
    judged = plain[plain["window"] != "all"].assign(label=lambda lines: lines["policy"] + ", " + lines["window"])
    _gaps(left, judged.sort_values("policy", kind="stable"))
    left.set_title(f"Log loss less that of never ({level:.0%} intervals)", fontsize=10, color=INK)
    faulty = table[(table["fault"] != "nothing") & (table["window"] == "judged")]
    faults = faulty.assign(label=faulty["fault"] + ", " + faulty["policy"])
    _gaps(right, faults)
    right.set_title("What a fault adds to it, where judged", fontsize=10, color=INK)
    for axes in (above, left, right):
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(colors=INK, labelsize=8)
    return figure


def _summed(axes: Axes, weeks: pd.DataFrame, decisions: pd.DataFrame) -> None:
    loss = weeks.pivot_table(index="last", columns="policy", values="log_loss", sort=True)
    gaps = loss.sub(loss["never"], axis=0).drop(columns="never").cumsum()
    last = pd.to_datetime(gaps.index)
    for color, name in zip(COLORS, gaps, strict=False):
        axes.plot(last, gaps[name], color=color, label=name)
        made = decisions[(decisions["policy"] == name) & (decisions["fault"] == "nothing")]
        taken = pd.to_datetime(made.loc[made["action"].isin(["retrain", "promote"]), "day"])
        places = np.interp(taken.to_numpy("int64"), last.to_numpy("datetime64[us]").astype("int64"), gaps[name])
        axes.plot(taken, places, "o", color=color, markersize=4)
    axes.axhline(0, color=PALE)
    dated(axes)
    axes.set_ylabel("weekly log loss less never's, summed")
    axes.set_title("The year under each policy; dots: a model was trained or promoted", fontsize=10, color=INK)
    axes.legend(frameon=False, fontsize=8, ncols=3)


def _gaps(axes: Axes, lines: pd.DataFrame) -> None:
    places = range(len(lines))
    value = lines["log_loss_less"]
    spread = [value - lines["log_loss_less_low"], lines["log_loss_less_high"] - value]
    axes.axvline(0, color=PALE, zorder=0)
    axes.errorbar(value, places, xerr=spread, fmt="o", markersize=4, capsize=2, color=ACCENT)
    axes.set_yticks(places, lines["label"])
    axes.invert_yaxis()
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.grid(axis="x", color=PALE, linewidth=0.5)
