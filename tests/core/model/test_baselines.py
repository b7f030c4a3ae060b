"""Climatology, the last known day and logistic regression say what they should, from what was known."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from ontime.core.model.baselines import BASELINES, LOGISTIC, baseline_probabilities, last_day_rates
from ontime.core.model.climatology import STRENGTH, fit_climatology
from ontime.core.model.logistic import LogisticOptions, logistic_probabilities

KEYS = {"place": None, "minute": 60.0}
IMPUTED = LogisticOptions(inverse_penalty=1.0, tolerance=1e-4, category_rows=1, impute_first=True, sparse=True)


def rows(count: int = 3000, seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    day = pd.Series(pd.date_range("2020-01-01", periods=60).to_numpy()[np.sort(random.integers(0, 60, count))])
    starts_at = (day + pd.to_timedelta(random.integers(6, 22, count), unit="h")).dt.tz_localize("UTC")
    place = pd.Series(random.choice(["a", "b", "rare"], count, p=[0.6, 0.39, 0.01]), dtype="str")
    number = random.normal(size=count).astype(np.float32)
    chance = 1 / (1 + np.exp(-(number + (place == "a"))))
    return pd.DataFrame(
        {
            "id": [f"{seed}-{row}" for row in range(count)],
            "day": day,
            "starts_at": starts_at,
            "predict_at": starts_at - pd.Timedelta(hours=2),
            "place": place,
            "minute": random.integers(0, 1440, count).astype(np.int32),
            "number": number,
            "outcome": pd.array(random.random(count) < chance, dtype="boolean"),
            "outcome_known_at": starts_at + pd.Timedelta(hours=3),
        }
    )


def test_climatology_is_the_rate_of_the_place_drawn_towards_the_coarser_one():
    known = rows()
    fitted = fit_climatology(known, {"place": None})
    overall = known["outcome"].mean()
    at_a = known[known["place"] == "a"]["outcome"]
    expected = (at_a.sum() + STRENGTH * overall) / (len(at_a) + STRENGTH)
    assert fitted.predict(known[known["place"] == "a"].head(2)) == pytest.approx([expected] * 2, abs=1e-5)


def test_a_place_never_seen_has_the_rate_of_the_coarser_one():
    known = rows()
    fitted = fit_climatology(known, KEYS)
    new_minute = known[(known["minute"] // 60) != 3].assign(minute=200).head(5)
    without = fit_climatology(known[known["minute"] // 60 != 3], KEYS)
    coarse = fit_climatology(known[known["minute"] // 60 != 3], {"place": None})
    assert (without.predict(new_minute) == coarse.predict(new_minute)).all()
    nowhere = known.assign(place=pd.Series(["zz"] * len(known), dtype="str"))
    assert set(fitted.predict(nowhere)) == {fitted.rate}


def test_climatology_is_whole_in_json():
    fitted = fit_climatology(rows(), KEYS)
    content = json.loads(json.dumps(fitted.content()))
    assert content["keys"] == {"place": None, "minute": 60.0}
    assert content["levels"][1]["a|3"] == fitted.levels[1]["a|3"]


def test_the_last_day_is_the_newest_of_which_everything_was_known():
    frame = rows()
    rates = last_day_rates(frame, frame)
    for place in (0, 700, 1500, 2999):
        row = frame.iloc[place]
        days = [
            group["outcome"]
            for _, group in frame.groupby("day")
            if group["outcome_known_at"].max() <= row["predict_at"]
        ]
        expected = (days[-1].sum() + 1) / (len(days[-1]) + 2) if days else 0.5
        assert rates[place] == pytest.approx(expected)


def test_the_last_day_does_not_know_what_comes_after():
    frame = rows()
    cut = frame["predict_at"].iloc[1500]
    changed = frame.assign(outcome=frame["outcome"] ^ (frame["outcome_known_at"] > cut).astype("boolean"))
    before = (frame["predict_at"] <= cut).to_numpy()
    assert (last_day_rates(changed, frame)[before] == last_day_rates(frame, frame)[before]).all()
    assert (last_day_rates(changed, frame)[~before] != last_day_rates(frame, frame)[~before]).any()


def test_logistic_regression_is_scikit_learns_on_standardised_columns():
    known, new = rows(), rows(500, seed=1)
    probability = logistic_probabilities(known, new, {"number": "float32", "place": "str"}, LOGISTIC)
    number = known["number"].to_numpy(np.float64)

    def columns(frame: pd.DataFrame) -> np.ndarray:
        standard = (frame["number"].to_numpy(np.float64) - number.mean()) / number.std()
        return np.column_stack([standard, frame["place"] == "a", frame["place"] == "b"])

    oracle = LogisticRegression(C=0.01, tol=1e-10, max_iter=1000).fit(columns(known), known["outcome"].astype(int))
    assert probability == pytest.approx(oracle.predict_proba(columns(new))[:, 1], abs=1e-4)


def test_missing_numbers_and_constant_columns_do_no_harm():
    known = rows().assign(constant=np.float32(1.0), empty=np.float32(np.nan))
    known.loc[::3, "number"] = np.nan
    types = {"number": "float32", "constant": "float32", "empty": "float32"}
    for options in (LOGISTIC, IMPUTED):
        assert np.isfinite(logistic_probabilities(known, known, types, options)).all()


def test_a_text_without_a_frequent_value_has_no_column():
    known, new = rows(LOGISTIC.category_rows - 1), rows(50, seed=1)
    with_text, without = (
        logistic_probabilities(known, new, types, LOGISTIC)
        for types in ({"place": "str", "number": "float32"}, {"number": "float32"})
    )
    assert with_text == pytest.approx(without, abs=1e-12)


def test_all_baselines_stand_beside_the_rows():
    known, new = rows(), rows(50, seed=1)
    new.index = new.index + 10_000
    frame = baseline_probabilities(known, new, {"number": "float32", "place": "str"}, KEYS)
    assert tuple(frame) == BASELINES
    assert frame.index.equals(new.index)
    assert ((frame > 0) & (frame < 1)).all(axis=None)


def test_options_say_what_a_regression_makes_of_rare_values_missing_numbers_and_booleans():
    known, new = rows(), rows(500, seed=1)
    late, flag = known["number"].mask(known.index % 3 == 0), known["number"] > 1
    known, new = known.assign(late=late, flag=flag), new.assign(late=new["number"], flag=new["number"] > 1)
    exact = IMPUTED._replace(tolerance=1e-10)
    probability = logistic_probabilities(known, new, {"flag": "bool", "place": "str", "late": "float32"}, exact)
    filled = late.astype("float64").fillna(late.astype("float64").mean())

    def columns(frame: pd.DataFrame, number: pd.Series) -> np.ndarray:
        places = [frame["place"] == place for place in ("a", "b", "rare")]
        return np.column_stack([*places, frame["flag"], (number - filled.mean()) / filled.std(ddof=0)])

    oracle = LogisticRegression(tol=1e-10, max_iter=1000).fit(columns(known, filled), known["outcome"].astype(int))
    assert probability == pytest.approx(oracle.predict_proba(columns(new, new["late"]))[:, 1], abs=1e-4)


@given(st.integers(0, 10**6), st.booleans())
@settings(max_examples=20)
def test_columns_held_as_sparse_ones_say_the_same(seed: int, impute_first: bool):
    known, new = rows(400, seed), rows(50, seed + 1)
    types = {"place": "str", "number": "float32", "minute": "int32"}
    dense, sparse = (
        logistic_probabilities(known, new, types, IMPUTED._replace(impute_first=impute_first, sparse=sparse))
        for sparse in (False, True)
    )
    assert sparse == pytest.approx(dense, abs=1e-9)
