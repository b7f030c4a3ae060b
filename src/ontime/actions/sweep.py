"""The trials of `sweep` in params.yaml -> a DVC experiment for each, and which of them is better."""

import errno
import logging
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from ontime import params
from ontime.core.evaluation.sweep import PREFIX, Settings, all_trials, price_of_choosing, rank_trials
from ontime.core.pictures.sweep import sweep_picture
from ontime.core.statistics.intervals import Interval
from ontime.dataset.dataset import Dataset
from ontime.errors import OntimeError
from ontime.io.formats import write_csv, write_png
from ontime.io.paths import Files
from ontime.params import Intervals, Sweep
from ontime.repo.history import changed_files, restore
from ontime.repo.revisions import commit_of, experiments_of, read_backtest_at, read_bytes_at, require_deep_clone

log = logging.getLogger(__name__)
STAGE = "backtest"  # where everything is chosen: the test window stays unread


def run(dataset: Dataset, files: Files, sweep: Sweep, intervals: Intervals) -> None:  # noqa: ARG001
    """Run what is not there yet, one by one. Killed and run again, it goes on with the trial that it was at."""
    base, wanted = commit_of("HEAD"), all_trials(sweep.grid, sweep.trials)
    _refuse(files, wanted)
    done = set(wanted) & set(experiments_of(base))
    log.info("%s trials, %s of them there already, each on a copy of %s", len(wanted), len(done), base[:7])
    failed = []
    for name in tqdm([name for name in wanted if name not in done], desc="sweep", unit=" trials", disable=None):
        began = time.monotonic()
        if not _experiment(name, wanted[name]):
            failed.append(name)
        log.info("%s: %s after %.0f s", name, "failed" if name in failed else "done", time.monotonic() - began)
    there = experiments_of(base)
    backtests = {name: read_backtest_at(files.backtest, there[name]) for name in wanted if name in there}
    if backtests:
        table = rank_trials(wanted, backtests, read_backtest_at(files.backtest, base), intervals)
        write_csv(table, files.sweep)
        write_png(sweep_picture(table, intervals.level), files.sweep_picture)
        print(_shown(table))
        print(price_of_choosing(table))
        log.info("the table is in %s, the picture in %s", files.sweep, files.sweep_picture)
    if failed:
        raise OntimeError(f"{len(failed)} trials failed: {', '.join(failed)}; what they said stands above")
    if lost := [name for name in wanted if name not in there]:
        raise OntimeError(f"{len(lost)} trials ran, and DVC kept no experiment of them: {', '.join(lost)}")


def _refuse(files: Files, wanted: Mapping[str, Settings]) -> None:
    """Nothing that cannot be run is begun. Raises OntimeError with what is not committed, or which trial is none."""
    _require_writable(files.root, files.root / ".dvc", files.root / ".git")
    require_deep_clone("trials are experiments, which DVC loses here without a word")
    if changed_files() == [files.params.as_posix()] and _is_of_a_trial(files, wanted):
        restore(files.params)  # DVC sets params for a moment, and was killed then
    names = changed_files()
    if names:
        raise OntimeError(f"not committed: {', '.join(names)}; trials start from a commit: commit first, or git stash")
    for settings in wanted.values():
        sections = params.override(params.read_sections(files.params), settings)
        for name in sections:
            params.section_of(sections, name, files.params)


def _require_writable(*folders: Path) -> None:
    """Raises PermissionError where a folder that every trial writes in may not be written."""
    for folder in folders:
        if folder.is_dir() and not os.access(folder, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))


def _is_of_a_trial(files: Files, wanted: Mapping[str, Settings]) -> bool:
    """Whether params.yaml holds what is committed with the settings of a trial, and nothing else."""
    now = params.read_sections(files.params)
    committed = params.parse_sections(read_bytes_at(files.params, "HEAD"), files.params)
    return any(now == params.override(committed, settings) for settings in wanted.values())


def _experiment(name: str, settings: Settings) -> bool:
    """Run one trial beside the workspace. Returns whether it succeeded."""
    values = [word for key, value in settings.items() for word in ("-S", f"{key}={value}")]
    command = [sys.executable, "-m", "dvc", "exp", "run", "--quiet", "--temp", "-n", name, *values, STAGE]
    return subprocess.run(command, check=False).returncode == 0  # noqa: S603


def _shown(table: pd.DataFrame) -> str:
    names = [f"log_loss_difference{end}" for end in ("", "_low", "_high")]
    gaps = [f"{Interval(*bounded):+.5f}" for bounded in table[names].itertuples(index=False, name=None)]
    trial = table["experiment"].str.removeprefix(PREFIX)
    lines = table[["log_loss"]].assign(minus_HEAD=gaps, verdict=table["verdict"])
    return lines.set_axis(trial).rename_axis(None).to_string()
