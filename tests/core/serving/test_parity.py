"""Answers of a service beside those of batch: what differs in a bit is told, by row and by what."""

import numpy as np
import pytest

from ontime.core.serving.parity import compare_answers

NAMES = ["delay", "count"]
BATCH = np.array([[1.5, np.nan, 0.25], [2.0, 3.0, 0.5], [4.0, 5.0, 0.75]])
NOBODY = np.zeros(3, dtype=bool)


def test_what_is_equal_bit_for_bit_does_not_differ_missing_values_included():
    parity = compare_answers(["a", "b", "c"], NAMES, BATCH, BATCH.copy(), NOBODY)
    assert (parity.rows, parity.degraded, len(parity.different)) == (3, 0, 0)


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [(1, 0, np.nextafter(2.0, 3)), (0, 1, 0.0), (1, 1, np.nan), (2, 2, 0.750001)],
)
def test_a_last_bit_and_a_value_that_is_missing_on_one_side_differ(row: int, column: int, value: float):
    service = BATCH.copy()
    service[row, column] = value
    different = compare_answers(["a", "b", "c"], NAMES, BATCH, service, NOBODY).different
    assert different["id"].tolist() == ["abc"[row]]
    assert different["what"].tolist() == [[*NAMES, "probability"][column]]


def test_rows_that_climatology_answered_are_counted_and_not_compared():
    parity = compare_answers(["a", "b", "c"], NAMES, BATCH, BATCH + 1, np.array([True, False, True]))
    assert (parity.rows, parity.degraded) == (3, 2)
    assert set(parity.different["id"]) == {"b"}
