"""Every law of answers is broken on purpose by a wrong model, and says so."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from ontime.core.robustness import answer_laws
from ontime.core.robustness.answer_laws import at_bounds, extremes, laws_of_any_rows, unknown_categories
from ontime.core.robustness.laws import Verdict
from ontime.flights.contract.columns import TABLES
from ontime.flights.stress import stale_weather

TYPES = {"place": "str", "late": "float32"}


def rows(size: int = 50) -> pd.DataFrame:
    random = np.random.default_rng(0)
    place = pd.Series(random.choice(["a", "b"], size), dtype="str")
    return pd.DataFrame({"place": place, "late": random.random(size).astype(np.float32)})


def sound(table: pd.DataFrame) -> np.ndarray:
    """A model that keeps every law."""
    return np.full(len(table), 0.5)


def learned(table: pd.DataFrame) -> np.ndarray:
    return 0.2 + 0.5 * table["late"].to_numpy(dtype=np.float64)


def kept(verdicts: list[Verdict]) -> dict[str, bool]:
    return {verdict.name: verdict.holds for verdict in verdicts}


def by_place(table: pd.DataFrame) -> np.ndarray:
    return np.linspace(0.1, 0.9, len(table))


def by_batch(table: pd.DataFrame) -> np.ndarray:
    return np.full(len(table), 0.5 / len(table) + 0.1)


def by_copies(table: pd.DataFrame) -> np.ndarray:
    return np.where(table.duplicated(keep=False), 0.4, 0.6)


@pytest.mark.parametrize(
    ("wrong", "broken"),
    [
        (by_place, {"row_order", "one_by_one", "duplicates"}),
        (by_batch, {"one_by_one", "duplicates"}),
        (by_copies, {"duplicates"}),
    ],
)
def test_order_number_and_copies_of_rows_matter_to_wrong_models_alone(wrong: Callable, broken: set[str]):
    holds_by_law = kept(laws_of_any_rows(rows(), wrong, 1))
    assert {name for name, holds in holds_by_law.items() if not holds} == broken
    assert all(kept(laws_of_any_rows(rows(), learned, 1)).values())


def test_a_model_that_speaks_of_the_size_of_its_batch_is_found_where_there_are_batches(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(answer_laws, "BATCH", 7)
    assert not kept(laws_of_any_rows(rows(), by_batch, 1))["batch_size"]
    assert kept(laws_of_any_rows(rows(), learned, 1))["batch_size"]


def test_a_value_never_seen_must_be_as_a_missing_one():
    def wrong(table: pd.DataFrame) -> np.ndarray:
        return np.where(table["place"].isna(), 0.5, 0.6)

    def certain(table: pd.DataFrame) -> np.ndarray:
        return np.where(table["place"].isin(["a", "b"]), 0.5, 1.0)

    assert kept(unknown_categories(rows(), sound, TYPES)) == {"unknown_place": True}
    assert kept(unknown_categories(rows(), wrong, TYPES)) == {"unknown_place": False}
    assert kept(unknown_categories(rows(), certain, TYPES)) == {"unknown_place": False}


def test_a_model_that_is_certain_at_a_bound_is_found():
    table = rows()
    low, high = (table.assign(late=np.float32(bound)) for bound in (0, 1))

    def certain(table: pd.DataFrame) -> np.ndarray:
        return np.where(table["late"] == 1, 1.0, 0.5)

    assert kept(extremes(table, low, high, learned, TYPES)) == dict.fromkeys(
        ("all_at_their_low", "all_at_their_high", "one_at_its_bound"), True
    )
    assert kept(extremes(table, low, high, certain, TYPES)) == {
        "all_at_their_low": True,
        "all_at_their_high": False,
        "one_at_its_bound": False,
    }


def test_every_observed_value_is_put_at_its_bound_and_the_schedule_stays():
    tables = stale_weather()
    low, high = (at_bounds(TABLES, tables, end) for end in (0, 1))
    assert low["weather"]["temp"].tolist() == [-60.0]
    assert high["weather"]["visib"].tolist() == [10.0]
    assert set(high["flights"]["dep_delay"]) == {2880}
    assert high["flights"]["dep_delay"].dtype == tables["flights"]["dep_delay"].dtype
    pd.testing.assert_series_equal(high["flights"]["distance"], tables["flights"]["distance"])
