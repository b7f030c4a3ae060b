"""Readings of windows, and the rule of an alarm -> whether it rings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import t

from ontime.core.monitoring.readings import Reading
from ontime.params import Drift

MIN_PAST = 4  # windows from which a bound is learned
MONITORS = ("drift", "realised", "estimated")  # what is watched: drift, or the loss that came or was expected


def alarm_rings(readings: Sequence[Reading], monitor: str, rule: Drift) -> bool:
    """Whether an alarm rings after the last reading.

    It rings where k of the last n readings are beyond their bound, the last one among them. monitor: one of MONITORS.
    A drift of an earlier champion does not count: it was measured from what another model learned from.
    """
    places = range(max(0, len(readings) - rule.n), len(readings))
    beyond = [beyond_bound(readings[: place + 1], monitor, rule) for place in places]
    if monitor == "drift":
        same_champion = [readings[place].version == readings[-1].version for place in places]
        beyond = [over and same for over, same in zip(beyond, same_champion, strict=True)]
    return latest_rings(beyond, rule.k, rule.n)


def beyond_bound(readings: Sequence[Reading], monitor: str, rule: Drift) -> bool:
    """Whether the last reading is beyond its bound.

    A loss has an upper bound that is learned from the readings before it; without enough of them it is not beyond.
    Drift is beyond where more than the share `rule.quantile` of the reference's own weeks drifted less. A realised loss
    counts once, also where later readings have no newer one and repeat it.
    """
    if monitor == "drift":
        return readings[-1].drift.get(rule.test, 0.0) > rule.quantile
    now, past = getattr(readings[-1], monitor), _past(readings, monitor)
    if now is None or len(past) < MIN_PAST or (monitor == "realised" and _repeated(readings)):
        return False
    return bool(now > upper_bound(past, rule.quantile))


def upper_bound(past: np.ndarray, quantile: float, following: int = 1) -> float:
    """What the mean of the `following` next values exceeds with probability 1 - quantile, if they are like the past.

    past (n,): normal values. The bound of a prediction interval (Hahn and Meeker, Statistical Intervals, 1991,
    chapter 4).
    """
    spread = float(np.std(past, ddof=1)) * np.sqrt(1 / following + 1 / len(past))
    return float(np.mean(past) + t.ppf(quantile, len(past) - 1) * spread)


def ringing_windows(beyond: np.ndarray, k: int, n: int) -> np.ndarray:
    """Whether each window rings: k of the last n are beyond their bound, it among them; (windows, ...) bool."""
    beyond = np.asarray(beyond, dtype=bool)
    total = np.cumsum(beyond, axis=0)
    before = np.concatenate([np.zeros((n, *total.shape[1:]), dtype=total.dtype), total])[: len(total)]
    return beyond & (total - before >= k)


def latest_rings(beyond: Sequence[bool], k: int, n: int) -> bool:
    """Whether the last of these windows rings, as `ringing_windows`; no window, no ringing."""
    return bool(len(beyond)) and bool(ringing_windows(np.asarray(beyond), k, n)[-1])


def _repeated(readings: Sequence[Reading]) -> bool:
    """Whether the last realised loss is that of the reading before, of the same window."""
    return len(readings) > 1 and readings[-1].realised_of == readings[-2].realised_of


def _past(readings: Sequence[Reading], monitor: str) -> np.ndarray:
    """The losses of the windows before the last reading's, each window once."""
    losses = {_window(reading, monitor): getattr(reading, monitor) for reading in readings}
    now = _window(readings[-1], monitor)
    return np.array([loss for window, loss in losses.items() if window != now and loss is not None])


def _window(reading: Reading, monitor: str) -> str | None:
    """The last day of the window that a reading's loss is of."""
    return reading.realised_of if monitor == "realised" else reading.last
