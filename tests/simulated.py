"""Rows whose truth is known: probabilities that are right on average, and days that resemble their neighbours."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr, ndtri

from ontime.core.statistics.metrics import Days
from ontime.params import Intervals


def small_and_nightly(small: tuple[object, ...], nightly: tuple[object, ...], names: str) -> pytest.MarkDecorator:
    """A simulation of few draws in every run, and one of many draws, which show more, in `make nightly`."""
    return pytest.mark.parametrize(names, [small, pytest.param(*nightly, marks=pytest.mark.nightly)])


SHARED = 0.15  # of what decides an outcome, the part that all rows of a day share
PARAMS = Intervals(level=0.9, replicates=400, block_days=7, simulations=200, seed=1)
ROWS = 40
# Of neighbouring days. The daily log losses of the real backtest have 0.52 by rank, 0.36 by value (April to October).
AUTOCORRELATION = 0.5
# Daily differences between the model and its baselines have 0.13 to 0.22 there.
DIFFERENCE_AUTOCORRELATION = 0.2


def calibrated_rows(seed: int, days: int, rows: int, start: str = "2020-01-01") -> pd.DataFrame:
    """day, outcome, probability, climatology of `rows` a day: as many true outcomes as predicted, but clustered by day.

    One factor moves a day's outcomes together and leaves each one's probability as it is (Vasicek, The distribution of
    loan portfolio value, Risk, 2002).
    """
    random = np.random.default_rng(seed)
    mood = random.standard_normal(days)
    for day in range(1, days):
        mood[day] = AUTOCORRELATION * mood[day - 1] + np.sqrt(1 - AUTOCORRELATION**2) * mood[day]
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


def year(seed: int, days: int, autocorrelation: float = AUTOCORRELATION, start: str = "2020-01-01") -> pd.DataFrame:
    """Rows of days whose risk wanders; a good and a worse probability for each."""
    random = np.random.default_rng(seed)
    mood = np.empty(days)
    mood[0] = random.standard_normal()
    for day in range(1, days):
        mood[day] = autocorrelation * mood[day - 1] + np.sqrt(1 - autocorrelation**2) * random.standard_normal()
    signal = random.standard_normal((days, ROWS))
    chance = 1 / (1 + np.exp(1.3 - 0.9 * mood[:, None] - signal))
    probability = 1 / (1 + np.exp(1.3 - signal))
    outcome = random.random((days, ROWS)) < chance
    return pd.DataFrame(
        {
            "day": np.repeat(pd.date_range(start, periods=days), ROWS),
            "outcome": outcome.ravel(),
            "probability": probability.ravel(),
            "worse": np.clip(probability + random.normal(0, 0.1, probability.shape), 0.01, 0.99).ravel(),
        }
    )


def days_of(frame: pd.DataFrame, name: str = "probability") -> Days:
    return Days(frame["day"], frame["outcome"], frame[name].to_numpy())
