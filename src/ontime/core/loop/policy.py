"""What the loop knows -> retrain, promote, reject, roll back or escalate; every decision with its reason in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import t

from ontime.params import Policy

RETRAIN, PROMOTE, REJECT, ROLL_BACK, ESCALATE, WAIT = "retrain", "promote", "reject", "roll back", "escalate", "wait"
READY, FAILED = "ready", "failed"  # what comes of a training that was requested
MIN_DAYS = 5  # nothing is concluded from fewer
LOOK_DAYS = 7  # a case is looked at once a week
UNANSWERED = "unless a person decides otherwise, the challenger is discarded"
PERIODS = {"monthly": ("month", "M"), "gated": ("month", "M"), "quarterly": ("quarter", "Q"), "once": ("quarter", "Q")}
AUTOCORRELATION = 0.2  # of neighbouring days' paired differences; 0.03 is the mean of the replay's eight gated cases


class Decision(NamedTuple):
    """What to do, and why. WAIT means that there is nothing to do yet; ESCALATE that a person must decide."""

    action: str
    reason: str


class LossDifference(NamedTuple):
    """Mean log loss of a model minus that of another on the same rows, with one-sided bounds, and what they rest on.

    level: the share of cases in which each of the bounds holds, over all looks together.
    """

    value: float
    low: float
    high: float
    level: float
    days: int
    rows: int

    def in_words(self, one: str, other: str) -> str:
        """As reasons give it: what is subtracted from what, on which rows, with its bounds and their level."""
        bounds = f"one-sided {100 * self.level:g} % bounds {self.low:+.4f} to {self.high:+.4f}"
        rows = f"{self.days} days and {self.rows:,} rows"
        return f"log loss of {one} minus {other} on {rows}: {self.value:+.4f} ({bounds})"


class Training(NamedTuple):
    """When the loop's first model was trained, and its last one."""

    first: pd.Timestamp
    last: pd.Timestamp


def retraining_due(policy: Policy, day: pd.Timestamp, trained: Training, ringing: Mapping[str, bool]) -> Decision:
    """Whether the policy asks for a new model on a day. ringing: by monitor, whether its alarm rings."""
    if policy.rule == "once" and trained.last != trained.first:
        return Decision(WAIT, f"the only training that the rule asks for was on {trained.last:%Y-%m-%d}")
    if policy.rule in PERIODS:
        return _by_calendar(*PERIODS[policy.rule], day, trained.last)
    return _by_alarm(policy, day, trained.last, ringing)


def _by_calendar(period: str, frequency: str, day: pd.Timestamp, trained: pd.Timestamp) -> Decision:
    since = f"since the last training on {trained:%Y-%m-%d}"
    if day.to_period(frequency) != trained.to_period(frequency):
        return Decision(RETRAIN, f"a {period} has begun {since}")
    return Decision(WAIT, f"no {period} has begun {since}")


def _by_alarm(policy: Policy, day: pd.Timestamp, trained: pd.Timestamp, ringing: Mapping[str, bool]) -> Decision:
    since = f"{trained:%Y-%m-%d}"
    if not ringing.get(policy.rule, False):
        return Decision(WAIT, "no alarm rang that the rule listens to")
    watched = policy.rule if policy.rule == "drift" else f"{policy.rule} loss"
    rang = f"the alarm on {watched} rang"
    if (day - trained).days < policy.min_days:
        return Decision(WAIT, f"{rang}, less than {policy.min_days} days after the last training on {since}")
    return Decision(RETRAIN, f"{rang}; the last training was on {since}")


def judge_challenger(
    differences: np.ndarray, rows: np.ndarray, *, changed: bool, shadow_days: int, policy: Policy
) -> Decision:
    """What to do with a challenger that has been in shadow for so many days.

    differences (days,): by day, the sum of its log losses minus the champion's. rows (days,): how many rows each day
    has. `changed`: whether it was made by another recipe than the champion.

    The same recipe, trained again, must not be worse by more than the margin (non-inferiority). A changed one must be
    better (superiority; Wellek, Testing statistical hypotheses of equivalence and noninferiority, 2010). The type I
    error, to promote one that is not, is at most 1 - `policy.level`, over all looks. Without a verdict after
    `policy.max_days` a person must decide.
    """
    allowed = 0.0 if changed else policy.margin
    looks = 1 + (policy.max_days - policy.shadow_days) // LOOK_DAYS
    difference = loss_difference(differences, rows, policy.level, looks)
    waiting = shadow_days < policy.max_days
    open_yet = f"inconclusive after {shadow_days} days" + ("" if waiting else f"; {UNANSWERED}")
    if difference is None:
        few = f"the outcomes of fewer than {MIN_DAYS} days are known"
        return Decision(WAIT if waiting else ESCALATE, f"{few}: {open_yet}")
    words = difference.in_words("challenger", "champion")
    test = "superiority is required" if changed else f"non-inferiority margin {policy.margin:g}"
    if difference.high < allowed:
        return Decision(PROMOTE, f"{words}, {test}: {'superior' if changed else 'non-inferior'}")
    if difference.low > allowed:
        return Decision(REJECT, f"{words}, {test}: inferior")
    return Decision(WAIT if waiting else ESCALATE, f"{words}, {test}: {open_yet}")


def watch_promotion(differences: np.ndarray, rows: np.ndarray, policy: Policy) -> Decision:
    """Whether to roll a promotion back.

    differences (days,): by day, the sum of the champion's log losses minus the former champion's. rows (days,): how
    many rows each day has.
    """
    difference = loss_difference(differences, rows, policy.level, max(1, policy.watch_days // LOOK_DAYS))
    if difference is None:
        return Decision(WAIT, f"the outcomes of fewer than {MIN_DAYS} days are known")
    words = f"{difference.in_words('champion', 'former champion')}, non-inferiority margin {policy.margin:g}"
    if difference.low > policy.margin:
        return Decision(ROLL_BACK, f"{words}: inferior")
    return Decision(WAIT, f"{words}: not shown to be inferior")


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
    low, high = float(value - reach), float(value + reach)
    return LossDifference(float(value), low, high, level, len(rows), int(rows.sum()))
