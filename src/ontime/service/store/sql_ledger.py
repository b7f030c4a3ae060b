"""The loop's ledger on SQL: scores by row and version, outcomes and answers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Row, select

from ontime.core.model.model import Inputs
from ontime.core.model.signature import parse_signature
from ontime.core.monitoring.ledger import ANSWER_COLUMNS, ANSWER_KEY, check_outcomes, check_scores
from ontime.service.store.opening import Store
from ontime.service.store.records import (
    AnswerRecord,
    OutcomeRecord,
    add_answers,
    keep_first,
    load_inputs,
    record_outcome_lines,
)
from ontime.service.store.tables import answers, outcomes, scores
from ontime.service.store.writer import Writer

MANY = 1000  # ids that one statement names
MOMENTS = ("predict_at", "answered_at")
FLOAT32 = np.dtype("<f4")


class SqlLedger:
    """A ledger that lasts as long as its store; see core/monitoring/ledger.py.

    now: the moment at which something is recorded, in microseconds. Where the inputs of a version are kept, its scores
    keep the features that rows have.
    """

    def __init__(self, store: Store, writer: Writer, now: Callable[[], int]) -> None:
        self._store, self._writer, self._now = store, writer, now

    def record_scores(self, rows: pd.DataFrame, probabilities: Mapping[str, np.ndarray]) -> None:
        check_scores(rows, probabilities)
        self._writer.write(lambda connection: _add_scores(connection, rows, probabilities))

    def record_outcomes(self, ids: np.ndarray, outcomes: np.ndarray) -> None:
        check_outcomes(outcomes)
        now = self._now()
        records = [OutcomeRecord(row_id, bool(one), None, now) for row_id, one in zip(ids, outcomes, strict=True)]
        self._writer.write(lambda connection: record_outcome_lines(connection, records))

    def record_answers(self, answers: pd.DataFrame) -> None:
        records = [_answer_record(line) for line in answers[ANSWER_COLUMNS].to_dict("records")]
        self._writer.write(lambda connection: add_answers(connection, records))

    def scored_rows(self, first: pd.Timestamp, last: pd.Timestamp, *versions: str) -> pd.DataFrame:
        tables = [scores.alias(f"scores_{place}") for place in range(len(versions))]
        one, *others = tables
        joined = reduce(lambda all_of, table: all_of.join(table, table.c.id == one.c.id), others, one)
        joined = joined.join(outcomes, outcomes.c.id == one.c.id)
        columns = [one.c.day, outcomes.c.outcome, *(table.c.probability for table in tables)]
        chosen = select(*columns).select_from(joined).where(_in_span(one, first, last)).order_by(one.c.day, one.c.seq)
        for table, version in zip(tables, versions, strict=True):
            chosen = chosen.where(table.c.version == version)
        with self._store.reading() as connection:
            rows = connection.execute(chosen).all()
        frame = pd.DataFrame(rows, columns=["day", "outcome", *versions])
        types = {"day": "datetime64[us]", "outcome": bool} | dict.fromkeys(versions, np.float64)
        return frame.astype(types)

    def predictions(self, first: pd.Timestamp, last: pd.Timestamp, version: str) -> np.ndarray:
        of_version = select(scores.c.probability).where(scores.c.version == version, _in_span(scores, first, last))
        with self._store.reading() as connection:
            return np.array(connection.scalars(of_version.order_by(scores.c.day, scores.c.seq)).all(), dtype=np.float64)

    def answers(self, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
        chosen = select(answers).where(_in_span(answers, first, last))
        with self._store.reading() as connection:
            known = _inputs(connection)
            rows = connection.execute(chosen.order_by(answers.c.answered_at, answers.c.prediction_id)).all()
        return pd.DataFrame([_answer_line(row, known.get(row.version)) for row in rows], columns=ANSWER_COLUMNS)


def features_blob(values: np.ndarray) -> bytes:
    """The features (n,) of a row, in the order of its version's inputs, as the store keeps them."""
    return values.astype(FLOAT32).tobytes()


