"""A month of messages and clean reference tables -> clean tables, what was quarantined, and every finding at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import pandas as pd

from ontime.core.checks import check, check_measures
from ontime.core.contract import LOST, meaning
from ontime.core.findings import Finding, Level
from ontime.core.messages import Feeds, join
from ontime.dataset import Messages, Table

Tables = Mapping[str, pd.DataFrame]


class Admitted(NamedTuple):
    """Tables that keep the contract; what was quarantined, and every finding."""

    tables: dict[str, pd.DataFrame]
    quarantine: pd.DataFrame
    findings: list[Finding]


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

    What a month as a whole should be like only warns here: messages may be of a few days.
    """
    declared = {one.table: one for one in messages}
    admitted = Admitted({}, pd.DataFrame(), [])
    for table in (table for table in contract if table.name in declared):
        joined = join(declared[table.name], table, month, feeds, max_quarantined)
        admitted.findings.extend(joined.findings)
        admitted = admitted._replace(quarantine=pd.concat([admitted.quarantine, joined.strays], ignore_index=True))
        admitted = _checked(admitted, table, joined.raw, month, reference, max_quarantined)
    return admitted


def empty(table: Table) -> pd.DataFrame:
    """No rows of a clean table, with the types of its columns."""
    return pd.DataFrame({name: pd.Series(dtype=meaning(column)["dtype"]) for name, column in table.columns.items()})


def _checked(
    admitted: Admitted, table: Table, raw: pd.DataFrame, month: str | None, reference: Tables, limit: float
) -> Admitted:
    others = {**reference, **admitted.tables}
    clean, quarantine, _, findings = check(table, raw, month, others, limit)
    if clean is None:
        bare = raw.empty and table.monthly
        clean = empty(table).assign(**{LOST: pd.Series(dtype="str")})
        findings = [] if bare else findings
    else:
        measured = check_measures(table, clean, month, others) if table.monthly else []
        findings = [*findings, *(_warning(finding) for finding in measured)]
    quarantined = pd.concat([admitted.quarantine, quarantine], ignore_index=True)
    return Admitted({**admitted.tables, table.name: clean}, quarantined, [*admitted.findings, *findings])


def _warning(finding: Finding) -> Finding:
    return replace(finding, level=Level.WARN)
