"""Rows with a known outcome and a recipe -> a model: its trees, what they read, and the curve that chose how many."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import Any, NamedTuple, Self

import lightgbm
import numpy as np
import pandas as pd
from lightgbm.callback import CallbackEnv, EarlyStopException

from ontime.core.model.split import Pieces
from ontime.errors import OntimeError
from ontime.params import Train

DIGITS = 6  # of a probability: raw ones differ in their last bits from machine to machine
LOSS_DIGITS = 9
TEXT = "str"
BIN_ROWS = 50_000  # whose values say where bins end: a quarter of LightGBM's own number, at no loss seen here

Watch = Callable[[int, float, float], None]
Checkpoints = MutableMapping[str, str]


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
        found = {name: str(rows[name].dtype) if name in rows else "missing" for name in self.types}
        expected = self.types.items()
        return [f"  {name}: expected {dtype}, found {found[name]}" for name, dtype in expected if found[name] != dtype]


@dataclass(frozen=True)
class Model:
    """Trees in LightGBM's text form, and what they read."""

    text: str
    inputs: Inputs

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        """Probability that a row's outcome is true: (n,) float64, six digits."""
        return _probabilities(self._booster, self.inputs.matrix(rows))

    def contributions(self, rows: pd.DataFrame) -> np.ndarray:
        """What each feature adds to the log-odds of a row's outcome, by Shapley values: (n, features), six digits."""
        values = self._booster.predict(self.inputs.matrix(rows), pred_contrib=True)
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
        types, categories = _signed(signature)
        _check_trees(text, list(types))
        return cls(text, Inputs(types, categories))

    def importance(self) -> pd.DataFrame:
        """Per feature, most important first: the share of the loss that its splits take away, and its splits."""
        gain, splits = (self._booster.feature_importance(kind) for kind in ("gain", "split"))
        table = pd.DataFrame({"feature": list(self.inputs.types), "gain": gain / gain.sum(), "splits": splits})
        return table.sort_values(["gain", "feature"], ascending=[False, True], ignore_index=True)

    @cached_property
    def _booster(self) -> lightgbm.Booster:
        return lightgbm.Booster(model_str=self.text)


class Search(NamedTuple):
    """How many trees are best for rows that came later; the curve that says so, and what so many trees said of them."""

    rounds: int
    curve: list[tuple[float, float]]  # log loss of training and validation after 1, 2, ... trees
    probability: np.ndarray  # (rows of validation,)


def search(
    pieces: Pieces, types: Mapping[str, str], recipe: Train, checkpoints: Checkpoints, watch: Watch = lambda *_: None
) -> Search:
    """How many trees are best for `pieces.valid` after `pieces.train`.

    `watch(rounds, training loss, validation loss)` is told every point of the curve, those of before included. With
    what an interrupted call left in `checkpoints`, another ends with the same bytes.
    """
    inputs = Inputs.of(pieces.train, types)
    growth = _Growth(checkpoints, pieces.train_month, recipe)
    booster = growth.search(pieces.train, pieces.valid, inputs, watch)
    rounds = int(np.argmin(growth.valid_losses)) + 1
    return Search(rounds, growth.curve, _probabilities(booster, inputs.matrix(pieces.valid), rounds))


def refit(pieces: Pieces, types: Mapping[str, str], rounds: int, recipe: Train, checkpoints: Checkpoints) -> Model:
    """So many trees on all that was known.

    Where a search has grown trees on the same rows, as that of a later month does, they are these.
    """
    return _grown(_Growth(checkpoints, pieces.month, recipe), pieces.known, types, rounds)


def fit(rows: pd.DataFrame, types: Mapping[str, str], rounds: int, recipe: Train) -> Model:
    """So many trees on these rows, from the first."""
    return _grown(_Growth({}, "", recipe), rows, types, rounds)


def _grown(growth: _Growth, rows: pd.DataFrame, types: Mapping[str, str], rounds: int) -> Model:
    inputs = Inputs.of(rows, types)
    return Model(_trees(growth.grow(rows, inputs, rounds).model_to_string(num_iteration=rounds)), inputs)


