"""Trees: resumed, shared and alone are the same."""

from collections.abc import Iterator, MutableMapping

import pandas as pd
import pytest
from trees import RECIPE, TYPES, month_data, tree_rows

from ontime.core.model.training import refit_model, search_rounds


class DeathError(Exception):
    """Stands for a signal."""


class Dying(MutableMapping[str, str]):
    """Checkpoints of a run that dies at the moment of its nth write."""

    def __init__(self, kept: dict[str, str], writes: int) -> None:
        self.kept, self.left = kept, writes

    def __getitem__(self, name: str) -> str:
        return self.kept[name]

    def __setitem__(self, name: str, text: str) -> None:
        if not self.left:
            raise DeathError
        self.left -= 1
        self.kept[name] = text

    def __delitem__(self, name: str) -> None:
        del self.kept[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.kept)

    def __len__(self) -> int:
        return len(self.kept)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return tree_rows()


def fitted(frame: pd.DataFrame, month: str, kept: MutableMapping[str, str]) -> tuple[int, list, bytes, str]:
    points: list = []
    search = search_rounds(month_data(frame, month), TYPES, RECIPE, kept, lambda *point: points.append(point))
    model = refit_model(month_data(frame, month), TYPES, search.rounds, RECIPE, kept)
    return search.rounds, points, search.probability.tobytes(), model.text


def test_a_run_that_dies_at_any_write_and_runs_again_ends_with_the_same_bytes(frame: pd.DataFrame):
    whole: dict[str, str] = {}
    expected = fitted(frame, "2020-05", whole)
    deaths = 0
    for writes in range(20):
        kept: dict[str, str] = {}
        try:
            fitted(frame, "2020-05", Dying(kept, writes))
        except DeathError:
            deaths += 1
            assert fitted(frame, "2020-05", kept) == expected
    assert deaths > 4


def test_a_run_may_die_again_and_again(frame: pd.DataFrame):
    kept: dict[str, str] = {}
    for _ in range(30):
        try:
            result = fitted(frame, "2020-05", Dying(kept, 1))
        except DeathError:
            continue
        assert result == fitted(frame, "2020-05", {})
        return
    pytest.fail("no run came to an end")


def test_trees_that_a_search_has_grown_are_those_of_a_fit_alone(frame: pd.DataFrame):
    months, shared = ("2020-03", "2020-04", "2020-05"), {}
    rounds = {month: search_rounds(month_data(frame, month), TYPES, RECIPE, shared).rounds for month in months}
    together = {month: refit_model(month_data(frame, month), TYPES, rounds[month], RECIPE, shared) for month in months}
    for month in months:
        alone = refit_model(month_data(frame, month), TYPES, rounds[month], RECIPE, {})
        assert together[month] == alone


def test_the_number_of_trees_is_where_the_validation_loss_is_least(frame: pd.DataFrame):
    search = search_rounds(month_data(frame, "2020-05"), TYPES, RECIPE, {})
    losses = [valid for _, valid in search.curve]
    assert losses[search.rounds - 1] == min(losses)
    assert len(losses) == min(search.rounds + RECIPE.patience, RECIPE.max_rounds)
    trained = [train for train, _ in search.curve]
    assert trained == sorted(trained, reverse=True)
