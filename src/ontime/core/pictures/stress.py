"""What disturbed sources and drift cost, and the months as they came -> a picture."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ontime.core.pictures.style import ACCENT, INK, PALE, SMALL, WARM, plain, spread

COLORS = {"missing": WARM, "stale": ACCENT, "lossy": "#5a8a3a", "noisy": "#8a63a8", "instead": INK}
DISTURBANCES = {
    "missing": "silent",
    "stale": "{:g} h late",
    "lossy": "{:.0%} lost",
    "noisy": "{:.0%} wrong",
    "instead": "instead of the model",
}


def stress_picture(table: pd.DataFrame, months: pd.DataFrame, level: float) -> Figure:
    """Left what each disturbed source costs; right what simulated drift costs, and the months as they came."""
    figure = Figure(figsize=(12, 8), dpi=75, layout="constrained")
    grid = figure.add_gridspec(8, 2, width_ratios=(5, 4))
    left, above, below = (figure.add_subplot(place) for place in (grid[:, 0], grid[:5, 1], grid[5:, 1]))
    disturbed = table["kind"].isin(DISTURBANCES)
    sources, drift = table[disturbed], table[~disturbed]
    _costs(left, sources.assign(label=_disturbances(sources)))
    left.set_title(f"What a disturbed source adds to the log loss ({level:.0%} intervals)", fontsize=10, color=INK)
    _costs(above, drift.assign(label=_drifts(drift)))
    above.set_title("What drift adds to it: rows drawn more often, or less", fontsize=10, color=INK)
    _months(below, months)
    for axes in (left, above, below):
        plain(axes, SMALL)
    return figure


def _disturbances(table: pd.DataFrame) -> list[str]:
    lines = zip(table["what"], table["kind"], table["level"], strict=True)
    return [f"{what}, {DISTURBANCES[kind].format(level)}" for what, kind, level in lines]


def _drifts(table: pd.DataFrame) -> list[str]:
    return [f"{what}, {times:g} times" for what, times in zip(table["what"], table["level"], strict=True)]


def _costs(axes: Axes, table: pd.DataFrame) -> None:
    """A line for each, that which costs most on top."""
    ordered = table.sort_values(["log_loss_difference", "label"], ignore_index=True)
    axes.axvline(0, color=PALE, zorder=0)
    for kind, lines in ordered.groupby("kind", sort=False):
        ends = spread(lines, "log_loss_difference")
        style = {"fmt": "o", "markersize": 4, "capsize": 2, "color": COLORS.get(str(kind), INK)}
        axes.errorbar(lines["log_loss_difference"], lines.index, xerr=ends, **style)
    axes.set_yticks(range(len(ordered)), ordered["label"])
    axes.set_ylim(-0.6, len(ordered) - 0.4)
    axes.grid(axis="x", color=PALE, linewidth=0.5)


def _months(axes: Axes, months: pd.DataFrame) -> None:
    """The log loss of each month and, to the right, how far its features were from those learned from."""
    places, style = range(len(months)), {"fmt": "o", "markersize": 4, "capsize": 3, "color": ACCENT}
    axes.errorbar(places, months["log_loss"], yerr=spread(months, "log_loss"), **style)
    axes.set_xticks(places, months["month"], rotation=45)
    axes.set_ylabel("log loss", color=ACCENT)
    other = axes.twinx()
    other.plot(places, months["mean_psi"], color=WARM, marker="s", markersize=3, linewidth=1)
    other.set_ylabel("mean PSI of the features", color=WARM)
    other.set_ylim(bottom=0)
    other.tick_params(colors=INK, labelsize=SMALL)
    other.spines["top"].set_visible(False)
    axes.set_title("The months as they came", fontsize=10, color=INK)
