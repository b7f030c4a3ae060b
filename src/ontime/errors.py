"""The one kind of error that a user can mend: shown as text, without a traceback, exit 1."""

from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from ontime.expected import KEY, Schema, shown_value, wanted_at, wanted_value

Record = TypeVar("Record")


class OntimeError(Exception):
    """Something outside the code is wrong: params, data, environment. Says what was expected, found and to be done."""


class BrokenContractError(OntimeError):
    """Data breaks its contract."""


class UnknownRowError(OntimeError):
    """A row was asked for that no schedule has."""


class NotReadyError(OntimeError):
    """What is needed to answer is not there yet: it may be in a while."""


class ModelUnfitError(OntimeError):
    """What was to answer is broken, cut off, or made for other data."""


def validated(kind: type[Record], content: object, where: str, section: str = "") -> Record:
    """The keys and values of a file (YAML, JSON) as a pydantic dataclass of this kind; section: what holds them there.

    Raises OntimeError with everything that is wrong, a line each, below `where`.
    """
    if not isinstance(content, dict):
        names = ", ".join(_schema(kind).get("properties", {}))
        lines = [f"{section or 'all of it'}: expected keys and values ({names}), found {shown_value(content)}"]
    else:
        try:
            return kind(**{str(key): value for key, value in content.items()})
        except ValidationError as error:
            schema = _schema(kind)
            lines = [_line(detail, schema, section) for detail in error.errors()]
    raise OntimeError("\n".join([f"{where}:", *(f"  {line}" for line in lines)]))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The known name that is like this one, as a question; else all that are known."""
    names = sorted(known)
    near = get_close_matches(name, names, n=1)
    return f"did you mean {near[0]}?" if near else f"known: {', '.join(names)}"


@cache
def _schema(kind: type) -> Schema:
    return TypeAdapter(kind).json_schema()


def _line(detail: Any, schema: Schema, section: str) -> str:  # noqa: ANN401 - pydantic's ErrorDetails
    steps = detail["loc"]
    names = [section, *(str(step) for step in steps if step != KEY)]
    name = ".".join(filter(None, names)) or "together"
    if detail["type"] == "value_error":  # of a validator of ours, which says what it found
        return f"{name}: {detail['ctx']['error']}"
    if detail["type"] == "unexpected_keyword_argument":
        known = wanted_at(schema, steps[:-1]).get("properties", {})
        return f"{name}: unknown; {did_you_mean(str(steps[-1]), known)}" if known else f"{name}: unknown"
    if steps and steps[-1] == KEY:
        wanted_names = wanted_value(wanted_at(schema, steps[:-2]), schema)
        return f"{name}: expected {wanted_names}, found the name {detail['input']}"
    wanted = wanted_at(schema, steps)
    expected = wanted_value(wanted, schema)
    if detail["type"] == "missing":
        return f"{name}: missing; expected {expected}" if wanted else f"{name}: missing"
    return f"{name}: expected {expected}, found {shown_value(detail['input'], wanted)}"
