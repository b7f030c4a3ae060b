"""A JSON schema and a value, in words: what a person would write."""

from datetime import date
from typing import Annotated, Any, Literal, NamedTuple

import pytest
from pydantic import Field, TypeAdapter

from ontime.expected import shown_value, wanted_at, wanted_value


class Point(NamedTuple):
    x: float
    y: int | None = None


def wanted(kind: Any, *steps: str | int) -> str:
    schema = TypeAdapter(kind).json_schema()
    return wanted_value(wanted_at(schema, steps), schema)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (str, "text"),
        (bool, "true or false"),
        (int, "a whole number"),
        (float | None, "a number, or nothing"),
        (Annotated[int, Field(ge=1)], "a whole number from 1 on"),
        (Annotated[float, Field(ge=0, le=1)], "a number from 0 to 1"),
        (Annotated[float, Field(gt=0, le=0.5)], "a number above 0 and 0.5 at most"),
        (Annotated[float, Field(lt=3)], "a number below 3"),
        (Literal["psi", "wasserstein"], "one of psi, wasserstein"),
        (Annotated[str, Field(pattern="^a+$", description="letters a")], "letters a"),
        (list[int], "a list of values, each a whole number"),
        (Annotated[list[Any], Field(min_length=1)], "a list of at least one value"),
        (dict[str, float], "keys and values, each value a number"),
        (dict[str, Any], "keys and values"),
        (Any, "another value"),
    ],
)
def test_what_is_wanted_is_said_in_words(kind: Any, words: str):
    assert wanted(kind) == words


def test_what_is_wanted_inside_is_said_too():
    assert wanted(dict[str, list[float]], "any", 2) == "a number"
    assert wanted(Point, 1) == "a whole number, or nothing"
    assert wanted(dict[str, Any], "any", "deeper") == "another value"


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        (None, int, "nothing"),
        (True, int, "true"),
        (2, int, "2"),
        ("1e-3", float, "the text '1e-3' (a number stands without quotes: 0.001)"),
        ("x", float, "the text 'x'"),
        ("x", str, "x"),
        ("", str, "an empty text"),
        (1, str, "the number 1 (text stands in quotes: '1')"),
        (date(2013, 6, 1), str, "2013-06-01"),
        ([], int, "a list, but empty"),
        ({}, int, "keys and values, but empty"),
        ("long " * 50, float, "the text 'long long long long long long long long long long long ..."),
    ],
)
def test_what_is_there_is_said_as_a_file_has_it(value: object, kind: Any, words: str):
    assert shown_value(value, TypeAdapter(kind).json_schema()) == words
