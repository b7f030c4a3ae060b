"""What a page is made of, whether it is written in HTML or in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ontime.core.statistics.intervals import Interval


@dataclass(frozen=True)
class Text:
    """A paragraph. Here and in all text below, `code` and **weight** are marked as in Markdown."""

    text: str


@dataclass(frozen=True)
class Points:
    """A list of sentences."""

    points: Sequence[str]


@dataclass(frozen=True)
class TableBlock:
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


Block = Text | Points | TableBlock | Picture


@dataclass(frozen=True)
class Section:
    """A chapter: the name that links lead to, its title, and its blocks in order."""

    name: str
    title: str
    blocks: Sequence[Block]


def lines_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The lines of a table, each by the names of the columns."""
    return [{str(name): value for name, value in line.items()} for line in table.to_dict("records")]


def cell(line: Mapping[str, Any], name: str, form: str) -> str:
    """A number with its interval, of the columns `name`, `name_low` and `name_high`: 0.770 (0.749 to 0.788)."""
    return format(Interval.from_columns(line, name), form)
