"""Models that are never replaced, and alarms -> a picture."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ontime.core.pictures.style import ACCENT, INK, PALE, WARM, dated

NAMED = {"p_values": "p values, of features"}


def alarms(weeks: pd.DataFrame, table: pd.DataFrame, quantile: float, level: float) -> Figure:
    """Left the first model, never replaced: its loss, and when what is watched was beyond; right what alarms were."""
    figure = Figure(figsize=(11, 5.6), dpi=80, layout="constrained")
    grid = figure.add_gridspec(2, 2, width_ratios=(3, 2))
    above, below, right = (figure.add_subplot(place) for place in (grid[0, 0], grid[1, 0], grid[:, 1]))
    first = weeks[weeks["model"] == weeks["model"].min()]
    last = pd.to_datetime(first["last"])
    band = first["expected_low"], first["expected_high"]
    above.fill_between(last, *band, color=PALE, linewidth=0, label=f"expected before outcomes ({level:.0%})")
    above.plot(last, first["log_loss"], color=WARM, marker="o", markersize=3, label="never replaced")
    above.plot(last, first["fresh"], color=ACCENT, marker="o", markersize=3, label="trained when the month began")
    above.set_ylabel("log loss of the week")
    low, high = above.get_ylim()
    above.set_ylim(low - 0.4 * (high - low), high)  # room for the legend
    above.legend(frameon=False, fontsize=8, loc="lower left")
    above.set_title(f"The model of {first['model'].iloc[0]}, followed", fontsize=10, color=INK)
    _beyond(below, last, first, quantile)
    dated(above)
    dated(below)
    _worth(right, table[table["chosen"] & (table["window"] == "judged")], level)
    for axes in (above, below, right):
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(colors=INK, labelsize=8)
    return figure


def _beyond(axes: Axes, last: pd.Series, first: pd.DataFrame, quantile: float) -> None:
    bounds = {"expected", "expected_low", "expected_high"}
    names = [name for name in first if name not in {"model", "last", "log_loss", "fresh"} | bounds]
    for place, name in enumerate(names):
        over = (first[name] > quantile).to_numpy()
        axes.plot(last, np.full(len(last), place), "s", color=PALE, markersize=5)
        axes.plot(last[over], np.full(int(over.sum()), place), "s", color=WARM, markersize=5)
    axes.set_yticks(range(len(names)), [NAMED.get(str(name), str(name).replace("_", " ")) for name in names])
    axes.invert_yaxis()
    axes.set_title(f"Weeks farther than {quantile:.0%} of those learned from", fontsize=10, color=INK)


def _worth(axes: Axes, lines: pd.DataFrame, level: float) -> None:
    named = lines["test"].where(lines["test"] != "", lines["monitor"] + " loss").str.replace("_", " ")
    places = range(len(lines))
    known = lines["worth_share"].notna()
    spread = [lines["worth_share"] - lines["worth_share_low"], lines["worth_share_high"] - lines["worth_share"]]
    kept = [each[known] for each in spread]
    spots = np.flatnonzero(known)
    axes.errorbar(lines.loc[known, "worth_share"], spots, xerr=kept, fmt="o", markersize=4, capsize=2, color=ACCENT)
    for place in map(float, np.flatnonzero(~known)):
        axes.text(0, place, "none rang", fontsize=8, color=INK, va="center")
    axes.axvline(float(lines["due"].mean()), color=WARM, linestyle=":", label="of all weeks")
    axes.set_yticks(places, named)
    axes.set_xlim(-0.03, 1.03)
    axes.invert_yaxis()
    axes.legend(frameon=False, fontsize=8, loc="lower right")
    axes.set_title(f"Alarms that were worth a new model ({level:.0%})", fontsize=10, color=INK)
