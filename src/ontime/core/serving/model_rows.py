"""Rows, and what was read of the streams for them -> the numbers that a model reads, bit for bit those of a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ontime.core.features.table import column_types
from ontime.core.model.model import Inputs
from ontime.dataset.features import FeatureSet
from ontime.errors import ModelUnfitError

Row = Mapping[str, Any]
Column = Callable[[Sequence[Row], np.ndarray, Mapping[str, np.ndarray]], np.ndarray]
MISSING = float("nan")


class ModelRows:
    """The matrix of a model, for one row or many by the same code; without frames.

    features: a feature set that declares what the model reads, and no more derived features than that. names: the
    columns that are read of the streams, in the order in which they come.
    """

    def __init__(self, features: FeatureSet, inputs: Inputs, names: Sequence[str]) -> None:
        own = {feature.name: feature.dtype for feature in features.own}
        slots = {name: slot for slot, name in enumerate(names)}
        given = own.keys() | slots.keys() | {one.name for one in features.derived}
        if lacking := [name for name in inputs.types if name not in given]:
            raise ModelUnfitError(f"the model reads {', '.join(lacking)}, which rows and streams do not give")
        types = own | column_types(features)
        self._width = len(inputs.types)
        self._places = {name: place for place, name in enumerate(inputs.types)}
        streamed = [name for name in inputs.types if name in slots]
        self._into = np.array([self._places[name] for name in streamed], dtype=np.intp)
        self._of = np.array([slots[name] for name in streamed], dtype=np.intp)
        self._own = [(name, _codes(inputs, name)) for name in inputs.types if name in own]
        self._own_places = np.array([self._places[name] for name, _ in self._own], dtype=np.intp)
        self._derived = [
            (one, [_column(name, slots, types) for name in one.reads], np.dtype(types[one.name]))
            for one in features.derived
        ]

    def matrix(self, rows: Sequence[Row], known: np.ndarray) -> np.ndarray:
        """(n, features) float32, categories as their place; one never seen counts as missing.

        rows (n): with their own features. known: (n, names), what was read of the streams.
        """
        values = np.empty((len(rows), self._width), dtype=np.float32)
        values[:, self._into] = known[:, self._of]
        values[:, self._own_places] = [
            [row[name] if codes is None else codes.get(row[name], MISSING) for name, codes in self._own] for row in rows
        ]
        derived: dict[str, np.ndarray] = {}
        for one, columns, dtype in self._derived:
            computed = one.compute(*[column(rows, known, derived) for column in columns])
            derived[one.name] = computed if computed.dtype == dtype else computed.astype(dtype)
            if one.name in self._places:
                values[:, self._places[one.name]] = derived[one.name]
        return values


def _codes(inputs: Inputs, name: str) -> dict[str, float] | None:
    """The place of each category; None where the feature is a number."""
    categories = inputs.categories.get(name)
    return None if categories is None else {value: float(place) for place, value in enumerate(categories)}


def _column(name: str, slots: Mapping[str, int], types: Mapping[str, str]) -> Column:
    """What gives a column of the feature table (n,) in its type."""
    if name in slots:
        slot, dtype = slots[name], np.dtype(types[name])
        return lambda rows, known, derived: known[:, slot].astype(dtype)  # noqa: ARG005 - it is called as all are
    if name in types and types[name] != "str":
        own = np.dtype(types[name])
        return lambda rows, known, derived: derived[name] if name in derived else np.array([r[name] for r in rows], own)  # noqa: ARG005
    return lambda rows, known, derived: np.array([row[name] for row in rows], dtype=object)  # noqa: ARG005
