"""Answers to rows without frames: bit for bit those of a table, one row or many, and why."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from toy import TOY

from ontime.core.evaluation.conformal import conformal_set
from ontime.core.evaluation.costs import decide
from ontime.core.features.online import OnlineFeatures, records
from ontime.core.features.table import build, declared_features, model_features, read_by
from ontime.core.model.model import Inputs
from ontime.core.serving.answers import set_names
from ontime.core.serving.model_rows import ModelRows
from ontime.core.serving.row_answers import Answerer
from ontime.dataset.dataset import Dataset
from ontime.dataset.features import FeatureSet
from ontime.flights import FLIGHTS
from ontime.io.bundle_files import read_bundle
from ontime.io.month_files import months, read_months
from ontime.io.paths import Files

ROWS = 200


def read_online(features: FeatureSet, tables: dict, lead: float, ids: pd.Series) -> tuple[list[dict], np.ndarray, list]:
    """Rows with their own features, and what is known of them, one by one."""
    online = OnlineFeatures.of(features.asof, features.events(tables))
    rows = {row["id"]: row for row in records(features.rows(tables, lead))}
    wanted = [rows[one] for one in ids]
    return wanted, np.array([online.read(row) for row in wanted]), online.names


def tables_of(dataset: Dataset, folder: Path, there: list[str]) -> dict[str, pd.DataFrame]:
    return {name: read_months(Files(folder).clean / name, there) for name in dataset.features.tables}


def test_a_matrix_of_rows_is_that_of_the_feature_table(four_clean_months: Path):
    """Of all features, the derived ones and those that only they read among them."""
    tables = tables_of(FLIGHTS, four_clean_months, ["2013-01"])
    flights = tables["flights"].tail(ROWS).reset_index(drop=True)
    table = build(FLIGHTS.features, {**tables, "flights": flights}, tables, 2.0)
    inputs = Inputs.of(table.head(ROWS // 2), {one.name: one.dtype for one in declared_features(FLIGHTS.features)})
    rows, known, names = read_online(FLIGHTS.features, tables, 2.0, table["id"])
    made = ModelRows(FLIGHTS.features, inputs, names)
    expected = inputs.matrix(table)
    assert np.isnan(expected).any()
    assert np.array_equal(made.matrix(rows, known), expected, equal_nan=True)
    one_by_one = [made.matrix(rows[place : place + 1], known[place : place + 1]) for place in range(ROWS)]
    assert np.array_equal(np.vstack(one_by_one), expected, equal_nan=True)


def test_a_model_of_few_features_reads_only_these(four_clean_months: Path):
    tables = tables_of(FLIGHTS, four_clean_months, ["2013-01"])
    few = ["slack_flight", "weekday", "open_schedule_origin_count"]
    types = {name: dtype for name, dtype in model_features(FLIGHTS.features, []).items() if name in few}
    features = read_by(FLIGHTS.features, few)
    flights = tables["flights"].tail(ROWS).reset_index(drop=True)
    table = build(FLIGHTS.features, {**tables, "flights": flights}, tables, 2.0)
    inputs = Inputs.of(table, types)
    rows, known, names = read_online(features, tables, 2.0, table["id"])
    assert known.shape[1] < 6
    assert np.array_equal(ModelRows(features, inputs, names).matrix(rows, known), inputs.matrix(table), equal_nan=True)


@pytest.fixture(scope="module")
def asked(toy_made: Path) -> tuple[Answerer, list[dict], np.ndarray, pd.DataFrame]:
    """The toy's bundle, rows of its last month with what is known of them, and their feature table."""
    files = Files(toy_made)
    there, bundle = months(files.features), read_bundle(files.bundle)
    table = read_months(files.features, there[-1:])
    tables = tables_of(TOY, toy_made, there)
    rows, known, names = read_online(TOY.features, tables, bundle.lead_hours, table["id"])
    return Answerer(bundle, TOY.features, names), rows, known, table


def test_answers_are_those_of_the_table_whether_one_by_one_or_at_once(asked: tuple):
    answerer, rows, known, table = asked
    bundle = answerer.bundle
    probability = bundle.model.predict(table)
    at_once = answerer.answer(rows, known)
    assert [one.probability for one in at_once] == probability.tolist()
    assert [one.decision for one in at_once] == decide(probability, bundle.costs).tolist()
    assert [one.conformal_set for one in at_once] == set_names(conformal_set(probability, bundle.calibration)).tolist()
    assert not any(one.fallback or one.reasons for one in at_once)
    single = [answerer.answer([row], known[place : place + 1])[0] for place, row in enumerate(rows)]
    assert single == at_once


def test_the_fallback_answers_the_rows_that_the_model_may_not(asked: tuple):
    answerer, rows, known, table = asked
    silent = np.arange(len(rows)) % 3 == 0
    given, model = answerer.answer(rows, known, silent, reasons=1), answerer.answer(rows, known, reasons=1)
    rates = answerer.bundle.fallback.predict(table)
    for one, other, rate, fell_back in zip(given, model, rates, silent, strict=True):
        assert one.fallback == fell_back
        assert one == other if not fell_back else one[:1] + one[2:] == (rate, "both", True, ())
    assert [one.decision for one in given] == decide(
        np.array([one.probability for one in given]), answerer.bundle.costs
    ).tolist()


def test_reasons_are_the_features_that_add_or_take_most_with_their_values(asked: tuple):
    answerer, rows, known, table = asked
    features = [*answerer.bundle.model.inputs.types]
    contributions = answerer.bundle.model.contributions(table)
    for place in range(0, len(rows), 97):
        (answer,) = answerer.answer(rows[place : place + 1], known[place : place + 1], reasons=3)
        sizes = np.abs(contributions[place])
        assert [abs(one.contribution) for one in answer.reasons] == sorted(sizes, reverse=True)[:3]
        for reason in answer.reasons:
            assert reason.contribution == contributions[place][features.index(reason.feature)]
            value = table[reason.feature].iloc[place]
            assert reason.value == (None if pd.isna(value) else value)


def test_a_category_that_the_model_has_not_seen_counts_as_missing(asked: tuple):
    answerer, rows, known, table = asked
    (answer,) = answerer.answer([rows[0] | {"depot": "nowhere"}], known[:1])
    assert answer.probability == answerer.bundle.model.predict(table.head(1).assign(depot="nowhere"))[0]
