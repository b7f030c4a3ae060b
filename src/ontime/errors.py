"""The one kind of error that a user can mend: shown as text, without a traceback, exit 1."""

from typing import Any, TypeVar

from pydantic import ValidationError

Record = TypeVar("Record")


class OntimeError(Exception):
    """Something outside the code is wrong: params, data, environment. Says what was expected, found and to be done."""


def validated(kind: type[Record], content: object, where: str) -> Record:
    """The keys and values of a file (YAML, JSON) as a pydantic dataclass of this kind.

    Raises OntimeError with everything that is wrong, a line each, below `where`.
    """
    if not isinstance(content, dict):
        raise OntimeError(f"{where}:\n  expected keys and values; found {content!r}")
    try:
        return kind(**{str(key): value for key, value in content.items()})
    except ValidationError as error:
        raise OntimeError(f"{where}:\n" + "\n".join(map(_line, error.errors()))) from error


def _line(error: Any) -> str:  # noqa: ANN401 - pydantic's ErrorDetails
    key = ".".join(str(step) for step in error["loc"])
    if error["type"] == "missing":
        return f"  {key}: missing"
    if error["type"] == "unexpected_keyword_argument":
        return f"  {key}: unknown"
    if error["type"] == "value_error":  # of a validator of ours, which says what it found
        return f"  {key or 'together'}: {error['ctx']['error']}"
    return f"  {key}: {error['msg']}; found {error['input']!r}"
