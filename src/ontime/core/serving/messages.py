"""Feeds of messages <-> a month of a raw table, which they make together; and the types that text or files lack."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandas.api.types import is_float_dtype, is_integer_dtype, is_numeric_dtype

from ontime.core.contract.columns import meaning
from ontime.core.contract.findings import EXAMPLES, Finding, Level, counted
from ontime.core.contract.schema import check_columns, sound_frame
from ontime.core.contract.violations import QUARANTINE
from ontime.core.features.point_in_time import key_codes
from ontime.dataset.contract import Table
from ontime.dataset.dataset import Dataset
from ontime.dataset.messages import Messages
from ontime.errors import OntimeError

Feeds = Mapping[str, pd.DataFrame]

ZONE = r"(?:Z|[+-]\d\d:?\d\d)$"
LIMIT = 2**53  # where floats cease to hold every whole number; it stands for all that is beyond
FEW = 5  # a share of the first messages of a month says little: so many may be broken in any case


class Joined(NamedTuple):
    """A month of a raw table; the messages that belong to no row of it, as quarantine; and every finding."""

    raw: pd.DataFrame
    strays: pd.DataFrame
    findings: list[Finding]


def feed_tables(contract: Sequence[Table], messages: Sequence[Messages]) -> dict[str, Table]:
    """By name of each feed the form of its messages: columns and types as the contract of their table has them."""
    tables = {table.name: table for table in contract}
    return {
        feed: _form(feed, tables[declared.table], declared.key, columns)
        for declared in messages
        for feed, columns in declared.feeds.items()
    }


def split(declared: Messages, raw: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The messages that make the raw table: `join` gives it back."""
    first, *_ = declared.feeds
    found = {}
    for feed, columns in declared.feeds.items():
        said = raw if feed == first else raw[raw[[*columns]].notna().any(axis=1)]
        found[feed] = said[[*declared.key, *columns]].reset_index(drop=True)
    return found


def join(declared: Messages, table: Table, month: str | None, feeds: Feeds, max_strays: float) -> Joined:
    """A month of the raw table from the feeds' messages, whose form is checked first.

    More messages without a row than `max_strays` of them, and than a FEW, are a finding that stops, and so are two of
    one key.
    """
    forms = feed_tables([table], [declared])
    findings, strays = [], []
    first, *others = declared.feeds
    raw = sound_frame(forms[first], feeds[first])
    for feed in declared.feeds:
        form = check_columns(forms[feed], feeds[feed], month)
        findings += [finding for finding in form if finding.rule != "rows"]
    spoken = {feed: sound_frame(forms[feed], feeds[feed]) for feed in others}
    rows, *meant = map(pd.Index, key_codes([raw, *spoken.values()], declared.key))
    for (feed, said), row in zip(spoken.items(), meant, strict=True):
        twice = row.duplicated()
        raw = _add(raw, said.loc[~twice, [*declared.feeds[feed]]], row[~twice].get_indexer(rows))
        named, rule = labels(declared, said[~twice & ~row.isin(rows)]), f"in_{first}"
        strays.append(quarantined(named, feed, ", ".join(declared.key), rule))
        findings += _twice(forms[feed], month, labels(declared, said[twice]))
        findings += _astray(forms[feed], month, named, rule, len(said), bearable(max_strays, len(said)))
    nothing = pd.DataFrame(columns=QUARANTINE, dtype="str")
    return Joined(raw[[*table.schema.columns]], pd.concat([nothing, *strays], ignore_index=True), findings)


