"""Rows whose truth is known: probabilities that are right on average, and days that resemble their neighbours."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, ndtr, ndtri

from ontime.core.statistics.metrics import Days
from ontime.params import Intervals


def small_and_nightly(small: tuple[object, ...], nightly: tuple[object, ...], names: str) -> pytest.MarkDecorator:
    """A simulation of few draws in every run, and one of many draws, which show more, in `make nightly`."""
    return pytest.mark.parametrize(names, [small, pytest.param(*nightly, marks=pytest.mark.nightly)])


SHARED = 0.15  # of what decides an outcome, the part that all rows of a day share
PARAMS = Intervals(level=0.9, replicates=400, block_days=7, simulations=200, seed=1)
ROWS = 40  # of a day
# Of neighbouring days. The daily log losses of the real backtest have 0.52 by rank, 0.36 by value (April to October).
AUTOCORRELATION = 0.5
# In the real backtest (metrics/evaluate/coverage.csv): of the variance of daily log loss the share that the days of a
# month have in common, and the correlation of neighbouring days apart from it. `seasons` has both.
MONTH_SHARE, NEXT_DAY = 0.26, 0.32
SEASON_ROWS = 80  # of a day
MONTH, DAY = 0.62, 0.75  # standard deviations of what months and days add to the log-odds, which give that share


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


def seasons(seed: int, months: int, effects: np.ndarray | None = None, copies: int = 1) -> pd.DataFrame:
    """Rows of whole months whose risk, and what the model misses of it, has an effect that all days of a month share.

    Days of a month resemble their neighbours by a half, and no others. effects (months,): those of other rows, of the
    same months; of each day there may be so many copies, alike in nothing but their month.
    """
    random = np.random.default_rng(seed)
    first = pd.Timestamp("2021-04-01")
    calendar = pd.date_range(first, first + pd.offsets.MonthBegin(months) - pd.Timedelta(days=1)).repeat(copies)
    place = (calendar.year * 12 + calendar.month).to_numpy() - first.year * 12 - first.month
    effects = random.standard_normal(months) if effects is None else effects
    noise = random.standard_normal(len(calendar) + 1)
    alike = noise[1:] if copies > 1 else (noise[1:] + noise[:-1]) / np.sqrt(2)
    month, mood = MONTH * effects[place], DAY * alike
    signal = random.normal(0, 1.1, (len(calendar), SEASON_ROWS))
    worse = 0.6 * month[:, None] + 0.3 * mood[:, None] + 0.8 * signal + random.normal(0, 0.3, signal.shape)
    table = {
        "outcome": random.random(signal.shape) < expit((month + mood - 1.3)[:, None] + signal),
        "probability": expit((0.7 * month + 0.45 * mood - 1.25)[:, None] + 0.95 * signal),
        "worse": expit(worse - 1.25),
        "climatology": expit(0.3 * month[:, None] + 0.3 * signal - 1.1),
    }
    rows = pd.DataFrame({name: values.ravel() for name, values in table.items()}).round(6)
    return rows.assign(day=np.repeat(calendar, SEASON_ROWS))


def season_effects(seed: int, months: int) -> np.ndarray:
    """The effects of the months of `seasons`: (months,)."""
    return np.random.default_rng(seed).standard_normal(months)


def days_of(frame: pd.DataFrame, name: str = "probability") -> Days:
    return Days(frame["day"], frame["outcome"], frame[name].to_numpy())
