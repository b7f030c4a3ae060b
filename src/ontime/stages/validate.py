"""data/raw/ and its contract -> data/clean/, data/quarantine.parquet and findings; or every reason to stop."""

import logging
from collections.abc import Iterator

import pandas as pd
from tqdm import tqdm

from ontime.core.contract.findings import ContractError
from ontime.core.contract.inspection import RawPart, findings_table, inspect_parts, inspection_summary
from ontime.core.contract.schema import check_files, expected_parts
from ontime.dataset.contract import Table
from ontime.dataset.dataset import Dataset
from ontime.errors import OntimeError
from ontime.io.atomic import stage_draft
from ontime.io.foreign_files import read_foreign
from ontime.io.formats import write_csv, write_json, write_parquet
from ontime.io.month_files import part, parts_below
from ontime.io.paths import Files
from ontime.params import Validate

log = logging.getLogger(__name__)


def run(dataset: Dataset, files: Files, validate: Validate) -> None:
    """Check every part and write the clean ones. Raises ContractError, and writes nothing, if a finding stops."""
    stored = parts_below(files.raw)
    findings = check_files(dataset.tables, stored)
    expected = expected_parts(dataset.tables, stored)
    readable = [(table, month) for table, month in expected if (table.name, month) in stored]
    with stage_draft(files, "validate", files.clean, files.quarantine, files.record("validate")) as draft:
        results = []
        for result in inspect_parts(_read(readable, files), validate):
            if result.clean is not None:
                write_parquet(result.clean, part(draft.clean, result.table, result.month))
            results.append(result._replace(clean=None))
            findings += result.findings
        if any(finding.stops for finding in findings):
            raise ContractError(findings, str(files.raw))
        record = inspection_summary(results)
        write_parquet(pd.concat([result.quarantine for result in results], ignore_index=True), draft.quarantine)
        write_csv(pd.concat([result.lines for result in results]), draft.validate_columns)
        write_csv(findings_table(findings), draft.validate_findings)
        write_json(record, draft.validate_metrics)
    quarantined = sum(record["quarantined"].values())
    log.info("%s rows quarantined, %s warnings: see %s", quarantined, record["warnings"], files.validate_findings)


def _read(readable: list[tuple[Table, str | None]], files: Files) -> Iterator[RawPart]:
    for table, month in tqdm(readable, desc="validate", unit=" parts", disable=None):
        try:
            yield table, month, read_foreign(table, part(files.raw, table.name, month))
        except OntimeError as error:
            yield table, month, error
