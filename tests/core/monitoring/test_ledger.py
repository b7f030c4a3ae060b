"""What a ledger gives back of what was recorded."""

import numpy as np
from loops import FIRST, ROWS, ids, outcomes

from ontime.core.monitoring.ledger import DAY, InMemoryLedger


def test_a_ledger_makes_room_for_outcomes_of_rows_that_were_never_predicted():
    ledger = InMemoryLedger()
    for number in range(60):
        ledger.record_outcomes(ids(FIRST + number * DAY), outcomes(FIRST + number * DAY))
    last = FIRST + 59 * DAY
    ledger.record_predictions(last, ids(last), {"a": np.full(ROWS, 0.5)})
    assert len(ledger.scored_rows(last, last, "a")) == ROWS


def test_scored_rows_are_of_days_that_all_versions_predicted_and_have_a_known_outcome():
    ledger = InMemoryLedger()
    for number, versions in enumerate((("a",), ("a", "b"), ("b",))):
        day = FIRST + number * DAY
        ledger.record_predictions(day, ids(day), dict.fromkeys(versions, np.full(ROWS, 0.5)))
    assert ledger.scored_rows(FIRST, FIRST + 2 * DAY, "a", "b").empty
    second = FIRST + DAY
    ledger.record_outcomes(ids(second)[:3], outcomes(second)[:3])
    rows = ledger.scored_rows(FIRST, FIRST + 2 * DAY, "a", "b")
    assert len(rows) == 3
    assert set(rows["day"]) == {second}
    assert len(ledger.predictions(FIRST, FIRST + 2 * DAY, "a")) == 2 * ROWS
