"""Rows with a known outcome and a recipe -> a model, and the curve that chose how many trees it has."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, NamedTuple

import lightgbm
import numpy as np
import pandas as pd
from lightgbm.callback import CallbackEnv, EarlyStopException

from ontime.core.model.model import Inputs, Model, rounded_probabilities
from ontime.core.model.split import TrainingData
from ontime.params import Train

LOSS_DIGITS = 9
BIN_ROWS = 50_000  # whose values say where bins end: a quarter of LightGBM's own number, at no loss seen here

Watch = Callable[[int, float, float], None]
Checkpoints = MutableMapping[str, str]


class RoundSearch(NamedTuple):
    """How many trees have the least loss on rows that came later, and how it fell.

    curve: log loss of training and of validation after 1, 2, ... trees; probability: that of the validation rows, by
    the best number of trees (n,).
    """

    rounds: int
    curve: list[tuple[float, float]]
    probability: np.ndarray


def search_rounds(
    data: TrainingData,
    types: Mapping[str, str],
    recipe: Train,
    checkpoints: Checkpoints,
    watch: Watch = lambda *_: None,
) -> RoundSearch:
    """How many trees, learned from `data.train`, have the least log loss on `data.valid`.

    `watch(rounds, training loss, validation loss)` is called for every point of the curve, also for those that an
    interrupted call has left in `checkpoints`. Whether it was interrupted or not, the result has the same bytes.
    """
    inputs = Inputs.of(data.train, types)
    growth = _Growth(checkpoints, data.train_month, recipe)
    booster = growth.search(data.train, data.valid, inputs, watch)
    rounds = int(np.argmin(growth.valid_losses)) + 1
    return RoundSearch(rounds, growth.curve, rounded_probabilities(booster, inputs.matrix(data.valid), rounds))


def refit_model(
    data: TrainingData, types: Mapping[str, str], rounds: int, recipe: Train, checkpoints: Checkpoints
) -> Model:
    """A model of so many trees, learned from `data.known`.

    The search for a later month may have learned from the same rows: its trees in `checkpoints` are taken, and only
    those that lack are grown.
    """
    return _grown(_Growth(checkpoints, data.month, recipe), data.known, types, rounds)


def fit_model(rows: pd.DataFrame, types: Mapping[str, str], rounds: int, recipe: Train) -> Model:
    """A model of so many trees, learned from these rows, without checkpoints."""
    return _grown(_Growth({}, "", recipe), rows, types, rounds)


def _grown(growth: _Growth, rows: pd.DataFrame, types: Mapping[str, str], rounds: int) -> Model:
    inputs = Inputs.of(rows, types)
    return Model(_trees(growth.grow(rows, inputs, rounds).model_to_string(num_iteration=rounds)), inputs)


class _Growth:
    """Trees grown one after another on the rows known when `month` began, with a checkpoint now and then."""

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
        """Grow trees until the loss of `valid` has not fallen for `patience` trees."""
        for number, losses in enumerate(self.curve, start=1):
            watch(number, *losses)
        if self.booster and (self._enough() or len(self.curve) == self.recipe.max_rounds):
            return self.booster

        def record_losses(env: CallbackEnv) -> None:
            train_loss, valid_loss = (round(entry[2], LOSS_DIGITS) for entry in env.evaluation_result_list or [])
            self.curve.append((train_loss, valid_loss))
            watch(len(self.curve), train_loss, valid_loss)

        def stop(env: CallbackEnv) -> None:
            if self._enough():
                raise EarlyStopException(env.iteration, env.evaluation_result_list or [])

        data = _dataset(train, inputs, self.recipe)
        watched = {"train": data, "valid": _dataset(valid, inputs, self.recipe, reference=data)}
        return self._train(data, self.recipe.max_rounds - self.rounds, [record_losses, self._keep, stop], watched)

    def grow(self, known: pd.DataFrame, inputs: Inputs, rounds: int) -> lightgbm.Booster:
        """Trees on `known`: so many, or more where there were more."""
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
        "lambda_l2": recipe.l2,
        "deterministic": True,
        "force_row_wise": True,  # else LightGBM picks by timing, and runs differ
        "use_quantized_grad": True,  # sums of whole numbers: a third faster, and the same in any order
        "num_grad_quant_bins": 32,
        "quant_train_renew_leaf": True,
        "stochastic_rounding": False,
        "verbosity": -1,
    }


def _trees(text: str) -> str:
    """A model's text without LightGBM's record of its parameters, which holds the number of rounds of the last call."""
    trees, _, rest = text.partition("\nparameters:\n")
    return trees + rest.partition("end of parameters\n")[2]