def from_text(form: Table, month: str | None, frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """Columns of text with their types; one that holds other values stays text, and is a finding."""
    found, findings = {}, []
    for name in frame:
        dtype = _dtype(form, name)
        values, wrong = _parsed(frame[name], dtype) if dtype else (frame[name], frame[name].head(0))
        found[name] = frame[name] if len(wrong) else values
        if len(wrong):
            told = f"{counted(len(wrong), 'value')}, expected {dtype}"
            rows = wrong.index.to_numpy(dtype=np.int64) + 1
            examples = tuple(f"{value!r} in row {row}" for row, value in zip(rows[:EXAMPLES], wrong, strict=False))
            remedy = "correct it at its source; moments have a zone: 2013-07-01T05:00Z"
            findings.append(Finding(Level.STOP, form.name, month, str(name), "type", told, remedy, examples))
    return pd.DataFrame(found, index=frame.index), findings


def bearable(share: float, rows: int) -> float:
    """The share of so many rows that may be broken: what it is in a whole month, or a FEW rows."""
    # Half a row more, because FEW / rows * rows may be less than FEW.
    return max(share, min(1.0, (FEW + 0.5) / rows)) if rows else share


def labels(declared: Messages, said: pd.DataFrame) -> pd.Series:
    """What each message (n,) is called: the `id` of its row, or its own values where they name no row."""
    unnamed = pd.Series(index=said.index, dtype="str")
    named = unnamed if declared.identity is None or said.empty else declared.identity(said)
    if not named.hasnans:
        return named
    key = said.loc[named.isna(), [*declared.key]].astype("str").fillna("?")
    text = pd.Series([" ".join(row) for row in key.itertuples(index=False)], index=key.index, dtype="str")
    return named.fillna(text)


def widened(form: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Columns that mean the same in another type as the contract has them; others stay as they are.

    Whole numbers beyond LIMIT become LIMIT, which the contract judges. Raises OntimeError where a column comes twice.
    """
    if twice := sorted({str(name) for name in frame.columns[frame.columns.duplicated()]}):
        raise OntimeError(f"expected each column once, found more than one {', '.join(twice)}")
    columns = {name: frame[name] for name in frame if _dtype(form, name) not in {None, str(frame[name].dtype)}}
    return frame.assign(**{str(name): _widened(column, str(_dtype(form, name))) for name, column in columns.items()})


def _form(feed: str, table: Table, key: tuple[str, ...], columns: tuple[str, ...]) -> Table:
    schema = pa.DataFrameSchema({name: table.schema.columns[name] for name in (*key, *columns)})
    return Table(name=feed, about=f"messages for {table.name}", schema=schema, key=key, monthly=True)


def _add(raw: pd.DataFrame, said: pd.DataFrame, place: np.ndarray) -> pd.DataFrame:
    """The rows with what was said of them, in so many places: (n,), -1 where nothing was."""
    return pd.concat([raw, said.reset_index(drop=True).reindex(place).set_axis(raw.index)], axis=1)


def quarantined(labels: pd.Series, table: str, column: str, rule: str) -> pd.DataFrame:
    """What belongs to no row, as quarantine: its own name is the value."""
    if labels.empty:
        return pd.DataFrame(columns=QUARANTINE, dtype="str")
    entries = pd.DataFrame({"key": labels, "value": labels}).assign(table=table, column=column, rule=rule)
    return entries[QUARANTINE].astype("str").reset_index(drop=True)


def _twice(form: Table, month: str | None, named: pd.Series) -> list[Finding]:
    if named.empty:
        return []
    found, remedy = f"{counted(len(named), 'message')} with the key of an earlier one", "remove what came twice"
    examples = tuple(named.head(EXAMPLES))
    return [Finding(Level.STOP, form.name, month, ", ".join(form.key), "key_unique", found, remedy, examples)]


def _astray(form: Table, month: str | None, named: pd.Series, rule: str, messages: int, limit: float) -> list[Finding]:
    if named.empty:
        return []
    level = Level.STOP if len(named) > limit * messages else Level.QUARANTINE
    found = f"{len(named):,} of {counted(messages, 'message')} belong to no row, at most {limit:.1%} may"
    remedy = "give every row of the month, or correct the key"
    return [Finding(level, form.name, month, ", ".join(form.key), rule, found, remedy, tuple(named.head(EXAMPLES)))]


def _dtype(form: Table, name: object) -> str | None:
    column = form.schema.columns.get(str(name))
    return None if column is None else meaning(column)["dtype"]


def _parsed(text: pd.Series, dtype: Any) -> tuple[pd.Series, pd.Series]:  # noqa: ANN401 - the name of a pandas dtype
    """The values of a column of text, and those of its texts that are none."""
    if dtype == "str":
        return text, text.head(0)
    parse = _moments if dtype.startswith("datetime64") else _numbers
    values, good = parse(text, dtype)
    wrong = text[text.notna() & ~good]
    return (values, wrong) if len(wrong) else (values.astype(dtype), wrong)


def _numbers(text: pd.Series, dtype: str) -> tuple[pd.Series, pd.Series]:
    values = pd.to_numeric(text.astype("object"), errors="coerce").astype("float64")
    if not dtype.startswith("Int"):
        return values, values.notna()
    return values.clip(-LIMIT, LIMIT), values.notna() & _integral(values)


def _moments(text: pd.Series, dtype: str) -> tuple[pd.Series, pd.Series]:
    zoned = "UTC" in dtype
    values = pd.to_datetime(text, errors="coerce", utc=zoned, format="ISO8601").dt.as_unit("us")
    return values, values.notna() & (text.str.contains(ZONE) == zoned)


def _whole(column: pd.Series) -> bool:
    return is_integer_dtype(column) or (is_float_dtype(column) and bool(_integral(column.dropna()).all()))


def _integral(values: pd.Series) -> pd.Series:
    return (values.abs() >= LIMIT) | (values % 1 == 0)


def _zoned(column: pd.Series) -> bool:
    return isinstance(column.dtype, pd.DatetimeTZDtype)


WIDER: dict[str, tuple[Callable[[pd.Series], bool], Callable[[pd.Series], pd.Series]]] = {
    "Int64": (_whole, lambda column: column.clip(-LIMIT, LIMIT).astype("Int64")),
    "float64": (is_numeric_dtype, lambda column: column.astype("float64")),
    "str": (
        lambda column: pd.api.types.infer_dtype(column, skipna=True) in {"string", "empty"},
        lambda c: c.astype("str"),
    ),
    "datetime64[us, UTC]": (_zoned, lambda column: column.dt.tz_convert("UTC").dt.as_unit("us")),
}


def _widened(column: pd.Series, dtype: str) -> pd.Series:
    means, widen = WIDER.get(dtype, (lambda _: False, lambda values: values))
    return widen(column) if means(column) else column


def asked(dataset: Dataset) -> Messages:
    """The messages whose rows are predicted. Raises OntimeError where none are declared."""
    predicted = dataset.features.tables[0]
    found = [declared for declared in dataset.messages if declared.table == predicted]
    if not found or found[0].identity is None:
        raise OntimeError(f"the dataset {dataset.name} declares no messages with an identity of {predicted}: no scores")
    return found[0]
