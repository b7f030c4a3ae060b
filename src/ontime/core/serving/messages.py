"""Feeds of messages <-> a month of a raw table, which they make together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import pandera.pandas as pa

from ontime.core.contract.columns import column_metadata
from ontime.core.contract.duplicates import (
    KEY_UNIQUE,
    complete_keys,
    repeated_finding,
    repeated_rows,
    shared_key_finding,
)
from ontime.core.contract.few_rows import tolerated_share
from ontime.core.contract.findings import EXAMPLES, Finding, Level, quantity
from ontime.core.contract.row_rules import Arrays, Broken, derive_arrays, made_lookups
from ontime.core.contract.schema import check_columns, sound_columns, sound_frame
from ontime.core.contract.values import (
    Value,
    Values,
    array_series,
    declared_dtype,
    exact_texts,
    frame_values,
    key_text,
    row_values,
    rule_array,
)
from ontime.core.contract.violations import QUARANTINE_COLUMNS
from ontime.core.features.keys import key_codes
from ontime.dataset.contract import Table
from ontime.dataset.dataset import Dataset
from ontime.dataset.dtypes import is_missing
from ontime.dataset.messages import Messages
from ontime.errors import OntimeError

Feeds = Mapping[str, pd.DataFrame]


class Joined(NamedTuple):
    """A month of a raw table, and every finding.

    quarantine: messages that belong to no row, or share their key with others. lost: what the rows break that those
    others would belong to, which have no values of that feed.
    """

    raw: pd.DataFrame
    quarantine: pd.DataFrame
    lost: list[Broken]
    findings: list[Finding]


class _Received(NamedTuple):
    """Messages of a feed (n,), the code of the key of each, and whether the key is complete."""

    frame: pd.DataFrame
    codes: pd.Index
    complete: np.ndarray


class _Aside(NamedTuple):
    """Which messages belong to no row, and which share the key of one with different values: (n,) bool."""

    unmatched: np.ndarray
    sharing: np.ndarray


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
        if declared.table == predicted:
            return declared
    raise OntimeError(f"the dataset {dataset.name} declares no messages of {predicted}: no scores")


def to_feeds(declared: Messages, raw: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The messages that make the raw table: `join_feeds` gives it back."""
    first, *_ = declared.feeds
    feeds = {}
    for feed, columns in declared.feeds.items():
        rows = raw if feed == first else raw[raw[[*columns]].notna().any(axis=1)]
        feeds[feed] = rows[[*declared.key, *columns]].reset_index(drop=True)
    return feeds


def join_feeds(declared: Messages, table: Table, month: str | None, feeds: Feeds, max_broken: float) -> Joined:
    """A month of the raw table from the feeds' messages, whose form is checked first.

    Of messages that are equal in all values one is kept. Those that belong to no row, because their key is incomplete
    or no message of the first feed has it, go to quarantine; so do all that share their key with different values, and
    their row has no value of that feed. Either stops where it is a larger share of a feed than `max_broken`, if more
    than a FEW.
    """
    forms = feed_tables([table], [declared])
    findings = []
    for feed, form in forms.items():
        findings += [finding for finding in check_columns(form, feeds[feed], month) if finding.rule != "rows"]
    if not all({*declared.key} <= {*sound_columns(form, feeds[feed])} for feed, form in forms.items()):
        return Joined(pd.DataFrame(columns=[*table.schema.columns]), no_entries(), [], findings)
    received, warnings = _received(declared, forms, month, feeds)
    first, *others = declared.feeds
    raw, rows = _complete_rows(received[first])
    quarantine: list[pd.DataFrame] = [no_entries()]
    lost: list[Broken] = []
    for feed in declared.feeds:
        aside = _aside(received[feed], rows, sharing=feed in others)
        if feed in others:
            raw = _with_columns(raw, rows, received[feed], aside, [*declared.feeds[feed]])
        if aside.unmatched.any() or aside.sharing.any():
            sharing = rows.isin(received[feed].codes[aside.sharing])
            lost += _lost_values(table, declared.feeds[feed], np.flatnonzero(sharing))
            entries, wrong = _judged(declared, forms[feed], month, received[feed].frame, aside, max_broken)
            quarantine, findings = [*quarantine, *entries], [*findings, *wrong]
    raw = raw[[*table.schema.columns]]
    return Joined(raw, pd.concat(quarantine, ignore_index=True), lost, [*findings, *warnings])


def message_names(form: Table, messages: pd.DataFrame) -> pd.Series:
    """What each message (n,) of this form is called."""
    names = key_names(form, _key_values(form, messages))
    return pd.Series(names, index=messages.index, dtype="str")


def message_days(form: Table, messages: pd.DataFrame) -> np.ndarray:
    """The day of each message (n,) of this form: datetime64[us], missing where its key names none."""
    return _of_key(form, _key_values(form, messages))["day"]


def row_form(declared: Messages, table: Table) -> Table:
    """The form of what messages say of their row: their key, and what follows from it."""
    return _form(table.name, table, declared.key, ())


def row_columns(declared: Messages, table: Table, messages: pd.DataFrame) -> pd.DataFrame:
    """The columns of the clean table that follow from the key of each message (n,) of any feed: they name its row."""
    form = row_form(declared, table)
    arrays = _of_key(form, _key_values(form, messages))
    types = {name: declared_dtype(column) for name, column in table.added.items() if name in arrays}
    added = {name: array_series(arrays[name], dtype, messages.index) for name, dtype in types.items()}
    return messages[[name for name in declared.key if name not in table.added]].assign(**added)


