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


def spread(table: pd.DataFrame, name: str) -> list[pd.Series]:
    """How far a column lies above its bound `_low` and below its bound `_high`, as `errorbar` takes it: two of (n,)."""
    return [table[name] - table[f"{name}_low"], table[f"{name}_high"] - table[name]]
