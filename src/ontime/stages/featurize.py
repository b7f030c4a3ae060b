"""data/clean/ -> data/features/: for each row what was known `lead_hours` before it starts, and what came of it."""

import logging

import pandas as pd
from tqdm import tqdm

from ontime.core.features.table import build_months
from ontime.dataset.dataset import Dataset
from ontime.io.atomic import stage_draft
from ontime.io.formats import read_parquet, write_parquet
from ontime.io.month_files import months_of, part
from ontime.io.paths import Files
from ontime.params import Features

log = logging.getLogger(__name__)


def run(dataset: Dataset, files: Files, features: Features) -> None:
    """Compute one month after another, each with the past that it may read."""
    declared = dataset.features
    months = months_of(files.clean, declared.tables[0])

    def read(table: str, month: str) -> pd.DataFrame:
        return read_parquet(part(files.clean, table, month))

    count = 0
    with stage_draft(files, "featurize", files.features) as draft:
        frames = build_months(declared, months, months, read, features.lead_hours)
        for month, frame in tqdm(frames, desc="featurize", total=len(months), unit=" months", disable=None):
            write_parquet(frame, part(draft.features.parent, draft.features.name, month))
            count += len(frame)
    log.info("%s rows as of %g hours before they start", f"{count:,}", features.lead_hours)
