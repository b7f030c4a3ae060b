"""What a profile holds, and what thresholds learned from a reference's own weeks promise."""

import json

import numpy as np
import pandas as pd
import pytest

from ontime.core.profiles.distances import TESTS
from ontime.core.profiles.reference import FeatureProfile, ReferenceProfile, whole_weeks
from ontime.errors import OntimeError

NAMES = ["delay", "place", "gap", "same"]
WEIGHTS = {"delay": 3.0, "place": 1.0, "same": 0.0}


def rows(weeks: int, seed: int, a_day: int = 30, swing: float = 0.5) -> pd.DataFrame:
    """Rows whose delay has another mean each week, as weather has."""
    random = np.random.default_rng(seed)
    number = np.repeat(np.arange(7 * weeks), a_day)
    week = np.repeat(random.normal(0, swing, weeks), 7 * a_day)
    delay = week + random.normal(size=len(number))
    return pd.DataFrame(
        {
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(number, unit="D"),
            "delay": np.where(random.random(len(number)) < 0.1, np.nan, delay),
            "place": pd.Series(random.choice(["a", "b", "c"], len(number)), dtype="str"),
            "gap": np.full(len(number), np.nan, dtype=np.float32),
            "same": np.full(len(number), 3, dtype=np.int32),
        }
    )


def weeks_of(frame: pd.DataFrame) -> np.ndarray:
    return whole_weeks(frame["day"])


@pytest.fixture(scope="module")
def profile() -> ReferenceProfile:
    return ReferenceProfile.of(rows(40, seed=0), NAMES, WEIGHTS)


def test_numbers_are_binned_at_their_deciles_and_lie_where_they_are_on_average():
    values = pd.Series(np.random.default_rng(0).normal(5, 2, size=7000))
    values[::7] = np.nan
    feature = FeatureProfile.of(values, np.full(7000, -1))
    assert len(feature.bins) == 9
    assert feature.counts.tolist() == pytest.approx([600] * 10 + [1000], abs=2)
    lowest = values[values < feature.bins[0]].mean() / values.std(ddof=0)
    assert feature.positions[0] == pytest.approx(lowest, abs=1e-5)
    assert np.diff(feature.positions).min() > 0


def test_what_fills_more_than_a_decile_is_alone_in_its_bin():
    values = pd.Series([0.0] * 950 + [0.1] * 30 + [7.0] * 20)
    feature = FeatureProfile.of(values, np.full(1000, -1))
    assert feature.bins == [0.0, 0.1]
    assert feature.counts.tolist() == [0, 950, 50, 0]
    assert feature.positions[0] < feature.positions[1] < feature.positions[2]


def test_a_text_is_its_own_bin_and_one_never_seen_counts_as_missing(profile: ReferenceProfile):
    assert profile.features["place"].bins == ["a", "b", "c"]
    counts = profile.features["place"].count(pd.Series(["c", None, "new", "a"], dtype="str"), np.zeros(4, int), 1)
    assert counts.tolist() == [[1, 0, 1, 2]]


def test_a_profile_comes_back_from_json_as_it_was(profile: ReferenceProfile):
    content = json.loads(json.dumps(profile.content(), sort_keys=True, allow_nan=False))
    again = ReferenceProfile.load(content, NAMES)
    assert again.content() == profile.content()
    later = rows(2, seed=9)
    pd.testing.assert_frame_equal(again.measure(later), profile.measure(later), check_exact=True)


def test_measuring_is_the_test_of_the_counts_with_missing_shares_beside(profile: ReferenceProfile):
    later = rows(2, seed=9, swing=3.0)
    table = profile.measure(later)
    assert table.index.tolist() == NAMES
    assert table.columns.tolist() == ["missing", *TESTS]
    assert table.loc["delay", "missing"] == later["delay"].isna().mean()
    feature = profile.features["delay"]
    present = later["delay"].dropna()
    counts = np.bincount(np.searchsorted(feature.bins, present, side="right"), minlength=11)
    counts[-1] = len(later) - len(present)
    for name, test in TESTS.items():
        assert table.loc["delay", name] == pytest.approx(test(feature.counts, counts, feature.positions), abs=1e-12)
    assert (table.loc[["gap", "same"], "wasserstein"] == 0).all()


