"""What the loop knows -> retrain, promote, keep, roll back or ask a person; every decision with its reason in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import t

from ontime.params import Policy

RETRAIN, PROMOTE, KEEP, ROLL_BACK, ASK, WAIT = "retrain", "promote", "keep", "roll back", "ask a person", "wait"
LEAST_DAYS = 5  # nothing is concluded from fewer
LOOK_DAYS = 7  # a case is looked at once a week
RESEMBLANCE = 0.2  # of neighbouring days' paired differences; 0.03 is the mean of the replay's eight gated cases


class Decision(NamedTuple):
    """What to do, and why; WAIT is no decision yet."""

    action: str
    reason: str


class Gap(NamedTuple):
    """Mean log loss of a model less that of another on the same rows, with one-sided bounds, and what they rest on."""

    value: float
    low: float
    high: float
    days: int
    rows: int

    def __str__(self) -> str:
        """In words, as reasons give it."""
        return f"on {self.days} days and {self.rows:,} rows {self.value:+.4f} ({self.low:+.4f} to {self.high:+.4f})"


def due(policy: Policy, day: pd.Timestamp, trained: pd.Timestamp, ringing: Mapping[str, bool]) -> Decision:
    """Whether the rule asks for a new model on a day; ringing: by monitor, whether its alarm rings."""
    since = f"{trained:%Y-%m-%d}"
    if policy.rule in ("monthly", "gated"):
        if (day.year, day.month) != (trained.year, trained.month):
            return Decision(RETRAIN, f"a month has begun since the last training on {since}")
        return Decision(WAIT, f"no month has begun since the last training on {since}")
    if not ringing.get(policy.rule, False):
        return Decision(WAIT, "no alarm that the rule minds rings")
    if (day - trained).days < policy.min_days:
        return Decision(WAIT, f"the alarm on {policy.rule} rings, {policy.min_days} days after {since} at the earliest")
    return Decision(RETRAIN, f"the alarm on {policy.rule} rings; the last training was on {since}")


def judge(top: np.ndarray, rows: np.ndarray, *, changed: bool, shadow_days: int, policy: Policy) -> Decision:
    """A challenger's case after so many days in shadow, by its log loss less the champion's, summed by day (days,).

    rows (days,): how many rows each day has. The same recipe, trained again, must not be worse by more than the margin;
    a `changed` one must be better (non-inferiority and superiority: Wellek, Testing statistical hypotheses of
    equivalence and noninferiority, 2010). Of cases whose truth is just what is not allowed, a share of 1 - `level` is
    promoted at most, over all looks together.
    """
    allowed = 0.0 if changed else policy.margin
    looks = 1 + (policy.max_days - policy.shadow_days) // LOOK_DAYS
    gap = difference(top, rows, policy.level, looks)
    asked = "it must be better" if changed else f"at most {policy.margin:g} more is allowed"
    if gap is None:
        told = f"fewer than {LEAST_DAYS} days are known after {shadow_days}"
        return Decision(WAIT if shadow_days < policy.max_days else ASK, told)
    if gap.high < allowed:
        return Decision(PROMOTE, f"{gap}: {asked}")
    if gap.low > allowed:
        return Decision(KEEP, f"{gap}: the challenger is worse, {asked}")
    if shadow_days < policy.max_days:
        return Decision(WAIT, f"{gap}: not sure yet, {asked}")
    return Decision(ASK, f"{gap}: not sure after {shadow_days} days, {asked}")


def watch(top: np.ndarray, rows: np.ndarray, policy: Policy) -> Decision:
    """Whether to take a promotion back, by the log loss of the champion less the former one's, as for `judge`."""
    gap = difference(top, rows, policy.level, max(1, policy.watch_days // LOOK_DAYS))
    if gap is None:
        return Decision(WAIT, f"fewer than {LEAST_DAYS} days are known")
    if gap.low > policy.margin:
        return Decision(ROLL_BACK, f"{gap}: the former champion would have been better by more than {policy.margin:g}")
    return Decision(WAIT, f"{gap}: not surely worse than the former champion")


def difference(top: np.ndarray, rows: np.ndarray, level: float, looks: int = 1) -> Gap | None:
    """The gap of sums by day (days,) over rows (days,); None where too few days are known.

    Each bound is on the wrong side of the truth with probability 1 - level at most over so many looks (Bonferroni).
    The error is that of a ratio of daily sums (Cochran, Sampling techniques, 1977, chapter 6), with as much more as
    neighbouring days resemble one another.
    """
    if len(rows) < LEAST_DAYS:
        return None
    value = top.sum() / rows.sum()
    away = top - value * rows
    freedom = len(rows) - 1
    error = np.sqrt((away**2).sum() * len(rows) / freedom) / rows.sum()
    error *= np.sqrt((1 + RESEMBLANCE) / (1 - RESEMBLANCE))
    reach = float(t.ppf(1 - (1 - level) / looks, freedom) * error)
    return Gap(float(value), float(value - reach), float(value + reach), len(rows), int(rows.sum()))
