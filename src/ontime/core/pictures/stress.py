"""What disturbed sources and drift cost, and the months as they came -> a picture."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure, SubFigure

from ontime.core.pictures.style import (
    ACCENT,
    INK,
    OTHER_COLORS,
    SMALL,
    WARM,
    legend_below,
    panels,
    plain,
    rows,
    spread,
    titled,
)

KINDS = {
    "missing": ("silent", "no messages", WARM, "o"),
    "stale": ("{:g} h late", "late messages", ACCENT, "s"),
    "lossy": ("{:.0%} lost", "lost messages", OTHER_COLORS[0], "^"),
    "noisy": ("{:.0%} wrong", "wrong values", OTHER_COLORS[1], "D"),
    "instead": ("instead of the model", "no model", INK, "v"),
}
DIFFERENCE = "log_loss_difference"
MOST = 20  # disturbed sources that are drawn: those that cost most
ROW = 0.19  # inches


def stress_picture(table: pd.DataFrame, months: pd.DataFrame, level: float) -> Figure:
    """What each disturbed source costs, what simulated drift costs, and the months as they came: loss beside drift."""
    disturbed = table["kind"].isin(KINDS)
    sources, drift = _dearest_first(table[disturbed]), _dearest_first(table[~disturbed])
    drawn = sources.head(MOST)
    figure, (first, second, third) = panels(*(1.3 + ROW * len(part) for part in (drawn, drift)), 2.9)
    _sources(first, drawn, level, f"; the {MOST} that cost most" if len(drawn) < len(sources) else "")
    _drift(second, drift, level)
    _months(third, months, level)
    return figure


def _sources(panel: SubFigure, table: pd.DataFrame, level: float, dropped: str) -> None:
    axes = panel.subplots()
    axes.axvline(0, color=INK, linewidth=0.8)
    for kind, (_, label, color, mark) in KINDS.items():
        lines = table[table["kind"] == kind]
        style = {"fmt": mark, "markersize": 4, "capsize": 2, "color": color, "label": label}
        if len(lines):
            axes.errorbar(lines[DIFFERENCE], lines.index, xerr=spread(lines, DIFFERENCE), **style)
    words = zip(table["what"], table["kind"], table["level"], strict=True)
    rows(axes, [f"{what}, {KINDS[kind][0].format(size)}" for what, kind, size in words], letters=40)
    axes.set_xlabel("how much the log loss rises")
    plain(axes)
    titled(panel, f"What happens when a source fails, with {level:.0%} intervals{dropped}")
    legend_below(panel, axes, 3)


def _drift(panel: SubFigure, table: pd.DataFrame, level: float) -> None:
    axes = panel.subplots()
    axes.axvline(0, color=INK, linewidth=0.8)
    style = {"fmt": "o", "markersize": 4, "capsize": 2, "color": ACCENT}
    axes.errorbar(table[DIFFERENCE], table.index, xerr=spread(table, DIFFERENCE), **style)
    words = zip(table["what"], table["level"], strict=True)
    rows(axes, [f"{what}, {times:g} times" for what, times in words], letters=40)
    axes.set_xlabel("how much the log loss changes")
    plain(axes)
    titled(panel, f"What happens when something is so many times as frequent, with {level:.0%} intervals")


def _dearest_first(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values([DIFFERENCE, "what", "kind", "level"], ascending=False, ignore_index=True)


def _months(panel: SubFigure, months: pd.DataFrame, level: float) -> None:
    """Each month by how far its features were from those learned from, and its log loss."""
    axes = panel.subplots()
    style = {"fmt": "o", "markersize": 4, "capsize": 3, "color": ACCENT}
    axes.errorbar(months["mean_psi"], months["log_loss"], yerr=spread(months, "log_loss"), **style)
    for month, drift, loss in zip(months["month"], months["mean_psi"], months["log_loss"], strict=True):
        beside = {"xytext": (5, 3), "textcoords": "offset points"}
        axes.annotate(month, (drift, loss), **beside, fontsize=SMALL, color=INK)
    axes.margins(x=0.18)
    axes.set(xlabel="mean PSI of the features", ylabel="log loss")
    plain(axes)
    titled(panel, f"The months as they came: does the loss follow drift? With {level:.0%} intervals")
