"""Columns get the types of the contract, and what they cannot hold is judged there."""

import numpy as np
import pandas as pd
import pytest

from ontime.core.serving.column_types import LIMIT, parse_text, widen_types
from ontime.core.serving.messages import feed_tables
from ontime.errors import OntimeError
from ontime.flights import FLIGHTS


def test_whole_numbers_beyond_what_floats_hold_are_for_the_contract_to_judge():
    form = feed_tables(FLIGHTS.tables, FLIGHTS.messages)["departures"]
    values = [7.0, 1e300, -np.inf, None]
    expected = pd.Series([7, LIMIT, -LIMIT, None], dtype="Int64", name="dep_delay")
    frame = pd.DataFrame({"dep_delay": values})
    pd.testing.assert_series_equal(widen_types(form, frame)["dep_delay"], expected)
    text, findings = parse_text(form, None, pd.DataFrame({"dep_delay": ["7", "1e300", "-inf", None]}, dtype="str"))
    pd.testing.assert_series_equal(text["dep_delay"], expected)
    assert not findings
    _, findings = parse_text(form, None, pd.DataFrame({"dep_delay": ["7.5"]}, dtype="str"))
    assert [finding.rule for finding in findings] == ["type"]
    with pytest.raises(OntimeError, match="more than one dep_delay"):
        widen_types(form, pd.concat([frame, frame], axis=1))
