"""Rows that came more than once -> one of each; different rows of one key -> violations, for none can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from ontime.core.contract.findings import EXAMPLES, Finding, Level, quantity
from ontime.core.contract.row_rules import Broken, first_clock
from ontime.core.contract.violations import row_labels
from ontime.dataset.contract import Table

ROW_ONCE, KEY_UNIQUE = "row_once", "key_unique"
FIRST_COLUMNS = 4  # in which rows are compared first; then in twice as many, and so on
SENT_ONCE = "nothing here; if it goes on, ask the source why it sends them again"
WHICH_IS_RIGHT = "keep the right one at its source: which of them that is cannot be told here"


class Repeated(NamedTuple):
    """Rows that are equal in all values, missing ones too: which come `again`, and which are the first: (n,) bool."""

    again: np.ndarray
    first: np.ndarray


def repeated_rows(frame: pd.DataFrame) -> Repeated:
    """Which rows came more than once."""
    mixed = [name for name, dtype in frame.dtypes.items() if dtype == "object"]
    values = frame.astype(dict.fromkeys(mixed, "str")) if mixed else frame  # lists cannot be compared as they are
    rows, size = np.arange(len(values)), FIRST_COLUMNS
    # Most rows differ in a few columns already: these need not be compared in the others.
    while len(rows) and size < 2 * len(values.columns):
        rows, size = rows[values.iloc[rows, :size].duplicated(keep=False)], 2 * size
    again, several = np.zeros((2, len(values)), dtype=bool)
    again[rows], several[rows] = values.iloc[rows].duplicated(), True
    return Repeated(again, several & ~again)


def complete_keys(frame: pd.DataFrame, key: Sequence[str]) -> np.ndarray:
    """Whether each row has a value in every column of its key: (n,) bool."""
    complete = np.ones(len(frame), dtype=bool)
    for name in key:
        if frame[name].hasnans:
            complete &= frame[name].notna().to_numpy()
    return complete


def key_violations(table: Table, frame: pd.DataFrame) -> list[Broken]:
    """Rows, all different, that share their key with another; one whose key is incomplete shares it with none."""
    key = [*table.key]
    shared = frame.duplicated(key, keep=False).to_numpy()
    shared = shared & complete_keys(frame, key) if shared.any() else shared
    if not shared.any():
        return []
    names = row_labels(table, frame.loc[shared, key])
    return [Broken(", ".join(key), KEY_UNIQUE, first_clock(table), np.flatnonzero(shared), names.tolist())]


def repeated_finding(name: str, month: str | None, count: int, noun: str, labels: pd.Series) -> list[Finding]:
    """A warning where so many rows came again. labels: what those are called that are kept."""
    if not count:
        return []
    problem = f"{quantity(count, noun)} came again, equal in all values; one of each is kept"
    examples = tuple(labels.head(EXAMPLES))
    return [Finding(Level.WARN, name, month, "all", ROW_ONCE, problem, SENT_ONCE, examples)]


def shared_key_finding(
    name: str, month: str | None, column: str, names: pd.Series, what: tuple[int, str], limit: float = np.inf
) -> list[Finding]:
    """A finding where rows share their keys; it stops where they are a larger share than `limit`.

    names: the key of each of them; what: how many rows there are, and what they are called.
    """
    if names.empty:
        return []
    count, noun = what
    level, keys = Level.STOP if len(names) > limit * count else Level.QUARANTINE, names.unique()
    may = f", at most {limit:.1%} may" if level is Level.STOP else ""
    problem = f"{len(names):,} of {quantity(count, noun)} share {quantity(len(keys), 'key')} with different values{may}"
    return [Finding(level, name, month, column, KEY_UNIQUE, problem, WHICH_IS_RIGHT, tuple(keys[:EXAMPLES]))]
