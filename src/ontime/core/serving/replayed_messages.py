"""Months of raw and clean tables -> their messages as they became known, step by step, with heartbeats.

Moments are whole microseconds since 1970, in UTC.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

import numpy as np
import pandas as pd

from ontime.core.contract.values import declared_dtype, frame_rows
from ontime.core.features.keys import key_codes
from ontime.core.features.moments import HOUR, MINUTE, MISSING, microseconds
from ontime.core.serving.message_types import Message
from ontime.core.serving.messages import feed_tables, message_days, row_columns, to_feeds
from ontime.dataset.contract import Table
from ontime.dataset.dataset import Dataset
from ontime.dataset.messages import Messages
from ontime.dataset.stress import Source
from ontime.errors import OntimeError

Tables = Mapping[str, pd.DataFrame]

DAY = 24 * HOUR
OVER = 2 * DAY  # after a day begins in UTC, it is over in every zone
AHEAD_DAYS = 3  # so long before its row's day a message is sent that is known beforehand


class ReplayedMessage(NamedTuple):
    """A message, and the moment at which it is sent."""

    moment: int
    message: Message


class Heartbeat(NamedTuple):
    """A source says that all that it knew up to a moment has been sent."""

    source: str
    moment: int


class Gap(NamedTuple):
    """A source is silent from a moment on; at another, what it knew meanwhile comes."""

    source: str
    begin: int
    end: int

    def covers(self, moment: int) -> bool:
        """Whether the source is silent at a moment."""
        return self.begin <= moment < self.end


class FeedStep(NamedTuple):
    """What is sent up to a moment: messages in order, and after them heartbeats."""

    moment: int
    messages: list[Message]
    heartbeats: list[Heartbeat]


def replayed_messages(
    dataset: Dataset, raw: Tables, clean: Tables, since: int, until: int, ahead_days: int = AHEAD_DAYS
) -> list[ReplayedMessage]:
    """The messages that are known from `since` to `until`, by moment, then feed as declared, then key of their row.

    A message that is known beforehand is sent `ahead_days` before its row's day begins. One whose moment is missing,
    because its row broke the contract or what it speaks of never happened, is sent once that day is over everywhere, 48
    hours after it begins, and not before any other of its row. Days begin at 00:00 UTC here. What was known before
    `since` is sent then, if its row is of the two days before or later; older rows are the past, which is loaded. A
    message whose key names no day has no time, and is left out.

    raw, clean: tables by name, of all months that have such rows.
    """
    forms, messages = {table.name: table for table in dataset.tables}, []
    for declared in dataset.messages:
        table = forms[declared.table]
        for feed, frame in to_feeds(declared, raw[declared.table]).items():
            days = message_days(feed_tables([table], [declared])[feed], frame).astype(np.int64)
            moments = _known(declared, table, feed, frame, clean[declared.table], days, ahead_days)
            recent = (moments >= since) | (days >= since - OVER)
            wanted = np.flatnonzero((days != MISSING) & recent & (moments <= until))
            messages += _in_order(declared, table, feed, frame.iloc[wanted], np.maximum(moments[wanted], since))
    return sorted(messages, key=attrgetter("moment"))


def with_gaps(
    messages: Iterable[ReplayedMessage], sources: Mapping[str, Source], gaps: Sequence[Gap]
) -> list[ReplayedMessage]:
    """The messages, those of a silent source late: at the end of the gap, in the order in which they became known.

    Raises OntimeError where there is no such source, no messages come from it, or a gap ends before it begins.
    """
    silent = [name for name, source in sources.items() if source.feeds]
    for gap in gaps:
        if gap.source not in silent:
            raise OntimeError(f"a gap of {gap.source!r}: expected a source of messages, one of {', '.join(silent)}")
        if gap.end <= gap.begin:
            raise OntimeError(f"a gap of {gap.source!r}: expected an end after its begin")
    late = [one._replace(moment=_sent(one, sources, gaps)) for one in messages]
    return sorted(late, key=attrgetter("moment"))


def feed_steps(
    messages: Sequence[ReplayedMessage],
    sources: Iterable[str],
    since: int,
    until: int,
    minutes: int = 1,
    gaps: Sequence[Gap] = (),
) -> Iterator[FeedStep]:
    """A step at `since`, then every so many minutes, the last one at `until`: what is sent since the step before it.

    messages: by moment; those after `until` are not sent. Every source has a heartbeat for every minute, but in its
    gaps: what waits for a source is as up to date in a long step as in short ones.
    """
    names, beats = [*sources], [*range(since, until, MINUTE), until]
    moments, sent, heard = [one.moment for one in messages], 0, 0
    for last in (*range(0, len(beats) - 1, minutes), len(beats) - 1):
        end = bisect_right(moments, beats[last])
        heartbeats = [
            Heartbeat(name, moment)
            for moment in beats[heard : last + 1]
            for name in names
            if not any(gap.source == name and gap.covers(moment) for gap in gaps)
        ]
        yield FeedStep(beats[last], [one.message for one in messages[sent:end]], heartbeats)
        sent, heard = end, last + 1


def shuffled_steps(ordered: Iterable[FeedStep], seed: int) -> Iterator[FeedStep]:
    """The steps, the messages of each in any order: heartbeats, which come at a step's end, stay true."""
    random = np.random.default_rng(seed)
    for step in ordered:
        order = random.permutation(len(step.messages))
        yield step._replace(messages=[step.messages[place] for place in order])


def _known(
    declared: Messages,
    table: Table,
    feed: str,
    messages: pd.DataFrame,
    clean: pd.DataFrame,
    days: np.ndarray,
    ahead_days: int,
) -> np.ndarray:
    """When each message (n,) of a feed is known. days: of their rows (n,)."""
    if feed not in declared.known_at:
        return days - ahead_days * DAY
    keys = row_columns(declared, table, messages)
    of_messages, of_rows = key_codes([keys, clean], list(map(str, keys)))
    known = {name: microseconds(clean[column]) for name, column in declared.known_at.items()}
    rows = pd.DataFrame(known, index=of_rows).reindex(of_messages, fill_value=MISSING)
    moments, last = rows[feed].to_numpy(), rows.max(axis=1).to_numpy()
    return np.where(moments == MISSING, np.maximum(days + OVER, last), moments)


def _in_order(
    declared: Messages, table: Table, feed: str, messages: pd.DataFrame, moments: np.ndarray
) -> list[ReplayedMessage]:
    """The messages (n,) of a feed by moment (n,), then key."""
    columns = table.schema.columns
    dtypes = {name: declared_dtype(columns[name]) for name in (*declared.key, *declared.feeds[feed])}
    by_key = messages.reset_index(drop=True).sort_values([*declared.key], kind="stable")
    order = by_key.index.to_numpy()[np.argsort(moments[by_key.index], kind="stable")]
    values = frame_rows(dtypes, messages.iloc[order])
    return [ReplayedMessage(moment, (feed, row)) for moment, row in zip(moments[order].tolist(), values, strict=True)]


def _sent(replayed: ReplayedMessage, sources: Mapping[str, Source], gaps: Iterable[Gap]) -> int:
    """When a message is sent that would be at its moment."""
    moment, (feed, _) = replayed
    return max((gap.end for gap in gaps if feed in sources[gap.source].feeds and gap.covers(moment)), default=moment)
