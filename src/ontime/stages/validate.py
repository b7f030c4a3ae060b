"""data/raw/ and its contract -> data/clean/, data/quarantine.parquet and what was found; or every reason to stop."""

import logging
from collections.abc import Iterator

import pandas as pd
from tqdm import tqdm

from ontime.core.findings import ContractError, Finding
from ontime.core.inspect import inspect, summary, warnings_table
from ontime.core.structure import check_files, expected_parts, unreadable
from ontime.dataset import Dataset, Table
from ontime.errors import OntimeError
from ontime.files import Files, part, parts, read_parquet, write_csv, write_json, write_parquet
from ontime.params import Validate

log = logging.getLogger(__name__)


def run(dataset: Dataset, params: Validate, files: Files) -> None:
    """Check every part and write the clean ones. Raises ContractError, and writes nothing, if a finding stops."""
    found = parts(files.raw)
    findings = check_files(dataset.tables, found)
    outputs = (files.clean, files.quarantine, files.validation, files.columns, files.warnings)
    with files.whole("validate", *outputs) as draft:
        results = []
        for result in inspect(_read(expected_parts(dataset.tables, found), files, findings), params):
            if result.clean is not None:
                write_parquet(result.clean, part(draft.clean, result.table, result.month))
            results.append(result._replace(clean=None))
            findings += result.findings
        if any(finding.stops for finding in findings):
            raise ContractError(findings, str(files.raw))
        write_parquet(pd.concat([result.quarantine for result in results], ignore_index=True), draft.quarantine)
        write_csv(pd.concat([result.lines for result in results]), draft.columns)
        write_csv(warnings_table(findings), draft.warnings)
        record = summary(results)
        write_json(record, draft.validation)
    quarantined = sum(record["quarantined"].values())
    log.info("%s rows quarantined, see %s", quarantined, files.quarantine)
    log.info("%s warnings, see %s", record["warnings"], files.warnings)


def _read(
    expected: list[tuple[Table, str | None]], files: Files, findings: list[Finding]
) -> Iterator[tuple[Table, str | None, pd.DataFrame]]:
    """The parts that are there and can be read; a file that cannot is added to `findings`."""
    for table, month in tqdm(expected, desc="validate", unit=" parts", disable=None):
        path = part(files.raw, table.name, month)
        if not path.exists():
            continue
        try:
            yield table, month, read_parquet(path)
        except OntimeError as error:
            findings.append(unreadable(table, month, error))
