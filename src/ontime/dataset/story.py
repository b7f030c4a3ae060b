"""What pages and the API say of a dataset in its own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass


@dataclass(frozen=True)
class Story:
    """What a report tells of the dataset in its own words; without one it speaks of rows and of their outcome.

    rows: what a row is called, of several; remarks: paragraphs by the name of the section that they end, `question`
    begins with its own; bands: by slice and band, why the model is as good or as bad there as it is, in a few words;
    harms: what happens when it is wrong; unknown: what the data cannot say.
    """

    question: str = "How early, and how surely, can an outcome be known?"
    rows: str = "rows"
    remarks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    bands: Mapping[tuple[str, str], str] = field(default_factory=dict)
    intended: tuple[str, ...] = ()
    not_intended: tuple[str, ...] = ()
    harms: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    licence: str = ""
