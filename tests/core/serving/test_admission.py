"""Remedies fit the rule, and those who can do something about it."""

import pytest

from ontime.core.contract.column_types import LEAVE_EMPTY
from ontime.core.contract.findings import Finding, Level
from ontime.core.contract.schema import CHANGE
from ontime.core.serving.admission import _of_values, with_remedies
from ontime.flights.contract.columns import FLIGHTS


def finding(level: Level, rule: str, remedy: str, *examples: str) -> Finding:
    return Finding(level, "flights", "2013-11", "tailnum", rule, "", remedy, examples)


def test_those_who_give_messages_do_not_own_the_contract():
    (changed,) = with_remedies([finding(Level.STOP, "type", f"give whole numbers, {CHANGE}")])
    assert changed.remedy == "give whole numbers"
    (changed,) = with_remedies([finding(Level.STOP, "column_known", f"drop the column, {CHANGE}")])
    assert changed.remedy == "drop the column"


@pytest.mark.parametrize(
    ("value", "missing"), [("NA", True), ("null", True), ("-", True), ("n1234", False), ("NAN1", False)]
)
def test_a_word_for_a_missing_value_that_breaks_a_check_is_recognised(value: str, missing: bool):
    own = _of_values(FLIGHTS, finding(Level.QUARANTINE, "str_matches", "", f"2013-11-05-UA-1-EWR-LAX has {value}"))
    assert own.remedy == "correct the value at its source" + f"; {LEAVE_EMPTY}" * missing
