"""Messages one by one beside the same messages in a month: what both make of them, in one form."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ontime.core.serving.admission import admit
from ontime.core.serving.live_table import LiveRow
from ontime.core.serving.message_admission import MessageAdmission
from ontime.core.serving.messages import feed_tables, message_names
from ontime.dataset.dataset import Dataset
from ontime.dataset.messages import Messages

Values = dict[str, Any]
Message = tuple[str, Values]
Frames = Mapping[str, pd.DataFrame]
Rows = dict[tuple, Values]  # by table and key of the row
Violations = list[tuple[str, ...]]  # table or feed, name, column, rule, value; in order


def single_values(row: Mapping[Any, Any]) -> Values:
    """A row of a frame as the values of a message."""
    return {str(name): _single(value) for name, value in row.items()}


def _single(value: Any) -> Any:
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return np.datetime64(value.tz_convert(None) if value.tz else value, "us")
    return value.item() if isinstance(value, np.generic) else value


def by_messages(
    dataset: Dataset, reference: Frames, messages: Sequence[Message], sizes: Sequence[int]
) -> tuple[Rows, Violations]:
    """What is left when messages come in batches of these sizes, and the rest one by one."""
    admission = MessageAdmission.of(dataset.tables, dataset.messages, reference)
    live: dict[tuple[str, tuple], LiveRow] = {}
    of_no_row: dict[tuple, tuple[str, ...]] = {}
    taken = 0
    for size in [*sizes, *[1] * len(messages)]:
        batch, taken = messages[taken : taken + size], taken + size
        for table, rows in admission.take(batch).items():
            live |= {(table, row.key): row for row in rows if None not in row.key}
            declared = admission.tables[table].declared
            incomplete = [one for one in batch if one[0] in declared.feeds and None in _key(declared, one[1])]
            alone = [row for row in rows if None in row.key]
            for (feed, values), row in zip(incomplete, alone, strict=True):
                of_no_row[feed, frozenset(values.items())] = (feed, row.name, *_texts(row)[0])
    violations = [*of_no_row.values()]
    sent = {(feed, _key(admission.tables[admission.feeds[feed]].declared, values)) for feed, values in messages}
    for (table, key), row in live.items():
        declared = admission.tables[table].declared
        if row.waits:
            words = (row.name, ", ".join(declared.key), f"in_{next(iter(declared.feeds))}", row.name)
            violations += [(feed, *words) for feed in declared.feeds if (feed, key) in sent]
        violations += [(table, row.name, *texts) for texts in _texts(row)]
    clean = {(table, _row_key(dataset, table, row.clean)): row.clean for (table, _), row in live.items() if row.clean}
    return clean, sorted(violations)


def by_month(dataset: Dataset, reference: Frames, messages: Sequence[Message], month: str) -> tuple[Rows, Violations]:
    """What the last message of every feed and key makes in a month."""
    forms, frames = feed_tables(dataset.tables, dataset.messages), {}
    for feed, form in forms.items():
        last = {_identity(form.key, values): values for other, values in messages if other == feed}
        types = {name: str(column.metadata["dtype"]) for name, column in form.schema.columns.items()}
        columns = {name: [values[name] for values in last.values()] for name in types}
        frames[feed] = pd.DataFrame({name: _series(columns[name], dtype) for name, dtype in types.items()})
    admitted = admit(dataset.tables, dataset.messages, month, frames, reference, 1.0)
    positions = {one.table: _names_by_position(forms, one, frames) for one in dataset.messages}
    entries = admitted.quarantine.astype(object).where(admitted.quarantine.notna(), None).to_dict("records")
    for one in entries:
        one["key"] = positions.get(one["table"], {}).get(one["key"], one["key"])
    violations = [tuple(text or "" for text in one.values()) for one in entries]
    clean = {
        (table, _row_key(dataset, table, row)): row
        for table, frame in admitted.tables.items()
        for row in map(single_values, frame.to_dict("records"))
    }
    return clean, sorted(violations)


def _series(values: list[Any], dtype: str) -> pd.Series:
    if dtype.startswith("datetime64"):
        moments = pd.DatetimeIndex(np.array(values, dtype="datetime64[us]"))
        return pd.Series(moments.tz_localize("UTC") if "UTC" in dtype else moments)
    return pd.Series(values, dtype=dtype)


def _identity(key: Sequence[str], values: Values) -> tuple:
    """What a later message takes the place of an earlier one by; of one whose key is incomplete, all it says."""
    names = [values[name] for name in key]
    return (frozenset(values.items()),) if None in names else tuple(names)


def _names_by_position(forms: Mapping[str, Any], declared: Messages, frames: Frames) -> dict[str, str]:
    """How a row is called whose own key is missing: in a month by its position, else by that of its messages."""
    first = next(iter(declared.feeds))
    complete = frames[first].dropna(subset=[*declared.key]).reset_index(drop=True)
    return {f"row {place}": name for place, name in enumerate(message_names(forms[first], complete))}


def _texts(row: LiveRow) -> list[tuple[str, ...]]:
    return [(one.column, one.rule, one.value or "") for one in row.violations]


def _row_key(dataset: Dataset, table: str, row: Values) -> tuple:
    return tuple(row[name] for name in next(one for one in dataset.tables if one.name == table).key)


def _key(declared: Messages, values: Values) -> tuple:
    return tuple(values[name] for name in declared.key)
