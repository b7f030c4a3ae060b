"""docs/openapi.json is the interface of the flights service, and what a change breaks for its clients is named."""

import copy
import json
from typing import Any

import pytest
from repositories import REPOSITORY
from toy import TOY

from ontime.flights import FLIGHTS
from ontime.service.edge.openapi_changes import openapi_changes
from ontime.service.openapi import openapi_document

COMMITTED = (REPOSITORY / "docs/openapi.json").read_text()
PREDICTIONS = "POST /v1/predictions"


def test_the_document_in_git_is_that_of_the_code():
    assert openapi_document(FLIGHTS) == COMMITTED, "run: ontime openapi > docs/openapi.json"


def test_another_dataset_has_the_same_paths_with_words_of_its_own():
    document = json.loads(openapi_document(TOY))
    assert document["paths"].keys() == json.loads(COMMITTED)["paths"].keys()
    assert document["components"]["schemas"]["Row"]["properties"].keys() == {"number", "depot", "promised"}


def without_key(document: dict[str, Any]) -> None:
    row = document["components"]["schemas"]["Row"]
    del row["properties"]["dest"]
    row["required"].remove("dest")


def fewer_rows(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["PredictionRequest"]["properties"]["rows"]["maxItems"] = 10


def without_version(document: dict[str, Any]) -> None:
    del document["components"]["schemas"]["Prediction"]["properties"]["version"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (without_key, f"{PREDICTIONS}: request.rows[].dest is gone"),
        (fewer_rows, f"{PREDICTIONS}: request.rows: maxItems was 1000, and is 10"),
        (without_version, f"{PREDICTIONS}: response 200.predictions[].version is gone"),
    ],
)
def test_what_breaks_clients_of_the_document_in_git_is_named(change: Any, sentence: str):
    old = json.loads(COMMITTED)
    new = copy.deepcopy(old)
    change(new)
    assert openapi_changes(old, old) == []
    assert openapi_changes(old, new) == [sentence]
