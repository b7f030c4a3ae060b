"""The backtest of one lead -> its numbers with intervals, and what each feed is worth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ontime.core.model.backtest import Backtest
from ontime.core.statistics.bootstrap import Statistic, calibrated
from ontime.core.statistics.comparison import METRICS as COMPARED
from ontime.core.statistics.comparison import against, backtests
from ontime.core.statistics.metrics import Days
from ontime.params import Intervals

METRICS = ("roc_auc", "log_loss", "brier", "brier_skill")
REFERENCE = "climatology"


def measure(said: pd.DataFrame, params: Intervals) -> dict[str, Any]:
    """Of a backtest: each metric and climatology's ROC AUC, means of the months; the differences to climatology.

    said: id, day, outcome, probability, climatology.
    """
    model, reference = (
        Days(said["day"], said["outcome"], said[name].to_numpy(), said[REFERENCE].to_numpy())
        for name in ("probability", REFERENCE)
    )
    found = {name: calibrated(Statistic(name, model, by_month=True), params) for name in METRICS}
    found[f"{REFERENCE}_roc_auc"] = calibrated(Statistic("roc_auc", reference, by_month=True), params)
    less = against(said, [REFERENCE], params)[REFERENCE]
    return {
        **{name: interval.content() for name, interval in found.items()},
        f"less_{REFERENCE}": {name: less[name]["difference"] for name in COMPARED},
    }


def worth(
    test: Backtest, without: Mapping[str, str], rounds: Mapping[str, int], said: pd.DataFrame, params: Intervals
) -> dict[str, Any]:
    """What is lost by a model that reads only the features `without` a feed, on the months of `rounds`.

    It has as many trees as the model that reads all of them, whose predictions `said` holds: no number is searched
    anew, which takes half the time. Differences are of the poorer model less the full one, paired by row.
    """
    poorer = Backtest(test.rows, test.lead_hours, without, test.split, test.recipe)
    frame = pd.concat([month.said() for month in poorer.refit(rounds, {})], ignore_index=True)
    found = backtests(frame, said, params)
    return {
        "left_out": len(test.types) - len(without),
        "months": len(rounds),
        "rows": found.rows,
        "days": found.days,
        **{name: interval.content() for name, interval in found.differences.items()},
    }
