"""docs/templates/ and what is recorded -> README.md and docs/*.md: each page is its template, filled in.

Usage: python .ci/pages.py [--check]. With --check nothing is written, and it exits with 1 where a page is another.
"""

from __future__ import annotations

import calendar
import json
import os
import re
import sys
import textwrap
import traceback
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from ontime import params
from ontime.core.evaluation.costs import answer_thresholds, forced
from ontime.core.report.loop import alarm_rule
from ontime.core.serving.latency import latency_table
from ontime.core.statistics.intervals import Interval
from ontime.core.text import hours_in_words
from ontime.errors import OntimeError

REPOSITORY = Path(__file__).parents[1]
TEMPLATES = Path("docs/templates")
SUFFIX = ".j2"
WIDTH = 120
KEPT = re.compile(r"[#|>!<]|```|---$")  # how a block begins that is not set anew: headings, tables, pictures, code
GLUE = "\x1f"  # a space at which no line ends
ITEM = re.compile(r"(?=^(?:- |\d+\. ))", re.MULTILINE)


class PageError(Exception):
    """A page cannot be filled in: which record, which key, and why."""


class Recorded(Mapping[str, Any]):
    """What a record holds, by key; it knows its place, so that what is missing can be named. Raises PageError."""

    def __init__(self, content: Mapping[str, Any], place: str) -> None:
        self.content, self.place = content, place

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401 - what JSON or a table holds
        if key not in self.content:
            raise PageError(f"{self.place} has no {key!r}; it has {', '.join(map(str, self.content))}")
        value = self.content[key]
        if _is_missing(value):
            raise PageError(f"{self.place} has no value of {key!r}")
        return _recorded(value, f"{self.place}, {key}")

    def __contains__(self, key: object) -> bool:
        return key in self.content

    def __iter__(self) -> Iterator[str]:
        return iter(self.content)

    def __len__(self) -> int:
        return len(self.content)

    def known(self, key: str) -> bool:
        """Whether there is a value."""
        return key in self.content and not _is_missing(self.content[key])

    def interval(self, key: str) -> Interval:
        """A value with its bounds, where it has any: a mapping of JSON, or columns `key`, `key_low` and `key_high`."""
        value = self[key]
        if isinstance(value, Recorded):
            return Interval.load(value.content)
        if unknown := [name for name in (f"{key}_low", f"{key}_high") if name not in self]:
            raise PageError(f"{self.place} has {key!r}, but no {' and no '.join(map(repr, unknown))}")
        return Interval.from_columns(self.content, key)


def _is_missing(value: Any) -> bool:  # noqa: ANN401
    return value is None or (isinstance(value, float) and pd.isna(value))


def _recorded(value: Any, place: str) -> Any:  # noqa: ANN401
    if isinstance(value, Mapping):
        return Recorded(value, place)
    return (
        [_recorded(one, f"{place}[{index}]") for index, one in enumerate(value)] if isinstance(value, list) else value
    )


def record(root: Path, name: str, /) -> Recorded:
    """A JSON file by its path below metrics/, or from the root where it begins with docs/; without its suffix."""
    place = _place(name, ".json")
    return Recorded(json.loads(_text(root, place)), place)


def table(root: Path, name: str, /, **where: object) -> list[Recorded]:
    """The lines of a CSV file, named as in `record`, that have these values; an empty field is a missing value."""
    place = _place(name, ".csv")
    _text(root, place)
    frame = pd.read_csv(root / place, dtype_backend="numpy_nullable").astype(object)
    for key, value in where.items():
        if key not in frame:
            raise PageError(f"{place} has no column {key!r}; it has {', '.join(frame)}")
        frame = frame[frame[key].map(lambda one, value=value: not pd.isna(one) and one == value)]
    lines = frame.where(frame.notna(), None).to_dict("records")
    return [Recorded({str(key): value for key, value in line.items()}, place) for line in lines]


def line(root: Path, name: str, /, **where: object) -> Recorded:
    """The one line of a table that has these values. Raises PageError where there is none, or more."""
    lines = table(root, name, **where)
    if len(lines) != 1:
        raise PageError(f"{_place(name, '.csv')} has {len(lines)} lines with {where}, expected 1")
    return lines[0]


def section(root: Path, name: str, /) -> Any:  # noqa: ANN401 - the dataclass of that section
    """A section of params.yaml."""
    return params.load(root / "params.yaml", name)


def _place(name: str, suffix: str) -> str:
    return name + suffix if name.startswith("docs/") else f"metrics/{name}{suffix}"


def _text(root: Path, place: str) -> str:
    try:
        return (root / place).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise PageError(f"{place} is missing") from None


def number(value: float | Interval, form: str) -> str:
    """A number or interval in this form: `.1%` gives 77.0 %, and with bounds 77.0 % (74.9 to 78.8 %)."""
    if isinstance(value, bool) or not isinstance(value, int | float | Interval):
        raise PageError(f"{value!r} is no number")
    return format(value if isinstance(value, Interval) else Interval(value), form)


