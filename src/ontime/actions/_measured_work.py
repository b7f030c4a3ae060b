"""What is measured of answers and messages: a piece of work each, made ready from the files of a checkout."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from ontime.core.features.online import OnlineFeatures, records
from ontime.core.features.table import build, months_needed, read_by, with_past
from ontime.core.model.model import Model
from ontime.core.serving.admission import Tables, needed_tables
from ontime.core.serving.bundle import Bundle
from ontime.core.serving.message_admission import MessageAdmission
from ontime.core.serving.message_types import Message, table_messages
from ontime.core.serving.online_state import OnlineState
from ontime.core.serving.row_answers import Answerer
from ontime.dataset.dataset import Dataset
from ontime.errors import OntimeError
from ontime.io.bundle_files import read_bundle
from ontime.io.foreign_files import read_foreign
from ontime.io.formats import read_parquet
from ontime.io.model_files import read_model
from ontime.io.month_files import months, months_of, part, read_months
from ontime.io.paths import Files

Work = Callable[[], object]
Make = Callable[[Dataset, Files, float, int], Work]  # of a lead in hours, and so many rows or messages at once
Item = TypeVar("Item")

KEPT_DAYS = 60  # what a service holds
FAR = int(np.datetime64("2100-01-01", "us").astype(np.int64))  # a moment when all is known
TURNS = 1_000  # different rows or messages
REASONS = 5


def sizes(dataset: Dataset, what: str, *, quick: bool) -> tuple[int, ...]:
    """With how many rows or messages at once a kind of work is measured; none where the dataset has no messages."""
    if what in OF_MESSAGES and not dataset.messages:
        return ()
    few, all_sizes = SIZES[what]
    return few if quick else all_sizes


def _features(dataset: Dataset, files: Files, lead_hours: float, rows: int) -> Work:
    """The last rows of the clean tables, month by month as `featurize` does."""
    declared, pieces, left = dataset.features, [], rows
    there = months_of(files.clean, declared.tables[0])
    for month in reversed(there):
        past = [name for name in months_needed(declared, month, lead_hours) if name in there]
        kept = {name: _clean_tables(dataset, files, [name]) for name in past}
        tables = with_past(declared, month, kept, lead_hours)
        own = read_parquet(part(files.clean, declared.tables[0], month)).tail(left).reset_index(drop=True)
        pieces.append(({**tables, declared.tables[0]: own}, tables))
        left -= len(own)
        if not left:
            return lambda: [build(declared, own, tables, lead_hours) for own, tables in pieces]
    raise _too_many(rows, rows - left, files.clean)


def _model(_: Dataset, files: Files, lead_hours: float, rows: int) -> Work:  # noqa: ARG001
    model = read_model(files.bundle)
    frame = _last_rows(files, model, rows)
    return lambda: model.predict(frame)


def _row_features(dataset: Dataset, files: Files, lead_hours: float, rows: int) -> Work:
    """The executor of a service, one row after another, with the events of a month in memory."""
    declared = read_by(dataset.features, read_model(files.bundle).inputs.types)
    tables = _clean_tables(dataset, files, months_of(files.clean, declared.tables[0])[-1:])
    online = OnlineFeatures.of(declared.asof, declared.events(tables))
    turn = itertools.cycle(records(declared.rows(tables, lead_hours).tail(TURNS)))
    return lambda: [online.read(next(turn)) for _ in range(rows)]


def _row_model(_: Dataset, files: Files, lead_hours: float, rows: int) -> Work:  # noqa: ARG001
    """Trees that are loaded once, a row of numbers, one thread."""
    model = read_model(files.bundle)
    matrix = model.inputs.matrix(_last_rows(files, model, rows))
    return lambda: model.predict_matrix(matrix, threads=1)


def _answers(dataset: Dataset, files: Files, lead_hours: float, rows: int, reasons: int = 0) -> Work:  # noqa: ARG001
    """Rows of a service from key to answer: what is known, the matrix, the trees, decision and conformal set."""
    bundle = read_bundle(files.bundle)
    tables = _kept_tables(dataset, files)
    state = _state(dataset, bundle, tables)
    answerer = Answerer(bundle, state.features, state.online.names)
    ids = tables[dataset.features.tables[0]]["id"]
    if len(ids) < rows:
        raise _too_many(rows, len(ids), files.clean)
    turn = _in_turn(ids.tail(max(rows, TURNS)).tolist(), rows)
    return lambda: state.answer(next(turn), answerer, FAR, reasons)


def _explained(dataset: Dataset, files: Files, lead_hours: float, rows: int) -> Work:
    """The same, with the features that moved each answer most."""
    return _answers(dataset, files, lead_hours, rows, REASONS)


def _messages(dataset: Dataset, files: Files, lead_hours: float, rows: int) -> Work:  # noqa: ARG001
    """Messages of all feeds mixed: their types, their rows, checks, derived columns, rules."""
    first, others = _last_messages(dataset, files)
    admission, turn = _admission(dataset, files), _in_turn([*first, *others], rows)
    for _ in range(TURNS // rows):
        admission.take(next(turn))
    return lambda: admission.take(next(turn))


def _take_in(dataset: Dataset, files: Files, lead_hours: float, rows: int) -> Work:  # noqa: ARG001
    """The rows of admitted messages taken into the online state, with their own features and their events.

    In turn as they stand once all is known, and as their schedule alone makes them: each turn changes each row.
    """
    state, first = _state(dataset, read_bundle(files.bundle), _kept_tables(dataset, files)), dataset.features.tables[0]
    makes, adds = _last_messages(dataset, files)
    planned, known = (_admission(dataset, files).take(some)[first] for some in (makes, [*makes, *adds]))
    spans = [slice(begin, begin + rows) for begin in range(0, TURNS, rows)]
    turn = itertools.cycle([{first: changed[span]} for span in spans for changed in (planned, known)])
    return lambda: state.take(next(turn))


def _load(dataset: Dataset, files: Files, lead_hours: float, rows: int) -> Work:  # noqa: ARG001
    """The online state of 60 days, from clean tables in memory."""
    bundle, tables = read_bundle(files.bundle), _kept_tables(dataset, files)
    return lambda: _state(dataset, bundle, tables)


def _snapshot(dataset: Dataset, files: Files, lead_hours: float, rows: int) -> Work:  # noqa: ARG001
    """What is known of the streams in 60 days, from a snapshot in memory."""
    state = _state(dataset, read_bundle(files.bundle), _kept_tables(dataset, files))
    content, features = state.online.save(), state.features
    return lambda: OnlineFeatures.load(features.asof, content, features.waiting)


def _state(dataset: Dataset, bundle: Bundle, tables: Tables) -> OnlineState:
    features, sources = read_by(dataset.features, bundle.model.inputs.types), dataset.stress.sources
    state = OnlineState(dataset.tables, features, bundle.lead_hours, sources, alive_until=FAR)
    state.load(tables)
    return state


def _kept_tables(dataset: Dataset, files: Files) -> dict[str, pd.DataFrame]:
    """The last days of the clean tables."""
    tables = _clean_tables(dataset, files, months_of(files.clean, dataset.features.tables[0])[-3:])
    first = tables[dataset.features.tables[0]]["day"].max() - pd.Timedelta(days=KEPT_DAYS)
    return {name: table[table["day"] > first].reset_index(drop=True) for name, table in tables.items()}


def _admission(dataset: Dataset, files: Files) -> MessageAdmission:
    reference = {one.name: read_parquet(part(files.clean, one.name, None)) for one in needed_tables(dataset.tables)}
    return MessageAdmission.of(dataset.tables, dataset.messages, reference)


def _last_messages(dataset: Dataset, files: Files) -> tuple[list[Message], list[Message]]:
    """Messages of the last rows of every table: of the first feeds, and of all others, mixed."""
    forms, first, others = {table.name: table for table in dataset.tables}, [], []
    for declared in dataset.messages:
        form = forms[declared.table]
        last = part(files.raw, form.name, months_of(files.raw, form.name)[-1])
        messages = table_messages(declared, form, read_foreign(form, last).tail(TURNS).reset_index(drop=True))
        makes = next(iter(declared.feeds))
        first += [message for message in messages if message[0] == makes]
        others += [message for message in messages if message[0] != makes]
    return first, [others[place] for place in np.random.default_rng(0).permutation(len(others))]


def _in_turn(items: Sequence[Item], count: int) -> Iterator[list[Item]]:
    """So many of the items at a time, over and over."""
    endless = itertools.cycle(items)
    while True:
        yield list(itertools.islice(endless, count))


def _clean_tables(dataset: Dataset, files: Files, there: Sequence[str]) -> dict[str, pd.DataFrame]:
    return {name: read_months(files.clean / name, there) for name in dataset.features.tables}


def _last_rows(files: Files, model: Model, rows: int) -> pd.DataFrame:
    frames: list[pd.DataFrame] = []
    for month in reversed(months(files.features)):
        frames.insert(0, read_months(files.features, [month], list(model.inputs.types)))
        if sum(map(len, frames)) >= rows:
            return pd.concat(frames, ignore_index=True).tail(rows)
    raise _too_many(rows, sum(map(len, frames)), files.features)


def _too_many(rows: int, there: int, folder: Path) -> OntimeError:
    return OntimeError(f"{rows:,} rows are more than there are: {there:,} in {folder}")


WORK: dict[str, Make] = {
    "features": _features,
    "model": _model,
    "row-features": _row_features,
    "row-model": _row_model,
    "answers": _answers,
    "explained": _explained,
    "messages": _messages,
    "take-in": _take_in,
    "load": _load,
    "snapshot": _snapshot,
}
OF_MESSAGES = ("messages", "take-in")
TABLE, ALONE, FEW_HUNDRED = ((1, 10), (1, 10, 1_000, 100_000)), ((1,), (1,)), ((1, 10), (1, 100))
# Quick ones, and all.
SIZES = {
    "features": TABLE,
    "model": TABLE,
    "row-features": ALONE,
    "row-model": ALONE,
    "answers": ((1, 10), (1, 1_000)),
    "explained": ALONE,
    "messages": FEW_HUNDRED,
    "take-in": FEW_HUNDRED,
    "load": ALONE,
    "snapshot": ALONE,
}
