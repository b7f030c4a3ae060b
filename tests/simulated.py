"""Rows whose truth is known: probabilities that are right on average, and days that resemble their neighbours."""

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from ontime.core.statistics.metrics import Days
from ontime.params import Intervals

SHARED = 0.15  # of what decides an outcome, the part that all rows of a day share
PARAMS = Intervals(level=0.9, replicates=400, block_days=7, simulations=200, seed=1)
ROWS = 40
# What the daily log losses of the real backtest have (0.52 over April to October, 0.36 of the raw losses).
RESEMBLANCE = 0.5
# What daily differences between the model and its baselines have there: 0.13 to 0.22.
LEFT = 0.2


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


def year(seed: int, days: int, resemblance: float = RESEMBLANCE, start: str = "2020-01-01") -> pd.DataFrame:
    """Rows of days whose risk wanders; a good and a worse probability for each."""
    random = np.random.default_rng(seed)
    mood = np.empty(days)
    mood[0] = random.standard_normal()
    for day in range(1, days):
        mood[day] = resemblance * mood[day - 1] + np.sqrt(1 - resemblance**2) * random.standard_normal()
    signal = random.standard_normal((days, ROWS))
    chance = 1 / (1 + np.exp(1.3 - 0.9 * mood[:, None] - signal))
    said = 1 / (1 + np.exp(1.3 - signal))
    outcome = random.random((days, ROWS)) < chance
    return pd.DataFrame(
        {
            "day": np.repeat(pd.date_range(start, periods=days), ROWS),
            "outcome": outcome.ravel(),
            "probability": said.ravel(),
            "worse": np.clip(said + random.normal(0, 0.1, said.shape), 0.01, 0.99).ravel(),
        }
    )


def days_of(frame: pd.DataFrame, name: str = "probability") -> Days:
    return Days(frame["day"], frame["outcome"], frame[name].to_numpy())
