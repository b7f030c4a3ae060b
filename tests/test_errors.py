"""A JSON record that is wrong says what was expected, key by key, in words."""

import re

import pytest

from ontime.core.evaluation.conformal import ConformalBounds
from ontime.core.model.signature import TrainedSignature
from ontime.core.report.records import AuditRecord, BaselinesRecord, HeadlineRecord, SlicesRecord, StressRecord
from ontime.errors import OntimeError, did_you_mean, validated

PRIVATE = re.compile(r"ArgsKwargs|\^|pydantic|Input should|should be")
RECORDS = (AuditRecord, BaselinesRecord, ConformalBounds, HeadlineRecord, SlicesRecord, StressRecord, TrainedSignature)
BOUNDS = {"false": 0.1, "true": None, "lead_hours": 2}


def refused(kind: type, content: object) -> str:
    with pytest.raises(OntimeError) as error:
        validated(kind, content, "record.json")
    assert PRIVATE.search(str(error.value)) is None
    return str(error.value)


def test_a_record_that_is_right_is_taken():
    assert validated(ConformalBounds, BOUNDS, "record.json").true is None


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"false": "a"}, "false: expected a number from 0 to 1, or nothing, found the text 'a'"),
        ({"true": 2}, "true: expected a number from 0 to 1, or nothing, found 2"),
        ({"lead_hours": None}, "lead_hours: expected a number from 0.5 to 168, found nothing"),
        ({"lead_hours": "2"}, "found the text '2' (a number stands without quotes: 2)"),
        ({"lead_hours": [2]}, "found a list, [2]"),
    ],
)
def test_a_wrong_value_says_what_is_wanted(changed: dict, says: str):
    assert says in refused(ConformalBounds, BOUNDS | changed)


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize(
    "wrong", [None, [], {}, "x", 1, -0.5, [1], {"a": 1}, {"a": None}, [None], [{"a": 1}]], ids=repr
)
def test_every_key_of_every_record_is_told_in_words(kind: type, wrong: object):
    keys = re.findall(r"^  (\w+): missing; expected \S", refused(kind, {}), re.MULTILINE)
    assert keys
    try:
        validated(kind, dict.fromkeys(keys, wrong), "record.json")
    except OntimeError as error:
        text = str(error)
    else:
        return  # this kind of value is right for every key
    assert PRIVATE.search(text) is None
    assert all(line.startswith("  ") and ": " in line for line in text.splitlines()[1:])


@pytest.mark.parametrize(("content", "shown"), [(None, "nothing"), ([], "a list, but empty"), ("x", "the text 'x'")])
def test_what_is_no_record_at_all_says_which_keys_it_needs(content: object, shown: str):
    assert f"expected keys and values (false, true, lead_hours), found {shown}" in refused(ConformalBounds, content)


def test_a_name_that_is_like_a_known_one_is_asked_about():
    assert did_you_mean("leafs", ["leaves", "bins"]) == "did you mean leaves?"
    assert did_you_mean("x", ["leaves", "bins"]) == "known: bins, leaves"
