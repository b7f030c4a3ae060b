"""The source's tables -> data/raw/, column names and values untouched."""

import logging

from ontime.dataset.dataset import Dataset
from ontime.io.atomic import stage_draft
from ontime.io.formats import write_parquet
from ontime.io.month_files import part
from ontime.io.paths import Files
from ontime.params import Fetch

log = logging.getLogger(__name__)


def run(dataset: Dataset, files: Files, fetch: Fetch) -> None:
    """Write every part of the source up to and with the month `fetch.until`."""
    rows: dict[str, int] = {}
    with stage_draft(files, "fetch", files.raw) as draft:
        for table, month, frame in dataset.read(fetch.release, fetch.until):
            write_parquet(frame, part(draft.raw, table, month))
            rows[table] = rows.get(table, 0) + len(frame)
    log.info("%s rows", ", ".join(f"{table} {count:,}" for table, count in rows.items()))
