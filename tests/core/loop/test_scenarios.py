"""The year as a loop would live it when something goes wrong."""

import numpy as np
import pandas as pd
import pytest

from ontime.core.loop.scenarios import PLAIN, World, bad_challenger, corrupted, feed_down, late_labels
from ontime.core.monitoring.silence import silence

DAYS = pd.date_range("2013-09-01", periods=40).as_unit("us")


@pytest.fixture
def plain() -> World:
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
    return World(PLAIN, rows, np.zeros(400, dtype=bool))


def test_a_feed_is_silent_where_its_last_message_is_too_old():
    asked = pd.Series(pd.to_datetime(["2013-09-01T00:30Z", "2013-09-01T07:00Z", "2013-09-01T07:01Z"])).dt.as_unit("us")
    sent = pd.Series(pd.to_datetime(["2013-09-01T01:00Z", "2013-09-03T01:00Z"])).dt.as_unit("us")
    assert silence(asked, sent, 6).tolist() == [True, False, True]


def test_while_a_feed_is_down_rows_have_the_features_they_had_then_and_others_theirs(plain: World):
    since = pd.Timestamp("2013-09-10T00:00Z").as_unit("us")
    down = (plain.rows["day"] >= "2013-09-10") & (plain.rows["day"] < "2013-09-13")
    told = plain.rows[down].assign(number=np.float32(-1), text="b")
    moments = plain.rows["predict_at"]
    world = feed_down(plain, since, told, moments, 6)
    assert (world.rows.loc[down, "number"] == -1).all()
    assert (world.rows.loc[down, "text"] == "b").all()
    pd.testing.assert_frame_equal(world.rows[~down], plain.rows[~down])
    assert world.rows.dtypes.equals(plain.rows.dtypes)
    assert world.silent[down].all()
    assert not world.silent[~down].any()
    assert not feed_down(plain, since, told, moments, 1e9).silent.any()
    assert world.span == (pd.Timestamp("2013-09-10"), pd.Timestamp("2013-09-12"))


def test_late_labels_come_a_week_later_and_are_the_same(plain: World):
    world = late_labels(plain, DAYS[20])
    late = plain.rows["day"] >= DAYS[20]
    moved = world.rows["outcome_known_at"] - plain.rows["outcome_known_at"]
    assert (moved[late] == pd.Timedelta(days=7)).all()
    assert (moved[~late] == pd.Timedelta(0)).all()
    assert world.rows["outcome"].equals(plain.rows["outcome"])


def test_a_corrupted_month_has_as_many_true_outcomes_and_leaves_the_others_alone(plain: World):
    world = corrupted(plain, DAYS[0], DAYS[30], seed=1)
    hit = plain.rows["day"] < DAYS[30]
    assert world.rows.loc[~hit, "outcome"].equals(plain.rows.loc[~hit, "outcome"])
    assert world.rows.loc[hit, "outcome"].sum() == plain.rows.loc[hit, "outcome"].sum()
    changed = (world.rows["outcome"] != plain.rows["outcome"]).fillna(value=False)
    assert 0.3 < changed[hit].mean() < 0.6
    assert world.rows["outcome"].isna().tolist() == plain.rows["outcome"].isna().tolist()


def test_a_world_is_plain_until_it_differs(plain: World):
    late, bad = late_labels(plain, DAYS[20]), bad_challenger(plain, DAYS[20])
    assert [late.like_plain(DAYS[place]) for place in (19, 20, 21, 39)] == [True, True, False, False]
    assert [bad.like_plain(DAYS[place]) for place in (19, 20, 26, 27, 39)] == [True, False, False, True, True]
    assert plain.like_plain(DAYS[39])
