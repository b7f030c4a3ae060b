"""What differs between two revisions -> the Markdown that a reviewer reads, the verdict first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from ontime.core.statistics.comparison import Comparison
from ontime.core.statistics.intervals import Interval
from ontime.core.text import code, markdown_table

MARKER = "<!-- ontime ci-report -->"  # the first line, by which a comment is found again
METRICS = {
    "log_loss": "log loss, less is better",
    "brier": "Brier score, less is better",
    "roc_auc": "ROC AUC, more is better",
}
TITLES = {
    "better": "{head} is better than {base}",
    "worse": "{head} is worse than {base}",
    "no difference shown": "No difference shown between {head} and {base}",
    "same": "{head} predicts what {base} predicts",
    "unknown": "{head} beside {base}: no verdict",
}
RULE = "The verdict is what the interval of the log loss says: better below zero, worse above, else not shown."
NOTE = (
    "Each value stands beside its own interval. These changes are not paired, and the verdict does not rest on them: "
    "what is chosen is chosen by the backtest, and the test window is for the record."
)
CAUSES = {"cmd": "its command", "params": "its params"}
SHOWN = 3  # outputs of a stage
WIDTH = 420  # pixels: two pictures stand beside one another in a comment


@dataclass(frozen=True)
class Side:
    """One revision: the name it was asked for by, its commit, its dvc.lock and the intervals of its metrics."""

    name: str
    commit: str | None
    lock: Mapping[str, Any]
    intervals: Mapping[str, Mapping[str, float]]

    def hash_of(self, path: str) -> str | None:
        """The hash of an output by dvc.lock; None where no stage makes it."""
        outs = [out for stage in self.lock.values() for out in stage.get("outs", [])]
        return next((out["md5"] for out in outs if out["path"] == path), None)

    def __str__(self) -> str:
        return code(self.name) + (f" ({self.commit[:7]})" if self.commit else "")


@dataclass(frozen=True)
class Plot:
    """A plot with both sides in it: the file of its picture, title, Vega-Lite, and whether both sides are the same.

    alone: the name of the only side in it; empty where both are.
    """

    file: str
    title: str
    content: Mapping[str, Any]
    same: bool
    alone: str = ""


@dataclass(frozen=True)
class Report:
    """What a reviewer reads of two sides. Without a comparison of their backtests there is a reason, or none differs.

    metrics and params: file -> name -> old and new, as `dvc metrics diff --json` has them.
    """

    base: Side
    head: Side
    compared: Comparison | None
    reason: str
    level: float
    metrics: Mapping[str, Mapping[str, Any]]
    params: Mapping[str, Mapping[str, Any]]
    plots: list[Plot]

    @property
    def verdict(self) -> str:
        """A key of TITLES."""
        if self.compared:
            return self.compared.verdict
        return "unknown" if self.reason else "same"

    @property
    def title(self) -> str:
        """The verdict as a sentence."""
        return TITLES[self.verdict].format(base=code(self.base.name), head=code(self.head.name))


def plots_of(diff: Mapping[str, Any]) -> list[Plot]:
    """The plots in the data of `dvc plots diff --json`."""
    plots = []
    for plot, parts in diff.items():
        for number, part in enumerate(part for part in parts if part["type"] == "vega"):
            suffix = f"-{number + 1}" if number else ""
            name = re.sub(r"[^a-z0-9]+", "-", plot.lower()).strip("-") + suffix
            title = part["content"].get("title", {}).get("text") or plot
            alone = part["revisions"][0] if len(part["revisions"]) == 1 else ""
            plots.append(Plot(f"{name}.png", title, part["content"], _same(part), alone))
    return plots


def _same(part: Mapping[str, Any]) -> bool:
    """Whether both sides are there and equal in all columns that both have: what is drawn is among them."""
    rows = part["content"]["data"]["values"]
    columns = set.intersection(*map(set, rows)) - {"rev"} if rows else set()
    sides = [[{name: row[name] for name in columns} for row in rows if row["rev"] == one] for one in part["revisions"]]
    return len(sides) > 1 and all(side == sides[0] for side in sides)


def review_page(report: Report, url: str) -> str:
    """The whole page; pictures are below `url`, or beside the page where it is empty."""
    blocks = [
        MARKER,
        f"## {report.title}",
        *_comparison(report),
        *_metrics(report),
        *_params(report),
        *_stages(report),
        *_pictures(report.plots, url),
    ]
    return "\n\n".join(block.strip("\n") for block in blocks) + "\n"


def _comparison(report: Report) -> Iterator[str]:
    if report.reason:
        yield f"{report.head} and {report.base} could not be compared: {_line(report.reason)}"
    elif not report.compared:
        yield f"The backtests of {report.head} and {report.base} are the same, byte for byte."
    else:
        rows, days, differences, _ = report.compared
        yield f"{report.head} minus {report.base}, on {rows:,} rows of {days} days that both predicted:"
        lines = [
            (METRICS[name], f"{gap.value:+.5f}", f"{gap.low:+.5f} to {gap.high:+.5f}")
            for name, gap in differences.items()
        ]
        yield markdown_table(["", "difference", f"{report.level:.0%} interval"], lines)
        yield RULE


def _metrics(report: Report) -> Iterator[str]:
    base, head = report.base, report.head
    rows = [
        (
            code(name),
            _measured(change["old"], base.intervals.get(name)),
            _measured(change["new"], head.intervals.get(name)),
            _change(change.get("diff")),
        )
        for name, change in _flat(report.metrics)
    ]
    yield from _section("Metrics", ["metric", code(base.name), code(head.name), "change"], rows)
    if rows:
        yield NOTE


def _params(report: Report) -> Iterator[str]:
    rows = [(code(name), *_sides(change["old"], change["new"])) for name, change in _flat(report.params)]
    yield from _section("Params", ["param", code(report.base.name), code(report.head.name)], rows)


def _stages(report: Report) -> Iterator[str]:
    before, now = report.base.lock, report.head.lock
    changes = {stage: _locked(before.get(stage), now.get(stage)) for stage in {**before, **now}}
    rows = [(code(stage), *change) for stage, change in changes.items() if change]
    yield from _section("Stages", ["stage", "what changed", "what it makes now"], rows)


def _section(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"### {title}"
    yield markdown_table(header, rows) if rows else "Nothing changed."


def _flat(changes: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
    """(name, change), first those of the backtest, where choices are made."""
    named = [(name, change) for of_file in changes.values() for name, change in of_file.items()]
    return sorted(named, key=lambda item: (not item[0].startswith("backtest_"), item[0]))


def _measured(value: Any, interval: Mapping[str, float] | None) -> str:  # noqa: ANN401 - whatever a metric holds
    if value is None or interval is None:
        return _shown(value)
    return f"{Interval(value, interval['low'], interval['high']):.4f}"


def _change(difference: float | None) -> str:
    if difference is None:
        return ""
    return f"{difference:+,}" if isinstance(difference, int) else f"{difference:+.4f}"


def _sides(old: Any, new: Any) -> tuple[str, str]:  # noqa: ANN401 - whatever params hold
    """What to show of a param that changed; of lists only what the other lacks."""
    if isinstance(old, list) and isinstance(new, list):
        removed = [item for item in old if item not in new]
        added = [item for item in new if item not in old]
        if removed or added:
            return _shown(removed, "with "), _shown(added, "with ")
    return _shown(old), _shown(new)


def _shown(value: Any, before: str = "") -> str:  # noqa: ANN401 - whatever a metric or a param holds
    if value is None or value == []:
        return "none" if value is None else ""
    return before + (", ".join(map(code, value)) if isinstance(value, list) else code(value))


def _locked(before: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> tuple[str, str] | None:
    """Why a stage's lock differs, and which of its outputs do; None where it does not differ."""
    if before is None or now is None:
        return ("is gone", "") if now is None else ("is new", "")
    causes = [words for kind, words in CAUSES.items() if before.get(kind) != now.get(kind)]
    deps = [code(path) for path in _changed(before, now, "deps")]
    causes += [f"reads another {', '.join(deps)}"] if deps else []
    outs = [code(path) for path in _changed(before, now, "outs")]
    if not causes and not outs:
        return None
    more = f" and {len(outs) - SHOWN} more" if len(outs) > SHOWN else ""
    return ", ".join(causes), f"another {', '.join(outs[:SHOWN])}{more}" if outs else "the same"


