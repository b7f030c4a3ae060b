"""signature.json of a model, typed: what the model reads and, where the stage train made it, what it was made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Self

from pydantic import model_validator

from ontime.errors import validated
from ontime.params import Count, Hours, record

SHOWN = 3  # names in an error
TEXT = "str"  # the type of a feature that has categories
EXPECTED = "signature.json: expected features, the type of each, and the categories of those that are text"


@record
class Signature:
    """What a model reads: features in their order, the type of each, and the categories of those that are text."""

    features: list[str]
    types: dict[str, str]
    categories: dict[str, list[str]]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        text = [name for name, dtype in self.types.items() if dtype == TEXT]
        wrong = [*_differences("types", self.types, self.features)]
        wrong += _differences("categories", self.categories, text)
        wrong += [f"features has {name} twice" for name in self.types if self.features.count(name) > 1]
        if wrong:
            raise ValueError("; ".join(wrong))
        return self


@record
class TrainedSignature(Signature):
    """The signature of a model that the stage train made.

    lead_hours: how long before a row starts it predicts; outcome: what it predicts, in words; rounds: its trees; rows:
    how many it learned from; params: the recipe and the split; data: the hash of the features.
    """

    lead_hours: Hours
    outcome: str
    rounds: Count
    rows: Count
    params: dict[str, Any]
    data: str


def parse_signature(content: Mapping[str, Any]) -> Signature:
    """What JSON holds, as a signature. Raises OntimeError with every key that is wrong."""
    return validated(Signature, content, EXPECTED)


def _differences(key: str, names: Iterable[str], expected: Iterable[str]) -> Iterator[str]:
    if missing := sorted({*expected} - {*names}):
        yield f"{key} lacks {_listed(missing)}"
    if unknown := sorted({*names} - {*expected}):
        yield f"{key} has {_listed(unknown)}, which was not expected"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