def test_windows_at_once_are_windows_one_by_one_and_days_add_up_to_weeks(profile: ReferenceProfile):
    later = rows(3, seed=5)
    week = weeks_of(later)
    together = profile.statistics(profile.count(later, week))
    days = profile.count(later, ((later["day"] - later["day"].min()) // pd.Timedelta(days=1)).to_numpy())
    added = profile.statistics({name: counts.reshape(3, 7, -1).sum(axis=1) for name, counts in days.items()})
    for test in TESTS:
        np.testing.assert_array_equal(together[test], added[test])
        for number in range(3):
            np.testing.assert_array_equal(together[test][number], profile.measure(later[week == number])[test])


def test_rows_of_no_window_count_nowhere_and_a_window_without_rows_has_no_statistic(profile: ReferenceProfile):
    later = rows(3, seed=5)
    window = np.where(weeks_of(later) == 1, -1, weeks_of(later))
    statistics = profile.statistics(profile.count(later, window))
    for statistic in statistics.values():
        assert np.isnan(statistic[1]).all()
        assert not np.isnan(statistic[[0, 2]]).any()


@pytest.mark.parametrize("test", TESTS)
def test_own_weeks_are_measured_against_the_rest_of_the_reference(test: str, profile: ReferenceProfile):
    frame = rows(40, seed=0)
    week = weeks_of(frame) == 7
    features = {}
    for name, whole in profile.features.items():
        of_week = whole.count(frame[name], np.where(week, 0, -1), 1)[0]
        features[name] = FeatureProfile(whole.bins, whole.positions, whole.counts - of_week, {})
    rest = ReferenceProfile(features, profile.weights)
    np.testing.assert_allclose(
        profile.weekly_statistics(test)[7], rest.measure(frame[week])[test], rtol=1e-3, atol=1e-9
    )


@pytest.mark.parametrize("test", TESTS)
def test_thresholds_are_passed_by_new_weeks_of_the_same_kind_as_often_as_they_say(test: str):
    """Twenty references of 30 weeks, 100 new weeks each: the share that is beyond, of a feature and of the index."""
    beyond, rings = [], []
    for seed in range(20):
        frame = rows(130, seed, a_day=10)
        week = weeks_of(frame)
        own = ReferenceProfile.of(frame[week < 30], NAMES[:2], WEIGHTS)
        statistic = own.statistics(own.count(frame[week >= 30], week[week >= 30] - 30))[test]
        beyond.append(statistic > own.thresholds(test, 0.9))
        rings.append(own.index(test, statistic) > own.index_threshold(test, 0.9))
    assert np.mean(beyond, axis=(0, 1)) == pytest.approx([0.1, 0.1], abs=0.04)
    assert np.mean(rings) == pytest.approx(0.1, abs=0.04)


def test_p_values_cry_wolf_where_weeks_differ_and_learned_thresholds_do_not():
    own, later = ReferenceProfile.of(rows(50, seed=0, a_day=100), NAMES, WEIGHTS), rows(200, seed=3, a_day=100)
    statistic = own.statistics(own.count(later, weeks_of(later)))["chi_square"][:, 0]
    assert np.mean(statistic > -np.log10(0.05)) > 0.8
    assert np.mean(statistic > own.thresholds("chi_square", 0.95)[0]) < 0.1


@pytest.mark.parametrize("test", TESTS)
def test_a_feature_that_moves_rings_and_the_others_stay_silent(test: str, profile: ReferenceProfile):
    later = rows(1, seed=11, swing=0.0)
    moved = profile.statistics(profile.count(later.assign(delay=later["delay"] + 4)))
    limits = profile.thresholds(test, 0.95)
    assert (moved[test][0] > limits).tolist() == [True, False, False, False]
    assert profile.index(test, moved[test])[0] > profile.index_threshold(test, 0.95)


def test_the_index_of_the_reference_itself_is_one_on_average_and_heeds_what_matters(profile: ReferenceProfile):
    for test in TESTS:
        assert profile.index(test, profile.weekly_statistics(test)).mean() == pytest.approx(1, abs=1e-6)
    assert dict(profile.weights) == {"delay": 0.75, "place": 0.25, "gap": 0, "same": 0}
    usual = profile.weekly_statistics("psi").mean(axis=0)
    assert profile.index("psi", (3 * usual * [1, 0, 0, 0])[None])[0] == pytest.approx(2.25)
    assert profile.index("psi", (3 * usual * [0, 1, 1, 1])[None])[0] == pytest.approx(0.75)


def test_features_weigh_the_same_where_no_weight_is_given():
    assert set(ReferenceProfile.of(rows(2, 0), NAMES, {}).weights.values()) == {0.25}


def test_a_reference_of_less_than_two_weeks_has_no_threshold():
    short = ReferenceProfile.of(rows(2, 0).iloc[:-1], NAMES[:2], WEIGHTS)
    assert np.isnan(short.thresholds("psi", 0.95)).sum() == 0
    day = ReferenceProfile.of(rows(1, 0), NAMES[:2], WEIGHTS)
    assert np.isnan(day.thresholds("psi", 0.95)).all()
    assert np.isnan(day.index_threshold("psi", 0.95))
    json.dumps(day.content(), allow_nan=False)


def test_a_test_that_is_not_known_is_named(profile: ReferenceProfile):
    with pytest.raises(OntimeError, match=r"unknown drift test 'ks'; known: \['chi_square'"):
        profile.thresholds("ks", 0.95)


def test_a_week_that_is_not_whole_has_no_number():
    day = pd.Series(pd.date_range("2020-01-01", periods=16))
    assert list(whole_weeks(day)) == [0] * 7 + [1] * 7 + [-1] * 2
