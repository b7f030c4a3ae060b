"""Months of messages -> their clean tables, each month checked once; and what was quarantined and found on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import pandas as pd

from ontime.core.contract.findings import ContractError, Finding, Level
from ontime.core.serving.admission import Admitted, Tables, admit, empty_table
from ontime.core.serving.messages import feed_tables
from ontime.dataset.contract import Table
from ontime.dataset.messages import Messages


class FeedMonth(NamedTuple):
    """The messages of a feed in a month, None where no file holds them; and what is wrong with the file."""

    messages: pd.DataFrame | None
    findings: list[Finding]


ReadFeed = Callable[[str, str], FeedMonth]  # of a feed and a month


@dataclass
class CheckedMonths:
    """Clean tables of months, each month checked once while it is needed.

    reference: clean reference tables; read: what gives a feed's month.
    names: the months that must be there, without gaps; where: what errors call them.
    now: the moment of asking, by which a month may not have begun.
    quarantine, by month, and findings: of all that was checked so far.
    """

    contract: Sequence[Table]
    messages: Sequence[Messages]
    reference: Tables
    read: ReadFeed
    names: Sequence[str]
    max_quarantined: float
    where: str
    now: pd.Timestamp | None = None
    quarantine: dict[str, pd.DataFrame] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    _kept: dict[str, dict[str, pd.DataFrame]] = field(default_factory=dict)

    def tables(self, months: Sequence[str]) -> dict[str, dict[str, pd.DataFrame]]:
        """By month its clean tables, of those of the months that are there; all others are forgotten.

        Raises ContractError, with what is wrong in any month, where one of these does not keep the contract.
        """
        there = [month for month in months if month in self.names]
        self._kept = {month: self._kept.get(month) or self._sound_tables(month) for month in there}
        return self._kept

    @cached_property
    def _forms(self) -> dict[str, Table]:
        return feed_tables(self.contract, self.messages)

    def _sound_tables(self, month: str) -> dict[str, pd.DataFrame]:
        admitted = self._admitted(month)
        if any(finding.stops for finding in admitted.findings):
            rest = [name for name in self.names if name not in {month, *self.quarantine}]
            others = [finding for name in rest for finding in self._admitted(name).findings]
            raise ContractError([*self.findings, *admitted.findings, *others], self.where)
        if month not in self.quarantine:
            self.quarantine[month] = admitted.quarantine
            self.findings += admitted.findings
        return admitted.tables

    def _admitted(self, month: str) -> Admitted:
        feeds, findings, broken = {}, [], set()
        for feed, form in self._forms.items():
            messages, wrong = self.read(feed, month)
            if messages is None:
                wrong = wrong or _absent(feed, month, self.now)
                broken |= {feed} if wrong else set()
            findings += wrong
            feeds[feed] = empty_table(form) if messages is None else messages
        readable = [declared for declared in self.messages if broken.isdisjoint(declared.feeds)]
        admitted = admit(self.contract, readable, month, feeds, self.reference, self.max_quarantined)
        return admitted._replace(findings=_once([*findings, *admitted.findings]))


def _absent(feed: str, month: str, now: pd.Timestamp | None) -> list[Finding]:
    """A feed may be silent in a month that has not begun anywhere."""
    if now is not None and now < pd.Timestamp(f"{month}-01", tz="UTC") + pd.Timedelta(days=1):
        return []
    remedy = "give it, and if nothing has come, a file without rows"
    return [Finding(Level.STOP, feed, month, "the file", "file_present", "missing", remedy)]


def _once(findings: Sequence[Finding]) -> list[Finding]:
    """The first of several findings of one rule on the same column."""
    firsts = {(finding.table, finding.month, finding.column, finding.rule): finding for finding in reversed(findings)}
    return list(firsts.values())[::-1]
