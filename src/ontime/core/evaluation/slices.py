"""Predicted rows cut into bands -> how good the model is in each, with intervals; nothing of bands that are too small.

Calibration in a band is measured by its calibration gap: the mean probability minus the rate. It has a sign; the
expected calibration error is never below zero, so that in a small band chance alone looks like an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from ontime.core.statistics.day_metrics import DayMetric, mean_by_day, roc_auc_by_day
from ontime.core.statistics.intervals import estimate, interval_columns
from ontime.core.statistics.metrics import Days, calendar_months, log_losses, squared_errors
from ontime.dataset.slices import Slice
from ontime.params import Intervals

DIGITS = 4
MONTH = "month"
MIN_EITHER = 20  # rows of either outcome, without which a ranking says nothing


def bands_of(rows: pd.DataFrame, slices: Sequence[Slice]) -> pd.DataFrame:
    """The band of each row in each slice, and its month: (n, slices + 1) of categories in their order."""
    bands = {declared.name: _bands(rows[declared.column], declared) for declared in slices}
    return pd.DataFrame({**bands, MONTH: pd.Categorical(rows["day"].dt.strftime("%Y-%m"))}, index=rows.index)


def slice_table(rows: pd.DataFrame, bands: pd.DataFrame, min_rows: int, params: Intervals) -> pd.DataFrame:
    """A line for all rows, then one for each band of at least `min_rows`: how good the model is there, with intervals.

    Rate of true outcomes, ROC AUC, Brier score, `calibration_gap` (mean probability minus rate),
    `log_loss_minus_climatology`. `miscalibrated`: the gap is not 0; of all bands called so at most 1 - level are
    expected to be there by chance.
    rows: day, outcome, probability, climatology.
    """
    lines, p_values = [], []
    for name, band, part in (("all", "all", rows), *rows_of_bands(rows, bands, min_rows)):
        months = calendar_months(part["day"])
        estimates = {metric: estimate(values, months, params) for metric, values in band_metrics(part).items()}
        line = {"slice": name, "band": band, "rows": len(part), "days": part["day"].nunique()}
        lines.append(line | interval_columns(estimates, params.level))
        p_values.append(estimates["calibration_gap"].p_value())
    table = pd.DataFrame(lines)
    return table.assign(miscalibrated=discoveries(np.array(p_values), 1 - params.level)).round(DIGITS)


def left_out(table: pd.DataFrame) -> dict[str, int]:
    """Rows in bands that are too small, per slice of a slice table that has such bands."""
    rows = table.groupby("slice")["rows"].sum()
    return {str(name): int(rows["all"] - count) for name, count in rows.items() if count < rows["all"]}


def rows_of_bands(rows: pd.DataFrame, bands: pd.DataFrame, min_rows: int) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Slice, band and rows of every band that has `min_rows`, and 20 of either outcome."""
    for name in bands:
        codes = bands[name].cat.codes.to_numpy()
        for code, band in enumerate(bands[name].cat.categories):
            part = rows[codes == code]
            true = int(part["outcome"].sum())
            if len(part) >= min_rows and min(true, len(part) - true) >= MIN_EITHER:
                yield str(name), str(band), part


def band_metrics(rows: pd.DataFrame) -> dict[str, DayMetric]:
    """The metrics of a band, by day of its calendar. rows: day, outcome, probability, climatology."""
    day, outcome, probability = rows["day"], rows["outcome"].to_numpy(bool), rows["probability"].to_numpy()
    difference = log_losses(probability, outcome) - log_losses(rows["climatology"].to_numpy(), outcome)
    return {
        "rate": mean_by_day(day, outcome),
        "roc_auc": roc_auc_by_day(Days(day, rows["outcome"], probability)),
        "brier": mean_by_day(day, squared_errors(probability, outcome)),
        "calibration_gap": mean_by_day(day, probability - outcome),
        "log_loss_minus_climatology": mean_by_day(day, difference),
    }


def discoveries(p_values: np.ndarray, rate: float) -> np.ndarray:
    """Which p-values stand out so that at most `rate` of those are expected to be there by chance: (n,) bool.

    One that is missing counts and never stands out.
    Benjamini and Hochberg, Controlling the false discovery rate, Journal of the Royal Statistical Society B 57, 1995.
    """
    return false_discovery_control(np.nan_to_num(p_values, nan=1.0)) <= rate


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
