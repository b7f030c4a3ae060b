"""What all pictures share: colours, plain axes, axes of dates."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

INK = "#1f2933"
ACCENT = "#0b6e99"
PALE = "#c9d6df"
WARM = "#c2571a"


def dated(axes: Axes) -> None:
    """Dates along the bottom, as short as they can be told apart."""
    locator = AutoDateLocator()
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def plain(axes: Axes) -> None:
    """Without the frame above and on the right."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=INK)
