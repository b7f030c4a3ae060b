"""What is wrong with a table, and the text that says it: where, what, how often, for example, and what to do."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from ontime.errors import BrokenContractError

# How many rows a finding shows.
EXAMPLES = 3


class Level(enum.Enum):
    """What a finding leads to."""

    STOP = "stop"
    QUARANTINE = "quarantine"
    WARN = "warn"


@dataclass(frozen=True)
class Finding:
    """What is wrong with one part of a table.

    month: None for a reference table; problem: what is wrong, and how often; remedy: what to do; examples: some rows.
    """

    level: Level
    table: str
    month: str | None
    column: str
    rule: str
    problem: str
    remedy: str
    examples: tuple[str, ...] = ()

    @property
    def stops(self) -> bool:
        return self.level is Level.STOP


class ContractError(BrokenContractError):
    """The data breaks its contract too much to go on; the text lists every finding."""

    def __init__(self, findings: Sequence[Finding], where: str) -> None:
        reasons = quantity(sum(finding.stops for finding in findings), "reason")
        super().__init__(
            f"{where} breaks its contract: {reasons} to stop. Nothing was written.\n\n{describe_findings(findings)}"
        )


def quantity(number: int, noun: str) -> str:
    """A number with its noun: '1 row', '2,010 rows'."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def describe_findings(findings: Sequence[Finding]) -> str:
    """Findings as paragraphs for people, what stops first."""
    levels = list(Level)
    return "\n".join(map(_paragraph, sorted(findings, key=lambda finding: levels.index(finding.level))))


def _paragraph(finding: Finding) -> str:
    where = f"{finding.table} {finding.month}" if finding.month else finding.table
    head = f"[{finding.level.value}] {where}, {finding.column}, rule {finding.rule}: {finding.problem}"
    examples = f"\n    for example: {'; '.join(finding.examples)}" if finding.examples else ""
    return f"{head}{examples}\n    what to do: {finding.remedy}"
