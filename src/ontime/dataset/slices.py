"""Where a model is asked how good it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass


@dataclass(frozen=True)
class Slice:
    """How a column of the feature table cuts rows into bands, which are looked at one by one.

    Without `bands` each value is a band. With them, numbers fall between `edges` (ascending, a value at an edge in the
    upper band), one band more than edges, in words. `missing`: the band of missing values, in words.
    """

    name: str
    column: str
    edges: tuple[float, ...] = ()
    bands: tuple[str, ...] = ()
    missing: str = "missing"
