"""Predicted rows cut into bands -> how good the model is in each, with intervals; nothing of bands that are too small.

The calibration error of a band is the gap between what was said and what came, with its sign. The expected calibration
error is never below zero, so that in a small band chance alone looks like an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from ontime.core.statistics.day_metrics import Daily, mean, ranking
from ontime.core.statistics.intervals import estimate, shown
from ontime.core.statistics.metrics import Days, log_losses, squares
from ontime.dataset.slices import Slice
from ontime.params import Intervals

DIGITS = 4
MONTH = "month"
MIN_EITHER = 20  # rows of either outcome, without which nothing can be said of a ranking


def bands_of(rows: pd.DataFrame, slices: Sequence[Slice]) -> pd.DataFrame:
    """The band of each row in each slice, and its month: (n, slices + 1) of categories in their order."""
    bands = {declared.name: _bands(rows[declared.column], declared) for declared in slices}
    return pd.DataFrame({**bands, MONTH: pd.Categorical(rows["day"].dt.strftime("%Y-%m"))}, index=rows.index)


def slice_table(rows: pd.DataFrame, bands: pd.DataFrame, min_rows: int, params: Intervals) -> pd.DataFrame:
    """Per band of at least so many rows, after all together: what the model is worth there, with intervals.

    Rate of true outcomes, ROC AUC, Brier score, gap (mean probability less rate), log loss less that of climatology.
    rows: day, outcome, probability, climatology. `coverage` is the least share of simulated intervals that held before
    they were widened; `miscalibrated`: the gap is not 0, and of all bands called so at most 1 - level are expected to
    be there by chance (Benjamini and Hochberg, Controlling the false discovery rate, 1995).
    """
    lines, chances = [], []
    for name, band, part in (("all", "all", rows), *parts(rows, bands, min_rows)):
        found = {metric: estimate(daily, params) for metric, daily in _dailies(part).items()}
        line = {"slice": name, "band": band, "rows": len(part), "days": part["day"].nunique()}
        lines.append(line | shown(found, params.level) | {"coverage": min(each.coverage for each in found.values())})
        chances.append(found["gap"].chance())
    table = pd.DataFrame(lines)
    return table.assign(miscalibrated=discoveries(np.array(chances), 1 - params.level)).round(DIGITS)


def left_out(table: pd.DataFrame) -> dict[str, int]:
    """Rows in bands that are too small, per slice of a slice table that has such bands."""
    rows = table.groupby("slice")["rows"].sum()
    return {str(name): int(rows["all"] - count) for name, count in rows.items() if count < rows["all"]}


def parts(rows: pd.DataFrame, bands: pd.DataFrame, min_rows: int) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Slice, band and its rows, of every band that has so many, and some of either outcome."""
    for name in bands:
        codes = bands[name].cat.codes.to_numpy()
        for code, band in enumerate(bands[name].cat.categories):
            part = rows[codes == code]
            true = int(part["outcome"].sum())
            if len(part) >= min_rows and min(true, len(part) - true) >= MIN_EITHER:
                yield str(name), str(band), part


def discoveries(chances: np.ndarray, rate: float) -> np.ndarray:
    """Which p-values stand out so that at most `rate` of those are expected to be there by chance: (n,) bool."""
    order = np.argsort(chances, kind="stable")
    passed = np.flatnonzero(chances[order] <= rate * np.arange(1, len(chances) + 1) / len(chances))
    found = np.zeros(len(chances), dtype=bool)
    found[order[: passed[-1] + 1 if len(passed) else 0]] = True
    return found


def _bands(values: pd.Series, declared: Slice) -> pd.Categorical:
    if declared.bands:
        names = np.array(declared.bands, dtype=object)
        numbers = values.to_numpy(np.float64) if declared.edges else np.zeros(len(values))
        band = names[np.searchsorted(np.array(declared.edges), np.nan_to_num(numbers), side="right")]
    else:
        names = np.sort(values.dropna().unique().astype(object))
        band = values.to_numpy(object)
    missing = values.isna().to_numpy()
    names = [*names, declared.missing] if missing.any() else names
    return pd.Categorical(np.where(missing, declared.missing, band), categories=names)


def _dailies(rows: pd.DataFrame) -> dict[str, Daily]:
    """The metrics of a band, by day of its calendar."""
    day, outcome, said = rows["day"], rows["outcome"].to_numpy(bool), rows["probability"].to_numpy()
    gained = log_losses(said, outcome) - log_losses(rows["climatology"].to_numpy(), outcome)
    return {
        "rate": mean(day, outcome),
        "roc_auc": ranking(Days(day, rows["outcome"], said)),
        "brier": mean(day, squares(said, outcome)),
        "gap": mean(day, said - outcome),
        "over_climatology": mean(day, gained),
    }
