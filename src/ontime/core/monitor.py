"""The ledger's last days -> what a window showed: loss as it came, loss as expected, drift; and which alarms ring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import pandas as pd
from scipy.stats import t

from ontime.core.drift import alarm
from ontime.core.estimate import LEAST, Estimator, with_past_error
from ontime.core.intervals import Interval
from ontime.core.ledger import ANSWERED, Ledger
from ontime.core.metrics import log_losses
from ontime.params import Drift

WINDOW = pd.Timedelta(days=7)
REFERENCE = pd.Timedelta(days=56)  # of answers whose outcome is known: what estimates are calibrated on
DAY = pd.Timedelta(days=1)
LEAST_KNOWN = 0.9  # share of a window's outcomes without which nothing is said of its loss
LATEST = 5  # windows back that outcomes are waited for
LEAST_PAST = 4  # windows that a bound is learned from
DIGITS = 6

MONITORS = ("drift", "realised", "estimated")


class Reading(NamedTuple):
    """What a window showed. What could not be read is None.

    last: its last day; realised: mean log loss of the answers of `realised_of`, the latest window whose outcomes are
    known; estimated: expected mean log loss of the answers of this one; drift: by test, the share of the weeks that the
    champion, `version`, learned from which moved less, 1 beyond all of them.
    """

    last: str
    realised: float | None
    realised_of: str | None
    estimated: float | None
    drift: Mapping[str, float]
    version: str = ""

    @classmethod
    def load(cls, content: Mapping[str, Any]) -> Self:
        """From what JSON holds of it."""
        return cls(**content)


def read(last: pd.Timestamp, ledger: Ledger, drift: Mapping[str, float], version: str = "") -> Reading:
    """What the window that ends with the day `last` showed; drift as it was measured there, and of which version."""
    realised, of = _realised(last, ledger)
    return Reading(f"{last:%Y-%m-%d}", realised, of, _estimated(last, ledger), dict(drift), version)


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


def expected(readings: Sequence[Reading], level: float) -> Interval | None:
    """Where the loss of the last window will be found with probability `level`, before its outcomes are known.

    By how far the estimates of the windows before were off, as far as their loss was known by then; None where too few
    were.
    """
    named = {each.last: each.estimated for each in readings}
    known = {each.realised_of: each.realised for each in readings if each.realised_of != readings[-1].last}
    past = [(named[of], loss) for of, loss in known.items() if of is not None and named.get(of) is not None]
    now = readings[-1].estimated
    if now is None or len(past) < LEAST:
        return None
    estimated, realised = zip(*past, strict=True)
    return with_past_error(now, estimated, realised, level)


def upper_bound(past: np.ndarray, quantile: float, following: int = 1) -> float:
    """What the mean of so many values exceeds with probability 1 - quantile if they are like those of the past (n,).

    The bound of a prediction interval of normal values (Hahn and Meeker, Statistical Intervals, 1991, chapter 4).
    """
    spread = float(np.std(past, ddof=1)) * np.sqrt(1 / following + 1 / len(past))
    return float(np.mean(past) + t.ppf(quantile, len(past) - 1) * spread)


def place_among(own: np.ndarray, index: float) -> float:
    """The quantile of the reference's own weeks (n,) that an index is, by `Profile.index_threshold`; 1 beyond them."""
    if not len(own):
        return 0.0
    return float(np.interp(index, np.sort(own), np.arange(1, len(own) + 1) / (len(own) + 1), left=0.0, right=1.0))


def _told_again(readings: Sequence[Reading]) -> bool:
    return len(readings) > 1 and readings[-1].realised_of == readings[-2].realised_of


def _past(readings: Sequence[Reading], monitor: str) -> np.ndarray:
    """What windows before the last one showed, each once."""
    named = {each.realised_of if monitor == "realised" else each.last: getattr(each, monitor) for each in readings}
    now = readings[-1].realised_of if monitor == "realised" else readings[-1].last
    return np.array([value for name, value in named.items() if name != now and value is not None])


def _realised(last: pd.Timestamp, ledger: Ledger) -> tuple[float | None, str | None]:
    for back in range(LATEST):
        end = last - back * WINDOW
        known = ledger.spoken(end - WINDOW + DAY, end, ANSWERED)
        asked = len(ledger.asked(end - WINDOW + DAY, end, ANSWERED))
        if asked and len(known) >= LEAST_KNOWN * asked:
            losses = log_losses(known[ANSWERED].to_numpy(), known["outcome"].to_numpy(bool))
            return round(float(losses.mean()), DIGITS), f"{end:%Y-%m-%d}"
    return None, None


def _estimated(last: pd.Timestamp, ledger: Ledger) -> float | None:
    """Calibrated on answers before the window, which were given before their outcome was known."""
    first = last - WINDOW + DAY
    reference = ledger.spoken(first - REFERENCE, first - DAY, ANSWERED)
    asked = ledger.asked(first, last, ANSWERED)
    if not len(asked) or reference["outcome"].nunique() < 2:
        return None
    estimator = Estimator.of(reference[ANSWERED].to_numpy(), reference["outcome"].to_numpy(bool))
    return round(estimator.expected(asked)["log_loss"], DIGITS)
