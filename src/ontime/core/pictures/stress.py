"""What failures and drifts cost -> a picture."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ontime.core.pictures.style import ACCENT, INK, PALE, WARM

COLORS = {"missing": WARM, "stale": ACCENT, "lossy": "#5a8a3a", "noisy": "#8a63a8", "instead": INK}
FEED = {
    "missing": "silent",
    "stale": "{:g} h late",
    "lossy": "{:.0%} lost",
    "noisy": "{:.0%} wrong",
    "instead": "instead of the model",
}
DRIFT = "{}, {:g} times"


def failures(table: pd.DataFrame, months: pd.DataFrame, level: float) -> Figure:
    """Left what each disturbed feed costs; right what simulated drift costs, and the months as they came."""
    figure = Figure(figsize=(12, 8), dpi=75, layout="constrained")
    grid = figure.add_gridspec(8, 2, width_ratios=(5, 4))
    feeds, drift = table[table["kind"].isin(FEED)], table[~table["kind"].isin(FEED)]
    lines = zip(feeds["what"], feeds["kind"], feeds["level"], strict=True)
    said = [f"{what}, {FEED[kind].format(number)}" for what, kind, number in lines]
    axes, above, below = (figure.add_subplot(place) for place in (grid[:, 0], grid[:5, 1], grid[5:, 1]))
    _costs(axes, feeds.assign(label=said))
    axes.set_title(f"What a disturbed feed adds to the log loss ({level:.0%} intervals)", fontsize=10, color=INK)
    said = [DRIFT.format(what, times) for what, times in zip(drift["what"], drift["level"], strict=True)]
    _costs(above, drift.assign(label=said))
    above.set_title("What drift adds to it: rows drawn more often, or less", fontsize=10, color=INK)
    _months(below, months)
    for each in (axes, above, below):
        each.spines[["top", "right"]].set_visible(False)
        each.tick_params(colors=INK, labelsize=8)
    return figure


def _costs(axes: Axes, table: pd.DataFrame) -> None:
    """A line for each, that which costs most on top."""
    ordered = table.sort_values(["log_loss_difference", "label"], ignore_index=True)
    axes.axvline(0, color=PALE, zorder=0)
    for kind, lines in ordered.groupby("kind", sort=False):
        value = lines["log_loss_difference"]
        spread = [value - lines["log_loss_low"], lines["log_loss_high"] - value]
        axes.errorbar(
            value, lines.index, xerr=spread, fmt="o", markersize=4, capsize=2, color=COLORS.get(str(kind), INK)
        )
    axes.set_yticks(range(len(ordered)), ordered["label"])
    axes.set_ylim(-0.6, len(ordered) - 0.4)
    axes.grid(axis="x", color=PALE, linewidth=0.5)


def _months(axes: Axes, months: pd.DataFrame) -> None:
    """The log loss of each month and, to the right, how far its features were from those learned from."""
    value, places = months["log_loss"], range(len(months))
    spread = [value - months["log_loss_low"], months["log_loss_high"] - value]
    axes.errorbar(places, value, yerr=spread, fmt="o", markersize=4, capsize=3, color=ACCENT)
    axes.set_xticks(places, months["month"], rotation=45)
    axes.set_ylabel("log loss", color=ACCENT)
    other = axes.twinx()
    other.plot(places, months["mean_psi"], color=WARM, marker="s", markersize=3, linewidth=1)
    other.set_ylabel("mean PSI of the features", color=WARM)
    other.set_ylim(bottom=0)
    other.tick_params(colors=INK, labelsize=8)
    other.spines["top"].set_visible(False)
    axes.set_title("The months as they came", fontsize=10, color=INK)
