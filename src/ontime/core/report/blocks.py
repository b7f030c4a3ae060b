"""What a page is made of, whether it is written in HTML or in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd


@dataclass(frozen=True)
class Text:
    """A paragraph. Here and in all text below, `code` and **weight** are marked as in Markdown."""

    text: str


@dataclass(frozen=True)
class Points:
    """A list of sentences."""

    points: Sequence[str]


@dataclass(frozen=True)
class Table:
    """Rows of text below a header, and what they show; the first column names the row."""

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Picture:
    """A picture by its name in `Results`; what it shows, for those who see it and for those who do not."""

    name: str
    caption: str
    alt: str


Block = Text | Points | Table | Picture


@dataclass(frozen=True)
class Section:
    """A chapter: the name that links lead to, its title, and its blocks in order."""

    name: str
    title: str
    blocks: Sequence[Block]


class Bounded(NamedTuple):
    """A number and its interval, as the stages wrote them; without one both bounds are missing."""

    value: float
    low: float | None = None
    high: float | None = None


def of(record: Mapping[str, Any]) -> Bounded:
    """What JSON holds of a number: value, and low and high where it has an interval."""
    return Bounded(record["value"], record.get("low"), record.get("high"))


def at(line: pd.Series, name: str) -> Bounded:
    """What a line of a table holds of a number: `name`, `name_low`, `name_high`."""
    return Bounded(*(line[f"{name}{bound}"] for bound in ("", "_low", "_high")))


def number(found: Bounded, form: str = ".3f") -> str:
    """0.770 (0.749 to 0.788); empty where there is no number."""
    return _with_bounds(found, lambda value: format(value, form), "")


def share(found: Bounded, form: str = ".1f") -> str:
    """77.0 % (74.9 to 78.8 %); empty where there is no number."""
    return _with_bounds(found, lambda value: format(100 * value, form), " %")


def _with_bounds(found: Bounded, written: Any, unit: str) -> str:  # noqa: ANN401 - a function from a float to its text
    if pd.isna(found.value):
        return ""
    if found.low is None or pd.isna(found.low):
        return f"{written(found.value)}{unit}"
    return f"{written(found.value)}{unit} ({written(found.low)} to {written(found.high)}{unit})"
