"""Two revisions -> what a reviewer reads: the verdict, metrics, params, stages and plots of both, in Markdown."""

import argparse
import json
import os
from pathlib import Path
from typing import Any

import vl_convert
from ruamel.yaml import YAML

from ontime.core.report.review import MARKER, Report, Side, plots_of, review_page
from ontime.core.statistics.comparison import Comparison, compare_backtests
from ontime.dataset.dataset import Dataset
from ontime.errors import OntimeError
from ontime.io.atomic import stage_draft, write_bytes, write_text
from ontime.io.paths import Files
from ontime.params import Intervals
from ontime.repo.checked_files import BrokenObjectError
from ontime.repo.revisions import dvc_diff, read_backtest_at, read_bytes_at, require_current, resolve

PAGE = "report.md"
VEGA_LITE = "5.21"  # DVC's templates are written for version 5
SCALE = 2  # pixels of a picture for one of its drawing


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to compare, and where to write."""
    parser.add_argument("old", metavar="OLD", help="what the change is made on: a git revision or an experiment's name")
    parser.add_argument("new", metavar="NEW", help="the change: likewise, or `workspace`")
    parser.add_argument("--folder", type=Path, help="where report.md and its pictures go (default: .ontime/report)")
    parser.add_argument("--pictures", metavar="URL", default="", help="where the pictures will be found, if elsewhere")


def run(
    dataset: Dataset,  # noqa: ARG001
    files: Files,
    intervals: Intervals,
    *,
    old: str,
    new: str,
    folder: Path | None,
    pictures: str,
) -> None:
    """Write report.md and its pictures, whole or not at all, and print the verdict.

    Raises BrokenObjectError, once the page is there and says so, where what it should compare is broken.
    """
    place = report_folder(files, folder or files.review)
    sides = _side(files, old), _side(files, new)
    compared, error = _compare(files, intervals, *sides)
    report = _report(*sides, compared, str(error or ""), intervals.level)
    with stage_draft(files, "ci-report", place) as draft:
        drawn = draft.root / place.relative_to(files.root)
        write_text(review_page(report, pictures), drawn / PAGE)
        for plot in report.plots:
            png = vl_convert.vegalite_to_png(dict(plot.content), vl_version=VEGA_LITE, scale=SCALE)
            write_bytes(png, drawn / plot.file)
    print(f"{report.title.replace('`', '')}: {place / PAGE}")
    if isinstance(error, BrokenObjectError):
        raise error


def report_folder(files: Files, folder: Path) -> Path:
    """The folder of a report as seen from the root. Raises OntimeError where it is outside, or holds something else."""
    place = files.root / os.path.relpath(folder, files.root)
    if ".." in place.parts:
        raise OntimeError(f"{folder} lies outside this checkout: name a folder inside")
    if place.exists() and not _is_report(place):
        raise OntimeError(f"{folder} is there and holds more than an earlier report: name a new folder")
    return place


def _is_report(folder: Path) -> bool:
    if not (folder / PAGE).is_file():
        return False
    others = {path.suffix for path in folder.iterdir() if path.name != PAGE}
    return others <= {".png"} and (folder / PAGE).read_text(encoding="utf-8").startswith(MARKER)


def _side(files: Files, name: str) -> Side:
    commit = resolve(name)
    lock = _shown(files.lock, commit)
    intervals = _shown(files.intervals, commit)
    stages = YAML(typ="safe").load(lock).get("stages", {}) if lock else {}
    return Side(name, commit, stages, json.loads(intervals) if intervals else {})


def _shown(path: Path, commit: str | None) -> bytes:
    """What git shows of a file; nothing where the revision has none."""
    try:
        return read_bytes_at(path, commit)
    except OntimeError:
        return b""


def _report(base: Side, head: Side, compared: Comparison | None, reason: str, level: float) -> Report:
    diffs: dict[str, Any] = {kind: dvc_diff(kind, base.name, head.name) for kind in ("metrics", "params", "plots")}
    plots = plots_of(diffs["plots"].get("data", {}))
    return Report(base, head, compared, reason, level, diffs["metrics"], diffs["params"], plots)


def _compare(
    files: Files, intervals: Intervals, base: Side, head: Side
) -> tuple[Comparison | None, OntimeError | None]:
    """The comparison, or why there is none; neither where dvc.lock says that both backtests are the same."""
    path = files.backtest.as_posix()
    try:
        for side in (base, head):
            require_current(files.backtest, side.commit)
        if base.commit and head.commit and base.hash_of(path) and base.hash_of(path) == head.hash_of(path):
            return None, None
        one, other = (read_backtest_at(files.backtest, side.commit) for side in (head, base))
        return compare_backtests(one, other, intervals), None
    except OntimeError as error:
        return None, error
