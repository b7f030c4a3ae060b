"""Two OpenAPI documents, an older one and a newer one -> what breaks clients of the older one."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from fastapi import FastAPI

Document = Mapping[str, Any]
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
# What bounds a value: the name, and whether a larger number admits more.
BOUNDS = {
    "minimum": False,
    "exclusiveMinimum": False,
    "minLength": False,
    "minItems": False,
    "maximum": True,
    "exclusiveMaximum": True,
    "maxLength": True,
    "maxItems": True,
}


def dump_openapi(app: FastAPI) -> str:
    """The OpenAPI document of an application, as it stands in git: sorted keys, a final newline."""
    return json.dumps(app.openapi(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def openapi_changes(old: Document, new: Document) -> list[str]:
    """What clients of the older document must not rely on in the newer one, a sentence each; what is added breaks none.

    What clients send must still be admitted, what they read must still be there and be what it was.
    """
    changes: list[str] = []
    for path, methods in old["paths"].items():
        for method in METHODS:
            if method not in methods:
                continue
            where = f"{method.upper()} {path}"
            if method in new["paths"].get(path, {}):
                changes += _operation(where, _Side(old, methods[method]), _Side(new, new["paths"][path][method]))
            else:
                changes.append(f"{where} is gone")
    return changes


class _Side(NamedTuple):
    """A part of one of the documents, and the document, in which references are looked up."""

    document: Document
    part: Any

    def at(self, *steps: str | int) -> "_Side":
        """The part below, {} where there is none."""
        part = self.resolved().part
        for step in steps:
            inside = part.get(step, {}) if isinstance(part, Mapping) else part[step]
            part = _Side(self.document, inside).resolved().part
        return _Side(self.document, part)

    def resolved(self) -> "_Side":
        part = self.part
        while isinstance(part, Mapping) and "$ref" in part:
            name = part["$ref"]
            part = self.document
            for step in name.removeprefix("#/").split("/"):
                part = part[step]
        return _Side(self.document, part)


def _operation(where: str, old: _Side, new: _Side) -> Iterator[str]:
    if new.part.get("security") and not old.part.get("security"):
        yield f"{where} needs a key"
    yield from _parameters(where, old, new)
    body, new_body = old.at("requestBody"), new.at("requestBody")
    if new_body.part.get("required") and not body.part.get("required"):
        yield f"{where}: a body is required"
    yield from _contents(f"{where}: request", body, new_body, sent=True)
    for status in old.part.get("responses", {}):
        if status not in new.part.get("responses", {}):
            yield f"{where}: status {status} is gone"
            continue
        yield from _contents(f"{where}: response {status}", old.at("responses", status), new.at("responses", status))


def _parameters(where: str, old: _Side, new: _Side) -> Iterator[str]:
    before, after = _by_name(old), _by_name(new)
    for name, parameter in after.items():
        if parameter.part.get("required") and not (name in before and before[name].part.get("required")):
            yield f"{where}: {name} is required"
    for name, parameter in before.items():
        if name not in after:
            yield f"{where}: {name} is gone"
        else:
            yield from _values(f"{where}: {name}", parameter.at("schema"), after[name].at("schema"), sent=True)


def _by_name(operation: _Side) -> dict[str, _Side]:
    """The parameters of an operation by where they stand and their name, such as `query explain`."""
    places = range(len(operation.part.get("parameters", ())))
    parameters = [operation.at("parameters").at(place) for place in places]
    return {f"{one.part['in']} {one.part['name']}": one for one in parameters}


def _contents(where: str, old: _Side, new: _Side, *, sent: bool = False) -> Iterator[str]:
    for media_type in old.part.get("content", {}):
        if media_type not in new.part.get("content", {}):
            yield f"{where}: {media_type} is gone"
            continue
        steps = ("content", media_type, "schema")
        yield from _values(where, old.at(*steps), new.at(*steps), sent=sent)


def _values(
    where: str, old: _Side, new: _Side, *, sent: bool, seen: frozenset[tuple[int, int]] = frozenset()
) -> list[str]:
    """What breaks in a value that is sent, or else received. seen: pairs that are being compared, where types nest."""
    pair = (id(old.resolved().part), id(new.resolved().part))
    if pair in seen:
        return []
    given, accepting = (old, new) if sent else (new, old)
    changes: list[str] = []
    accepted = _variants(accepting)
    for variant in _variants(given):
        same = [other for other in accepted if _accepts_kind(_kind(other), _kind(variant))]
        if not same:
            changes.append(f"{where} {'may no longer' if sent else 'may now'} be {_kind(variant)}")
            continue
        pairs = [(variant, other) if sent else (other, variant) for other in same]
        changes += min((_variant(where, *both, sent=sent, seen=seen | {pair}) for both in pairs), key=len)
    return changes


def _variants(side: _Side) -> list[_Side]:
    """The forms that a value may have, each of one type."""
    side = side.resolved()
    choices = side.part.get("anyOf") or side.part.get("oneOf")
    if choices:
        return [variant for choice in choices for variant in _variants(_Side(side.document, choice))]
    kinds = side.part.get("type")
    if isinstance(kinds, list):
        return [_Side(side.document, {**side.part, "type": kind}) for kind in kinds]
    return [side]


def _kind(side: _Side) -> str:
    kind, form = side.part.get("type", "anything"), side.part.get("format")
    return f"{kind} ({form})" if form else kind


def _accepts_kind(accepting: str, given: str) -> bool:
    return accepting in {"anything", given, given.partition(" ")[0]} or (accepting, given) == ("number", "integer")


def _variant(where: str, old: _Side, new: _Side, *, sent: bool, seen: frozenset[tuple[int, int]]) -> list[str]:
    given, accepting = (old, new) if sent else (new, old)
    changes = [*_choices(where, given.part, accepting.part, sent=sent), *_bounds(where, old.part, new.part, sent=sent)]
    changes += _fields(where, old, new, sent=sent, seen=seen)
    if old.part.get("type") == "array" and "items" in accepting.part:
        changes += _values(f"{where}[]", old.at("items"), new.at("items"), sent=sent, seen=seen)
    return changes


def _choices(where: str, given: Document, accepting: Document, *, sent: bool) -> Iterator[str]:
    """Values that are listed one by one."""
    given_values, accepted = _listed(given), _listed(accepting)
    if accepted is None:
        return
    if given_values is None:
        yield f"{where} {'must now' if sent else 'need no longer'} be one of {', '.join(map(str, accepted))}"
        return
    for value in given_values:
        if value not in accepted:
            yield f"{where} {'may no longer' if sent else 'may now'} be {value!r}"


def _listed(schema: Document) -> Sequence[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _bounds(where: str, old: Document, new: Document, *, sent: bool) -> Iterator[str]:
    given, accepting = (old, new) if sent else (new, old)
    for name, larger_admits in BOUNDS.items():
        if name not in accepting:
            continue
        bound, other = accepting[name], given.get(name)
        if other is None or (other > bound if larger_admits else other < bound):
            yield f"{where}: {name} was {old.get(name, 'not bound')}, and is {new.get(name, 'not bound')}"
    if "pattern" in accepting and given.get("pattern") != accepting["pattern"]:
        yield f"{where}: the pattern is another"


def _fields(where: str, old: _Side, new: _Side, *, sent: bool, seen: frozenset[tuple[int, int]]) -> Iterator[str]:
    before, after = old.part.get("properties", {}), new.part.get("properties", {})
    required, now_required = {*old.part.get("required", ())}, {*new.part.get("required", ())}
    for name in before:
        if name not in after:
            yield f"{where}.{name} is gone"
            continue
        if not sent and name in required - now_required:
            yield f"{where}.{name} is no longer always there"
        steps = ("properties", name)
        yield from _values(f"{where}.{name}", old.at(*steps), new.at(*steps), sent=sent, seen=seen)
    for name in sorted(now_required - required) if sent else ():
        yield f"{where}.{name} is newly required"
