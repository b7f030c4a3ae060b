"""What may happen to a dataset, and what must hold then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Feed:
    """Messages that come, and fail, together: the events of `streams`, and the ends (`until`) of those of `ends`."""

    streams: tuple[str, ...]
    ends: tuple[str, ...] = ()


@dataclass(frozen=True)
class Example:
    """Clean tables made by hand, and what some of their rows must show at a lead of `lead_hours`.

    given and law say in words what is made and what must hold; expected: by id the values of features, NaN where there
    is none.
    """

    name: str
    given: str
    law: str
    tables: Callable[[], Mapping[str, pd.DataFrame]]
    expected: Mapping[str, Mapping[str, float]]
    lead_hours: float = 2.0


@dataclass(frozen=True)
class Change:
    """What is changed in clean tables: no feature may move, or, where it `raises`, the mean probability may not fall.

    `tables(clean tables)` gives the changed ones; `recent`: just the windows of at most two days read them.
    """

    name: str
    given: str
    tables: Callable[[Mapping[str, pd.DataFrame]], Mapping[str, pd.DataFrame]]
    raises: bool = False
    recent: bool = False


@dataclass(frozen=True)
class Stress:
    """What may happen to the dataset: feeds that fail, examples and changes that keep a law.

    known: the laws that are broken, each with the reason; a law that is not broken may not stand there.
    """

    feeds: Mapping[str, Feed]
    examples: tuple[Example, ...] = ()
    changes: tuple[Change, ...] = ()
    known: Mapping[str, str] = field(default_factory=dict)
