"""A model: what it reads is checked before it predicts, and it comes back from its files as it was."""

from concurrent.futures import ThreadPoolExecutor

import lightgbm
import numpy as np
import pandas as pd
import psutil
import pytest
from trees import RECIPE, TYPES, month_data, tree_rows

from ontime.core.model.model import Inputs, Model
from ontime.core.model.one_row import OneRow
from ontime.core.model.training import refit_model
from ontime.errors import OntimeError


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return tree_rows()


def test_a_model_that_is_saved_and_loaded_says_the_same(frame: pd.DataFrame):
    model = refit_model(month_data(frame, "2020-04"), TYPES, 12, RECIPE, {})
    loaded = Model.load(model.text, model.signature())
    assert loaded == model
    assert (loaded.predict(frame) == model.predict(frame)).all()
    assert lightgbm.Booster(model_str=model.text).num_trees() == 12
    assert "parameters" not in model.text


def test_a_category_never_seen_is_as_a_missing_one(frame: pd.DataFrame):
    model = refit_model(month_data(frame, "2020-04"), TYPES, 12, RECIPE, {})
    new, none = (frame.assign(place=pd.Series([value] * len(frame), dtype="str")) for value in ("zz", None))
    assert (model.predict(new) == model.predict(none)).all()
    assert (model.predict(new) != model.predict(frame)).any()


def test_rows_that_are_not_what_the_model_reads_are_an_error_with_everything_wrong(frame: pd.DataFrame):
    model = refit_model(month_data(frame, "2020-04"), TYPES, 3, RECIPE, {})
    wrong = frame.drop(columns="late").astype({"count": "float64"})
    with pytest.raises(
        OntimeError, match=r"(?s)late: expected float32, found missing.*count: expected int32, found flo"
    ):
        model.predict(wrong)


def test_the_order_of_columns_and_rows_does_not_matter(frame: pd.DataFrame):
    model = refit_model(month_data(frame, "2020-04"), TYPES, 12, RECIPE, {})
    order = np.random.default_rng(0).permutation(len(frame))
    turned = frame[frame.columns[::-1]].iloc[order]
    assert (model.predict(turned) == model.predict(frame)[order]).all()
    one_by_one = [model.predict(frame.iloc[[row]])[0] for row in range(20)]
    assert one_by_one == model.predict(frame)[:20].tolist()


def test_importance_is_a_share_of_all_features(frame: pd.DataFrame):
    table = refit_model(month_data(frame, "2020-04"), TYPES, 12, RECIPE, {}).importance()
    assert set(table["feature"]) == set(TYPES)
    assert table["gain"].sum() == pytest.approx(1)
    assert table["feature"][0] == "late"


def test_inputs_keep_the_categories_they_saw(frame: pd.DataFrame):
    inputs = Inputs.of(frame, TYPES)
    assert inputs.categories == {"place": ["a", "b", "c", "d"]}
    assert inputs.matrix(frame.head(3)).shape == (3, 3)


@pytest.mark.parametrize(
    ("keep", "change", "message"),
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
def test_a_model_that_is_cut_off_or_fits_no_signature_is_an_error(frame: pd.DataFrame, keep, change, message: str):
    model = refit_model(month_data(frame, "2020-04"), TYPES, 3, RECIPE, {})
    whole = model.text.index("end of trees") + len("end of trees\n") if keep < 1 else len(model.text)
    with pytest.raises(OntimeError, match=message):
        Model.load(model.text[: int(whole * keep)], model.signature() | change)
    with pytest.raises(OntimeError, match=r"signature\.json: expected features"):
        Model.load(model.text, ["features"])  # type: ignore[arg-type]


def test_one_row_alone_is_bit_for_bit_as_among_others(frame: pd.DataFrame):
    model = refit_model(month_data(frame, "2020-04"), TYPES, 12, RECIPE, {})
    matrix = model.inputs.matrix(frame)
    matrix[::7, 0] = np.nan
    together = model.predict_matrix(matrix)
    assert len(np.unique(together)) > 10
    assert [model.predict_matrix(matrix[[place]])[0] for place in range(len(matrix))] == together.tolist()


def test_one_row_from_many_threads_is_as_from_one(frame: pd.DataFrame):
    model = refit_model(month_data(frame, "2020-04"), TYPES, 12, RECIPE, {})
    matrix = model.inputs.matrix(frame)
    with ThreadPoolExecutor(8) as pool:
        alone = list(pool.map(lambda place: model.predict_matrix(matrix[[place]])[0], range(len(matrix))))
    assert alone == model.predict_matrix(matrix).tolist()


def test_a_row_of_another_width_is_refused(frame: pd.DataFrame):
    model = refit_model(month_data(frame, "2020-04"), TYPES, 3, RECIPE, {})
    with pytest.raises(ValueError, match="shape"):
        model.predict_matrix(model.inputs.matrix(frame)[:1, :-1])


def test_broken_trees_are_refused_for_one_row():
    with pytest.raises(OntimeError, match="LightGBM: "):
        OneRow("no trees", 3)


def test_a_model_that_is_gone_leaves_no_memory_behind(frame: pd.DataFrame):
    text = refit_model(month_data(frame, "2020-04"), TYPES, 300, RECIPE, {}).text
    for _ in range(20):
        OneRow(text, len(TYPES))
    before = memory()
    for _ in range(200):
        OneRow(text, len(TYPES))
    assert memory() - before < 20 * len(text)


def memory() -> int:
    """Bytes of this process in memory."""
    return psutil.Process().memory_info().rss
