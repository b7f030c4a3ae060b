"""Requests are read by the contract of the dataset: nothing guessed, nothing unknown, everything wrong at once."""

import json

import pytest
from pydantic import ValidationError
from toy import TOY

from ontime.flights import FLIGHTS
from ontime.service.schemas import MOST_ROWS, schemas_of

ROW = {"year": 2013, "month": 11, "day": 1, "carrier": "UA", "flight": 1545, "origin": "EWR", "dest": "IAH"}
SCAN = {"number": 7, "depot": "N1", "promised": "2024-01-05T12:00:00Z", "left": None, "delivered": None}


def test_each_dataset_has_rows_of_its_own_key():
    assert [*schemas_of(FLIGHTS).key] == [*ROW]
    assert [*schemas_of(TOY).key] == ["number", "depot", "promised"]
    assert schemas_of(FLIGHTS).predictions.model_validate_json(json.dumps({"rows": [ROW]})).rows == [ROW]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"flight": "1545"}, "rows.0.flight"),
        ({"flight": 1545.5}, "rows.0.flight"),
        ({"flight": True}, "rows.0.flight"),
        ({"flight": None}, "rows.0.flight"),
        ({"carrier": 5}, "rows.0.carrier"),
        ({"carrier": "x" * 201}, "rows.0.carrier"),
        ({"gate": "B7"}, "rows.0.gate"),
    ],
)
def test_a_row_that_is_none_is_refused_by_name(change: dict, where: str):
    with pytest.raises(ValidationError) as refused:
        schemas_of(FLIGHTS).predictions.model_validate({"rows": [ROW | change]})
    assert [".".join(map(str, error["loc"])) for error in refused.value.errors()] == [where]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"number": 2**63}, "rows.0.number"),
        ({"number": -(2**63)}, "rows.0.number"),
        ({"promised": "2024-02-30T12:00:00Z"}, "rows.0.promised"),
        ({"promised": "2024-01-05T12:00:00"}, "rows.0.promised"),
        ({"promised": ""}, "rows.0.promised"),
        ({"depot": "N\0"}, "rows.0.depot"),
    ],
)
def test_a_key_that_no_row_can_have_is_refused_by_name(change: dict, where: str):
    row = {name: SCAN[name] for name in schemas_of(TOY).key}
    schemas_of(TOY).predictions.model_validate({"rows": [row]})
    with pytest.raises(ValidationError) as refused:
        schemas_of(TOY).predictions.model_validate({"rows": [row | change]})
    assert [".".join(map(str, error["loc"])) for error in refused.value.errors()] == [where]


def test_everything_wrong_is_named_at_once():
    rows = [ROW | {"flight": "a"}, ROW, ROW | {"carrier": None, "origin": 3}]
    with pytest.raises(ValidationError) as refused:
        schemas_of(FLIGHTS).predictions.model_validate({"rows": rows, "user": "", "more": 1})
    places = {".".join(map(str, error["loc"])) for error in refused.value.errors()}
    assert places == {"rows.0.flight", "rows.2.carrier", "rows.2.origin", "user", "more"}


@pytest.mark.parametrize("count", [0, MOST_ROWS + 1])
def test_a_batch_has_at_least_one_row_and_not_too_many(count: int):
    with pytest.raises(ValidationError, match="rows"):
        schemas_of(FLIGHTS).predictions.model_validate({"rows": [ROW] * count})


def test_messages_are_those_of_the_feeds_with_all_their_columns():
    events = schemas_of(TOY).events
    read = events.model_validate({"messages": [{"feed": "scans", "values": SCAN}]})
    assert read.messages == [{"feed": "scans", "values": SCAN}]
    lacking = {name: value for name, value in SCAN.items() if name != "left"}
    for wrong in (
        {"feed": "nothing", "values": SCAN},
        {"feed": "plan", "values": SCAN},
        {"feed": "scans", "values": lacking},
    ):
        with pytest.raises(ValidationError):
            events.model_validate({"messages": [wrong]})
