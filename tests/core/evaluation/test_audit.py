"""A published figure is rebuilt to the row, and what it had that nobody has beforehand is priced."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from simulated import PARAMS, days_of, year
from toy import TOY

from ontime import params
from ontime.core.contract.row_rules import derived_frame
from ontime.core.evaluation.audit import (
    AuditPlan,
    PredictedStep,
    backtest_steps,
    hold_out,
    measure_steps,
    predict_step,
    published_counts,
)
from ontime.core.model.split import known_rows, month_rows, month_start
from ontime.core.statistics.day_metrics import metric_by_day
from ontime.core.statistics.intervals import OTHER_MONTHS, estimate
from ontime.core.statistics.metrics import metric_value
from ontime.dataset.dataset import Dataset
from ontime.dataset.protocol import Step
from ontime.errors import OntimeError
from ontime.flights import FLIGHTS
from ontime.flights.contract import columns
from ontime.flights.contract.clocks import SCHEDULE
from ontime.flights.protocol import PROTOCOL
from ontime.flights.source import read_parts
from ontime.io.formats import read_json, write_parquet
from ontime.io.paths import Files
from ontime.stages import audit as stage

MONTHS = [str(month) for month in pd.period_range("2013-01", "2013-12", freq="M")]
PLAN = AuditPlan(MONTHS[:10], MONTHS[3:10], 2.0)
STEPS = {step.name: step for step in PROTOCOL.steps}


@pytest.fixture(scope="module")
def raw() -> dict[str, pd.DataFrame]:
    """The whole year as its source brings it."""
    parts = list(read_parts("0.0.3", "2013-12"))
    return {
        name: pd.concat([part.frame for part in parts if part.table == name], ignore_index=True)
        for name in PROTOCOL.tables
    }


@pytest.fixture(scope="module")
def rows(raw: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """What the steps read, as far as it is in the raw tables."""
    none = pd.DataFrame({name: pd.Series(dtype="str" if name == "id" else "float64") for name in PROTOCOL.features})
    return hold_out(PROTOCOL.rows(raw, none), PROTOCOL, seed=1)


def test_the_rows_and_the_late_ones_are_those_published_and_a_quarter_is_held_out(rows: pd.DataFrame):
    assert published_counts(rows, PROTOCOL, MONTHS) == {"rows": 325_819, "positives": 52_540, "complete": True}
    part = rows[rows["published"].notna()]
    assert (len(part) - part["held_out"].sum(), part["held_out"].sum()) == (244_364, 81_455)
    assert not rows.loc[rows["published"].isna(), "held_out"].any()
    pd.testing.assert_frame_equal(hold_out(rows, PROTOCOL, seed=1), rows)


def test_another_count_stops_the_year_and_not_a_shorter_dataset(rows: pd.DataFrame):
    fewer = rows.drop(index=rows.index[rows["published"].notna()][0])
    with pytest.raises(OntimeError, match="325,819 rows, 52,540 of them positive; rebuilt here it has 325,818"):
        published_counts(fewer, PROTOCOL, MONTHS)
    assert published_counts(fewer, PROTOCOL, MONTHS[:6])["complete"] is False


def test_the_published_figure_comes_back(rows: pd.DataFrame):
    judged = predict_step(PROTOCOL.steps[0], rows, PLAN)
    days = days_of(judged.rows)
    interval = estimate(metric_by_day("roc_auc", days), days.calendar, PARAMS).interval(PARAMS.level)
    assert interval.low < PROTOCOL.roc_auc < interval.high
    assert abs(interval.value - PROTOCOL.roc_auc) < 0.005


def test_what_a_leak_takes_away_is_known_too_late_by_the_contract():
    tables = {table.name: table for table in FLIGHTS.tables}
    for step in PROTOCOL.steps:
        assert bool(step.late) == (step.kind == "leak"), step.name
        for table, column in step.late:
            clock = tables[table].columns[column].metadata["clock"]
            assert clock > SCHEDULE, (step.name, column)


def test_what_the_honest_steps_read_is_known_by_the_contract_or_as_of_the_prediction():
    tables = {table.name: table for table in FLIGHTS.tables}
    last = PROTOCOL.steps[-1]
    calendar = {"weekday", "month", "holiday"}
    for name in set(last.columns) - calendar:
        if name.startswith("known_"):
            assert f"latest_weather_origin_{name.removeprefix('known_')}" in PROTOCOL.features
        else:
            assert tables["flights"].columns[name].metadata["clock"] == SCHEDULE, name


def test_no_flight_is_predicted_with_weather_departure_or_arrival_that_was_known(raw: dict[str, pd.DataFrame]):
    flights = derived_frame(columns.FLIGHTS, raw["flights"], raw)
    predict_at = flights["starts_at"] - pd.Timedelta(hours=PLAN.lead_hours)
    observed = flights["time_hour"] + pd.Timedelta(hours=1)
    for moment in (observed, flights["departed_at"].dropna(), flights["arrived_at"].dropna()):
        assert (moment > predict_at[moment.index]).all()


def test_a_flight_without_an_aircraft_was_cancelled(rows: pd.DataFrame):
    assert rows.loc[~rows["aircraft_known"], "late"].all()
    assert (~rows["aircraft_known"]).sum() == 2_512


def test_a_random_split_learns_from_the_days_that_it_predicts_and_a_later_month_from_none(rows: pd.DataFrame):
    part = rows[rows["published"].notna()]
    assert set(part.loc[part["held_out"], "day"]) <= set(part.loc[~part["held_out"], "day"])
    table = rows[["day", "published", "published_known_at"]].set_axis(["day", "outcome", "outcome_known_at"], axis=1)
    for month in PLAN.judged:
        learned, now = known_rows(table, month_start(month, PLAN.lead_hours)), month_rows(table, month)
        assert learned["day"].max() < now["day"].min()


def test_only_the_published_step_reads_the_test_window(rows: pd.DataFrame):
    some = rows.iloc[::20]
    other = some.copy()
    window = other.index[(other["day"] >= "2013-11-01") & other["published"].notna()]
    other.loc[window, ["published", "late"]] = ~other.loc[window, ["published", "late"]]
    other.loc[window, ["dep_time", "sched_dep_time", "air_time"]] = 1.0
    names = ["published", "test_window", "random_split", "dropped_rows"]
    both = {name: [predict_step(STEPS[name], part, PLAN).rows for part in (some, other)] for name in names}
    same = {name: one.equals(changed) for name, (one, changed) in both.items()}
    assert same == {"published": False, "test_window": True, "random_split": True, "dropped_rows": True}
    assert all("before the test window" in step.split or "later" in step.split for step in PROTOCOL.steps[1:])


def drawn(seed: int = 1) -> pd.DataFrame:
    """Rows of four months: a signal, a number that says nothing, and one written down after the fact."""
    random = np.random.default_rng(seed)
    count = 6000
    day = pd.Timestamp("2020-01-01") + pd.to_timedelta(np.sort(random.integers(0, 121, count)), unit="D")
    signal = random.standard_normal(count)
    outcome = random.random(count) < 1 / (1 + np.exp(1 - signal))
    return pd.DataFrame(
        {
            "id": np.arange(count).astype("str"),
            "day": pd.Series(day).dt.as_unit("us"),
            "signal": signal,
            "place": pd.Series(random.choice(["a", "b", "c"], count), dtype="str"),
            "harmless": random.standard_normal(count),
            "planted": outcome + random.standard_normal(count),
            "outcome": pd.array(outcome, dtype="boolean"),
            "outcome_known_at": pd.Series(day).dt.tz_localize("UTC").dt.as_unit("us"),
            "held_out": random.random(count) < 0.25,
        }
    )


def step(name: str, *columns: str, split: str = "later") -> Step:
    return Step(name, name, "What it is about.", "leak", "outcome", split, columns)


def test_a_planted_leak_has_a_price_and_a_harmless_column_none():
    plan = AuditPlan(["2020-01", "2020-02", "2020-03", "2020-04"], ["2020-03", "2020-04"], 2.0)
    columns = (["signal", "place", "harmless", "planted"], ["signal", "place", "harmless"], ["signal", "place"])
    steps = [predict_step(step(str(len(names)), *names), drawn(), plan) for names in columns]
    _, planted, harmless = measure_steps(steps, PARAMS)
    assert planted["paired"]
    assert harmless["paired"]
    assert planted["difference"]["high"] < -0.02
    assert abs(harmless["difference"]["value"]) < 0.005
    assert harmless["difference"]["low"] < 0 < harmless["difference"]["high"]
    assert planted["sentence"].startswith("What it is about. ROC AUC -0.")
    assert planted["sentence"].endswith(", on the same rows.")


def test_other_rows_of_the_same_days_are_not_paired_and_of_other_days_a_difference_has_no_interval():
    frame = year(3, 60)
    frame = frame.assign(id=frame.index.astype("str"))
    whole = PredictedStep("whole", "", "", "leak", frame)
    others = (frame.iloc[::2], frame[frame["day"] < "2020-02-10"])
    half, fewer = (measure_steps([whole, whole._replace(rows=part)], PARAMS)[1] for part in others)
    assert (half["paired"], fewer["paired"]) == (False, False)
    assert half["difference"]["low"] < half["difference"]["value"] < half["difference"]["high"]
    assert set(fewer["difference"]) == {"value"}
    assert "not paired" in half["sentence"]


def test_two_steps_that_say_the_same_differ_by_nothing():
    one = PredictedStep("one", "", "", "leak", year(3, 30).reset_index(names="id"))
    _, again, by_month = measure_steps([one, one, one._replace(by_month=True)], PARAMS)
    for line in (again, by_month):
        assert [line["difference"][name] for name in ("value", "low", "high")] == [0, 0, 0]


def test_the_last_difference_is_the_mean_of_the_months_minus_all_together():
    rows = year(5, 120).assign(id="x")
    *_, last = measure_steps(backtest_steps(rows), PARAMS)
    months = [metric_value("roc_auc", part) for _, part in days_of(rows).months]
    expected = np.mean(months) - metric_value("roc_auc", days_of(rows))
    assert last["difference"]["value"] == pytest.approx(expected, abs=1e-6)
    assert last["roc_auc"]["value"] == pytest.approx(np.mean(months), abs=1e-6)
    assert last["difference"]["about"] == last["roc_auc"]["about"] == OTHER_MONTHS


def test_an_unknown_split_is_named():
    with pytest.raises(OntimeError, match="step odd: unknown split 'sideways'; known:"):
        predict_step(step("odd", "signal", split="sideways"), drawn(), PLAN)


def test_a_dataset_without_a_published_figure_ends_with_its_own(tmp_path: Path):
    files = Files(tmp_path)
    for month in ("2020-01", "2020-02", "2020-03"):
        write_parquet(pd.DataFrame({"id": ["a"]}), files.features / f"{month}.parquet")
    frame = year(1, 60).assign(id="x")
    write_parquet(frame, files.backtest)
    split, given = params.Split(valid_months=1, test_months=1), params.Features(lead_hours=1.0)
    parts = {name: place for name, place in TOY.parts.items() if name != "protocol"}
    stage.run(Dataset("toy", parts), files, given, split, PARAMS, params.Audit(seed=1))
    record = read_json(files.audit)
    assert record["published"] is None
    assert [line["name"] for line in record["steps"]] == ["model", "months"]
    assert files.audit_picture.stat().st_size > 5_000
