"""Months and rows -> those to learn from, to choose by and to judge by; and which rows were known at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from ontime.errors import OntimeError
from ontime.params import Split

EARLIEST_ZONE = pd.Timedelta(hours=14)  # where a date begins first


class Windows(NamedTuple):
    """Months ('2013-04') to learn from, to choose by and to judge by: ascending, none in two windows."""

    train: list[str]
    valid: list[str]
    test: list[str]

    @property
    def before_test(self) -> list[str]:
        """The months of training and validation."""
        return [*self.train, *self.valid]


class TrainingData(NamedTuple):
    """What a model that predicts `month` may learn from.

    known: rows whose outcome was known when the month began. valid: those of them that are of the last months before
    it. train: rows whose outcome was known when these months began, the first of which is `train_month`.
    """

    train: pd.DataFrame
    valid: pd.DataFrame
    known: pd.DataFrame
    train_month: str
    month: str


def split_months(months: Sequence[str], split: Split) -> Windows:
    """The last months for the test, those before them for validation, the rest for training.

    Raises OntimeError where nothing is left to train.
    """
    needed = split.valid_months + split.test_months + 1
    if len(months) < needed:
        raise OntimeError(
            f"{len(months)} months of data ({', '.join(months) or 'none'}), and at least {needed} are needed with "
            f"split.valid_months {split.valid_months} and split.test_months {split.test_months}: take more months "
            f"(fetch.until), or fewer for validation and test"
        )
    ordered = sorted(months)
    test = len(ordered) - split.test_months
    valid = test - split.valid_months
    return Windows(ordered[:valid], ordered[valid:test], ordered[test:])


def backtest_months(windows: Windows, split: Split) -> list[str]:
    """The months before the test window that a backtest predicts: there is one to train on before their validation."""
    return windows.before_test[split.valid_months + 1 :]


def month_start(month: str, lead_hours: float) -> pd.Timestamp:
    """The moment (UTC) at which a month is first predicted: no row of it has an earlier `predict_at`, in any zone."""
    return day_start(pd.Timestamp(f"{month}-01"), lead_hours)


def day_start(day: pd.Timestamp, lead_hours: float) -> pd.Timestamp:
    """The moment (UTC) at which a day is first predicted: no row of it has an earlier `predict_at`, in any zone."""
    return day.tz_localize("UTC").as_unit("us") - EARLIEST_ZONE - pd.Timedelta(hours=lead_hours).as_unit("us")


def month_rows(rows: pd.DataFrame, month: str) -> pd.DataFrame:
    """The rows of a month that have an outcome."""
    first, after = (pd.Period(month) + step for step in (0, 1))
    day = rows["day"]
    return rows[(day >= first.start_time) & (day < after.start_time) & rows["outcome"].notna()]


def known_rows(rows: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
    """The rows whose outcome was known at a moment (UTC)."""
    return rows[(rows["outcome_known_at"] <= moment) & rows["outcome"].notna()]


def training_data(rows: pd.DataFrame, month: str, split: Split, lead_hours: float) -> TrainingData:
    """What a model that predicts a month may learn from. Raises OntimeError where there are no rows of a kind."""
    at_hand = known_rows(rows, month_start(month, lead_hours))
    first = str(pd.Period(month) - split.valid_months)
    valid = at_hand[at_hand["day"] >= pd.Timestamp(first)]
    data = TrainingData(known_rows(at_hand, month_start(first, lead_hours)), valid, at_hand, first, month)
    if empty := [name for name in ("train", "valid") if getattr(data, name).empty]:
        raise OntimeError(f"at the start of {month} there were no rows with a known outcome to {' or '.join(empty)}")
    return data
