"""What breaks clients is named, and what does not is not."""

import copy
import json
from collections.abc import Callable

import pytest
from edges import small_app
from hypothesis import given
from hypothesis import strategies as st

from ontime.service.edge.openapi_changes import dump_openapi, openapi_changes

Change = Callable[[dict], None]

DOCUMENT = {
    "paths": {
        "/rows": {
            "post": {
                "parameters": [{"in": "query", "name": "explain", "schema": {"type": "boolean"}}],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Question"}}}},
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}}},
                    "404": {"description": "unknown"},
                },
            }
        }
    },
    "components": {
        "schemas": {
            "Question": {
                "type": "object",
                "required": ["id"],
                "properties": {
                    "id": {"type": "string", "maxLength": 10},
                    "kind": {"enum": ["a", "b"], "type": "string"},
                    "hours": {"anyOf": [{"type": "number", "minimum": 0}, {"type": "null"}]},
                    "part_of": {"$ref": "#/components/schemas/Question"},
                },
            },
            "Answer": {
                "type": "object",
                "required": ["id", "rows"],
                "properties": {
                    "id": {"type": "string"},
                    "note": {"type": "string"},
                    "rows": {"type": "array", "items": {"type": "integer"}},
                },
            },
        }
    },
}
WHERE = "POST /rows"


def operation(document: dict) -> dict:
    return document["paths"]["/rows"]["post"]


def question(document: dict) -> dict:
    return document["components"]["schemas"]["Question"]


def answer(document: dict) -> dict:
    return document["components"]["schemas"]["Answer"]


def changes(change: Change) -> list[str]:
    new = copy.deepcopy(DOCUMENT)
    change(new)
    return openapi_changes(DOCUMENT, new)


def field(part: Callable[[dict], dict], name: str, schema: dict | None) -> Change:
    """A field of a schema becomes another, or goes."""

    def change(document: dict) -> None:
        fields = part(document)["properties"]
        fields.pop(name, None)
        if schema is not None:
            fields[name] = schema

    return change


def required(part: Callable[[dict], dict], *names: str) -> Change:
    return lambda document: part(document).update(required=list(names))


ASKED = f"{WHERE}: request"
ANSWERED = f"{WHERE}: response 200"
BREAKS = {
    "path": (lambda new: new["paths"].clear(), f"{WHERE} is gone"),
    "method": (lambda new: new["paths"]["/rows"].update(get=new["paths"]["/rows"].pop("post")), f"{WHERE} is gone"),
    "status": (lambda new: operation(new)["responses"].pop("404"), f"{WHERE}: status 404 is gone"),
    "key": (lambda new: operation(new).update(security=[{"key": []}]), f"{WHERE} needs a key"),
    "body": (lambda new: operation(new)["requestBody"].update(required=True), f"{WHERE}: a body is required"),
    "media type": (lambda new: operation(new)["requestBody"]["content"].clear(), f"{ASKED}: application/json is gone"),
    "parameter": (lambda new: operation(new)["parameters"].clear(), f"{WHERE}: query explain is gone"),
    "parameter required": (
        lambda new: operation(new)["parameters"][0].update(required=True),
        f"{WHERE}: query explain is required",
    ),
    "sent field": (field(question, "kind", None), f"{ASKED}.kind is gone"),
    "sent field required": (required(question, "id", "kind"), f"{ASKED}.kind is newly required"),
    "sent type": (field(question, "id", {"type": "integer"}), f"{ASKED}.id may no longer be string"),
    "sent null": (field(question, "hours", {"type": "number", "minimum": 0}), f"{ASKED}.hours may no longer be null"),
    "sent number": (
        field(question, "hours", {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}]}),
        f"{ASKED}.hours may no longer be number",
    ),
    "sent choice": (field(question, "kind", {"enum": ["a"], "type": "string"}), f"{ASKED}.kind may no longer be 'b'"),
    "sent bound": (
        field(question, "id", {"type": "string", "maxLength": 5}),
        f"{ASKED}.id: maxLength was 10, and is 5",
    ),
    "sent form": (
        field(question, "id", {"type": "string", "maxLength": 10, "pattern": "x"}),
        f"{ASKED}.id: the pattern is another",
    ),
    "received field": (field(answer, "note", None), f"{ANSWERED}.note is gone"),
    "received field optional": (required(answer, "rows"), f"{ANSWERED}.id is no longer always there"),
    "received type": (field(answer, "id", {"type": "integer"}), f"{ANSWERED}.id may now be integer"),
    "received null": (
        field(answer, "id", {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        f"{ANSWERED}.id may now be null",
    ),
    "received items": (
        field(answer, "rows", {"type": "array", "items": {"type": "number"}}),
        f"{ANSWERED}.rows[] may now be number",
    ),
}
BREAKS_NOT = {
    "path": lambda new: new["paths"].update({"/more": {"get": {"responses": {}}}}),
    "status": lambda new: operation(new)["responses"].update({"429": {}}),
    "parameter": lambda new: operation(new)["parameters"].append({"in": "query", "name": "x", "schema": {}}),
    "sent field": field(question, "more", {"type": "string"}),
    "sent field optional": required(question),
    "sent choice": field(question, "kind", {"enum": ["c", "b", "a"], "type": "string"}),
    "sent bound": field(question, "id", {"type": "string", "maxLength": 11}),
    "sent null": field(question, "id", {"type": ["string", "null"], "maxLength": 10}),
    "sent anything": field(question, "kind", {}),
    "received field": field(answer, "more", {"type": "string"}),
    "received field required": required(answer, "id", "rows", "note"),
    "received bound": field(answer, "id", {"type": "string", "maxLength": 5}),
    "received choice": field(answer, "note", {"type": "string", "enum": ["a"]}),
    "words": lambda new: operation(new).update(description="other words", summary="other"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_what_breaks_clients_is_named(name: str):
    change, sentence = BREAKS[name]
    assert changes(change) == [sentence]


@pytest.mark.parametrize("name", BREAKS_NOT)
def test_what_breaks_nobody_is_not(name: str):
    assert changes(BREAKS_NOT[name]) == []


@given(st.sets(st.sampled_from(sorted(BREAKS_NOT))))
def test_nor_is_any_number_of_such_changes(names: set[str]):
    new = copy.deepcopy(DOCUMENT)
    for name in sorted(names - {"sent null"}):  # another form of the field whose bound another one changes
        BREAKS_NOT[name](new)
    assert openapi_changes(DOCUMENT, new) == []


def test_a_document_does_not_break_itself_and_is_the_same_text_each_time():
    text = dump_openapi(small_app())
    assert text == dump_openapi(small_app())
    assert text.endswith("}\n")
    assert openapi_changes(json.loads(text), json.loads(text)) == []


def test_schemas_that_grow_apart_are_compared_inside_of_references_too():
    new = copy.deepcopy(DOCUMENT)
    new["components"]["schemas"]["Other"] = {"type": "object", "properties": {}}
    question(new)["properties"]["part_of"] = {"$ref": "#/components/schemas/Other"}
    assert f"{ASKED}.part_of.id is gone" in openapi_changes(DOCUMENT, new)
