"""Clean months of the past -> the store of the service, whose windows reach back weeks."""

import argparse
import logging

import numpy as np
import pandas as pd

from ontime.core.contract.findings import quantity
from ontime.core.features.moments import HOUR
from ontime.core.features.table import months_needed
from ontime.core.serving.admission import needed_tables
from ontime.core.serving.message_json import feed_dtypes
from ontime.core.serving.message_types import Message, table_messages
from ontime.core.serving.messages import message_days, row_form
from ontime.core.serving.online_state import KEPT
from ontime.dataset.dataset import Dataset
from ontime.dataset.messages import Messages
from ontime.errors import OntimeError
from ontime.io.foreign_files import read_foreign
from ontime.io.formats import read_bytes
from ontime.io.month_files import months_of, part
from ontime.io.paths import Files
from ontime.params import Features
from ontime.service.ingest import message_line
from ontime.service.records import ServiceRecords
from ontime.service.store.opening import DEFAULT_URL

log = logging.getLogger(__name__)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which months, and into which store."""
    parser.add_argument("--until", metavar="MONTH", help="the last month (2013-10); without, the last there is")
    parser.add_argument("--store", default=DEFAULT_URL, metavar="URL", help=f"its database; else {DEFAULT_URL}")


def run(dataset: Dataset, files: Files, features: Features, *, until: str | None, store: str) -> None:
    """Put the months that rows after them read into the store, in place of those that are there.

    The messages of the last days come too, as they were sent: they may still be corrected. Raises OntimeError where a
    month is not there.
    """
    first = dataset.features.tables[0]
    there = months_of(files.clean, first)
    last = until or max(there, default="")
    if last not in there:
        known = f"{there[0]} to {there[-1]}" if there else "none: make them with `dvc repro validate`"
        raise OntimeError(f"--until {last}: expected a month of {files.clean / first}: {known}")
    after = str(pd.Period(last) + 1)
    months = [month for month in months_needed(dataset.features, after, features.lead_hours) if month in there]
    months = [month for month in months if month <= last]
    parts = [(name, month) for name in dataset.features.tables for month in months]
    parts += [(table.name, None) for table in needed_tables(dataset.tables)]
    content = {(name, month or ""): read_bytes(part(files.clean, name, month)) for name, month in parts}
    dtypes = feed_dtypes(dataset.tables, dataset.messages)
    lines = [
        message_line(dtypes[message[0]], declared.key, message, 0)
        for declared in dataset.messages
        for message in _recent(dataset, files, declared, last)
    ]
    with ServiceRecords.open(store) as records:
        records.load(content, lines)
    log.info("%s and %s loaded", quantity(len(months), "month"), quantity(len(lines), "message"))


def _recent(dataset: Dataset, files: Files, declared: Messages, month: str) -> list[Message]:
    """The messages of the last rows of a month, which may still be corrected."""
    table = next(table for table in dataset.tables if table.name == declared.table)
    raw = read_foreign(table, part(files.raw, table.name, month))
    days = message_days(row_form(declared, table), raw)
    recent = days > np.nanmax(days) - np.timedelta64(KEPT // HOUR, "h")
    return table_messages(declared, table, raw[recent].reset_index(drop=True))
