"""What the loop knows -> retrain, promote, keep, roll back or ask a person; every decision with its reason in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import t

from ontime.core.statistics.intervals import Interval
from ontime.params import Policy

RETRAIN, PROMOTE, KEEP, ROLL_BACK, ASK, WAIT = "retrain", "promote", "keep", "roll back", "ask a person", "wait"
MIN_DAYS = 5  # nothing is concluded from fewer
LOOK_DAYS = 7  # a case is looked at once a week
AUTOCORRELATION = 0.2  # of neighbouring days' paired differences; 0.03 is the mean of the replay's eight gated cases


class Decision(NamedTuple):
    """What to do, and why. WAIT means that there is nothing to do yet."""

    action: str
    reason: str


class LossDifference(NamedTuple):
    """Mean log loss of a model minus that of another on the same rows, with one-sided bounds, and what they rest on."""

    value: float
    low: float
    high: float
    days: int
    rows: int

    def __str__(self) -> str:
        """In words, as reasons give it."""
        return f"on {self.days} days and {self.rows:,} rows {Interval(self.value, self.low, self.high):+.4f}"


def retraining_due(policy: Policy, day: pd.Timestamp, trained: pd.Timestamp, ringing: Mapping[str, bool]) -> Decision:
    """Whether the policy asks for a new model on a day.

    trained: when the last model was trained. ringing: by monitor, whether its alarm rings.
    """
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


def judge_challenger(
    differences: np.ndarray, rows: np.ndarray, *, changed: bool, shadow_days: int, policy: Policy
) -> Decision:
    """What to do with a challenger that has been in shadow for so many days.

    differences (days,): by day, the sum of its log losses minus the champion's. rows (days,): how many rows each day
    has. `changed`: whether it was made by another recipe than the champion.

    The same recipe, trained again, must not be worse by more than the margin (non-inferiority). A changed one must be
    better (superiority; Wellek, Testing statistical hypotheses of equivalence and noninferiority, 2010). Of challengers
    that just miss this, a share of 1 - `policy.level` is promoted at most, over all looks together.
    """
    allowed = 0.0 if changed else policy.margin
    looks = 1 + (policy.max_days - policy.shadow_days) // LOOK_DAYS
    difference = loss_difference(differences, rows, policy.level, looks)
    condition = "it must be better" if changed else f"at most {policy.margin:g} more is allowed"
    if difference is None:
        reason = f"fewer than {MIN_DAYS} days are known after {shadow_days}"
        return Decision(WAIT if shadow_days < policy.max_days else ASK, reason)
    if difference.high < allowed:
        return Decision(PROMOTE, f"{difference}: {condition}")
    if difference.low > allowed:
        return Decision(KEEP, f"{difference}: the challenger is worse, {condition}")
    if shadow_days < policy.max_days:
        return Decision(WAIT, f"{difference}: not sure yet, {condition}")
    return Decision(ASK, f"{difference}: not sure after {shadow_days} days, {condition}")


def watch_promotion(differences: np.ndarray, rows: np.ndarray, policy: Policy) -> Decision:
    """Whether to roll a promotion back.

    differences (days,): by day, the sum of the champion's log losses minus the former champion's. rows (days,): how
    many rows each day has.
    """
    difference = loss_difference(differences, rows, policy.level, max(1, policy.watch_days // LOOK_DAYS))
    if difference is None:
        return Decision(WAIT, f"fewer than {MIN_DAYS} days are known")
    if difference.low > policy.margin:
        better = f"the former champion would have been better by more than {policy.margin:g}"
        return Decision(ROLL_BACK, f"{difference}: {better}")
    return Decision(WAIT, f"{difference}: not surely worse than the former champion")


def loss_difference(differences: np.ndarray, rows: np.ndarray, level: float, looks: int = 1) -> LossDifference | None:
    """The mean difference per row, from sums by day (days,) and rows by day (days,); None where too few are known.

    Each bound is on the wrong side of the truth with probability 1 - level at most, over so many looks (Bonferroni).
    The error is that of a ratio of daily sums (Cochran, Sampling techniques, 1977, chapter 6), made greater for the
    autocorrelation of neighbouring days.
    """
    if len(rows) < MIN_DAYS:
        return None
    value = differences.sum() / rows.sum()
    residuals = differences - value * rows
    freedom = len(rows) - 1
    error = np.sqrt((residuals**2).sum() * len(rows) / freedom) / rows.sum()
    error *= np.sqrt((1 + AUTOCORRELATION) / (1 - AUTOCORRELATION))
    reach = float(t.ppf(1 - (1 - level) / looks, freedom) * error)
    return LossDifference(float(value), float(value - reach), float(value + reach), len(rows), int(rows.sum()))
