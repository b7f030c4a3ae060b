"""The ledger's last days -> what a window showed: loss as it came, loss as expected, drift; and which alarms ring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

import pandas as pd

from ontime.core.monitoring.expected_performance import LEAST, Estimator, with_past_error
from ontime.core.monitoring.ledger import ANSWERED, Ledger
from ontime.core.statistics.intervals import Interval
from ontime.core.statistics.metrics import log_losses

WINDOW = pd.Timedelta(days=7)
REFERENCE = pd.Timedelta(days=56)  # of answers whose outcome is known: what estimates are calibrated on
DAY = pd.Timedelta(days=1)
LEAST_KNOWN = 0.9  # share of a window's outcomes without which nothing is said of its loss
LATEST = 5  # windows back that outcomes are waited for
DIGITS = 6


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
