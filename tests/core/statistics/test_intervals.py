"""Intervals without a draw: against the bootstrap that they stand for, and in simulation."""

import numpy as np
import pytest
from scipy.stats import t
from simulated import calibrated_rows
from sklearn.metrics import roc_auc_score

from ontime.core.evaluation.costs import Area, area
from ontime.core.statistics.bootstrap import Statistic, level
from ontime.core.statistics.day_metrics import Daily, Difference, Lift, Ranking, Ratio, daily_sums, mean
from ontime.core.statistics.day_metrics import ranking as ranking_of
from ontime.core.statistics.intervals import errors, estimate, simulate
from ontime.core.statistics.metrics import Days
from ontime.errors import OntimeError
from ontime.params import Costs, Intervals

PARAMS = Intervals(level=0.9, replicates=2000, block_days=7, simulations=200, seed=1)
COSTS = Costs(missed=3.0, false_alarm=1.0, unknown=0.6)
DAYS = 90
ROWS = calibrated_rows(3, DAYS, 30)
OTHERS = np.random.default_rng(0).random(len(ROWS)) < 0.3  # rows of a band
BLURRED = np.clip(ROWS["probability"] + np.random.default_rng(2).normal(0, 0.2, len(ROWS)), 0, 1)
SOME = (ROWS["probability"] > 0.4).to_numpy() & ~OTHERS | (np.random.default_rng(1).random(len(ROWS)) < 0.1)


def days_of(rows) -> Days:
    return Days(rows["day"], rows["outcome"], rows["probability"].to_numpy())


def ranking() -> Ranking:
    return ranking_of(days_of(ROWS))


def ratio() -> Ratio:
    return mean(ROWS["day"], (ROWS["probability"] - ROWS["outcome"]).to_numpy() ** 2)


def lift() -> Lift:
    both, some, one, every = daily_sums(
        ROWS["day"], *(mask.astype(float) for mask in (OTHERS & SOME, SOME, OTHERS, OTHERS | True))
    )
    return Lift(Ratio(both, some), Ratio(one, every))


def surest() -> Area:
    return area(ROWS, "probability", COSTS)


def fewer_misplaced() -> Difference:
    return Difference(ranking(), ranking_of(days_of(ROWS.assign(probability=BLURRED))))


KINDS = [ranking, ratio, lift, surest, fewer_misplaced]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def daily(request: pytest.FixtureRequest) -> Daily:
    return request.param()


def blocks(count: int, size: int) -> np.ndarray:
    """Days drawn in blocks of seven from a circle."""
    starts = np.random.default_rng(0).integers(0, size, (count, -(-size // 7)))
    return ((starts[:, :, None] + np.arange(7)) % size).reshape(count, -1)[:, :size]


def test_the_error_is_the_spread_of_the_bootstrap_of_blocks(daily: Daily):
    drawn = blocks(3000, DAYS)
    spread = np.std(daily.of(drawn)[0])
    error, freedom = errors(daily.of(np.arange(DAYS)[None])[1], daily.weight[None], 7)
    count = freedom[0] + 1
    assert error[0] / np.sqrt(count / (count - 1)) == pytest.approx(spread, rel=0.08)


def test_what_a_day_contributes_is_what_more_of_it_changes(daily: Daily):
    copies = 300
    (value,), (contributed,) = daily.of(np.arange(DAYS)[None])
    for day in (0, 17, DAYS - 1):
        (more,), _ = daily.of(np.append(np.tile(np.arange(DAYS), copies), day)[None])
        assert (more - value) * copies == pytest.approx(contributed[day], rel=0.05, abs=1e-6)
    assert contributed.sum() == pytest.approx(0, abs=1e-9)


def test_drawn_days_give_the_metric_of_their_rows():
    drawn = blocks(1, DAYS)
    rows = np.concatenate([np.arange(day * 30, day * 30 + 30) for day in drawn[0]])
    part = ROWS.iloc[rows]
    assert ranking().of(drawn)[0][0] == pytest.approx(roc_auc_score(part["outcome"], part["probability"]))
    assert ratio().of(drawn)[0][0] == pytest.approx(((part["probability"] - part["outcome"]) ** 2).mean())
    assert lift().of(drawn)[0][0] == pytest.approx(OTHERS[rows][SOME[rows]].mean() / OTHERS[rows].mean())


def test_the_interval_is_that_of_intervals_level():
    found = estimate(ranking(), PARAMS)
    own = level(Statistic("roc_auc", days_of(ROWS)), PARAMS)
    shown = found.interval(PARAMS.level)
    assert shown.value == pytest.approx(own.value)
    assert (shown.high - shown.low) / found.widened == pytest.approx(own.high - own.low, rel=0.12)


def test_days_without_rows_add_no_freedom():
    whole = ratio()
    gaps = np.arange(DAYS) // 7 % 3 > 0  # two weeks of three are empty
    sparse = Ratio(np.where(gaps, 0, whole.top), np.where(gaps, 0, whole.bottom))
    (_, many), (_, few) = (errors(each.of(np.arange(DAYS)[None])[1], each.weight[None], 7) for each in (whole, sparse))
    assert many[0] == pytest.approx(DAYS / 7 - 1, abs=0.1)
    assert few[0] < 0.55 * many[0]


def test_an_interval_that_held_too_seldom_is_widened_until_it_holds(daily: Daily):
    found, strays = estimate(daily, PARAMS), simulate(daily, PARAMS)
    assert found.coverage == np.mean(strays <= 1)
    assert found.widened >= 1
    assert np.mean(strays <= found.widened) >= PARAMS.level
    plain, _ = errors(daily.of(np.arange(DAYS)[None])[1], daily.weight[None], PARAMS.block_days)
    assert found.error == pytest.approx(plain[0] * found.widened)


def test_the_p_value_and_the_interval_say_the_same(daily: Daily):
    found = estimate(daily, PARAMS)
    low = found.interval(PARAMS.level).low
    assert found.chance(low) == pytest.approx(1 - PARAMS.level)
    reach = float(t.ppf(0.975, found.freedom)) * found.error
    assert found.chance(found.value + reach) == pytest.approx(0.05)


def test_what_has_no_value_is_refused():
    with pytest.raises(OntimeError, match="of 10 days has no value: expected rows"):
        estimate(Ratio(np.zeros(10), np.zeros(10)), PARAMS)


def test_of_a_single_day_nothing_is_said():
    found = estimate(Ratio(np.array([0.0, 3, 0]), np.array([0.0, 4, 0])), PARAMS).interval(0.9)
    assert found[:3] == (0.75, -np.inf, np.inf)


def test_metrics_of_other_days_have_no_difference():
    with pytest.raises(ValueError, match="expected as many days, found 10 and 9"):
        Difference(Ratio(np.ones(10), np.ones(10)), Ratio(np.ones(9), np.ones(9)))


def test_what_never_varies_is_sure():
    found = estimate(Ratio(np.zeros(20), np.ones(20)), PARAMS)
    assert (found.value, found.error, found.coverage, found.chance()) == (0, 0, 1, 1)


def test_two_calls_give_the_same_numbers(daily: Daily):
    assert estimate(daily, PARAMS) == estimate(daily, PARAMS)
