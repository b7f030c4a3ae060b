"""What all pictures share: one column of panels, colours, legends, axes, lengths of intervals.

A picture is WIDTH inches wide and its text at least SMALL points, which are nine pixels where it is drawn 400 wide. So
panels stand below one another, each with its title across the whole width and its legend below it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure, SubFigure

INK = "#1f2933"
ACCENT = "#0b6e99"
PALE = "#c9d6df"
WARM = "#c2571a"
OTHER_COLORS = ("#5a8a3a", "#8a63a8", "#a38a1d")
WIDTH = 5.0  # inches
DPI = 180
SMALL, TITLE = 8.5, 9.5  # points
TITLE_LETTERS, LABEL_LETTERS = 66, 24  # that fit on a line


def panels(*heights: float) -> tuple[Figure, list[SubFigure]]:
    """A picture of panels below one another, each so many inches high with its title and legend."""
    figure = Figure(figsize=(WIDTH, sum(heights)), dpi=DPI, layout="constrained")
    made = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)
    return figure, [panel for (panel,) in made]


def titled(panel: SubFigure, title: str) -> None:
    """A title across the whole width, from the left."""
    panel.suptitle(textwrap.fill(title, TITLE_LETTERS), x=0.01, ha="left", fontsize=TITLE, color=INK)


def legend_below(panel: SubFigure, axes: Axes, columns: int, handles: Sequence[Artist] | None = None) -> None:
    """What colours and marks mean, below a panel."""
    handles = axes.get_legend_handles_labels()[0] if handles is None else handles
    labels = [str(handle.get_label()) for handle in handles]
    spacing = {"handletextpad": 0.5, "columnspacing": 1.2, "borderaxespad": 0}
    look = {"ncols": columns, "frameon": False, "fontsize": SMALL}
    panel.legend(handles, labels, loc="outside lower center", **look, **spacing)


def dated(axes: Axes) -> None:
    """Dates along the bottom, as short as they can be told apart."""
    locator = AutoDateLocator()
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def plain(axes: Axes) -> None:
    """No frame above and on the right; ticks in ink, and all text as large as it must be."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=INK, labelsize=SMALL)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set(size=SMALL, color=INK)


def rows(axes: Axes, labels: Sequence[str], letters: int = LABEL_LETTERS) -> None:
    """A label for each row, from the top down, and a fine line at zero's side of each."""
    axes.set_yticks(range(len(labels)), [textwrap.fill(label, letters) for label in labels])
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=PALE, linewidth=0.5)
    axes.set_axisbelow(True)


def spread(table: pd.DataFrame, name: str) -> list[pd.Series]:
    """How far a column lies above its bound `_low` and below its bound `_high`, as `errorbar` takes it: two of (n,)."""
    return [table[name] - table[f"{name}_low"], table[f"{name}_high"] - table[name]]
