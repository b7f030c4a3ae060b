"""Feeds of messages <-> a month of a raw table, which they make together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import pandera.pandas as pa

from ontime.core.contract.findings import EXAMPLES, Finding, Level, quantity
from ontime.core.contract.schema import check_columns, sound_frame
from ontime.core.contract.violations import QUARANTINE_COLUMNS
from ontime.core.features.point_in_time import key_codes
from ontime.dataset.contract import Table
from ontime.dataset.dataset import Dataset
from ontime.dataset.messages import Messages
from ontime.errors import OntimeError

Feeds = Mapping[str, pd.DataFrame]

FEW = 5  # a share of the first messages of a month says little: so many may be broken in any case


class Joined(NamedTuple):
    """A month of a raw table; the messages that belong to no row of it, as quarantine; and every finding."""

    raw: pd.DataFrame
    unmatched: pd.DataFrame
    findings: list[Finding]


def feed_tables(contract: Sequence[Table], messages: Sequence[Messages]) -> dict[str, Table]:
    """By name of each feed the form of its messages: columns and types as the contract of their table has them."""
    tables = {table.name: table for table in contract}
    return {
        feed: _form(feed, tables[declared.table], declared.key, columns)
        for declared in messages
        for feed, columns in declared.feeds.items()
    }


def predicted_messages(dataset: Dataset) -> Messages:
    """The messages whose rows are predicted. Raises OntimeError where none are declared."""
    predicted = dataset.features.tables[0]
    for declared in dataset.messages:
        if declared.table == predicted and declared.identity is not None:
            return declared
    raise OntimeError(f"the dataset {dataset.name} declares no messages with an identity of {predicted}: no scores")


def to_feeds(declared: Messages, raw: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The messages that make the raw table: `join_feeds` gives it back."""
    first, *_ = declared.feeds
    feeds = {}
    for feed, columns in declared.feeds.items():
        rows = raw if feed == first else raw[raw[[*columns]].notna().any(axis=1)]
        feeds[feed] = rows[[*declared.key, *columns]].reset_index(drop=True)
    return feeds


def join_feeds(declared: Messages, table: Table, month: str | None, feeds: Feeds, max_unmatched: float) -> Joined:
    """A month of the raw table from the feeds' messages, whose form is checked first.

    Two messages of one key are a finding that stops. So are messages that belong to no row, where they are more than
    the share `max_unmatched` of a feed and more than a FEW.
    """
    forms = feed_tables([table], [declared])
    findings = []
    for feed, form in forms.items():
        findings += [finding for finding in check_columns(form, feeds[feed], month) if finding.rule != "rows"]
    first, *others = declared.feeds
    raw = sound_frame(forms[first], feeds[first])
    messages = {feed: sound_frame(forms[feed], feeds[feed]) for feed in others}
    rows, *keys = map(pd.Index, key_codes([raw, *messages.values()], declared.key))
    rule, unmatched = f"in_{first}", [no_entries()]
    for (feed, frame), key in zip(messages.items(), keys, strict=True):
        again = key.duplicated()
        raw = _with_columns(raw, frame.loc[~again, [*declared.feeds[feed]]], key[~again].get_indexer(rows))
        names = message_names(declared, frame[~again & ~key.isin(rows)])
        unmatched.append(quarantine_entries(names, feed, ", ".join(declared.key), rule))
        findings += _repeated(forms[feed], month, message_names(declared, frame[again]))
        findings += _unmatched(forms[feed], month, names, rule, len(frame), tolerated_share(max_unmatched, len(frame)))
    return Joined(raw[[*table.schema.columns]], pd.concat(unmatched, ignore_index=True), findings)


def tolerated_share(share: float, rows: int) -> float:
    """The share of so many rows that may be broken: what it is in a whole month, or a FEW rows."""
    # Half a row more, because FEW / rows * rows may fall below FEW.
    return max(share, min(1.0, (FEW + 0.5) / rows)) if rows else share


def message_names(declared: Messages, messages: pd.DataFrame) -> pd.Series:
    """What each message (n,) is called: the `id` of its row, or its own values where they name no row."""
    unnamed = pd.Series(index=messages.index, dtype="str")
    names = unnamed if declared.identity is None or messages.empty else declared.identity(messages)
    if not names.hasnans:
        return names
    key = messages.loc[names.isna(), [*declared.key]].astype("str").fillna("?")
    text = pd.Series([" ".join(row) for row in key.itertuples(index=False)], index=key.index, dtype="str")
    return names.fillna(text)


def quarantine_entries(names: pd.Series, table: str, column: str, rule: str) -> pd.DataFrame:
    """What belongs to no row, as quarantine; its name stands for key and value."""
    if names.empty:
        return no_entries()
    entries = pd.DataFrame({"key": names, "value": names}).assign(table=table, column=column, rule=rule)
    return entries[QUARANTINE_COLUMNS].astype("str").reset_index(drop=True)


def no_entries() -> pd.DataFrame:
    """A quarantine without rows."""
    return pd.DataFrame(columns=QUARANTINE_COLUMNS, dtype="str")


def _form(feed: str, table: Table, key: tuple[str, ...], columns: tuple[str, ...]) -> Table:
    schema = pa.DataFrameSchema({name: table.schema.columns[name] for name in (*key, *columns)})
    return Table(name=feed, about=f"messages for {table.name}", schema=schema, key=key, monthly=True)


def _with_columns(raw: pd.DataFrame, messages: pd.DataFrame, place: np.ndarray) -> pd.DataFrame:
    """The rows with the columns of the message at `place`: (n,), -1 where a row has none."""
    return pd.concat([raw, messages.reset_index(drop=True).reindex(place).set_axis(raw.index)], axis=1)


def _repeated(form: Table, month: str | None, names: pd.Series) -> list[Finding]:
    if names.empty:
        return []
    column, examples = ", ".join(form.key), tuple(names.head(EXAMPLES))
    problem = f"{quantity(len(names), 'message')} with the key of an earlier one"
    return [Finding(Level.STOP, form.name, month, column, "key_unique", problem, "remove what came twice", examples)]


def _unmatched(form: Table, month: str | None, names: pd.Series, rule: str, count: int, limit: float) -> list[Finding]:
    if names.empty:
        return []
    level = Level.STOP if len(names) > limit * count else Level.QUARANTINE
    column, examples = ", ".join(form.key), tuple(names.head(EXAMPLES))
    problem = f"{len(names):,} of {quantity(count, 'message')} belong to no row, at most {limit:.1%} may"
    remedy = "give every row of the month, or correct the key"
    return [Finding(level, form.name, month, column, rule, problem, remedy, examples)]
