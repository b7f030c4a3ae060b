"""The ledger's last days, and drift -> what a window showed: its loss as it came, its loss as expected, its drift."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Self

import pandas as pd
from pydantic.dataclasses import dataclass

from ontime.core.monitoring.expected_performance import MIN_WINDOWS, Estimator, interval_from_past_errors
from ontime.core.monitoring.ledger import ANSWERED, DAY, Ledger
from ontime.core.statistics.intervals import Interval
from ontime.core.statistics.metrics import log_losses
from ontime.errors import validated

WINDOW = pd.Timedelta(days=7)
REFERENCE = pd.Timedelta(days=56)  # of answers whose outcome is known: what estimates are calibrated on
MIN_KNOWN = 0.9  # share of a window's outcomes without which its loss is not read
MAX_WINDOWS_BACK = 5  # how far back the latest known loss is looked for
DIGITS = 6


@dataclass(frozen=True)
class Reading:
    """What a window showed. What could not be read is None.

    last: its last day. realised: mean log loss of the answers in the latest window whose outcomes are known, which ends
    on `realised_of`. estimated: expected mean log loss of the answers in this window. drift: by test, the share of the
    weeks that the champion learned from which drifted less. version: the champion.
    """

    last: str
    realised: float | None
    realised_of: str | None
    estimated: float | None
    drift: Mapping[str, float]
    version: str = ""

    def content(self) -> dict[str, Any]:
        """What JSON holds of it."""
        return asdict(self)

    @classmethod
    def load(cls, content: Mapping[str, Any]) -> Self:
        """From what JSON holds of it. Raises OntimeError with all that is wrong."""
        return validated(cls, content, "a reading of a window")


def read_window(last: pd.Timestamp, ledger: Ledger, drift: Mapping[str, float], version: str = "") -> Reading:
    """What the window that ends with the day `last` showed.

    drift: how far it was measured to have drifted from what `version`, the champion, learned from.
    """
    realised, realised_of = _realised(last, ledger)
    return Reading(f"{last:%Y-%m-%d}", realised, realised_of, _estimated(last, ledger), dict(drift), version)


def expected_loss(readings: Sequence[Reading], level: float) -> Interval | None:
    """Where the loss of the last window will lie with probability `level`, before its outcomes are known.

    Its estimate is corrected by the errors of earlier estimates, as far as their loss was known by then. None where too
    few were.
    """
    estimates = {reading.last: reading.estimated for reading in readings}
    losses = {one.realised_of: one.realised for one in readings if one.realised_of != readings[-1].last}
    past = [(estimates[of], loss) for of, loss in losses.items() if of is not None and estimates.get(of) is not None]
    now = readings[-1].estimated
    if now is None or len(past) < MIN_WINDOWS:
        return None
    estimated, realised = zip(*past, strict=True)
    return interval_from_past_errors(now, estimated, realised, level)


def _realised(last: pd.Timestamp, ledger: Ledger) -> tuple[float | None, str | None]:
    """The loss of the latest window whose outcomes are known, and the last day of that window."""
    for back in range(MAX_WINDOWS_BACK):
        end = last - back * WINDOW
        known = ledger.scored_rows(end - WINDOW + DAY, end, ANSWERED)
        answered = len(ledger.predictions(end - WINDOW + DAY, end, ANSWERED))
        if answered and len(known) >= MIN_KNOWN * answered:
            losses = log_losses(known[ANSWERED].to_numpy(), known["outcome"].to_numpy(bool))
            return round(float(losses.mean()), DIGITS), f"{end:%Y-%m-%d}"
    return None, None


def _estimated(last: pd.Timestamp, ledger: Ledger) -> float | None:
    """Calibrated on answers before the window: like those of the window, they were given before their outcome."""
    first = last - WINDOW + DAY
    reference = ledger.scored_rows(first - REFERENCE, first - DAY, ANSWERED)
    probability = ledger.predictions(first, last, ANSWERED)
    if not len(probability) or reference["outcome"].nunique() < 2:
        return None
    estimator = Estimator.of(reference[ANSWERED].to_numpy(), reference["outcome"].to_numpy(bool))
    return round(estimator.expected(probability)["log_loss"], DIGITS)
