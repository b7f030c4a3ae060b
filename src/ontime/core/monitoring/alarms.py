"""Readings of windows -> whether an alarm rings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import t

from ontime.core.monitoring.drift import alarm
from ontime.core.monitoring.readings import Reading
from ontime.params import Drift

LEAST_PAST = 4  # windows that a bound is learned from
MONITORS = ("drift", "realised", "estimated")


def rings(readings: Sequence[Reading], monitor: str, rule: Drift) -> bool:
    """Whether an alarm rings after the last reading: one of MONITORS, beyond its bound k times of n and just now.

    Drift from what another version learned from does not count.
    """
    last = range(max(0, len(readings) - rule.n), len(readings))
    over = [beyond(readings[: place + 1], monitor, rule) for place in last]
    if monitor == "drift":
        mine = [readings[place].version == readings[-1].version for place in last]
        over = [each and own for each, own in zip(over, mine, strict=True)]
    return alarm(over, rule.k, rule.n)


def beyond(readings: Sequence[Reading], monitor: str, rule: Drift) -> bool:
    """Whether the last reading is unlike those before it, or, of drift, unlike the reference's own weeks.

    A realised loss counts once, however often it is the latest that is known.
    """
    if monitor == "drift":
        return readings[-1].drift.get(rule.test, 0.0) > rule.quantile
    now, past = getattr(readings[-1], monitor), _past(readings, monitor)
    if now is None or len(past) < LEAST_PAST or (monitor == "realised" and _told_again(readings)):
        return False
    return bool(now > upper_bound(past, rule.quantile))


def upper_bound(past: np.ndarray, quantile: float, following: int = 1) -> float:
    """What the mean of so many values exceeds with probability 1 - quantile if they are like those of the past (n,).

    The bound of a prediction interval of normal values (Hahn and Meeker, Statistical Intervals, 1991, chapter 4).
    """
    spread = float(np.std(past, ddof=1)) * np.sqrt(1 / following + 1 / len(past))
    return float(np.mean(past) + t.ppf(quantile, len(past) - 1) * spread)


def _told_again(readings: Sequence[Reading]) -> bool:
    return len(readings) > 1 and readings[-1].realised_of == readings[-2].realised_of


def _past(readings: Sequence[Reading], monitor: str) -> np.ndarray:
    """What windows before the last one showed, each once."""
    named = {each.realised_of if monitor == "realised" else each.last: getattr(each, monitor) for each in readings}
    now = readings[-1].realised_of if monitor == "realised" else readings[-1].last
    return np.array([value for name, value in named.items() if name != now and value is not None])
