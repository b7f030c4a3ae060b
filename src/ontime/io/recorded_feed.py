"""data/raw and data/clean -> what was sent in a span of the past, step by step, as a service would have got it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

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
    sources = dataset.stress.sources
    raw, clean = {}, {}
    for table in [table for table in dataset.tables if table.name in {one.table for one in dataset.messages}]:
        there = set(months_of(files.raw, table.name)) & set(months_of(files.clean, table.name))
        wanted = sorted(there & set(_months(since, until)))
        if not wanted:
            span = " to ".join(str(np.datetime64(moment, "us").astype("datetime64[D]")) for moment in (since, until))
            raise OntimeError(
                f"{files.raw / table.name} and {files.clean / table.name} have no month of {span}: "
                f"expected one of {', '.join(sorted(there)) or 'some'}"
            )
        parts = [read_foreign(table, part(files.raw, table.name, month)) for month in wanted]
        raw[table.name] = pd.concat(parts, ignore_index=True)
        clean[table.name] = read_months(files.clean / table.name, wanted)
    messages = with_gaps(replayed_messages(dataset, raw, clean, since, until), sources, gaps)
    ordered = feed_steps(messages, sources, since, until, minutes, gaps)
    return ordered if seed is None else shuffled_steps(ordered, seed)


def _months(since: int, until: int) -> list[str]:
    """The months whose rows may have messages in this span."""
    span = (since - OVER, until + AHEAD_DAYS * DAY)
    first, last = (np.datetime64(moment, "us").astype("datetime64[M]") for moment in span)
    return np.arange(first, last + 1).astype(str).tolist()
