"""Models that are never replaced, and alarm rules judged -> a picture."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from ontime.core.pictures.style import (
    ACCENT,
    INK,
    PALE,
    SMALL,
    WARM,
    dated,
    legend_below,
    panels,
    plain,
    rows,
    spread,
    titled,
)

RANK = "_rank"  # how columns of the rank of a drift test end
P_VALUES = "p_values_share"


def alarms_picture(weeks: pd.DataFrame, rules: pd.DataFrame, quantile: float, level: float) -> Figure:
    """First the loss of the first model, never replaced; then the weeks in which drift was beyond its bound.

    Last, for each selected rule, which share of its alarms was useful.
    """
    figure, (losses, drift, useful) = panels(3.0, 2.4, 3.0)
    first = weeks[weeks["model"] == weeks["model"].min()]
    week_end = pd.to_datetime(first["week_end"])
    _losses(losses, week_end, first, level)
    _beyond(drift, week_end, first, quantile)
    _useful(useful, rules[rules["selected"] & (rules["window"] == "evaluation")], level)
    return figure


def _losses(panel: SubFigure, week_end: pd.Series, first: pd.DataFrame, level: float) -> None:
    """The weekly loss of the model, that of a newer one, and where it was estimated to be."""
    axes = panel.subplots()
    band = first["log_loss_estimated_low"], first["log_loss_estimated_high"]
    axes.fill_between(week_end, *band, color=PALE, linewidth=0, label=f"where it was estimated to lie ({level:.0%})")
    axes.plot(week_end, first["log_loss"], color=WARM, marker="o", markersize=3, label="never replaced")
    newer = {"color": ACCENT, "marker": "s", "markersize": 3, "label": "retrained each month"}
    axes.plot(week_end, first["log_loss_retrained"], **newer)
    axes.set_ylabel("log loss of the week")
    dated(axes)
    plain(axes)
    titled(panel, f"The model of {first['model'].iloc[0]}, kept to the end, beside one that is retrained")
    legend_below(panel, axes, 2)


def _beyond(panel: SubFigure, week_end: pd.Series, first: pd.DataFrame, quantile: float) -> None:
    """A row of weeks for each drift test, those beyond the bound marked."""
    axes = panel.subplots()
    columns = [str(name) for name in first if str(name).endswith(RANK) or name == P_VALUES]
    for place, column in enumerate(columns):
        over = (first[column] > quantile).to_numpy()
        axes.plot(week_end, np.full(len(week_end), place), "s", color=PALE, markersize=4)
        axes.plot(week_end[over], np.full(int(over.sum()), place), "s", color=WARM, markersize=4)
    rows(axes, [_test_in_words(column) for column in columns], letters=20)
    axes.grid(visible=False)
    dated(axes)
    plain(axes)
    titled(panel, "In which weeks its features had drifted, by each test")
    meanings = {PALE: "a usual week", WARM: f"farther than {quantile:.0%} of the weeks learned from"}
    handles = [
        Line2D([], [], marker="s", linestyle="", markersize=4, color=color, label=label)
        for color, label in meanings.items()
    ]
    legend_below(panel, axes, 2, handles)


def _test_in_words(column: str) -> str:
    return "p values" if column == P_VALUES else column.removesuffix(RANK).replace("_", " ")


def _useful(panel: SubFigure, rules: pd.DataFrame, level: float) -> None:
    """The share of alarms that were useful, with intervals; of rules without alarms a word."""
    axes = panel.subplots()
    watched = rules["test"].where(rules["test"] != "", rules["monitor"] + " loss").str.replace("_", " ")
    known = rules["useful_share"].notna()
    rang = rules[known]
    style = {"fmt": "o", "markersize": 4, "capsize": 3, "color": ACCENT, "label": "alarms of the rule"}
    axes.errorbar(rang["useful_share"], np.flatnonzero(known), xerr=spread(rang, "useful_share"), **style)
    for place in map(float, np.flatnonzero(~known)):
        axes.text(0.02, place, "none rang", fontsize=SMALL, color=INK, va="center")
    base_rate = float(rules["useful_base_rate"].mean())
    axes.axvline(base_rate, color=WARM, linestyle=":", label=f"an alarm at random, {base_rate:.0%}")
    rows(axes, list(watched), letters=20)
    axes.set_xlim(-0.03, 1.03)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.set_xlabel("share of alarms after which a new model was better")
    plain(axes)
    titled(panel, f"How often an alarm was useful, by what is watched, with {level:.0%} intervals")
    legend_below(panel, axes, 2)
