"""A published figure, how it came about, and the steps from there to one's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Step:
    """One step of an audit: what is asked, what is read to answer, and how the answers are judged.

    title and about say it in a few words and in a sentence. kind: 'scope' asks another question, 'leak' takes away what
    nobody has when predicting, 'temptation' adds such a thing. outcome: the column that is predicted, missing where a
    row takes no part; `<outcome>_known_at` (UTC) stands beside it. split: a name of `core.audit.SPLITS`. columns: what
    is read, text, booleans and floats. late: of a leak, the columns of the contract (table, column) that come too late.
    """

    name: str
    title: str
    about: str
    kind: str
    outcome: str
    split: str
    columns: tuple[str, ...]
    late: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Protocol:
    """A published figure, how it came about, and the steps from there to a figure that can be compared with one's own.

    The first step is the published one: of the whole data, up to the month `until`, it has so many rows
    and positives, and holds the share `held_out` back to be judged on. tables: raw tables; features: columns of the
    feature table; rows(tables, features): a row for each that takes part, with `id`, `day` and the steps' columns.
    """

    source: str
    roc_auc: float
    published_rows: int
    published_positives: int
    until: str
    held_out: float
    tables: tuple[str, ...]
    features: tuple[str, ...]
    rows: Callable[[Mapping[str, pd.DataFrame], pd.DataFrame], pd.DataFrame]
    steps: tuple[Step, ...]
