"""Declarations -> flaws of their form: a value of another kind than its field has, a function of other arguments."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import is_dataclass
from functools import lru_cache
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np
import pandas as pd
import pandera.pandas as pa

from ontime.dataset.flaws import Flaw

NAMES = {"np": np, "pd": pd, "pa": pa}  # what the declarations import for type checkers alone
Hint = Any  # a type as an annotation says it


def form_flaws(declaration: str, value: object, hint: Hint) -> Iterator[Flaw]:
    """Where a declared value, or anything in it, is not of the type that its field is annotated with."""
    container, arguments = get_origin(hint), get_args(hint)
    if hint is Any or value is hint:
        return
    if container in {Union, types.UnionType}:
        yield from _union_flaws(declaration, value, arguments)
    elif container in _CONTAINERS:
        yield from _CONTAINERS[container](declaration, value, arguments)
    elif not _is_instance(value, hint):
        yield Flaw(declaration, _words(hint), _shown(value), "give it so")
    elif _has_fields(hint):
        yield from record_flaws(declaration, value)


def record_flaws(declaration: str, record: object) -> Iterator[Flaw]:
    """The same for every field of a declaration."""
    for name, hint in _hints(type(record)).items():
        yield from form_flaws(f"{declaration}.{name}", getattr(record, name), hint)


def call_flaws(declaration: str, function: Callable[..., object], count: int) -> Iterator[Flaw]:
    """Whether a function can be called with so many arguments, where that can be known."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # of functions written in C
        return
    try:
        signature.bind(*[None] * count)
    except TypeError:
        arguments = f"a function that takes {count} argument{'' if count == 1 else 's'}"
        yield Flaw(declaration, arguments, f"one that is called as {signature}", "change its arguments")


def element_label(place: object, element: object) -> str:
    """How an element of a declaration is called: by its name, or by its place."""
    name = getattr(element, "name", None)
    return f".{name}" if isinstance(name, str) and name else f"[{place}]"


def _tuple_flaws(declaration: str, value: object, arguments: tuple[Hint, ...]) -> Iterator[Flaw]:
    if not isinstance(value, tuple):
        remedy = f"write ({value!r},): a comma makes a tuple" if isinstance(value, str) else "write it in ( )"
        yield Flaw(declaration, "a tuple", _shown(value), remedy)
    elif arguments and arguments[-1] is not Ellipsis and len(value) != len(arguments):
        yield Flaw(declaration, f"{len(arguments)} values", _shown(value), "give as many")
    else:
        hints = arguments[:1] * len(value) if arguments[-1:] == (Ellipsis,) else arguments
        for place, (element, hint) in enumerate(zip(value, hints, strict=True)):
            yield from form_flaws(declaration + element_label(place, element), element, hint)


def _mapping_flaws(declaration: str, value: object, arguments: tuple[Hint, ...]) -> Iterator[Flaw]:
    if not isinstance(value, Mapping):
        yield Flaw(declaration, "a dictionary", _shown(value), "write { }, with a value for each name")
        return
    key_hint, value_hint = arguments
    for key, element in value.items():
        yield from form_flaws(f"{declaration}, the name {key!r}", key, key_hint)
        yield from form_flaws(f"{declaration}.{key}", element, value_hint)


def _callable_flaws(declaration: str, value: object, arguments: tuple[Hint, ...]) -> Iterator[Flaw]:
    if not callable(value):
        yield Flaw(declaration, "a function", _shown(value), "name the function, without calling it")
    elif isinstance(arguments[0], list):
        yield from call_flaws(declaration, value, len(arguments[0]))


def _union_flaws(declaration: str, value: object, arguments: tuple[Hint, ...]) -> Iterator[Flaw]:
    flaws = {argument: list(form_flaws(declaration, value, argument)) for argument in arguments}
    if not all(flaws.values()):
        return
    own = next((argument for argument in arguments if _has_fields(argument) and isinstance(value, argument)), None)
    if own is not None:
        yield from flaws[own]
    else:
        yield Flaw(declaration, " or ".join(map(_words, arguments)), _shown(value), "give one of these")


def _is_instance(value: object, hint: Hint) -> bool:
    if hint in {int, float}:
        return isinstance(value, int | hint) and not isinstance(value, bool)
    return isinstance(value, hint)


def _has_fields(hint: Hint) -> bool:
    return is_dataclass(hint) or (isinstance(hint, type) and issubclass(hint, tuple) and hasattr(hint, "_fields"))


@lru_cache
def _hints(kind: type) -> dict[str, Hint]:
    return get_type_hints(kind, localns=NAMES)


def _words(hint: Hint) -> str:
    return _WORDS.get(hint, getattr(hint, "__name__", str(hint)))


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"a {type(value).__name__}"


_WORDS = {str: "text", int: "a whole number", float: "a number", bool: "True or False", types.NoneType: "None"}
_CONTAINERS = {tuple: _tuple_flaws, Mapping: _mapping_flaws, Callable: _callable_flaws}
