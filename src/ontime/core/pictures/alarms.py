"""Models that are never replaced, and alarm rules judged -> a picture."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ontime.core.pictures.style import ACCENT, INK, PALE, SMALL, WARM, dated, plain, spread

RANK = "_rank"  # how columns of the rank of a drift test end
P_VALUES = "p_values_share"


def alarms_picture(weeks: pd.DataFrame, rules: pd.DataFrame, quantile: float, level: float) -> Figure:
    """Left the first model, never replaced: its loss, and the weeks in which drift was beyond its bound.

    Right, for each selected rule, which share of its alarms was useful.
    """
    figure = Figure(figsize=(11, 5.6), dpi=80, layout="constrained")
    grid = figure.add_gridspec(2, 2, width_ratios=(3, 2))
    above, below, right = (figure.add_subplot(place) for place in (grid[0, 0], grid[1, 0], grid[:, 1]))
    first = weeks[weeks["model"] == weeks["model"].min()]
    week_end = pd.to_datetime(first["week_end"])
    _losses(above, week_end, first, level)
    _beyond(below, week_end, first, quantile)
    dated(above)
    dated(below)
    _useful(right, rules[rules["selected"] & (rules["window"] == "evaluation")], level)
    for axes in (above, below, right):
        plain(axes, SMALL)
    return figure


def _losses(axes: Axes, week_end: pd.Series, first: pd.DataFrame, level: float) -> None:
    """The weekly loss of the model, that of a newer one, and where it was estimated to be."""
    band = first["log_loss_estimated_low"], first["log_loss_estimated_high"]
    axes.fill_between(week_end, *band, color=PALE, linewidth=0, label=f"estimated before outcomes ({level:.0%})")
    axes.plot(week_end, first["log_loss"], color=WARM, marker="o", markersize=3, label="never replaced")
    newer = {"color": ACCENT, "marker": "o", "markersize": 3, "label": "retrained when the month began"}
    axes.plot(week_end, first["log_loss_retrained"], **newer)
    axes.set_ylabel("log loss of the week")
    low, high = axes.get_ylim()
    axes.set_ylim(low - 0.4 * (high - low), high)  # room for the legend
    axes.legend(frameon=False, fontsize=8, loc="lower left")
    axes.set_title(f"The model of {first['model'].iloc[0]}, frozen", fontsize=10, color=INK)


def _beyond(axes: Axes, week_end: pd.Series, first: pd.DataFrame, quantile: float) -> None:
    """A row of weeks for each drift test, those beyond the bound marked."""
    columns = [str(name) for name in first if str(name).endswith(RANK) or name == P_VALUES]
    for place, column in enumerate(columns):
        over = (first[column] > quantile).to_numpy()
        axes.plot(week_end, np.full(len(week_end), place), "s", color=PALE, markersize=5)
        axes.plot(week_end[over], np.full(int(over.sum()), place), "s", color=WARM, markersize=5)
    axes.set_yticks(range(len(columns)), [_test_in_words(column) for column in columns])
    axes.invert_yaxis()
    axes.set_title(f"Weeks farther than {quantile:.0%} of those learned from", fontsize=10, color=INK)


def _test_in_words(column: str) -> str:
    return "p values, of features" if column == P_VALUES else column.removesuffix(RANK).replace("_", " ")


def _useful(axes: Axes, rules: pd.DataFrame, level: float) -> None:
    """The share of alarms that were useful, with intervals; of rules without alarms a word."""
    watched = rules["test"].where(rules["test"] != "", rules["monitor"] + " loss").str.replace("_", " ")
    places = range(len(rules))
    known = rules["useful_share"].notna()
    rang = rules[known]
    style = {"fmt": "o", "markersize": 4, "capsize": 2, "color": ACCENT}
    axes.errorbar(rang["useful_share"], np.flatnonzero(known), xerr=spread(rang, "useful_share"), **style)
    for place in map(float, np.flatnonzero(~known)):
        axes.text(0, place, "none rang", fontsize=8, color=INK, va="center")
    axes.axvline(float(rules["useful_base_rate"].mean()), color=WARM, linestyle=":", label="of all weeks")
    axes.set_yticks(places, watched)
    axes.set_xlim(-0.03, 1.03)
    axes.invert_yaxis()
    axes.legend(frameon=False, fontsize=8, loc="lower right")
    axes.set_title(f"Share of alarms that were useful ({level:.0%})", fontsize=10, color=INK)
