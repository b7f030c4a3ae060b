"""What all pictures share: colours, plain axes, axes of dates, lengths of intervals."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

INK = "#1f2933"
ACCENT = "#0b6e99"
PALE = "#c9d6df"
WARM = "#c2571a"
SMALL = 8  # size of tick labels where there are many


def dated(axes: Axes) -> None:
    """Dates along the bottom, as short as they can be told apart."""
    locator = AutoDateLocator()
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def plain(axes: Axes, labelsize: float | None = None) -> None:
    """No frame above and on the right; the ticks in ink, their labels in this size."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=INK)
    if labelsize:
        axes.tick_params(labelsize=labelsize)


def spread(table: pd.DataFrame, name: str, bounds: str = "") -> list[pd.Series]:
    """How far a column lies above its lower bound and below its upper one, as `errorbar` takes it: two of (n,).

    The bounds are the columns `<bounds>_low` and `<bounds>_high`; without `bounds` they are named like the column.
    """
    value, prefix = table[name], bounds or name
    return [value - table[f"{prefix}_low"], table[f"{prefix}_high"] - value]
