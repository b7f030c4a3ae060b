"""The JSON of other stages that the report reads, typed: a missing or wrong key is an error with its name."""

from __future__ import annotations

from typing import NamedTuple

from pydantic.dataclasses import dataclass

from ontime.core.statistics.intervals import Interval
from ontime.params import record


@dataclass(frozen=True)
class PublishedFigure:
    """A published ROC AUC, where it stands, and how many rows and positives it is of."""

    roc_auc: float
    source: str
    rows: int
    positives: int


@dataclass(frozen=True)
class AuditStep:
    """A step of the audit: its ROC AUC, and its difference to the step above it, where there is one."""

    title: str
    about: str
    roc_auc: Interval
    difference: Interval | None = None
    paired: bool | None = None


@record
class AuditRecord:
    """A published figure and every step from there to the backtest; without a figure there is None."""

    published: PublishedFigure | None
    steps: list[AuditStep]


@dataclass(frozen=True)
class BaselineComparison:
    """The metric of the model minus that of a baseline, on the same rows."""

    difference: Interval


@record
class BaselinesRecord:
    """Of the backtest and of the test window: baseline -> metric -> comparison."""

    backtest: dict[str, dict[str, BaselineComparison]]
    test: dict[str, dict[str, BaselineComparison]]


@record
class HeadlineRecord:
    """The metrics of the test window, and two of the backtest."""

    roc_auc: Interval
    log_loss: Interval
    brier: Interval
    brier_skill: Interval
    average_precision: Interval
    ece: Interval
    backtest_roc_auc: Interval
    backtest_log_loss: Interval


@record
class LeadsRecord:
    """How early, in a sentence."""

    how_early: str


@dataclass(frozen=True)
class PolicyVerdict:
    """The log loss of the recommended policy minus that of no training, and what that shows.

    smallest_shown: so far from 0 a difference must be to be shown; None where so few days have no interval.
    """

    difference: Interval
    verdict: str
    smallest_shown: float | None = None

    @property
    def words(self) -> str:
        """What it is, as a sentence goes on."""
        return "not shown to be better or worse" if self.verdict == "no difference shown" else self.verdict


@record
class ReplayRecord:
    """Which policy is recommended and how it did, in a sentence and by window; which others are not shown worse."""

    recommended: str
    sentence: str
    verdicts: dict[str, PolicyVerdict]
    not_shown_worse: list[str]


@record
class SlicesRecord:
    """Bands looked at, those that are off, those that stand out; rows in bands that are too small, by slice.

    bands_off_by_chance: how many chance alone has off on average; bands_off_probability: how often so many or more.
    """

    bands: int
    bands_off: int
    bands_off_by_chance: float | None
    bands_off_probability: float | None
    bands_miscalibrated: int
    left_out: dict[str, int]


@record
class StressRecord:
    """Which source must never fail, in a sentence."""

    sentence: str


@record
class ValidateRecord:
    """Rows and quarantined rows by table, and how many oddities there are."""

    rows: dict[str, int]
    quarantined: dict[str, int]
    warnings: int


class Records(NamedTuple):
    """All records that the report reads."""

    audit: AuditRecord
    baselines: BaselinesRecord
    headline: HeadlineRecord
    leads: LeadsRecord
    replay: ReplayRecord
    slices: SlicesRecord
    stress: StressRecord
    validate: ValidateRecord