class _Growth:
    """Trees one after another on what was known at the start of a month, with a checkpoint now and then."""

    def __init__(self, checkpoints: Checkpoints, month: str, recipe: Train) -> None:
        self.checkpoints, self.month, self.recipe = checkpoints, month, recipe
        state = json.loads(checkpoints.get(month, '{"model": null, "curve": []}'))
        self.booster = lightgbm.Booster(model_str=state["model"]) if state["model"] else None
        self.rounds = self.booster.current_iteration() if self.booster else 0
        self.curve = [(train, valid) for train, valid in state["curve"]]

    @property
    def valid_losses(self) -> list[float]:
        return [valid for _, valid in self.curve]

    def search(self, train: pd.DataFrame, valid: pd.DataFrame, inputs: Inputs, watch: Watch) -> lightgbm.Booster:
        """Trees until the loss of `valid` has not fallen for a while."""
        for number, losses in enumerate(self.curve, start=1):
            watch(number, *losses)
        if self.booster and (self._enough() or len(self.curve) == self.recipe.max_rounds):
            return self.booster

        def note(env: CallbackEnv) -> None:
            train_loss, valid_loss = (round(entry[2], LOSS_DIGITS) for entry in env.evaluation_result_list or [])
            self.curve.append((train_loss, valid_loss))
            watch(len(self.curve), train_loss, valid_loss)

        def stop(env: CallbackEnv) -> None:
            if self._enough():
                raise EarlyStopException(env.iteration, env.evaluation_result_list or [])

        data = _dataset(train, inputs, self.recipe)
        others = {"train": data, "valid": _dataset(valid, inputs, self.recipe, reference=data)}
        return self._train(data, self.recipe.max_rounds - self.rounds, [note, self._keep, stop], others)

    def grow(self, known: pd.DataFrame, inputs: Inputs, rounds: int) -> lightgbm.Booster:
        """At least so many trees."""
        if self.booster and self.rounds >= rounds:
            return self.booster
        return self._train(_dataset(known, inputs, self.recipe), rounds - self.rounds, [self._keep], {})

    def _train(
        self,
        data: lightgbm.Dataset,
        rounds: int,
        callbacks: list[Callable[[CallbackEnv], None]],
        watched: dict[str, lightgbm.Dataset],
    ) -> lightgbm.Booster:
        booster = lightgbm.train(
            _parameters(self.recipe) | {"metric": "binary_logloss" if watched else "none"},
            data,
            rounds,
            valid_sets=list(watched.values()) or None,
            valid_names=list(watched) or None,
            init_model=self.booster,
            keep_training_booster=True,
            callbacks=callbacks,
        )
        self._save(booster)
        return booster

    def _keep(self, env: CallbackEnv) -> None:
        if (env.iteration + 1) % self.recipe.checkpoint_rounds == 0 and isinstance(env.model, lightgbm.Booster):
            self._save(env.model)

    def _save(self, booster: lightgbm.Booster) -> None:
        content = {"model": booster.model_to_string(num_iteration=-1), "curve": self.curve}
        self.checkpoints[self.month] = json.dumps(content)

    def _enough(self) -> bool:
        losses = self.valid_losses
        return bool(losses) and len(losses) - 1 - int(np.argmin(losses)) >= self.recipe.patience


def _probabilities(booster: lightgbm.Booster, values: np.ndarray, rounds: int | None = None) -> np.ndarray:
    return np.round(np.asarray(booster.predict(values, num_iteration=rounds)), DIGITS)


def _dataset(
    rows: pd.DataFrame, inputs: Inputs, recipe: Train, reference: lightgbm.Dataset | None = None
) -> lightgbm.Dataset:
    return lightgbm.Dataset(
        inputs.matrix(rows),
        rows["outcome"].to_numpy(dtype=np.float32),
        reference=reference,
        feature_name=list(inputs.types),
        categorical_feature=list(inputs.categories),
        params=_parameters(recipe),
        free_raw_data=False,
    )


def _parameters(recipe: Train) -> dict[str, Any]:
    return {
        "objective": "binary",
        "learning_rate": recipe.learning_rate,
        "num_leaves": recipe.leaves,
        "min_data_in_leaf": recipe.min_rows,
        "max_bin": recipe.bins,
        "bin_construct_sample_cnt": BIN_ROWS,
        "cat_smooth": recipe.category_smoothing,
        "deterministic": True,
        "force_row_wise": True,  # else LightGBM picks by timing, and runs differ
        "use_quantized_grad": True,  # sums of whole numbers: a third faster, and the same in any order
        "num_grad_quant_bins": 32,
        "quant_train_renew_leaf": True,
        "stochastic_rounding": False,
        "verbosity": -1,
    }


def _signed(signature: Any) -> tuple[dict[str, str], dict[str, list[str]]]:  # noqa: ANN401 - whatever JSON holds
    """Types of the features, in order, and the categories of those that are text."""
    match signature:
        case {"features": [*features], "types": {**types}, "categories": {**categories}}:
            named = all(isinstance(name, str) for name in features) and sorted(features) == sorted(types)
            text = {name for name, dtype in types.items() if dtype == TEXT}
            if named and text == {*categories} and all(isinstance(each, list) for each in categories.values()):
                return {name: types[name] for name in features}, categories
    raise OntimeError("signature.json: expected features, the type of each, and the categories of those that are text")


def _check_trees(text: str, features: Sequence[str]) -> None:
    head, first, rest = text.partition("\nTree=")
    lines = dict(line.split("=", 1) for line in head.splitlines() if "=" in line)
    sizes = lines.get("tree_sizes", "").split()
    if not all(map(str.isdecimal, sizes)) or (first + rest).find("\nend of trees\n") != sum(map(int, sizes)):
        raise OntimeError("model.txt: expected all trees that it begins to list, found another text or a part")
    both = zip_longest((name.replace(" ", "_") for name in features), lines.get("feature_names", "").split())
    if wrong := [f"{found} in the place of {expected}" for found, expected in both if found != expected]:
        raise OntimeError(f"signature.json: expected the features that model.txt names, found {'; '.join(wrong[:3])}")


def _trees(text: str) -> str:
    """A model's text without LightGBM's record of its parameters, which holds the number of rounds of the last call."""
    trees, _, rest = text.partition("\nparameters:\n")
    return trees + rest.partition("end of parameters\n")[2]
