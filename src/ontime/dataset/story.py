"""What reports say of a dataset, in its own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Story:
    """What reports say of a dataset in its own words. Without it they speak of rows and of their outcome.

    question: the title of the report.
    rows: what the rows are called, in the plural: 'parcels'.
    remarks: paragraphs by the name of a section of the report. They end the section; those of `question` begin it.
    bands: by slice and band, why the model is as good or as bad there as it is, in a few words.
    intended, not_intended: what the model is made for, and what it is not.
    harms: what happens when it is wrong.
    unknown: what the data cannot say.
    licence: the licence of the data, and who made them.
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
