"""A published figure, how it came about, and the steps from there to one's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Step:
    """One step of an audit: what is predicted, from what, and how the predictions are judged.

    title: the step in a few words; about: the same in a sentence or two.
    kind: 'scope' asks another question; 'leak' takes away what nobody has when predicting; 'temptation' adds such a
    thing.
    outcome: the column that is predicted, missing where a row takes no part; beside it stands `<outcome>_known_at`
    (UTC).
    split: how rows are held out, a key of `SPLITS` in `core/evaluation/audit.py`.
    columns: what is read: text, booleans and floats.
    late: of a 'leak', the columns of the contract that come too late, as (table, column).
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
    """A published figure, how it came about, and the steps from there to a figure that compares with one's own.

    source: where it was published; roc_auc: the figure.
    published_rows, published_positives: how many rows it rests on, and how many of them have the outcome, of the data
    up to and with the month `until`.
    held_out: the share of the rows that is held back to judge.
    tables: the raw tables that are read; features: the columns of the feature table that are read.
    rows: `rows(tables, features)` gives a row for each that takes part: `id`, `day`, and the columns of the steps.
    steps: the first one rebuilds the published figure.
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
