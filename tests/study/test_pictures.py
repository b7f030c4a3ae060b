"""Every picture of the record can be read at 400 px: text large enough, nothing cut off, one y axis a panel."""

import json
from collections.abc import Callable

import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from repositories import REPOSITORY

from ontime import params
from ontime.core.evaluation.costs import answer_thresholds, forced
from ontime.core.pictures.ablation import ablation_picture
from ontime.core.pictures.alarms import alarms_picture
from ontime.core.pictures.audit import audit_picture
from ontime.core.pictures.bands import bands_picture
from ontime.core.pictures.costs import costs_picture
from ontime.core.pictures.headline import headline_picture
from ontime.core.pictures.latency import latency_picture
from ontime.core.pictures.leads import leads_picture
from ontime.core.pictures.replay import replay_picture
from ontime.core.pictures.stress import stress_picture
from ontime.core.pictures.style import SMALL, WIDTH
from ontime.core.pictures.sweep import sweep_picture
from ontime.core.statistics.intervals import Interval

METRICS = REPOSITORY / "metrics"


def section(name: str):
    return params.load(REPOSITORY / "params.yaml", name)


def csv(name: str) -> pd.DataFrame:
    return pd.read_csv(METRICS / f"{name}.csv")


def record(path: str):
    return json.loads((REPOSITORY / path).read_text())


def level() -> float:
    return section("intervals").level


def alarms() -> Figure:
    rules = csv("alarms/rules").fillna({"test": ""})
    return alarms_picture(csv("alarms/weeks"), rules, section("drift").quantile, level())


def audit() -> Figure:
    steps = record("metrics/audit/audit.json")
    return audit_picture(steps["steps"], steps["published"]["roc_auc"], level())


def costs() -> Figure:
    tables = [csv(f"slices/{name}") for name in ("costs", "costs_threshold", "costs_answered", "conformal")]
    first, thresholds, *others = tables
    return costs_picture(first, thresholds, answer_thresholds(forced(section("costs")))[0], *others, level())


def headline() -> Figure:
    test = Interval.load(record("metrics/evaluate/intervals.json")["roc_auc"])
    return headline_picture(csv("backtest/months"), test, csv("evaluate/calibration"), level())


PICTURES: dict[str, Callable[[], Figure]] = {
    "metrics/leads/ablation.png": lambda: ablation_picture(csv("leads/ablation"), level()),
    "metrics/alarms/alarms.png": alarms,
    "metrics/audit/audit.png": audit,
    "metrics/slices/bands.png": lambda: bands_picture(csv("slices/bands"), level()),
    "metrics/slices/costs.png": costs,
    "metrics/evaluate/headline.png": headline,
    "docs/latency.png": lambda: latency_picture(pd.DataFrame(record("docs/latency.json")["measurements"])),
    "metrics/leads/leads.png": lambda: leads_picture(csv("leads/leads"), level()),
    "metrics/replay/replay.png": lambda: replay_picture(
        csv("replay/weeks"), csv("replay/replay"), csv("replay/decisions"), level()
    ),
    "metrics/stress/stress.png": lambda: stress_picture(csv("stress/stress"), csv("stress/months"), level()),
    "docs/sweep.png": lambda: sweep_picture(pd.read_csv(REPOSITORY / "docs/sweep.csv"), level()),
}


def test_every_picture_in_git_is_among_them():
    there = {path for folder in ("metrics", "docs") for path in (REPOSITORY / folder).rglob("*.png")}
    assert {path.relative_to(REPOSITORY).as_posix() for path in there} == set(PICTURES)
    assert [path for path in there if path.stat().st_size > 100_000] == []


def words_of(figure: Figure) -> list[Text]:
    """All text that is drawn: of the ticks those within the limits of their axis."""
    words = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    hidden = set()
    for axes in figure.get_axes():
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
            hidden |= {tick.label1 for tick in ticks if not low <= tick.get_loc() <= high}
    return [text for text in words if text not in hidden]


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_can_be_read_at_400_pixels(name: str):
    figure = PICTURES[name]()
    figure.draw_without_rendering()
    assert figure.get_figwidth() == WIDTH
    for text in words_of(figure):
        assert text.get_fontsize() >= SMALL, text.get_text()
        extent = text.get_window_extent()
        assert figure.bbox.x0 - 1 <= extent.x0 < extent.x1 <= figure.bbox.x1 + 1, f"{text.get_text()!r} is cut off"
        assert figure.bbox.y0 - 1 <= extent.y0 < extent.y1 <= figure.bbox.y1 + 1, f"{text.get_text()!r} is cut off"
    places = [axes.get_position().bounds for axes in figure.get_axes()]
    assert len(set(places)) == len(places), "a panel has one y axis"
    assert all(axes.get_xlabel() or axes.get_title() or len(axes.get_xticklabels()) > 1 for axes in figure.get_axes())
    assert all(panel._suptitle.get_text() for panel in figure.subfigs)
