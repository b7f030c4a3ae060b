"""What a record asks for, as a JSON schema, and what a file holds -> both in words."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from textwrap import shorten
from typing import Any

Schema = Mapping[str, Any]
KEY = "[key]"  # where pydantic says that not a value, but its key is wrong
NUMBERS = ("integer", "number")
SHOWN = 60  # characters of a value that is found


def wanted_at(root: Schema, steps: Sequence[str | int]) -> Schema:
    """What a JSON schema says of the value at the end of these keys and places; nothing where it does not say."""
    return _inside(root, steps, root)


def _inside(schema: Schema, steps: Sequence[str | int], root: Schema) -> Schema:
    for step in steps:
        schema = _resolved(schema, root)
        if isinstance(step, int):
            items = [*schema.get("prefixItems", []), *[schema.get("items", {})] * (step + 1)]
            schema = items[step]
        else:
            others = [*schema.get("patternProperties", {}).values(), schema.get("additionalProperties", {})]
            schema = schema.get("properties", {}).get(step) or others[0] or {}
    return _resolved(schema, root)


def _resolved(schema: Schema | bool, root: Schema) -> Schema:
    """Without the detour over a definition, or over what may be missing; nothing of what may be anything."""
    if isinstance(schema, bool):
        return {}
    if "$ref" in schema:
        return _resolved(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    kinds = [kind for kind in schema.get("anyOf", []) if kind.get("type") != "null"]
    if len(kinds) == 1:
        return {**_resolved(kinds[0], root), "nothing": True}
    return schema


def wanted_value(schema: Schema, root: Schema) -> str:
    """In words what a JSON schema asks for."""
    described = "properties" not in schema and schema.get("description")  # of a record it is the docstring
    if described:
        expected = str(described)
    elif "enum" in schema:
        expected = f"one of {', '.join(map(str, schema['enum']))}"
    else:
        expected = WANTED.get(schema.get("type", ""), lambda *_: "another value")(schema, root)
    return f"{expected}, or nothing" if schema.get("nothing") else expected


def _number(schema: Schema, _: Schema) -> str:
    name = "a whole number" if schema["type"] == "integer" else "a number"
    least, most = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    step = f", a multiple of {schema['multipleOf']:g}" if "multipleOf" in schema else ""
    if least is not None and most is not None:
        return f"{name} from {least:g} to {most:g}{step}"
    bounds = [
        words.format(f"{bound:g}")
        for words, bound in (("from {} on", least), ("above {}", above), ("below {}", below), ("{} at most", most))
        if bound is not None
    ]
    return f"{name} {' and '.join(bounds)}".rstrip() + step


def _list(schema: Schema, root: Schema) -> str:
    if "prefixItems" in schema:  # a named tuple, which files hold by the names of its fields
        return f"keys and values ({', '.join(item['title'].lower() for item in schema['prefixItems'])})"
    items = _resolved(schema.get("items", {}), root)
    some = "a list of at least one value" if schema.get("minItems") else "a list of values"
    return f"{some}, each {wanted_value(items, root)}" if items else some


def _mapping(schema: Schema, root: Schema) -> str:
    if "properties" in schema:
        return f"keys and values ({', '.join(schema['properties'])})"
    values = _inside(schema, ["any"], root)
    some = "at least one key with a value" if schema.get("minProperties") else "keys and values"
    return f"{some}, each value {wanted_value(values, root)}" if values else some


WANTED: Mapping[str, Callable[[Schema, Schema], str]] = {
    "integer": _number,
    "number": _number,
    "string": lambda *_: "text",
    "boolean": lambda *_: "true or false",
    "array": _list,
    "object": _mapping,
    "null": lambda *_: "nothing",
}


def shown_value(value: object, wanted: Schema | None = None) -> str:
    """A value as a file has it, and how to write it where only the way of writing is wrong."""
    kind = (wanted or {}).get("type", "")
    if isinstance(value, str):
        return _shown_text(value, kind)
    if isinstance(value, bool) or value is None:
        return {None: "nothing", True: "true", False: "false"}[value]
    if isinstance(value, int | float) and kind == "string":
        hint = "" if {"description", "enum"} & {*(wanted or {})} else f" (text stands in quotes: '{value}')"
        return f"the number {value}{hint}"
    if isinstance(value, list | tuple | dict):
        name = "keys and values" if isinstance(value, dict) else "a list"
        return f"{name}, {_short(str(value))}" if value else f"{name}, but empty"
    return value.isoformat() if isinstance(value, date) else _short(str(value))


def _shown_text(text: str, kind: str) -> str:
    if kind == "string":
        return _short(text) or "an empty text"
    hint = f" (a number stands without quotes: {float(text):g})" if kind in NUMBERS and _is_number(text) else ""
    return f"the text {_short(repr(text))}{hint}"


def _short(text: str) -> str:
    return shorten(text, SHOWN, placeholder=" ...")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
