"""Templates and results -> what the sections say: passages, each a block of the template of its module."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from ontime.core.report.blocks import Picture, Points, TableBlock, Text
from ontime.core.text import hours_in_words

BREAK = re.compile(r"[ \t]*\n\s*")  # of a line in a template, which the passage does not have
POINT = re.compile(r"^- ", re.MULTILINE)


class Missing(StrictUndefined):
    """A name that a passage was not given: printed, compared or formatted, it raises UndefinedError."""

    def __format__(self, form: str) -> str:
        return str(self)


@dataclass(frozen=True)
class Prose:
    """The passages of templates/`template`.j2, by the names of its blocks.

    results: a dataclass, such as `Results`. A passage may name every field of it, and what it is given by name. It
    raises KeyError if there is no such block, UndefinedError if it names something else.
    """

    template: str
    results: object

    def passage(self, name: str, **values: object) -> str:
        """A caption or the like, on one line."""
        return _one_line(self._lines(name, values))

    def text(self, name: str, **values: object) -> Text:
        """A paragraph."""
        return Text(self.passage(name, **values))

    def points(self, name: str, **values: object) -> Points:
        """A list; in the template each point begins with '- '."""
        _, *points = POINT.split(self._lines(name, values))
        return Points([_one_line(point) for point in points])

    def table(self, name: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> TableBlock:
        """A table with the passage as its caption."""
        return TableBlock(self.passage(name), header, rows)

    def picture(self, name: str, **values: object) -> Picture:
        """A picture of `Results` by its name, with two passages: `name`_caption and, with what is given, `name`_alt."""
        return Picture(name, self.passage(f"{name}_caption"), self.passage(f"{name}_alt", **values))

    def _lines(self, name: str, values: dict[str, object]) -> str:
        template = templates().get_template(f"{self.template}.j2")
        context = template.new_context({**vars(self.results), **values})
        return "".join(template.blocks[name](context))


@cache
def templates() -> Environment:
    """The templates of this package."""
    environment = Environment(
        loader=PackageLoader("ontime.core.report"),
        undefined=Missing,
        autoescape=False,  # noqa: S701 - what is filled in is text; html.py escapes it
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["number"] = format
    environment.filters["hours_in_words"] = hours_in_words
    return environment


def _one_line(text: str) -> str:
    return BREAK.sub(" ", text.strip())
