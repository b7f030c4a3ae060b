"""Where a model is asked how good it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Slice:
    """How a column of the feature table cuts the rows into bands. The model is judged in each of them.

    Without `bands`, each value is a band.
    With them, numbers fall between `edges`, which ascend. A value at an edge belongs to the band above it, so there is
    one band more than edges.

    bands: names in words; missing: the name of the band of missing values.
    """

    name: str
    column: str
    edges: tuple[float, ...] = ()
    bands: tuple[str, ...] = ()
    missing: str = "missing"
