"""What a store holds -> the live state: clean months, and the messages that came after them, taken in at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

import numpy as np
import pandas as pd

from ontime.core.contract.columns import clean_dtypes
from ontime.core.contract.values import rows_frame
from ontime.core.contract.violations import row_labels
from ontime.core.serving.live_table import LiveRow
from ontime.core.serving.message_admission import MessageAdmission
from ontime.core.serving.message_json import feed_dtypes, values_of_json
from ontime.core.serving.message_types import Message
from ontime.dataset.contract import Table
from ontime.service.store.records import StoredMessage

TOGETHER = 2_000  # messages that are judged at a time


def logged_messages(
    contract: Sequence[Table], admission: MessageAdmission, lines: Iterable[StoredMessage]
) -> Iterator[Message]:
    """The messages of a log, in order, with values that are not typed yet."""
    dtypes = feed_dtypes(contract, [table.declared for table in admission.tables.values()])
    for _, line in lines:
        if line.kind == "message":
            yield line.name, values_of_json(dtypes[line.name], json.loads(line.content or "{}"))


def rows_of_messages(admission: MessageAdmission, messages: Iterable[Message]) -> dict[str, dict[str, LiveRow]]:
    """The rows that messages make, as they stand after all of them, by table and name."""
    rows: dict[str, dict[str, LiveRow]] = {name: {} for name in admission.tables}
    for some in _batched(messages):
        for table, changed in admission.take(some).items():
            rows[table].update((row.name, row) for row in changed if None not in row.key)
    return rows


def with_rows(
    contract: Sequence[Table], tables: Mapping[str, pd.DataFrame], rows: Mapping[str, Mapping[str, LiveRow]]
) -> dict[str, pd.DataFrame]:
    """Clean tables with the rows that messages made in place of those of the same name."""
    joined = {}
    for table in contract:
        if table.name not in tables:
            continue
        made = [row for row in rows.get(table.name, {}).values() if not row.waits]
        kept = tables[table.name]
        if made:
            kept = kept[~pd.Index(row_labels(table, kept)).isin([row.name for row in made])]
            cleans = [row.clean for row in made if row.clean is not None]
            kept = pd.concat([kept, rows_frame(clean_dtypes(table), cleans)], ignore_index=True)
        joined[table.name] = kept
    return joined


def rows_since(tables: Mapping[str, pd.DataFrame], moment: int) -> dict[str, pd.DataFrame]:
    """The rows of clean tables of the day of a moment or later; days begin at 00:00 UTC here."""
    day = np.datetime64(moment, "us").astype("datetime64[D]")
    return {name: table[table["day"].to_numpy() >= day].reset_index(drop=True) for name, table in tables.items()}


def _batched(messages: Iterable[Message]) -> Iterator[list[Message]]:
    endless = iter(messages)
    while some := list(islice(endless, TOGETHER)):
        yield some
