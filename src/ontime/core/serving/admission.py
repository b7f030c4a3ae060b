"""A month of messages and clean reference tables -> clean tables, what was quarantined, and every finding at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import pandas as pd

from ontime.core.contract.checks import check_measures, check_part
from ontime.core.contract.column_types import LEAVE_EMPTY
from ontime.core.contract.columns import LOST, column_metadata
from ontime.core.contract.duplicates import KEY_UNIQUE, WHICH_IS_RIGHT
from ontime.core.contract.findings import Finding, Level
from ontime.core.contract.row_rules import Broken
from ontime.core.contract.schema import CHANGE
from ontime.core.contract.text_values import is_missing_word
from ontime.core.serving.messages import Feeds, join_feeds
from ontime.dataset.contract import Table
from ontime.dataset.messages import Messages

Tables = Mapping[str, pd.DataFrame]

# What those who give messages can do, who neither fetch them nor own the contract; by rule.
REMEDIES = {
    "file_readable": "write it again, as Parquet or as CSV in UTF-8",
    "column_present": "add the column",
    "column_known": "drop the column",
    "column_once": "keep the right one",
    "rows": "give its rows",
    "max_quarantined": "correct what breaks the rules named here, or raise validate.max_quarantined in params.yaml",
    KEY_UNIQUE: WHICH_IS_RIGHT,
}
HAS = " has "  # between the name of a row and its value, in the examples of a finding
FORM = {"column_present", "column_once", "type"}  # rules that say of a feed that its values cannot be read


class Admitted(NamedTuple):
    """Tables that keep the contract; what was quarantined, and every finding."""

    tables: dict[str, pd.DataFrame]
    quarantine: pd.DataFrame
    findings: list[Finding]


def needed_tables(contract: Sequence[Table]) -> list[Table]:
    """The reference tables that other tables are made with, or hold their rules against.

    Those that only measures need are left out: measures just warn, and do without.
    """
    names = {name for table in contract for declared in (table, *table.rules) for name in declared.needs}
    return [table for table in contract if table.name in names and not table.monthly]


def admit_reference(contract: Sequence[Table], raw: Tables, max_quarantined: float) -> Admitted:
    """Hold the reference tables that are there against their contract."""
    admitted = Admitted({}, pd.DataFrame(), [])
    for table in contract:
        if table.name in raw:
            admitted = _with_table(admitted, table, raw[table.name], None, {}, max_quarantined)
    return admitted


def admit(
    contract: Sequence[Table],
    messages: Sequence[Messages],
    month: str,
    feeds: Feeds,
    reference: Tables,
    max_quarantined: float,
) -> Admitted:
    """Join a month's messages to raw tables, and hold those against the contract that holds for training.

    Messages may be of the first hours of a month. So what a month as a whole should be like only warns here, and a FEW
    broken rows never stop. Where the form of a feed is broken, the values of its table are not judged: they would all
    be blamed.
    """
    declarations = {declared.table: declared for declared in messages}
    admitted = Admitted({}, pd.DataFrame(), [])
    for table in contract:
        if table.name not in declarations:
            continue
        joined = join_feeds(declarations[table.name], table, month, feeds, max_quarantined)
        quarantine = pd.concat([admitted.quarantine, joined.quarantine], ignore_index=True)
        findings = [*admitted.findings, *with_remedies(joined.findings)]
        admitted = admitted._replace(quarantine=quarantine, findings=findings)
        if FORM.isdisjoint(finding.rule for finding in joined.findings):
            admitted = _with_table(admitted, table, joined.raw, month, reference, max_quarantined, joined.lost)
    return admitted


def with_remedies(findings: Sequence[Finding]) -> list[Finding]:
    """The same findings with remedies for those who give messages, who do not own the contract."""
    own = [REMEDIES.get(finding.rule, finding.remedy.removesuffix(f", {CHANGE}")) for finding in findings]
    return [replace(finding, remedy=remedy) for finding, remedy in zip(findings, own, strict=True)]


def empty_table(table: Table) -> pd.DataFrame:
    """No rows of a clean table, with the types of its columns."""
    types = {name: column_metadata(column)["dtype"] for name, column in table.columns.items()}
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in types.items()})


def _with_table(
    admitted: Admitted,
    table: Table,
    raw: pd.DataFrame,
    month: str | None,
    reference: Tables,
    max_quarantined: float,
    lost: Sequence[Broken] = (),
) -> Admitted:
    """What was admitted, and one more table."""
    others = {**reference, **admitted.tables}
    measures = tuple(measure for measure in table.measures if {*measure.needs} <= {*others})
    table = replace(table, measures=measures)
    clean, quarantine, _, findings = check_part(table, raw, month, others, max_quarantined, lost)
    findings = with_remedies([_of_values(table, finding) for finding in findings])
    if clean is None:
        silent = raw.empty and table.monthly  # a feed without news is no fault
        clean = empty_table(table).assign(**{LOST: pd.Series(dtype="str")})
        findings = [] if silent else findings
    elif table.monthly:
        findings += [_warning(finding) for finding in check_measures(_with_values(table, clean), clean, month, others)]
    tables = {**admitted.tables, table.name: clean}
    quarantine = pd.concat([admitted.quarantine, quarantine], ignore_index=True)
    return Admitted(tables, quarantine, [*admitted.findings, *findings])


def _with_values(table: Table, clean: pd.DataFrame) -> Table:
    """The table without measures of columns that have no value yet: a feed without news is no fault."""
    empty = {str(name) for name in clean if clean[name].isna().all()}
    return replace(table, measures=tuple(one for one in table.measures if empty.isdisjoint(one.columns)))


def _of_values(table: Table, finding: Finding) -> Finding:
    """A value's own check has no remedy but to correct it; a rule brings its own."""
    own = finding.level is Level.QUARANTINE and finding.rule not in {rule.name for rule in table.rules}
    values = [example.rpartition(HAS)[2] for example in finding.examples]
    empty = f"; {LEAVE_EMPTY}" if any(map(is_missing_word, values)) else ""
    return replace(finding, remedy=f"correct the value at its source{empty}") if own else finding


def _warning(finding: Finding) -> Finding:
    return replace(finding, level=Level.WARN)
