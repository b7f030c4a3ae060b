"""The ledger on SQL keeps the contract of ledgers, and a loop lives on it as on the one in memory."""

import numpy as np
import pandas as pd
import pytest
from ledgers import LedgerContract, probabilities
from loops import FIRST, ROWS, ids, outcomes, rows_of
from sqlalchemy import select

from ontime.core.model.model import Inputs
from ontime.core.monitoring.ledger import ANSWERED
from ontime.service.store.opening import Store
from ontime.service.store.records import AnswerRecord, add_answers, save_inputs
from ontime.service.store.sql_ledger import SqlLedger, features_blob, features_of
from ontime.service.store.tables import outcomes as outcome_table
from ontime.service.store.tables import scores
from ontime.service.store.writer import Writer

INPUTS = Inputs({"kind": "str", "hour": "Int16"}, {"kind": ["big", "small"]})
SIGNATURE = {"features": ["kind", "hour"], "types": INPUTS.types, "categories": INPUTS.categories}
NOW = 1_383_652_800_000_000  # 2013-11-05 12:00


@pytest.fixture
def ledger(store: Store, writer: Writer) -> SqlLedger:
    return SqlLedger(store, writer, lambda: NOW)


class TestSqlLedger(LedgerContract):
    @pytest.fixture
    def ledger(self, store: Store, writer: Writer) -> SqlLedger:
        return SqlLedger(store, writer, lambda: NOW)


def features_of_rows() -> pd.DataFrame:
    kind = pd.Series(["big", "small", None, "unheard"] * (ROWS // 4), dtype="str")
    hour = pd.Series([7, None] * (ROWS // 2), dtype="Int16")
    return rows_of(FIRST).assign(kind=kind, hour=hour)


def test_scores_keep_the_features_that_their_version_read(store: Store, writer: Writer, ledger: SqlLedger):
    writer.write(lambda connection: save_inputs(connection, "a", SIGNATURE))
    writer.write(lambda connection: save_inputs(connection, "a", {"features": []}))  # the first stays
    rows = features_of_rows()
    ledger.record_scores(rows, {"a": probabilities(0), ANSWERED: probabilities(0)})
    with store.reading() as connection:
        chosen = select(scores.c.features).order_by(scores.c.seq)
        blobs = connection.scalars(chosen.where(scores.c.version == "a")).all()
        assert connection.scalars(chosen.where(scores.c.version == ANSWERED)).all() == [None] * ROWS
    matrix = INPUTS.matrix(rows)
    assert np.array_equal(np.stack([np.frombuffer(blob, np.float32) for blob in blobs]), matrix, equal_nan=True)
    assert [features_of(blob, INPUTS) for blob in blobs[:4]] == [
        {"kind": "big", "hour": 7},
        {"kind": "small", "hour": None},
        {"kind": None, "hour": 7},
        {"kind": None, "hour": None},
    ]


def test_scores_keep_what_else_is_known_of_the_answer(store: Store, ledger: SqlLedger):
    moment = pd.Timestamp("2013-04-01T08:00:00.000001Z")
    rows = rows_of(FIRST).assign(predict_at=moment, answered_at=pd.NaT, last_event=17, degraded=True)
    ledger.record_scores(rows, {"a": probabilities(0)})
    with store.reading() as connection:
        first = connection.execute(select(scores).order_by(scores.c.seq)).first()
    assert first
    kept = (first.id, first.day, first.predict_at, first.answered_at, first.last_event, first.degraded)
    assert kept == (ids(FIRST)[0], "2013-04-01", 1_364_803_200_000_001, None, 17, True)


def test_answers_of_the_service_are_answers_of_the_ledger(writer: Writer, ledger: SqlLedger):
    blob = features_blob(np.array([1, np.nan]))
    record = AnswerRecord("p1", "r1", None, NOW, "2013-04-01", NOW, "a", 3, 0.25, "on time", "both", False, False)
    writer.write(lambda connection: save_inputs(connection, "a", SIGNATURE))
    known, unknown = record._replace(features=blob), record._replace(prediction_id="p2", version="b", features=blob)
    writer.write(lambda connection: add_answers(connection, [known, unknown]))
    features = ledger.answers(FIRST, FIRST)["features"].tolist()
    assert features == [{"kind": "small", "hour": None}, None]


def test_an_outcome_that_comes_again_stays_as_it_was_recorded(store: Store, writer: Writer):
    for now, given in ((1, outcomes(FIRST)), (2, outcomes(FIRST)), (3, 1 - outcomes(FIRST))):
        SqlLedger(store, writer, lambda moment=now: moment).record_outcomes(ids(FIRST), given)
        with store.reading() as connection:
            recorded = set(connection.scalars(select(outcome_table.c.recorded_at)))
        assert recorded == {1 if now < 3 else 3}


def test_many_rows_are_scored_once_too(ledger: SqlLedger):
    rows = pd.DataFrame({"id": [f"r{number}" for number in range(2500)], "day": FIRST})
    for _ in range(2):
        ledger.record_scores(rows, {"a": np.full(2500, 0.5)})
    assert len(ledger.predictions(FIRST, FIRST, "a")) == 2500
