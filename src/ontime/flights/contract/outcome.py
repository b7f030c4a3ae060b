"""What 'not on time' means, and when it is known."""

from __future__ import annotations

import pandas as pd

# The US Department of Transportation counts a flight as on time if it arrives less than 15 minutes late.
LATE = 15
GRACE = pd.Timedelta(minutes=LATE)


def not_on_time(flights: pd.DataFrame) -> pd.Series:
    """True where the flight arrived 15 or more minutes late, was cancelled or was diverted: boolean (n,).

    Missing where the flight broke the contract, so that it is not known.
    """
    late = (flights["arr_delay"] >= LATE).astype("boolean").fillna(value=True)
    return late.mask(flights["lost_from"].notna())


def outcome_known_at(flights: pd.DataFrame) -> pd.Series:
    """When the outcome is decided (UTC): at the arrival, or 15 minutes after the scheduled arrival if that is earlier.

    A flight that has not arrived by that minute is late, whatever becomes of it. So the time of a cancellation, which
    the data lack, is not needed.
    """
    decided = flights["ends_at"] + GRACE
    earlier = flights["arrived_at"] < decided
    return flights["arrived_at"].where(earlier, decided).mask(flights["lost_from"].notna())
