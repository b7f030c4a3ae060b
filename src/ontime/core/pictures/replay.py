"""The year replayed under each policy, with faults -> a picture."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from ontime.core.pictures.style import (
    ACCENT,
    INK,
    OTHER_COLORS,
    WARM,
    dated,
    legend_below,
    panels,
    plain,
    rows,
    spread,
    titled,
)

PLAIN = "none"  # the fault of the runs in which nothing fails
NEVER = "never"
DIFFERENCE = "log_loss_minus_baseline"
COLORS = (ACCENT, WARM, *OTHER_COLORS, INK)
STYLES = ("-", "--", "-.", ":")  # of lines, which lie over one another and may be printed without colour
WINDOWS = {"selection": "the months that chose", "evaluation": "the months after"}
MARKS = ((ACCENT, "o"), (WARM, "s"), (INK, "D"), (OTHER_COLORS[0], "^"))
STEP = 0.32  # between what is compared in one row


def replay_picture(weeks: pd.DataFrame, table: pd.DataFrame, decisions: pd.DataFrame, level: float) -> Figure:
    """First the weekly loss of each policy minus that of `never`, summed; then what policies, and faults, cost."""
    beside_never = table[(table["fault"] == PLAIN) & (table["baseline"] == NEVER) & (table["policy"] != NEVER)]
    policies = beside_never[beside_never["window"].isin(WINDOWS)]
    policies = policies.assign(row=policies["policy"], series=policies["window"].map(WINDOWS))
    faults = table[(table["fault"] != PLAIN) & (table["window"] == "evaluation")]
    faults = faults.assign(row=faults["fault"], series=faults["policy"])
    figure, (above, middle, below) = panels(3.6, *(1.3 + 0.4 * part["row"].nunique() for part in (policies, faults)))
    _summed(above, weeks, decisions)
    _gaps(middle, policies, "log loss minus that of a model that is never replaced")
    titled(middle, f"What each policy brings, with {level:.0%} intervals; left is better")
    _gaps(below, faults, "log loss minus that of the same policy without the fault")
    titled(below, f"What a fault costs in the months after, with {level:.0%} intervals; right is worse")
    return figure


def _summed(panel: SubFigure, weeks: pd.DataFrame, decisions: pd.DataFrame) -> None:
    """A line for each policy; a dot where a model was trained or promoted."""
    axes = panel.subplots()
    loss = weeks.pivot_table(index="week_end", columns="policy", values="log_loss", sort=True)
    gaps = loss.sub(loss[NEVER], axis=0).drop(columns=NEVER).cumsum()
    week_end = pd.to_datetime(gaps.index)
    new_models = decisions[(decisions["fault"] == PLAIN) & decisions["action"].isin(["ready", "promote"])]
    for number, policy in enumerate(gaps):
        color, style = COLORS[number % len(COLORS)], STYLES[number % len(STYLES)]
        axes.plot(week_end, gaps[policy], color=color, linestyle=style, label=policy)
        days = pd.to_datetime(new_models.loc[new_models["policy"] == policy, "day"])
        places = np.interp(days.to_numpy("int64"), week_end.to_numpy("datetime64[us]").astype("int64"), gaps[policy])
        axes.plot(days, places, "o", color=color, markersize=4)
    axes.axhline(0, color=INK, linewidth=0.8, label="never replaced")
    dated(axes)
    axes.set_ylabel("log loss, summed by week")
    plain(axes)
    titled(panel, "The year under each policy, beside a model that is never replaced; lower is better")
    handles = axes.get_legend_handles_labels()[0]
    dot = Line2D([], [], marker="o", linestyle="", color="grey", markersize=4, label="a model trained or promoted")
    legend_below(panel, axes, 3, [*handles, dot])


def _gaps(panel: SubFigure, lines: pd.DataFrame, label: str) -> None:
    """Differences with their intervals: a row for each policy or fault, a mark for each window or policy."""
    axes = panel.subplots()
    names, series = (list(dict.fromkeys(lines[name])) for name in ("row", "series"))
    axes.axvline(0, color=INK, linewidth=0.8)
    for number, one in enumerate(series):
        part = lines[lines["series"] == one]
        shift = STEP * (number - (len(series) - 1) / 2)
        color, mark = MARKS[number % len(MARKS)]
        style = {"fmt": mark, "markersize": 4, "capsize": 2, "color": color, "label": one}
        places = [names.index(name) + shift for name in part["row"]]
        axes.errorbar(part[DIFFERENCE], places, xerr=spread(part, DIFFERENCE), **style)
    rows(axes, names)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.set_xlabel(label)
    plain(axes)
    legend_below(panel, axes, 2)
