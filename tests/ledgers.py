"""What any ledger must do: tests to be collected where the fixture `ledger` gives an empty one."""

import numpy as np
import pandas as pd
import pytest
from loops import FIRST, ROWS, ids, outcomes, rows_of

from ontime.core.monitoring.ledger import ANSWER_COLUMNS, ANSWERED, DAY, Ledger
from ontime.errors import OntimeError

LAST = FIRST + 6 * DAY
HALF = ROWS // 2


def probabilities(first: float) -> np.ndarray:
    """Of each row of a day another."""
    return first + np.arange(ROWS) / 1000


def answer(row_id: str, answered_at: str, **others: object) -> dict[str, object]:
    line = {
        "id": row_id,
        "user": "u1",
        "answered_at": pd.Timestamp(answered_at, tz="UTC"),
        "day": FIRST,
        "predict_at": pd.Timestamp("2013-04-01T08:00Z"),
        "last_event": 17,
        "version": "a",
        "probability": 0.25,
        "decision": "on time",
        "provisional": True,
        "degraded": False,
        "features": {"hour": 10, "airline": "UA", "delay": None},
    }
    return line | others


def answers_of(*lines: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame(lines)[ANSWER_COLUMNS]


class LedgerContract:
    """A subclass with the fixture `ledger` runs them all."""

    def test_an_empty_ledger_has_no_rows(self, ledger: Ledger):
        assert list(ledger.scored_rows(FIRST, LAST, "a", "b").columns) == ["day", "outcome", "a", "b"]
        assert ledger.scored_rows(FIRST, LAST, "a").empty
        assert ledger.predictions(FIRST, LAST, "a").shape == (0,)
        assert list(ledger.answers(FIRST, LAST).columns) == ANSWER_COLUMNS

    def test_scores_come_back_in_order_of_day_and_as_they_were_recorded(self, ledger: Ledger):
        for number in (1, 0):
            day = FIRST + number * DAY
            ledger.record_scores(rows_of(day), {"a": probabilities(number / 10)})
        assert np.array_equal(ledger.predictions(FIRST, LAST, "a"), np.r_[probabilities(0), probabilities(0.1)])
        assert np.array_equal(ledger.predictions(FIRST + DAY, LAST, "a"), probabilities(0.1))
        assert ledger.predictions(FIRST, LAST, "b").shape == (0,)

    def test_batches_of_one_day_with_different_rows_are_ordinary(self, ledger: Ledger):
        for part in (slice(0, 3), slice(HALF, ROWS), slice(3, HALF)):
            ledger.record_scores(rows_of(FIRST)[part], {"a": probabilities(0)[part], "b": probabilities(0.5)[part]})
        assert sorted(ledger.predictions(FIRST, FIRST, "a")) == list(probabilities(0))
        ledger.record_outcomes(ids(FIRST), outcomes(FIRST))
        rows = ledger.scored_rows(FIRST, FIRST, "a", "b").sort_values("a")
        assert np.allclose(rows["b"] - rows["a"], 0.5)
        assert rows["outcome"].tolist() == (outcomes(FIRST) == 1).tolist()

    def test_a_batch_may_have_rows_of_several_days(self, ledger: Ledger):
        both = pd.concat([rows_of(FIRST), rows_of(FIRST + DAY)])
        ledger.record_scores(both, {"a": np.r_[probabilities(0), probabilities(0.1)]})
        assert np.array_equal(ledger.predictions(FIRST + DAY, FIRST + DAY, "a"), probabilities(0.1))

    def test_a_row_counts_where_all_versions_scored_it(self, ledger: Ledger):
        early, late = rows_of(FIRST)[:HALF], rows_of(FIRST)[HALF:]
        ledger.record_scores(early, {"a": probabilities(0)[:HALF], ANSWERED: probabilities(0)[:HALF]})
        ledger.record_scores(late, {name: probabilities(0)[HALF:] for name in ("a", "b", ANSWERED)})
        ledger.record_outcomes(ids(FIRST), outcomes(FIRST))
        assert len(ledger.scored_rows(FIRST, LAST, "a")) == ROWS
        assert ledger.scored_rows(FIRST, LAST, "a", "b")["b"].tolist() == probabilities(0)[HALF:].tolist()
        assert len(ledger.predictions(FIRST, LAST, ANSWERED)) == ROWS
        assert len(ledger.predictions(FIRST, LAST, "b")) == ROWS - HALF

    def test_a_row_is_scored_once_and_keeps_its_first_scores(self, ledger: Ledger):
        ledger.record_scores(rows_of(FIRST)[:HALF], {"a": probabilities(0)[:HALF]})
        for _ in range(2):
            ledger.record_scores(rows_of(FIRST), {"a": probabilities(0.5), "b": probabilities(0.6)})
        expected = np.r_[probabilities(0)[:HALF], probabilities(0.5)[HALF:]]
        assert np.array_equal(ledger.predictions(FIRST, FIRST, "a"), expected)
        assert np.array_equal(ledger.predictions(FIRST, FIRST, "b"), probabilities(0.6)[HALF:])

    def test_only_rows_whose_outcome_is_known_are_scored_rows(self, ledger: Ledger):
        ledger.record_outcomes(ids(FIRST)[:3], outcomes(FIRST)[:3])  # before they are scored
        ledger.record_scores(rows_of(FIRST), {"a": probabilities(0)})
        assert len(ledger.scored_rows(FIRST, FIRST, "a")) == 3
        for _ in range(2):
            ledger.record_outcomes(ids(FIRST)[3:5], outcomes(FIRST)[3:5])
        ledger.record_outcomes(ids(FIRST)[4:5], 1 - outcomes(FIRST)[4:5])  # it is corrected: the last counts
        ledger.record_outcomes(ids(FIRST)[4:5], outcomes(FIRST)[4:5])
        rows = ledger.scored_rows(FIRST, FIRST, "a")
        assert (rows["day"] == FIRST).all()
        assert rows["a"].tolist() == probabilities(0)[:5].tolist()
        assert rows["outcome"].tolist() == (outcomes(FIRST)[:5] == 1).tolist()
        assert len(ledger.predictions(FIRST, FIRST, "a")) == ROWS

    def test_outcomes_of_rows_that_were_never_scored_are_no_rows(self, ledger: Ledger):
        for number in range(60):
            ledger.record_outcomes(ids(FIRST + number * DAY), outcomes(FIRST + number * DAY))
        last = FIRST + 59 * DAY
        ledger.record_scores(rows_of(last), {"a": probabilities(0)})
        assert len(ledger.scored_rows(FIRST, last, "a")) == ROWS

    @pytest.mark.parametrize("wrong", [np.nan, -0.1, 1.1, np.inf])
    def test_what_is_no_probability_is_refused_and_nothing_kept(self, ledger: Ledger, wrong: float):
        values = np.r_[probabilities(0)[:-1], wrong]
        with pytest.raises(OntimeError, match="scores of b: expected probabilities from 0 to 1, found"):
            ledger.record_scores(rows_of(FIRST), {"a": probabilities(0), "b": values})
        assert ledger.predictions(FIRST, LAST, "a").shape == (0,)

    def test_a_row_that_comes_twice_in_a_batch_is_refused_and_nothing_kept(self, ledger: Ledger):
        twice = pd.concat([rows_of(FIRST), rows_of(FIRST).head(1)])
        with pytest.raises(OntimeError, match=f"expected each row once, found {ids(FIRST)[0]} twice"):
            ledger.record_scores(twice, {"a": np.r_[probabilities(0), 0.5]})
        assert ledger.predictions(FIRST, LAST, "a").shape == (0,)

    @pytest.mark.parametrize("wrong", [2, -1, np.nan])
    def test_what_is_no_outcome_is_refused_and_nothing_kept(self, ledger: Ledger, wrong: float):
        ledger.record_scores(rows_of(FIRST), {"a": probabilities(0)})
        with pytest.raises(OntimeError, match="outcomes: expected 1 or 0, found"):
            ledger.record_outcomes(ids(FIRST)[:2], np.array([1, wrong]))
        assert ledger.scored_rows(FIRST, LAST, "a").empty

    def test_nothing_is_a_batch_too(self, ledger: Ledger):
        ledger.record_scores(rows_of(FIRST)[:0], {"a": np.empty(0)})
        ledger.record_outcomes(ids(FIRST)[:0], outcomes(FIRST)[:0])
        ledger.record_answers(answers_of(answer("r1", "2013-04-01T06:00"))[:0])
        assert ledger.predictions(FIRST, LAST, "a").shape == (0,)
        assert ledger.answers(FIRST, LAST).empty

    def test_what_users_got_is_kept_as_it_was_and_moves_no_score(self, ledger: Ledger):
        row_id = ids(FIRST)[0]
        early, final = answer(row_id, "2013-04-01T06:00"), answer(row_id, "2013-04-01T09:00", provisional=False)
        other = answer(row_id, "2013-04-01T07:00", user="u2", version="", degraded=True, probability=0.2)
        ledger.record_answers(answers_of(final, early))
        ledger.record_answers(answers_of(other))
        ledger.record_answers(answers_of(early | {"probability": 0.9}))  # once more: the first stays
        assert ledger.answers(FIRST, LAST).to_dict("records") == answers_of(early, other, final).to_dict("records")
        assert ledger.answers(FIRST + DAY, LAST).empty
        assert ledger.predictions(FIRST, LAST, ANSWERED).shape == (0,)
        ledger.record_scores(rows_of(FIRST), {"a": probabilities(0), ANSWERED: probabilities(0)})
        ledger.record_outcomes(ids(FIRST), outcomes(FIRST))
        assert ledger.scored_rows(FIRST, LAST, "a", ANSWERED)[ANSWERED].tolist() == probabilities(0).tolist()