def row_ids(declared: Messages, table: Table, keys: Sequence[tuple[Value, ...]]) -> list[str | None]:
    """The id of the predicted row that each key (n) of messages names: it follows from the key."""
    form = row_form(declared, table)
    columns = zip(declared.key, zip(*keys, strict=True), strict=True)
    values = {name: row_values(of_key, declared_dtype(form.schema.columns[name])) for name, of_key in columns}
    return _of_key(form, values)["id"].tolist() if keys else []


def key_names(form: Table, key: Mapping[str, Values]) -> np.ndarray:
    """What messages of this key (n) are called: the `id` of their row, or the key where that is unknown: text (n,)."""
    derived = _of_key(form, key)
    names = derived["id"].copy() if "id" in derived else np.full(len(derived[form.key[0]]), None)
    for row in np.flatnonzero(is_missing(names)):
        one = {name: Values(values.content[[row]], values.missing[[row]]) for name, values in key.items()}
        texts = [exact_texts(values, declared_dtype(form.schema.columns[name]))[0] for name, values in one.items()]
        names[row] = key_text(texts)
    return names


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
    """The form of a feed's messages; what follows from their key is derived, but no column of theirs."""
    schema = pa.DataFrameSchema({name: table.schema.columns[name] for name in (*key, *columns)})
    about, derived = f"messages for {table.name}", table.derived_from(key)
    return Table(name=feed, about=about, schema=schema, key=key, monthly=True, derived=derived)


def _key_values(form: Table, messages: pd.DataFrame) -> dict[str, Values]:
    return frame_values({name: form.schema.columns[name] for name in form.key}, messages)


def _of_key(form: Table, key: Mapping[str, Values]) -> Arrays:
    """The key of messages, and what follows from it."""
    arrays = {name: rule_array(values) for name, values in key.items()}
    return derive_arrays(form.derived, arrays, made_lookups(form.derived, {}))


def _received(
    declared: Messages, forms: Mapping[str, Table], month: str | None, feeds: Feeds
) -> tuple[dict[str, _Received], list[Finding]]:
    """By feed its messages, one of each; and a warning where some came again."""
    frames = [sound_frame(form, feeds[feed]) for feed, form in forms.items()]
    received, warnings = {}, []
    every_code = map(pd.Index, key_codes(frames, declared.key))
    for (feed, form), frame, codes in zip(forms.items(), frames, every_code, strict=True):
        alike = np.flatnonzero(codes.duplicated(keep=False))  # what is equal in all values is so in the key
        again, first = np.zeros((2, len(frame)), dtype=bool)
        if len(alike):
            again[alike], first[alike] = repeated_rows(feeds[feed].iloc[alike])
            names = message_names(form, frame[first])
            warnings += repeated_finding(feed, month, int(again.sum()), "message", names)
        one = frame[~again].reset_index(drop=True) if again.any() else frame
        received[feed] = _Received(one, codes[~again], complete_keys(one, declared.key))
    return received, warnings


def _complete_rows(first: _Received) -> tuple[pd.DataFrame, pd.Index]:
    """The rows that messages of the first feed make, and the code of the key of each."""
    if first.complete.all():
        return first.frame, first.codes
    return first.frame[first.complete].reset_index(drop=True), first.codes[first.complete]


def _aside(received: _Received, rows: pd.Index, *, sharing: bool) -> _Aside:
    """Which messages belong to no row, and where that is judged, which share the key of a row: (n,) each."""
    matched = received.complete & received.codes.isin(rows)
    return _Aside(~matched, matched & received.codes.duplicated(keep=False) & sharing)


def _with_columns(
    raw: pd.DataFrame, rows: pd.Index, received: _Received, aside: _Aside, columns: list[str]
) -> pd.DataFrame:
    """The rows with these columns of their message, if they have just one."""
    alone = ~aside.unmatched & ~aside.sharing
    place = received.codes[alone].get_indexer(rows)
    values = received.frame.loc[alone, columns].reset_index(drop=True).reindex(place)
    return pd.concat([raw, values.set_axis(raw.index)], axis=1)


def _lost_values(table: Table, columns: Sequence[str], rows: np.ndarray) -> list[Broken]:
    """That these rows have no value in these columns, which messages contradict: broken at the earliest clock."""
    clock = min((column_metadata(table.schema.columns[name])["clock"].place for name in columns), default=0)
    return [Broken(name, KEY_UNIQUE, clock, rows, [""] * len(rows)) for name in columns if len(rows)]


def _judged(
    declared: Messages, form: Table, month: str | None, frame: pd.DataFrame, aside: _Aside, max_broken: float
) -> tuple[list[pd.DataFrame], list[Finding]]:
    """Messages that are put aside, as quarantine and as findings."""
    key, rule = ", ".join(declared.key), f"in_{next(iter(declared.feeds))}"
    limit = tolerated_share(max_broken, len(frame))
    unmatched, sharing = (message_names(form, frame[which]) for which in aside)
    entries = [
        quarantine_entries(unmatched, form.name, key, rule),
        quarantine_entries(sharing, form.name, key, KEY_UNIQUE),
    ]
    findings = [
        *_unmatched(form, month, unmatched, rule, len(frame), limit),
        *shared_key_finding(form.name, month, key, sharing, (len(frame), "message"), limit),
    ]
    return entries, findings


def _unmatched(form: Table, month: str | None, names: pd.Series, rule: str, count: int, limit: float) -> list[Finding]:
    if names.empty:
        return []
    level = Level.STOP if len(names) > limit * count else Level.QUARANTINE
    column, examples = ", ".join(form.key), tuple(names.head(EXAMPLES))
    problem = f"{len(names):,} of {quantity(count, 'message')} belong to no row, at most {limit:.1%} may"
    remedy = "give every row of the month, or correct the key"
    return [Finding(level, form.name, month, column, rule, problem, remedy, examples)]
