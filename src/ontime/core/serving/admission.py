"""A month of messages and clean reference tables -> clean tables, what was quarantined, and every finding at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import pandas as pd

from ontime.core.contract.checks import check, check_measures
from ontime.core.contract.columns import LOST, meaning
from ontime.core.contract.findings import Finding, Level
from ontime.core.serving.messages import Feeds, bearable, join
from ontime.dataset.contract import Table
from ontime.dataset.messages import Messages

Tables = Mapping[str, pd.DataFrame]

# What those who give messages can do, who neither fetch them nor own the contract; by rule.
REMEDIES = {
    "file_readable": "write it again, as Parquet or as CSV in UTF-8",
    "column_present": "add the column",
    "column_known": "drop the column",
    "type": "convert it at its source; moments have a zone: 2013-07-01T05:00Z",
    "rows": "give its rows",
    "max_quarantined": "correct what breaks the rules named below, or raise validate.max_quarantined in params.yaml",
}
FORM = {"column_present", "type"}  # rules that say of a feed that its values cannot be read


class Admitted(NamedTuple):
    """Tables that keep the contract; what was quarantined, and every finding."""

    tables: dict[str, pd.DataFrame]
    quarantine: pd.DataFrame
    findings: list[Finding]


def needed(contract: Sequence[Table]) -> list[Table]:
    """The reference tables that others are made with or hold their rules against; measures, which warn, do without."""
    names = {name for table in contract for one in (table, *table.rules) for name in one.needs}
    return [table for table in contract if table.name in names and not table.monthly]


def admit_reference(contract: Sequence[Table], raw: Tables, max_quarantined: float) -> Admitted:
    """Hold the reference tables that are there against their contract."""
    admitted = Admitted({}, pd.DataFrame(), [])
    for table in (table for table in contract if table.name in raw):
        admitted = _checked(admitted, table, raw[table.name], None, {}, max_quarantined)
    return admitted


def admit(
    contract: Sequence[Table],
    messages: Sequence[Messages],
    month: str,
    feeds: Feeds,
    reference: Tables,
    max_quarantined: float,
) -> Admitted:
    """Join a month's messages to raw tables and hold those against the contract that holds for training.

    What a month as a whole should be like only warns here, and a FEW broken rows never stop: messages may be of the
    first hours of a month. Where a feed's form is broken its table's values are not judged: they would all be blamed.
    """
    declared = {one.table: one for one in messages}
    admitted = Admitted({}, pd.DataFrame(), [])
    for table in (table for table in contract if table.name in declared):
        joined = join(declared[table.name], table, month, feeds, max_quarantined)
        admitted.findings.extend(mended(joined.findings))
        admitted = admitted._replace(quarantine=pd.concat([admitted.quarantine, joined.strays], ignore_index=True))
        if any(finding.rule in FORM for finding in joined.findings):
            continue
        limit = bearable(max_quarantined, len(joined.raw))
        admitted = _checked(admitted, table, joined.raw, month, reference, limit)
    return admitted


def mended(findings: Iterable[Finding]) -> list[Finding]:
    """The same findings with remedies for those who give messages."""
    return [replace(one, remedy=REMEDIES.get(one.rule, one.remedy)) for one in findings]


def empty(table: Table) -> pd.DataFrame:
    """No rows of a clean table, with the types of its columns."""
    return pd.DataFrame({name: pd.Series(dtype=meaning(column)["dtype"]) for name, column in table.columns.items()})


def _checked(
    admitted: Admitted, table: Table, raw: pd.DataFrame, month: str | None, reference: Tables, limit: float
) -> Admitted:
    others = {**reference, **admitted.tables}
    table = replace(table, measures=tuple(one for one in table.measures if {*one.needs} <= {*others}))
    clean, quarantine, _, findings = check(table, raw, month, others, limit)
    findings = mended(_of_values(table, one) for one in findings)
    if clean is None:
        bare = raw.empty and table.monthly
        clean = empty(table).assign(**{LOST: pd.Series(dtype="str")})
        findings = [] if bare else findings
    else:
        measured = check_measures(table, clean, month, others) if table.monthly else []
        findings = [*findings, *(_warning(finding) for finding in measured)]
    quarantined = pd.concat([admitted.quarantine, quarantine], ignore_index=True)
    return Admitted({**admitted.tables, table.name: clean}, quarantined, [*admitted.findings, *findings])


def _of_values(table: Table, finding: Finding) -> Finding:
    """A value's own check has no remedy but to correct it; a rule brings its own."""
    own = finding.level is Level.QUARANTINE and finding.rule not in {rule.name for rule in table.rules}
    return replace(finding, remedy="correct the value at its source") if own else finding


def _warning(finding: Finding) -> Finding:
    return replace(finding, level=Level.WARN)