def _changed(before: Mapping[str, Any], now: Mapping[str, Any], kind: str) -> list[str]:
    old, new = ({entry["path"]: entry["md5"] for entry in stage.get(kind, [])} for stage in (before, now))
    return sorted(path for path in {**old, **new} if old.get(path) != new.get(path))


def _pictures(plots: list[Plot], url: str) -> Iterator[str]:
    if not plots:
        return
    yield "### Pictures"
    differ = [_image(plot, url) for plot in plots if not plot.same]
    same = [_image(plot, url) for plot in plots if plot.same]
    yield "\n".join(differ) or "Nothing changed."
    for side in dict.fromkeys(plot.alone for plot in plots if plot.alone):
        files = ", ".join(code(plot.file) for plot in plots if plot.alone == side)
        yield f"Of {code(side)} alone, since the other side has no such plot, or draws it from another file: {files}."
    if same:
        inside = "\n".join(same)
        yield f"<details><summary>The same in both: {len(same)}</summary>\n\n{inside}\n\n</details>"


def _image(plot: Plot, url: str) -> str:
    place = f"{url.rstrip('/')}/{plot.file}" if url else plot.file
    return f'<img alt="{escape(plot.title)}" src="{escape(place)}" width="{WIDTH}">'


def _line(text: str) -> str:
    return escape(" ".join(text.split()), quote=False)
