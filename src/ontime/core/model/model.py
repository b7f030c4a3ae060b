"""Trees and what they read -> probabilities of rows, and what each feature adds to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import Any, Self

import lightgbm
import numpy as np
import pandas as pd

from ontime.core.model.one_row import OneRow
from ontime.core.model.signature import TEXT, parse_signature
from ontime.errors import OntimeError

DIGITS = 6  # of a probability: raw ones differ in their last bits from machine to machine


@dataclass(frozen=True)
class Inputs:
    """What a model reads, in order: each feature with its type, and the categories of those that are text."""

    types: Mapping[str, str]
    categories: Mapping[str, list[str]]

    @classmethod
    def of(cls, rows: pd.DataFrame, types: Mapping[str, str]) -> Self:
        """Inputs of these types, with the categories that these rows have."""
        text = [name for name, dtype in types.items() if dtype == TEXT]
        return cls(dict(types), {name: sorted(rows[name].dropna().unique()) for name in text})

    def matrix(self, rows: pd.DataFrame) -> np.ndarray:
        """(n, features) float32, categories as their place; one never seen counts as missing.

        Raises OntimeError with every feature that is missing or of another type: LightGBM would predict in silence.
        """
        if wrong := self._wrong(rows):
            raise OntimeError("the rows are not what the model reads:\n" + "\n".join(wrong))
        values = np.empty((len(rows), len(self.types)), dtype=np.float32)
        for place, name in enumerate(self.types):
            values[:, place] = self._codes(rows[name]) if name in self.categories else rows[name].to_numpy(np.float32)
        return values

    def _codes(self, column: pd.Series) -> np.ndarray:
        codes = pd.Index(self.categories[str(column.name)], dtype=TEXT).get_indexer(pd.Index(column))
        return np.where(codes < 0, np.nan, codes)

    def _wrong(self, rows: pd.DataFrame) -> list[str]:
        types = {name: str(rows[name].dtype) if name in rows else "missing" for name in self.types}
        expected = self.types.items()
        return [f"  {name}: expected {dtype}, found {types[name]}" for name, dtype in expected if types[name] != dtype]


@dataclass(frozen=True)
class Model:
    """Trees in LightGBM's text form, and what they read."""

    text: str
    inputs: Inputs

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        """Probability that a row's outcome is true: (n,) float64, six digits."""
        return self.predict_matrix(self.inputs.matrix(rows))

    def contributions(self, rows: pd.DataFrame) -> np.ndarray:
        """What each feature adds to the log-odds of a row's outcome, by Shapley values: (n, features), six digits."""
        return self.contributions_of(self.inputs.matrix(rows))

    def predict_matrix(self, matrix: np.ndarray, threads: int = 0) -> np.ndarray:
        """`predict` of what the model reads of rows, as a matrix (n, features). threads: 0 for one a core."""
        if len(matrix) == 1:
            return np.array([_rounded(self._one_row.probability(matrix[0]))])
        return rounded_probabilities(self._booster, matrix, threads=threads)

    def contributions_of(self, matrix: np.ndarray, threads: int = 0) -> np.ndarray:
        """`contributions` of the same."""
        values = self._booster.predict(matrix, pred_contrib=True, num_threads=threads)
        return np.round(np.asarray(values)[:, :-1], DIGITS)

    def signature(self) -> dict[str, Any]:
        """What JSON holds of the inputs."""
        types, categories = dict(self.inputs.types), dict(self.inputs.categories)
        return {"features": list(types), "types": types, "categories": categories}

    @classmethod
    def load(cls, text: str, signature: Mapping[str, Any]) -> Self:
        """A model from its trees and its signature.

        Raises OntimeError where one is broken, which LightGBM would end the process for, or they do not fit.
        """
        read = parse_signature(signature)
        _check_trees(text, read.features)
        return cls(text, Inputs({name: read.types[name] for name in read.features}, read.categories))

    def importance(self) -> pd.DataFrame:
        """Per feature, most important first: the share of the loss that its splits take away, and its splits."""
        gain, splits = (self._booster.feature_importance(kind) for kind in ("gain", "split"))
        table = pd.DataFrame({"feature": list(self.inputs.types), "gain": gain / gain.sum(), "splits": splits})
        return table.sort_values(["gain", "feature"], ascending=[False, True], ignore_index=True)

    @cached_property
    def _one_row(self) -> OneRow:
        return OneRow(self.text, len(self.inputs.types))

    @cached_property
    def _booster(self) -> lightgbm.Booster:
        return lightgbm.Booster(model_str=self.text)


def rounded_probabilities(
    booster: lightgbm.Booster, values: np.ndarray, rounds: int | None = None, threads: int = 0
) -> np.ndarray:
    """Probabilities (n,), six digits, of a matrix (n, features) by the first so many trees, else by all.

    threads: 0 for as many as there are cores; they change no bit.
    """
    return np.round(np.asarray(booster.predict(values, num_iteration=rounds, num_threads=threads)), DIGITS)


def _rounded(probability: float) -> float:
    """What `numpy.round` gives, bit for bit, in a twentieth of its time."""
    return round(probability * 10**DIGITS) / 10**DIGITS


def _check_trees(text: str, features: Sequence[str]) -> None:
    head, first, rest = text.partition("\nTree=")
    lines = dict(line.split("=", 1) for line in head.splitlines() if "=" in line)
    sizes = lines.get("tree_sizes", "").split()
    if not all(map(str.isdecimal, sizes)) or (first + rest).find("\nend of trees\n") != sum(map(int, sizes)):
        raise OntimeError("model.txt: expected all trees that it begins to list, found another text or a part")
    both = zip_longest((name.replace(" ", "_") for name in features), lines.get("feature_names", "").split())
    if wrong := [f"{signed} in the place of {named}" for signed, named in both if signed != named]:
        raise OntimeError(f"signature.json: expected the features that model.txt names, found {'; '.join(wrong[:3])}")
