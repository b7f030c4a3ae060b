"""Windows by month, and what was known when."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontime.core.model.split import backtest_months, known_rows, month_rows, month_start, split_months, training_data
from ontime.errors import OntimeError
from ontime.params import Split

YEAR = [f"2013-{month:02}" for month in range(1, 13)]
SPLIT = Split(valid_months=2, test_months=2)


def rows(days: list[str], known_after_hours: float = 30.0, lead_hours: float = 2.0) -> pd.DataFrame:
    day = pd.to_datetime(pd.Series(days)).dt.as_unit("us")
    starts_at = (day + pd.Timedelta(hours=17)).dt.tz_localize("UTC")
    return pd.DataFrame(
        {
            "day": day,
            "predict_at": starts_at - pd.Timedelta(hours=lead_hours),
            "outcome": pd.array([True] * len(day), dtype="boolean"),
            "outcome_known_at": starts_at + pd.Timedelta(hours=known_after_hours),
        }
    )


def test_the_whole_year_is_split_as_the_design_says():
    windows = split_months(YEAR, SPLIT)
    assert (windows.train, windows.valid, windows.test) == (YEAR[:8], YEAR[8:10], YEAR[10:])
    assert backtest_months(windows, SPLIT) == YEAR[3:10]


def test_a_shorter_dataset_moves_the_windows():
    windows = split_months(YEAR[:6], SPLIT)
    assert (windows.train, windows.valid, windows.test) == (YEAR[:2], YEAR[2:4], YEAR[4:6])
    assert backtest_months(windows, SPLIT) == ["2013-04"]


@pytest.mark.parametrize("count", [0, 1, 3, 4])
def test_too_few_months_are_an_error_that_says_what_to_do(count: int):
    with pytest.raises(OntimeError, match=rf"{count} months of data .*at least 5 are needed.*fetch\.until"):
        split_months(YEAR[:count], SPLIT)


@given(st.integers(1, 4), st.integers(1, 4), st.integers(0, 30))
def test_no_month_is_in_two_windows_and_none_is_lost(valid: int, test: int, more: int):
    months = [str(month) for month in pd.period_range("2012-05", periods=valid + test + 1 + more, freq="M")]
    windows = split_months(months, Split(valid_months=valid, test_months=test))
    assert [*windows.train, *windows.valid, *windows.test] == months
    assert (len(windows.valid), len(windows.test)) == (valid, test)


@given(
    st.sampled_from(YEAR),
    st.integers(1, 336).map(lambda halves: halves / 2),
    st.sampled_from(["Pacific/Kiritimati", "UTC", "Pacific/Pago_Pago"]),
)
def test_a_month_starts_before_every_prediction_for_it(month: str, lead: float, zone: str):
    first_of_day = pd.Timestamp(f"{month}-01", tz=zone)
    assert month_start(month, lead) <= first_of_day - pd.Timedelta(hours=lead)


def test_a_row_is_known_only_when_its_outcome_is():
    frame = rows(["2013-03-01", "2013-03-02", "2013-03-03"])
    frame.loc[1, "outcome"] = pd.NA
    moment = frame["outcome_known_at"][1]
    assert list(known_rows(frame, moment).index) == [0]


def test_training_data_holds_nothing_that_was_not_known_when_it_begins():
    days = [str(day.date()) for day in pd.date_range("2013-01-01", "2013-05-31")]
    frame = rows(days, known_after_hours=100.0)
    data = training_data(frame, "2013-04", SPLIT, 2.0)
    assert data.known["outcome_known_at"].max() <= month_start("2013-04", 2.0)
    assert data.train["outcome_known_at"].max() <= month_start("2013-02", 2.0)
    assert (data.train_month, data.month) == ("2013-02", "2013-04")
    assert data.valid["day"].min() == pd.Timestamp("2013-02-01")
    assert data.train.equals(known_rows(frame, month_start("2013-02", 2.0)))


def test_training_data_without_rows_of_a_kind_is_an_error():
    frame = rows(["2013-03-10", "2013-04-01"])
    with pytest.raises(OntimeError, match="at the start of 2013-04 there were no rows with a known outcome to train"):
        training_data(frame, "2013-04", SPLIT, 2.0)


def test_a_month_has_its_rows_only():
    frame = rows(["2013-03-31", "2013-04-01", "2013-04-30", "2013-05-01"])
    assert list(month_rows(frame, "2013-04").index) == [1, 2]
