"""data/clean/ -> data/features/: for each row what was known `lead_hours` before it starts, and what came of it."""

import logging

import pandas as pd
from tqdm import tqdm

from ontime.core.features import build, months_needed
from ontime.dataset import Dataset
from ontime.files import Files, part, parts, read_parquet, write_parquet
from ontime.params import Features

log = logging.getLogger(__name__)


def run(dataset: Dataset, files: Files, features: Features) -> None:
    """Compute one month after another, each with the past that it may read."""
    declared, count = dataset.features, 0
    table = declared.tables[0]
    months = [month for name, month in parts(files.clean) if name == table and month]
    read: dict[str, dict[str, pd.DataFrame]] = {}
    with files.whole("featurize", files.features) as draft:
        for month in tqdm(months, desc="featurize", unit=" months", disable=None):
            needed = [each for each in months_needed(declared, month, features.lead_hours) if each in months]
            read = {each: read.get(each) or _read(files, declared.tables, each) for each in needed}
            tables = {name: pd.concat([read[each][name] for each in needed]) for name in declared.tables}
            tables = {name: frame.reset_index(drop=True) for name, frame in tables.items()}
            frame = build(declared, tables | {table: read[month][table]}, tables, features.lead_hours)
            write_parquet(frame, part(draft.features.parent, draft.features.name, month))
            count += len(frame)
    log.info("%s rows as of %g hours before they start", f"{count:,}", features.lead_hours)


def _read(files: Files, tables: tuple[str, ...], month: str) -> dict[str, pd.DataFrame]:
    return {name: read_parquet(part(files.clean, name, month)) for name in tables}
