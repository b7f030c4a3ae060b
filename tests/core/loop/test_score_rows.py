"""What is scored of rows that fall due, and what is answered."""

from dataclasses import replace

import numpy as np
import pandas as pd
from loops import FIRST, ROWS, Fakes, rows_of

from ontime.core.loop.score_rows import score_rows
from ontime.core.loop.state import State
from ontime.core.monitoring.ledger import ANSWERED, DAY, InMemoryLedger

STATE = State("2013-04-01", "2013-04-01", "a", "2013-04-01", "2013-04-01", challenger="b", former="c")
MODELS = Fakes({"a": 0.2, "b": 0.3, "c": 0.4, "else": 0.5})
HEARD = np.zeros(ROWS, dtype=bool)


def test_champion_challenger_and_former_champion_score_each_row_and_the_champion_answers():
    ledger = InMemoryLedger()
    score_rows(STATE, rows_of(FIRST), HEARD, ledger, MODELS)
    given = {version: ledger.predictions(FIRST, FIRST, version) for version in ("a", "b", "c", ANSWERED)}
    assert {version: set(values) for version, values in given.items()} == {
        "a": {0.2},
        "b": {0.3},
        "c": {0.4},
        ANSWERED: {0.2},
    }
    assert {len(values) for values in given.values()} == {ROWS}


def test_where_the_watched_source_is_silent_climatology_answers_and_the_model_is_scored_in_shadow():
    ledger, silent = InMemoryLedger(), np.arange(ROWS) < 3
    score_rows(STATE, rows_of(FIRST), silent, ledger, MODELS)
    assert ledger.predictions(FIRST, FIRST, ANSWERED).tolist() == np.where(silent, 0.111, 0.2).tolist()
    assert (ledger.predictions(FIRST, FIRST, "a") == 0.2).all()


def test_rows_of_a_day_may_fall_due_in_parts_and_late_and_are_scored_by_the_versions_of_then():
    ledger, rows = InMemoryLedger(), rows_of(FIRST)
    score_rows(STATE, rows[:10], HEARD[:10], ledger, MODELS)
    later = replace(STATE, champion="b", challenger="", former="a", last="2013-04-09")
    score_rows(later, rows[10:], HEARD[10:], ledger, MODELS)
    assert ledger.predictions(FIRST, FIRST, ANSWERED).tolist() == [0.2] * 10 + [0.3] * (ROWS - 10)
    assert len(ledger.predictions(FIRST, FIRST, "c")) == 10


def test_a_row_that_was_scored_keeps_answer_and_scores_whoever_is_champion_later():
    ledger = InMemoryLedger()
    score_rows(STATE, rows_of(FIRST), HEARD, ledger, MODELS)
    score_rows(replace(STATE, champion="new"), rows_of(FIRST), ~HEARD, ledger, MODELS)
    assert (ledger.predictions(FIRST, FIRST, ANSWERED) == 0.2).all()
    assert ledger.predictions(FIRST, FIRST, "new").shape == (0,)


def test_where_no_row_falls_due_no_model_predicts():
    class Unable(Fakes):
        def predict(self, version: str, rows: pd.DataFrame) -> np.ndarray:
            raise AssertionError(f"{version} predicted {len(rows)} rows")

    ledger = InMemoryLedger()
    score_rows(STATE, rows_of(FIRST)[:0], HEARD[:0], ledger, Unable({}))
    assert ledger.predictions(FIRST, FIRST + DAY, ANSWERED).shape == (0,)