def points(gap: float | Interval, form: str = ".1f") -> str:
    """A difference of shares in percentage points: 8.0 points (3.2 to 12.8)."""
    value, *bounds = number(times(gap, 100), form).partition(" (")
    return "".join([value, " points", *bounds])


def times(value: float | Interval, factor: float) -> float | Interval:
    """A value, with its bounds where it has them, in another unit."""
    return Interval(*(factor * one for one in value[:3])) if isinstance(value, Interval) else factor * value


def is_shown(difference: Interval) -> bool:
    """Whether an interval leaves out zero."""
    if not isinstance(difference, Interval):
        raise PageError(f"{difference!r} is no interval, so nothing is shown or not")
    return bool(difference.low > 0 or difference.high < 0)


def environment(root: Path) -> Environment:
    """What templates may use: records, tables, sections of params.yaml, and filters that write numbers."""
    made = Environment(
        loader=FileSystemLoader(root / TEMPLATES),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - Markdown
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals |= {function.__name__: partial(function, root) for function in (record, table, line, section)}
    made.globals |= {function.__name__: function for function in (latency_table, answer_thresholds, forced, len, zip)}
    filters = (number, points, times, hours_in_words, alarm_rule, in_letters)
    made.filters |= {function.__name__: function for function in filters}
    made.tests["shown"] = is_shown
    return made


def in_letters(month: str) -> str:
    """2013-04 as April."""
    return calendar.month_name[int(month[-2:])]


def pages(root: Path = REPOSITORY) -> dict[Path, str]:
    """Every page and the name of its template, README first: README.md.j2 is README.md, others are docs/<name>."""
    names = sorted(path.name for path in (root / TEMPLATES).glob(f"*.md{SUFFIX}"))
    places = {name: Path(name.removesuffix(SUFFIX)) for name in names}
    return {place if place.stem == "README" else Path("docs") / place: name for name, place in places.items()}


def filled(page: Path, template: str, root: Path = REPOSITORY) -> str:
    """The text of a page. Raises PageError with page, line of the template, record, key and reason."""
    try:
        text = environment(root).get_template(template).render()
    except (PageError, OntimeError, TemplateError, LookupError, TypeError, ValueError, ArithmeticError) as error:
        raise PageError(f"{page}: {TEMPLATES / template}, line {_line_of(error)}: {error}") from error
    return f"<!-- Written by `make readme` from {TEMPLATES / template}: edit that file. -->\n\n{wrapped(text)}"


def _line_of(error: Exception) -> int | str:
    """Where in a template an error came up."""
    steps = [step.lineno for step in traceback.extract_tb(error.__traceback__) if step.filename.endswith(SUFFIX)]
    return getattr(error, "lineno", None) or (steps[-1] if steps else "?")


def wrapped(text: str) -> str:
    """Paragraphs and items of lists in lines of at most WIDTH, one empty line between blocks; code stays as it is."""
    parts = re.split(r"(^```.*?^```$)", text.strip(), flags=re.MULTILINE | re.DOTALL)
    blocks = [block for part in parts for block in ([part] if part.startswith("```") else _blocks(part))]
    return "\n\n".join(blocks) + "\n"


def _blocks(part: str) -> Iterator[str]:
    for block in re.split(r"\n\s*\n|(?<!\|)\n(?=\|)", part):  # a table is a block, whatever stands above it
        if not block.strip():
            continue
        if KEPT.match(block.strip()):
            yield block.strip()
        else:
            yield "\n".join(_filled_lines(item) for item in ITEM.split(block.strip()) if item)


def _filled_lines(item: str) -> str:
    mark = re.match(r"- |\d+\. |", item)
    text = " ".join(item.split()).replace(" %", f"{GLUE}%")
    indent = " " * len(mark[0] if mark else "")
    lines = textwrap.fill(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return lines.replace(GLUE, " ")


def main(root: Path = REPOSITORY, *, check: bool = False, show: Callable[[str], object] = print) -> int:
    """Write every page that is another, or with `check` name it; nothing is written where one cannot be filled in."""
    texts, errors = {}, []
    for page, template in pages(root).items():
        try:
            texts[page] = filled(page, template, root)
        except PageError as error:
            errors.append(str(error))
    if errors:
        print("\n".join(errors), file=sys.stderr)
        return 1
    changed = [page for page, text in texts.items() if not _holds(root / page, text)]
    for page in changed:
        show(f"{page} {'is out of date: run make readme' if check else 'is written anew'}")
        if not check:
            draft = (root / page).with_suffix(".draft")
            draft.write_text(texts[page], encoding="utf-8")
            os.replace(draft, root / page)  # noqa: PTH105 - in one step
    show(f"{len(texts) - len(changed)} of {len(texts)} pages were up to date")
    return int(check and bool(changed))


def _holds(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
