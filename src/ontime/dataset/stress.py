"""What may happen to a dataset, and what must hold then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Source:
    """Streams that come from one place, and so fail together.

    streams: their events are lost, late or wrong when the source fails.
    ends: streams of whose events the source only tells the end (`until`). Where it fails, they seem to go on.
    feeds: kinds of messages that come from it. Where it fails, none come.
    """

    streams: tuple[str, ...]
    ends: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Example:
    """Clean tables made by hand, and the features that some of their rows must have.

    given: what the tables hold; law: what must hold of them; both in words.
    tables: `tables()` gives the clean tables by name.
    expected: by the id of a row, the values of some of its features; NaN where there must be none.
    """

    name: str
    given: str
    law: str
    tables: Callable[[], Mapping[str, pd.DataFrame]]
    expected: Mapping[str, Mapping[str, float]]
    lead_hours: float = 2.0


@dataclass(frozen=True)
class Change:
    """A change of the clean tables, and what must hold after it.

    No feature may move. Where the change `raises`, features may, but the mean probability may not fall.

    given: what is changed, in words.
    tables: `tables(clean tables)` gives the changed ones.
    recent: whether only windows of at most two days read the change; longer histories stay as they were.
    """

    name: str
    given: str
    tables: Callable[[Mapping[str, pd.DataFrame]], Mapping[str, pd.DataFrame]]
    raises: bool = False
    recent: bool = False


@dataclass(frozen=True)
class StressDeclaration:
    """What may happen to a dataset: sources that fail, examples, and changes.

    sources: by name, what fails together. outcomes: the source that says what came of rows, '' where none does.
    known: laws that are known to be broken, each with the reason. A law that is kept may not stand there.
    """

    sources: Mapping[str, Source]
    examples: tuple[Example, ...] = ()
    changes: tuple[Change, ...] = ()
    known: Mapping[str, str] = field(default_factory=dict)
    outcomes: str = ""
