"""data/raw and data/clean -> what was sent in a span of the past, step by step, as a service would have got it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from ontime.core.serving.message_json import moment_text
from ontime.core.serving.replayed_messages import (
    AHEAD_DAYS,
    DAY,
    OVER,
    FeedStep,
    Gap,
    feed_steps,
    replayed_messages,
    shuffled_steps,
    with_gaps,
)
from ontime.dataset.contract import Table
from ontime.dataset.dataset import Dataset
from ontime.errors import OntimeError
from ontime.io.foreign_files import read_foreign
from ontime.io.month_files import months_of, part, read_months
from ontime.io.paths import Files


def recorded_feed(
    dataset: Dataset,
    files: Files,
    since: int,
    until: int,
    *,
    minutes: int = 1,
    gaps: Sequence[Gap] = (),
    seed: int | None = None,
) -> Iterator[FeedStep]:
    """The messages of `since` to `until`, a step every so many minutes; with a seed those of each step are shuffled.

    Moments are whole microseconds since 1970. All messages of the span are in memory. Raises OntimeError where there is
    no month of it, or a gap is of no source of messages.
    """
    sources, names = dataset.stress.sources, {declared.table for declared in dataset.messages}
    tables = {table.name: _recorded(files, table, since, until) for table in dataset.tables if table.name in names}
    raw, clean = ({name: both[place] for name, both in tables.items()} for place in (0, 1))
    messages = with_gaps(replayed_messages(dataset, raw, clean, since, until), sources, gaps)
    ordered = feed_steps(messages, sources, since, until, minutes, gaps)
    return ordered if seed is None else shuffled_steps(ordered, seed)


def _recorded(files: Files, table: Table, since: int, until: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The raw and the clean months of a table whose rows may have messages in this span."""
    there = {*months_of(files.raw, table.name)} & {*months_of(files.clean, table.name)}
    wanted = [month for month in _months(since, until) if month in there]
    if not wanted:
        folders = f"{files.raw / table.name} and {files.clean / table.name}"
        span, known = f"{moment_text(since)} to {moment_text(until)}", ", ".join(sorted(there)) or "none"
        raise OntimeError(f"{folders} have no month of {span}; months that both have: {known}")
    raw = [read_foreign(table, part(files.raw, table.name, month)) for month in wanted]
    return pd.concat(raw, ignore_index=True), read_months(files.clean / table.name, wanted)


def _months(since: int, until: int) -> list[str]:
    """The months of these rows, whether they are there or not."""
    span = (since - OVER, until + AHEAD_DAYS * DAY)
    first, last = (np.datetime64(moment, "us").astype("datetime64[M]") for moment in span)
    return np.arange(first, last + 1).astype(str).tolist()
