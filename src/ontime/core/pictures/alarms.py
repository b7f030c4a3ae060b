"""Models that are followed without being replaced, and alarm rules judged -> a picture."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ontime.core.pictures.style import ACCENT, INK, PALE, SMALL, WARM, dated, plain, spread

TESTS = {"p_values": "p values, of features"}  # names of drift tests that do not explain themselves
NO_TESTS = {"model", "last", "log_loss", "fresh", "expected", "expected_low", "expected_high"}


def alarms_picture(weeks: pd.DataFrame, rules: pd.DataFrame, quantile: float, level: float) -> Figure:
    """Left the first model, never replaced: its loss, and the weeks in which drift was beyond its bound.

    Right, for each chosen rule, how many of its alarms were worth a new model.
    """
    figure = Figure(figsize=(11, 5.6), dpi=80, layout="constrained")
    grid = figure.add_gridspec(2, 2, width_ratios=(3, 2))
    above, below, right = (figure.add_subplot(place) for place in (grid[0, 0], grid[1, 0], grid[:, 1]))
    first = weeks[weeks["model"] == weeks["model"].min()]
    last = pd.to_datetime(first["last"])
    _losses(above, last, first, level)
    _beyond(below, last, first, quantile)
    dated(above)
    dated(below)
    _worth(right, rules[rules["chosen"] & (rules["window"] == "judged")], level)
    for axes in (above, below, right):
        plain(axes, SMALL)
    return figure


def _losses(axes: Axes, last: pd.Series, first: pd.DataFrame, level: float) -> None:
    """The weekly loss of the model, that of a newer one, and where it was expected to be."""
    band = first["expected_low"], first["expected_high"]
    axes.fill_between(last, *band, color=PALE, linewidth=0, label=f"expected before outcomes ({level:.0%})")
    axes.plot(last, first["log_loss"], color=WARM, marker="o", markersize=3, label="never replaced")
    axes.plot(last, first["fresh"], color=ACCENT, marker="o", markersize=3, label="trained when the month began")
    axes.set_ylabel("log loss of the week")
    low, high = axes.get_ylim()
    axes.set_ylim(low - 0.4 * (high - low), high)  # room for the legend
    axes.legend(frameon=False, fontsize=8, loc="lower left")
    axes.set_title(f"The model of {first['model'].iloc[0]}, followed", fontsize=10, color=INK)


def _beyond(axes: Axes, last: pd.Series, first: pd.DataFrame, quantile: float) -> None:
    """A row of weeks for each drift test, those beyond the bound marked."""
    tests = [str(name) for name in first if name not in NO_TESTS]
    for place, test in enumerate(tests):
        over = (first[test] > quantile).to_numpy()
        axes.plot(last, np.full(len(last), place), "s", color=PALE, markersize=5)
        axes.plot(last[over], np.full(int(over.sum()), place), "s", color=WARM, markersize=5)
    axes.set_yticks(range(len(tests)), [TESTS.get(test, test.replace("_", " ")) for test in tests])
    axes.invert_yaxis()
    axes.set_title(f"Weeks farther than {quantile:.0%} of those learned from", fontsize=10, color=INK)


def _worth(axes: Axes, rules: pd.DataFrame, level: float) -> None:
    """The share of alarms that were worth a new model, with intervals; of rules without alarms a word."""
    watched = rules["test"].where(rules["test"] != "", rules["monitor"] + " loss").str.replace("_", " ")
    places = range(len(rules))
    known = rules["worth_share"].notna()
    rang = rules[known]
    style = {"fmt": "o", "markersize": 4, "capsize": 2, "color": ACCENT}
    axes.errorbar(rang["worth_share"], np.flatnonzero(known), xerr=spread(rang, "worth_share"), **style)
    for place in map(float, np.flatnonzero(~known)):
        axes.text(0, place, "none rang", fontsize=8, color=INK, va="center")
    axes.axvline(float(rules["due"].mean()), color=WARM, linestyle=":", label="of all weeks")
    axes.set_yticks(places, watched)
    axes.set_xlim(-0.03, 1.03)
    axes.invert_yaxis()
    axes.legend(frameon=False, fontsize=8, loc="lower right")
    axes.set_title(f"Alarms that were worth a new model ({level:.0%})", fontsize=10, color=INK)
