"""Months and moments -> what is learned from, what chooses, what judges; and what was known when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from ontime.errors import OntimeError
from ontime.params import Split

EARLIEST_ZONE = pd.Timedelta(hours=14)  # where a date begins first


class Windows(NamedTuple):
    """Months ('2013-04'), ascending and without a month in two windows."""

    train: list[str]
    valid: list[str]
    test: list[str]

    @property
    def before_test(self) -> list[str]:
        """Everything that may be learned from or chosen by."""
        return [*self.train, *self.valid]


class Pieces(NamedTuple):
    """Rows `known` at the start of `month`; of these the last months, `valid`, and the rows known before, `train`."""

    train: pd.DataFrame
    valid: pd.DataFrame
    known: pd.DataFrame
    train_month: str
    month: str


def windows(months: Sequence[str], split: Split) -> Windows:
    """The last months for the test, those before them for validation, the rest to train, counted back from the end.

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


def backtest_months(parts: Windows, split: Split) -> list[str]:
    """The months before the test that have validation months and one to train before them."""
    return parts.before_test[split.valid_months + 1 :]


def start(month: str, lead_hours: float) -> pd.Timestamp:
    """A moment (UTC) before every prediction for a row of that month, wherever its `day` is counted."""
    return begins(pd.Timestamp(f"{month}-01"), lead_hours)


def begins(day: pd.Timestamp, lead_hours: float) -> pd.Timestamp:
    """A moment (UTC) before every prediction for a row of that day, wherever it is counted."""
    return day.tz_localize("UTC").as_unit("us") - EARLIEST_ZONE - pd.Timedelta(hours=lead_hours).as_unit("us")


def in_month(rows: pd.DataFrame, month: str) -> pd.DataFrame:
    """The rows of a month whose outcome was ever known."""
    first, after = (pd.Period(month) + step for step in (0, 1))
    day = rows["day"]
    return rows[(day >= first.start_time) & (day < after.start_time) & rows["outcome"].notna()]


def known(rows: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
    """The rows whose outcome was known at a moment."""
    return rows[(rows["outcome_known_at"] <= moment) & rows["outcome"].notna()]


def pieces(rows: pd.DataFrame, month: str, split: Split, lead_hours: float) -> Pieces:
    """What could be learned from at the start of a month. Raises OntimeError where a piece is empty."""
    at_hand = known(rows, start(month, lead_hours))
    first = str(pd.Period(month) - split.valid_months)
    valid = at_hand[at_hand["day"] >= pd.Timestamp(first)]
    found = Pieces(known(at_hand, start(first, lead_hours)), valid, at_hand, first, month)
    if empty := [name for name in ("train", "valid") if getattr(found, name).empty]:
        raise OntimeError(f"at the start of {month} there were no rows with a known outcome to {' or '.join(empty)}")
    return found
