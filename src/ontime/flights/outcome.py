"""What 'not on time' means, and when it is known."""

from __future__ import annotations

import pandas as pd

# The US Department of Transportation counts a flight as on time if it arrives less than 15 minutes late.
LATE = 15
GRACE = pd.Timedelta(minutes=LATE)


def outcome(flights: pd.DataFrame) -> pd.Series:
    """True where the flight arrived 15 or more minutes late, was cancelled or diverted: boolean, missing where lost."""
    late = (flights["arr_delay"] >= LATE).astype("boolean").fillna(value=True)
    return late.mask(flights["lost_from"].notna())


def outcome_known_at(flights: pd.DataFrame) -> pd.Series:
    """When the outcome is decided, in UTC: at the arrival, and 15 minutes after the scheduled one at the latest.

    At that minute a flight that has not arrived is late, whatever becomes of it: no time of a cancellation is needed.
    """
    decided = flights["ends_at"] + GRACE
    earlier = flights["arrived_at"] < decided
    return flights["arrived_at"].where(earlier, decided).mask(flights["lost_from"].notna())
