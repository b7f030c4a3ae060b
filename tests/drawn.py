"""Rows whose truth is known: probabilities that are right on average, and days that resemble their neighbours."""

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

# What the daily log losses of the real backtest have.
RESEMBLANCE = 0.5
SHARED = 0.15  # of what decides an outcome, the part that all rows of a day share


def calibrated_rows(seed: int, days: int, rows: int, start: str = "2020-01-01") -> pd.DataFrame:
    """day, outcome, probability, climatology of `rows` a day: outcomes come as often as said, but many on the same day.

    One factor moves a day's outcomes together and leaves each one's probability as it is (Vasicek, The distribution of
    loan portfolio value, Risk, 2002).
    """
    random = np.random.default_rng(seed)
    mood = random.standard_normal(days)
    for day in range(1, days):
        mood[day] = RESEMBLANCE * mood[day - 1] + np.sqrt(1 - RESEMBLANCE**2) * mood[day]
    probability = np.round(ndtr(random.normal(-0.8, 0.7, (days, rows))), 6)
    own = random.standard_normal((days, rows))
    latent = np.sqrt(SHARED) * mood[:, None] + np.sqrt(1 - SHARED) * own
    return pd.DataFrame(
        {
            "day": np.repeat(pd.date_range(start, periods=days), rows),
            "outcome": (latent < ndtri(probability)).ravel(),
            "probability": probability.ravel(),
            "climatology": np.full(days * rows, 0.25),
        }
    )
