"""Rows that came more than once: equal ones are one, and of different ones with one key none can be trusted."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy.contracts import DEPOTS, PARCELS
from toy.source import DEPOTS as DEPOT_ROWS
from toy.source import read

from ontime.core.contract.checks import CheckedPart, check_part
from ontime.core.contract.duplicates import repeated_rows
from ontime.core.contract.findings import Finding, describe_findings
from ontime.core.contract.row_rules import Broken

OTHERS = {"depots": DEPOT_ROWS}
JANUARY = next(frame for table, month, frame in read("1", "2020-01") if table == "parcels").head(60)
HOUR = pd.Timedelta(hours=1)


def checked(*rows: pd.DataFrame, known: Sequence[Broken] = ()) -> CheckedPart:
    return check_part(PARCELS, pd.concat(rows), "2020-01", OTHERS, 0.05, known)


def clean(result: CheckedPart) -> pd.DataFrame:
    assert result.clean is not None, describe_findings(result.findings)
    return result.clean


def finding(result: CheckedPart, rule: str) -> Finding:
    return next(finding for finding in result.findings if finding.rule == rule)


def later(row: int) -> pd.DataFrame:
    """A row as it is, but delivered an hour later."""
    return JANUARY[JANUARY.index == row].assign(delivered=JANUARY["delivered"] + HOUR)


values = st.tuples(
    st.none() | st.sampled_from("AB"),
    st.none() | st.integers(0, 1),
    st.none() | st.sampled_from([0.0, -0.0, 0.5]),
    st.none() | st.sampled_from([pd.Timestamp("2020-01-01"), pd.Timestamp("2020-01-02")]),
)


@given(st.lists(values, max_size=9), st.integers(1, 3))
def test_equal_rows_are_those_that_agree_value_by_value_where_missing_equals_missing(rows: list[tuple], times: int):
    frame = pd.DataFrame(rows, columns=["name", "number", "level", "at"])
    frame = frame.astype({"name": "str", "number": "Int64", "level": "float64", "at": "datetime64[us]"})
    wide = pd.concat([frame.add_suffix(str(time)) for time in range(times)], axis=1)
    repeated = repeated_rows(wide)
    assert repeated.again.tolist() == [row in rows[:place] for place, row in enumerate(rows)]
    first = [row not in rows[:place] and row in rows[place + 1 :] for place, row in enumerate(rows)]
    assert repeated.first.tolist() == first


def test_values_that_cannot_be_compared_are_compared_as_text():
    frame = pd.DataFrame({"x": [[1], [1], {"a": 2}, "1", None, None]})
    assert repeated_rows(frame).again.tolist() == [False, True, False, False, False, True]


@pytest.mark.parametrize("places", [[0], [7, 7, 7], [0, 1, 2, 59], list(range(60))])
def test_rows_equal_in_all_values_are_one_counted_and_warned_of(places: list[int]):
    result = checked(JANUARY, JANUARY.iloc[places])
    pd.testing.assert_frame_equal(clean(result), clean(checked(JANUARY)))
    assert result.quarantine.empty
    assert result.broken == 0
    assert [finding.level.value for finding in result.findings] == ["warn"]
    rows = f"{len(places)} row{'s' * (len(places) > 1)}"
    assert finding(result, "row_once").problem == f"{rows} came again, equal in all values; one of each is kept"
    assert finding(result, "row_once").examples == tuple(f"2020-01-0{day}/{number}" for day, number in named(places))


def named(places: list[int]) -> list[tuple[int, int]]:
    different = sorted(set(places))[:3]
    return [(JANUARY["promised"].dt.day[place], place) for place in different]


def test_the_first_of_equal_rows_keeps_its_place():
    spread = pd.concat([JANUARY.iloc[[3, 0, 3, 1, 0, 2]], JANUARY.iloc[4:]])
    assert clean(checked(spread))["number"].tolist()[:4] == [3, 0, 1, 2]


def test_of_different_rows_with_one_key_none_is_kept_and_all_are_named():
    result = checked(JANUARY, later(3))
    assert clean(result)["number"].tolist() == [number for number in range(60) if number != 3]
    key = "2020-01-01/3"
    assert result.quarantine.to_numpy().tolist() == [["parcels", key, "id", "key_unique", key]] * 2
    assert result.broken == 2
    assert finding(result, "key_unique").problem == "2 of 61 rows share 1 key with different values"
    assert finding(result, "key_unique").examples == (key,)
    assert [finding.level.value for finding in result.findings] == ["quarantine"]


@pytest.mark.parametrize("copies", [1, 3])
def test_of_copies_and_another_row_with_their_key_one_copy_and_the_other_are_named(copies: int):
    result = checked(JANUARY, *[JANUARY.iloc[[3]]] * copies, later(3))
    assert len(clean(result)) == 59
    assert result.quarantine["rule"].tolist() == ["key_unique"] * 2
    assert finding(result, "row_once").problem.startswith(f"{copies} row")


def test_a_larger_share_of_rows_that_share_a_key_stops():
    few, many = (checked(JANUARY, *map(later, range(count))) for count in (2, 3))
    assert not any(finding.stops for finding in few.findings)
    assert finding(many, "max_quarantined").stops
    assert many.clean is None
    assert finding(many, "key_unique").examples == ("2020-01-01/0", "2020-01-01/1", "2020-01-01/2")


@pytest.mark.parametrize(
    ("name", "value", "rules"), [("delivered", "1999-01-01T00:00Z", 2), ("depot", "EAST", 1)], ids=["later", "first"]
)
def test_a_row_that_breaks_a_rule_as_well_makes_the_other_no_more_certain(name: str, value: str, rules: int):
    result = checked(JANUARY, JANUARY.iloc[[3]].assign(**{name: value}).astype(JANUARY.dtypes))
    assert 3 not in clean(result)["number"].tolist()
    assert (result.quarantine["rule"] == "key_unique").sum() == 2
    assert len(result.quarantine) == 2 + rules
    assert result.broken == 2


@pytest.mark.parametrize(("name", "value"), [("number", -3), ("number", None), ("promised", None)])
def test_rows_whose_key_is_broken_or_incomplete_share_it_with_none(name: str, value: object):
    wrong = [changed(row, name, value) for row in (3, 4)]
    result = checked(JANUARY, *wrong)
    assert "key_unique" not in result.quarantine["rule"].tolist()
    assert len(clean(result)) == 60


def changed(row: int, name: str, value: object) -> pd.DataFrame:
    """A row that is delivered later, with another value; none where that is None."""
    return later(row).assign(**{name: pd.Series([value], index=[row], dtype=JANUARY[name].dtype)})


def test_rows_that_came_again_and_are_broken_are_broken_once():
    wrong = JANUARY.iloc[[5]].assign(number=pd.array([-5], dtype="Int64"))
    result = checked(JANUARY, wrong, wrong)
    assert result.broken == 1
    assert len(result.quarantine) == 1
    assert finding(result, "row_once").examples == ("row 60",)


def test_a_row_is_called_by_where_it_stands_among_all_that_came():
    wrong = changed(5, "promised", None)
    result = checked(JANUARY.iloc[[0, 0, 0]], JANUARY.iloc[1:], wrong)
    assert result.quarantine["key"].tolist() == ["row 62"]


def test_reference_tables_keep_one_of_equal_rows_and_none_of_different_ones():
    more = pd.DataFrame({"depot": ["WEST", "WEST", "NORTH", None, None], "city": ["Cork", "Bonn", "Oslo", "A", "B"]})
    result = check_part(DEPOTS, pd.concat([DEPOT_ROWS, more]).astype(DEPOT_ROWS.dtypes), None, {}, 0.0)
    assert clean(result)["depot"].tolist() == ["NORTH", "SOUTH"]
    assert result.quarantine[["key", "rule"]].to_numpy().tolist() == [
        ["WEST", "key_unique"],
        ["WEST", "key_unique"],
        ["row 5", "not_nullable"],
        ["row 6", "not_nullable"],
    ]


def test_where_the_form_is_broken_duplicates_are_still_named():
    result = checked(*(frame.drop(columns="left") for frame in (JANUARY, JANUARY.iloc[[0]], later(3))))
    assert [(finding.level.value, finding.rule) for finding in result.findings] == [
        ("stop", "column_present"),
        ("warn", "row_once"),
        ("quarantine", "key_unique"),
    ]


def test_rows_that_differ_in_a_column_of_another_type_are_not_equal():
    text = JANUARY.assign(left=JANUARY["left"].astype("str"))
    result = checked(text, text.iloc[[0]].assign(left="yesterday"), text.iloc[[1]])
    assert finding(result, "row_once").problem.startswith("1 row came again")


@pytest.mark.parametrize("copies", [0, 2])
def test_violations_that_are_known_cost_values_and_are_recorded_elsewhere(copies: int):
    known = [Broken("left", "key_unique", 2, np.array([copies + 5]), [""])]
    result = checked(*[JANUARY.iloc[[0]]] * copies, JANUARY, known=known)
    row = clean(result).loc[5]
    assert row["number"] == 5
    assert row["lost_from"] == "left"
    assert row[["left", "delivered"]].isna().all()
    assert clean(result)["lost_from"].notna().sum() == 1
    assert result.quarantine.empty
    assert result.broken == 1