def features_of(blob: bytes, inputs: Inputs) -> dict[str, float | str | None]:
    """The features of a row by name, as the version read them."""
    values = np.frombuffer(blob, dtype=FLOAT32)
    named = zip(inputs.types, values, strict=True)
    return {name: _value(number, inputs.categories.get(name)) for name, number in named}


def _value(number: np.float32, categories: Sequence[str] | None) -> float | str | None:
    if np.isnan(number):
        return None
    return float(number) if categories is None else categories[int(number)]


def _add_scores(connection: Connection, rows: pd.DataFrame, probabilities: Mapping[str, np.ndarray]) -> None:
    new = ~rows["id"].isin(_scored(connection, rows["id"])).to_numpy()
    chosen = rows[new]
    known = _inputs(connection)
    common = _common_columns(chosen)
    for version, values in probabilities.items():
        blobs = _blobs(chosen, known.get(version))
        pairs = zip(common, values[new].tolist(), blobs, strict=True)
        lines = [line | {"version": version, "probability": one, "features": blob} for line, one, blob in pairs]
        keep_first(connection, scores, lines)


def _scored(connection: Connection, ids: Iterable[str]) -> set[str]:
    """Those of the rows that were scored before."""
    names = list(ids)
    parts = [names[start : start + MANY] for start in range(0, len(names), MANY)]
    return {row_id for part in parts for row_id in connection.scalars(select(scores.c.id).where(scores.c.id.in_(part)))}


def _common_columns(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """What scores of all versions keep of rows, a mapping a row."""
    columns: dict[str, list[Any]] = {"id": rows["id"].tolist(), "day": rows["day"].dt.strftime("%Y-%m-%d").tolist()}
    for name in MOMENTS:
        columns[name] = [_micros(moment) for moment in rows[name]] if name in rows else [None] * len(rows)
    for name in ("last_event", "degraded"):
        columns[name] = rows[name].tolist() if name in rows else [None] * len(rows)
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _blobs(rows: pd.DataFrame, inputs: Inputs | None) -> list[bytes | None]:
    """The features of each row, None where they or the inputs are not given."""
    if inputs is None or not set(inputs.types) <= set(rows.columns):
        return [None] * len(rows)
    return [features_blob(values) for values in inputs.matrix(rows)]


def _inputs(connection: Connection) -> dict[str, Inputs]:
    """What each version reads whose inputs are kept."""
    read = {version: parse_signature(content) for version, content in load_inputs(connection).items()}
    return {
        version: Inputs({name: signature.types[name] for name in signature.features}, signature.categories)
        for version, signature in read.items()
    }


def _answer_record(line: Mapping[Hashable, Any]) -> AnswerRecord:
    """An answer of the ledger; its key makes its prediction id."""
    values = {name: line[name] for name in ANSWER_COLUMNS if name != "features"}
    values |= {name: _micros(line[name]) for name in MOMENTS}
    values |= {name: bool(line[name]) for name in ("provisional", "degraded")}
    key = json.dumps([values[name] for name in ANSWER_KEY])
    return AnswerRecord(
        **(values | {"day": f"{line['day']:%Y-%m-%d}"}),
        prediction_id=hashlib.sha256(key.encode()).hexdigest(),
        conformal_set=None,
        named_features=json.dumps(line["features"]),
    )


def _answer_line(row: Row[Any], inputs: Inputs | None) -> dict[str, Any]:
    line = {name: row._mapping[name] for name in ANSWER_COLUMNS}
    moments = {name: pd.Timestamp(line[name], unit="us", tz="UTC") for name in MOMENTS}
    return line | moments | {"day": pd.Timestamp(row.day), "features": _features(row, inputs)}


def _features(row: Row[Any], inputs: Inputs | None) -> dict[str, Any] | None:
    if row.named_features is not None:
        return json.loads(row.named_features)
    return None if row.features is None or inputs is None else features_of(row.features, inputs)


def _in_span(table: Any, first: pd.Timestamp, last: pd.Timestamp) -> Any:  # noqa: ANN401 - a clause of SQL
    return table.c.day.between(f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}")


def _micros(moment: pd.Timestamp) -> int | None:
    return None if pd.isna(moment) else moment.value // 1000
