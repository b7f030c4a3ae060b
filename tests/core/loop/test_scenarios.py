"""The data's time as a loop meets it when something fails."""

import numpy as np
import pandas as pd
import pytest

from ontime.core.loop.scenarios import (
    PLAIN,
    Scenario,
    late_labels,
    outcomes_silent,
    shuffled_month,
    shuffled_training,
    source_down,
)

DAYS = pd.date_range("2013-09-01", periods=40).as_unit("us")


@pytest.fixture
def plain() -> Scenario:
    day = np.repeat(DAYS, 10)
    starts = pd.Series(day).dt.tz_localize("UTC") + pd.to_timedelta(np.tile(np.arange(10), 40) + 8, unit="h")
    rows = pd.DataFrame(
        {
            "id": [f"r{number}" for number in range(400)],
            "day": day,
            "predict_at": starts.dt.as_unit("us"),
            "text": pd.Series(["a"] * 400, dtype="str"),
            "number": np.arange(400, dtype=np.float32),
            "outcome": pd.array(np.arange(400) % 3 == 0, dtype="boolean"),
            "outcome_known_at": (starts + pd.Timedelta(hours=3)).dt.as_unit("us"),
        }
    )
    rows.loc[5, "outcome"] = pd.NA
    return Scenario(PLAIN, rows, np.zeros(400, dtype=bool))


def test_while_a_source_is_down_rows_have_the_features_they_had_then_and_others_theirs(plain: Scenario):
    since = pd.Timestamp("2013-09-10T00:00Z").as_unit("us")
    down = (plain.rows["day"] >= "2013-09-10") & (plain.rows["day"] < "2013-09-13")
    features = plain.rows[down].assign(number=np.float32(-1), text="b")
    moments = plain.rows["predict_at"]
    scenario = source_down(plain, since, features, moments, 6)
    assert (scenario.rows.loc[down, "number"] == -1).all()
    assert (scenario.rows.loc[down, "text"] == "b").all()
    pd.testing.assert_frame_equal(scenario.rows[~down], plain.rows[~down])
    assert scenario.rows.dtypes.equals(plain.rows.dtypes)
    assert scenario.silent[down].all()
    assert not scenario.silent[~down].any()
    assert not source_down(plain, since, features, moments, 1e9).silent.any()
    assert scenario.span == (pd.Timestamp("2013-09-10"), pd.Timestamp("2013-09-12"))


def test_while_the_source_of_outcomes_is_silent_outcomes_wait_until_it_is_back(plain: Scenario):
    since = pd.Timestamp("2013-09-10T12:00Z").as_unit("us")
    back = since + pd.Timedelta(days=3)
    asked = (plain.rows["predict_at"] >= since) & (plain.rows["predict_at"] < back)
    scenario = outcomes_silent(plain, since, plain.rows[asked].assign(number=np.float32(-1)))
    assert (scenario.rows.loc[asked, "number"] == -1).all()
    before, after = plain.rows["outcome_known_at"], scenario.rows["outcome_known_at"]
    waits = (before >= since) & (before < back)
    assert waits.sum() == 30
    assert (after[waits] == back).all()
    assert after[~waits].equals(before[~waits])
    assert scenario.rows["outcome"].equals(plain.rows["outcome"])
    assert scenario.differs_from == pd.Timestamp("2013-09-10")
    assert not scenario.silent.any()


def test_late_labels_come_a_week_later_and_are_the_same(plain: Scenario):
    scenario = late_labels(plain, DAYS[20])
    late = plain.rows["day"] >= DAYS[20]
    moved = scenario.rows["outcome_known_at"] - plain.rows["outcome_known_at"]
    assert (moved[late] == pd.Timedelta(days=7)).all()
    assert (moved[~late] == pd.Timedelta(0)).all()
    assert scenario.rows["outcome"].equals(plain.rows["outcome"])


def test_a_month_of_shuffled_labels_has_as_many_true_outcomes_and_leaves_the_others_alone(plain: Scenario):
    scenario = shuffled_month(plain, DAYS[0], DAYS[30], seed=1)
    inside = plain.rows["day"] < DAYS[30]
    assert scenario.rows.loc[~inside, "outcome"].equals(plain.rows.loc[~inside, "outcome"])
    assert scenario.rows.loc[inside, "outcome"].sum() == plain.rows.loc[inside, "outcome"].sum()
    changed = (scenario.rows["outcome"] != plain.rows["outcome"]).fillna(value=False)
    assert 0.3 < changed[inside].mean() < 0.6
    assert scenario.rows["outcome"].isna().tolist() == plain.rows["outcome"].isna().tolist()


def test_models_are_those_of_the_plain_scenario_until_another_differs(plain: Scenario):
    late, bad = late_labels(plain, DAYS[20]), shuffled_training(plain, DAYS[20])
    assert [late.trains_as_plain(DAYS[place]) for place in (19, 20, 21, 39)] == [True, True, False, False]
    assert [bad.trains_as_plain(DAYS[place]) for place in (19, 20, 26, 27, 39)] == [True, False, False, True, True]
    assert plain.trains_as_plain(DAYS[39])
