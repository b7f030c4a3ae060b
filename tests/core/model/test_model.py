"""Trees: resumed, shared and alone are the same; what they read is checked before they speak."""

from collections.abc import Iterator, MutableMapping

import lightgbm
import numpy as np
import pandas as pd
import pytest

from ontime.core.model.model import Inputs, Model, refit, search
from ontime.core.model.split import Pieces, pieces
from ontime.errors import OntimeError
from ontime.params import Split, Train

TYPES = {"place": "str", "late": "float32", "count": "int32"}
RECIPE = Train(
    leave_out=[],
    learning_rate=0.3,
    leaves=6,
    min_rows=20,
    bins=32,
    category_smoothing=10.0,
    max_rounds=30,
    patience=8,
    checkpoint_rounds=4,
)
SPLIT = Split(valid_months=1, test_months=1)


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
    random = np.random.default_rng(3)
    size = 6000
    day = pd.Series(pd.date_range("2020-01-01", "2020-05-31").to_numpy()[np.sort(random.integers(0, 152, size))])
    starts_at = (day + pd.Timedelta(hours=12)).dt.tz_localize("UTC").dt.as_unit("us")
    place = random.choice(["a", "b", "c", "d"], size)
    late = random.normal(size=size).astype(np.float32)
    late[random.random(size) < 0.1] = np.nan
    count = random.integers(0, 9, size).astype(np.int32)
    chance = 1 / (1 + np.exp(-(np.nan_to_num(late) + (place == "a") - count / 9)))
    return pd.DataFrame(
        {
            "id": [str(number) for number in range(size)],
            "day": day,
            "predict_at": starts_at - pd.Timedelta(hours=2),
            "place": pd.Series(place, dtype="str"),
            "late": late,
            "count": count,
            "outcome": pd.array(random.random(size) < chance, dtype="boolean"),
            "outcome_known_at": starts_at + pd.Timedelta(hours=3),
        }
    )


def parts(frame: pd.DataFrame, month: str) -> Pieces:
    return pieces(frame, month, SPLIT, 2.0)


def fitted(frame: pd.DataFrame, month: str, kept: MutableMapping[str, str]) -> tuple[int, list, bytes, str]:
    told: list = []
    found = search(parts(frame, month), TYPES, RECIPE, kept, lambda *point: told.append(point))
    model = refit(parts(frame, month), TYPES, found.rounds, RECIPE, kept)
    return found.rounds, told, found.probability.tobytes(), model.text


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
            found = fitted(frame, "2020-05", Dying(kept, 1))
        except DeathError:
            continue
        assert found == fitted(frame, "2020-05", {})
        return
    pytest.fail("no run came to an end")


def test_trees_that_a_search_has_grown_are_those_of_a_fit_alone(frame: pd.DataFrame):
    months, shared = ("2020-03", "2020-04", "2020-05"), {}
    rounds = {month: search(parts(frame, month), TYPES, RECIPE, shared).rounds for month in months}
    together = {month: refit(parts(frame, month), TYPES, rounds[month], RECIPE, shared) for month in months}
    for month in months:
        alone = refit(parts(frame, month), TYPES, rounds[month], RECIPE, {})
        assert together[month] == alone


def test_the_number_of_trees_is_where_the_validation_loss_is_least(frame: pd.DataFrame):
    found = search(parts(frame, "2020-05"), TYPES, RECIPE, {})
    losses = [valid for _, valid in found.curve]
    assert losses[found.rounds - 1] == min(losses)
    assert len(losses) == min(found.rounds + RECIPE.patience, RECIPE.max_rounds)
    trained = [train for train, _ in found.curve]
    assert trained == sorted(trained, reverse=True)


def test_a_model_that_is_saved_and_loaded_says_the_same(frame: pd.DataFrame):
    model = refit(parts(frame, "2020-04"), TYPES, 12, RECIPE, {})
    loaded = Model.load(model.text, model.signature())
    assert loaded == model
    assert (loaded.predict(frame) == model.predict(frame)).all()
    assert lightgbm.Booster(model_str=model.text).num_trees() == 12
    assert "parameters" not in model.text


def test_a_category_never_seen_is_as_a_missing_one(frame: pd.DataFrame):
    model = refit(parts(frame, "2020-04"), TYPES, 12, RECIPE, {})
    new, none = (frame.assign(place=pd.Series([value] * len(frame), dtype="str")) for value in ("zz", None))
    assert (model.predict(new) == model.predict(none)).all()
    assert (model.predict(new) != model.predict(frame)).any()


def test_rows_that_are_not_what_the_model_reads_are_an_error_with_everything_wrong(frame: pd.DataFrame):
    model = refit(parts(frame, "2020-04"), TYPES, 3, RECIPE, {})
    wrong = frame.drop(columns="late").astype({"count": "float64"})
    with pytest.raises(
        OntimeError, match=r"(?s)late: expected float32, found missing.*count: expected int32, found flo"
    ):
        model.predict(wrong)


def test_the_order_of_columns_and_rows_does_not_matter(frame: pd.DataFrame):
    model = refit(parts(frame, "2020-04"), TYPES, 12, RECIPE, {})
    order = np.random.default_rng(0).permutation(len(frame))
    turned = frame[frame.columns[::-1]].iloc[order]
    assert (model.predict(turned) == model.predict(frame)[order]).all()
    one_by_one = [model.predict(frame.iloc[[row]])[0] for row in range(20)]
    assert one_by_one == model.predict(frame)[:20].tolist()


def test_importance_is_a_share_of_all_features(frame: pd.DataFrame):
    table = refit(parts(frame, "2020-04"), TYPES, 12, RECIPE, {}).importance()
    assert set(table["feature"]) == set(TYPES)
    assert table["gain"].sum() == pytest.approx(1)
    assert table["feature"][0] == "late"


def test_inputs_keep_the_categories_they_saw(frame: pd.DataFrame):
    inputs = Inputs.of(frame, TYPES)
    assert inputs.categories == {"place": ["a", "b", "c", "d"]}
    assert inputs.matrix(frame.head(3)).shape == (3, 3)


@pytest.mark.parametrize(
    ("keep", "change", "said"),
    [
        (0.0, {}, "model.txt: expected all trees that it begins to list"),
        (0.5, {}, "model.txt: expected all trees"),
        (0.9, {}, "model.txt: expected all trees"),
        (1.0, {"features": ["late", "place", "count"]}, "found late in the place of place; place in the place of late"),
        (1.0, {"features": [["late"]]}, "signature.json: expected features, the type of each"),
        (1.0, {"types": {"place": "str", "late": "float32"}}, "signature.json: expected features"),
        (1.0, {"categories": {"place": None}}, "signature.json: expected features"),
    ],
)
def test_a_model_that_is_cut_off_or_fits_no_signature_is_an_error(frame: pd.DataFrame, keep, change, said: str):
    model = refit(parts(frame, "2020-04"), TYPES, 3, RECIPE, {})
    whole = model.text.index("end of trees") + len("end of trees\n") if keep < 1 else len(model.text)
    with pytest.raises(OntimeError, match=said):
        Model.load(model.text[: int(whole * keep)], model.signature() | change)
    with pytest.raises(OntimeError, match=r"signature\.json: expected features"):
        Model.load(model.text, ["features"])  # type: ignore[arg-type]
