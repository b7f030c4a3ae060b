"""What breaks a contract, and what it costs: on parcels, so that nothing here depends on flights."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy.clocks import DELIVERED, LEFT, PLANNED
from toy.contracts import DEPOTS, PARCELS
from toy.source import DEPOTS as DEPOT_ROWS
from toy.source import read

from ontime.core.contract.checks import CheckedPart, check_measures, check_part
from ontime.core.contract.columns import column, rule_clock
from ontime.core.contract.findings import Level, describe_findings
from ontime.core.contract.row_rules import RowRules
from ontime.core.contract.values import frame_values
from ontime.dataset.contract import Table

OTHERS = {"depots": DEPOT_ROWS}
JANUARY = next(frame for table, month, frame in read("1", "2020-01") if table == "parcels")
HOUR = pd.Timedelta(hours=1)


def checked(frame: pd.DataFrame, limit: float = 1.0) -> CheckedPart:
    return check_part(PARCELS, frame, "2020-01", OTHERS, limit)


def changed(row: int, **values: object) -> pd.DataFrame:
    frame = JANUARY.copy()
    for name, value in values.items():
        frame.loc[row, name] = value
    return frame


def rules(result: CheckedPart, level: Level) -> list[tuple[str, str]]:
    return [(finding.column, finding.rule) for finding in result.findings if finding.level is level]


def clean(result: CheckedPart) -> pd.DataFrame:
    assert result.clean is not None
    return result.clean


def test_sound_rows_pass_untouched():
    result = checked(JANUARY, 0)
    pd.testing.assert_frame_equal(clean(result)[list(JANUARY)], JANUARY)
    assert clean(result)["lost_from"].isna().all()
    assert result.findings == []
    assert result.quarantine.empty


def test_a_row_broken_at_the_first_clock_is_removed():
    result = checked(changed(3, depot="EAST"))
    assert len(clean(result)) == len(JANUARY) - 1
    assert 3 not in clean(result)["number"].tolist()
    assert result.quarantine.to_numpy().tolist() == [["parcels", "2020-01-01/3", "depot", "depot_known", "EAST"]]


def test_a_row_broken_at_a_later_clock_loses_only_what_is_known_from_then_on():
    result = checked(changed(3, delivered=JANUARY.loc[3, "left"] - HOUR))
    row = clean(result).loc[3]
    assert row["left"] == JANUARY.loc[3, "left"]
    assert pd.isna(row["delivered"])
    assert row["lost_from"] == "delivered"
    others = clean(result).drop(index=3)
    pd.testing.assert_frame_equal(others[list(JANUARY)], JANUARY.drop(index=3))


def test_a_broken_value_is_missing_for_the_other_rules_and_named_once():
    result = checked(changed(3, number=-5))
    assert rules(result, Level.QUARANTINE) == [("number", "greater_than_or_equal_to(0)")]
    assert str(clean(result)["number"].dtype) == "Int64"


def test_a_null_where_none_may_be_is_quarantined():
    result = checked(changed(3, promised=pd.NaT))
    assert rules(result, Level.QUARANTINE) == [("promised", "not_nullable")]
    assert "has no value" in describe_findings(result.findings)


@pytest.mark.parametrize(("broken", "stops"), [(5, False), (6, True)])
def test_too_many_broken_rows_stop(broken: int, stops: bool):
    result = checked(JANUARY.assign(number=JANUARY["number"].mask(JANUARY.index < broken, -1)), limit=0.01)
    assert (("all", "max_quarantined") in rules(result, Level.STOP)) == stops


def test_rows_of_another_month_stop_with_examples():
    moved = JANUARY.assign(promised=JANUARY["promised"].mask(JANUARY.index == 9, JANUARY["promised"] + 31 * 24 * HOUR))
    result = checked(moved)
    assert rules(result, Level.STOP) == [("day", "in_its_month")]
    assert result.findings[0].examples == ("2020-02-01/9",)


@pytest.mark.parametrize(("few", "stops"), [(1, False), (5, False), (6, True)])
def test_a_few_broken_rows_do_not_stop_as_long_as_one_is_sound(few: int, stops: bool):
    spoiled = JANUARY.head(6).assign(number=JANUARY["number"].mask(JANUARY.index < few, -1))
    assert rules(checked(spoiled, 0.01), Level.STOP) == [("all", "max_quarantined")] * stops


def test_with_broken_columns_the_others_are_still_checked():
    result = checked(changed(3, number=-5).drop(columns="left").assign(colour="red"))
    assert result.clean is None
    assert rules(result, Level.STOP) == [("left", "column_present"), ("colour", "column_known")]
    assert rules(result, Level.QUARANTINE) == [("number", "greater_than_or_equal_to(0)")]
    assert result.quarantine["key"].tolist() == ["row 3"]


def test_a_table_that_needs_a_broken_one_says_so_and_its_other_rules_are_judged():
    wrong = changed(3, delivered=JANUARY.loc[3, "left"] - HOUR)
    result = check_part(PARCELS, pd.concat([wrong, JANUARY.head(1)]), "2020-01", {}, 1.0)
    assert result.clean is None
    assert "correct depots first" in describe_findings(result.findings)
    assert rules(result, Level.STOP) == [("all", "checked")]
    assert rules(result, Level.WARN) == [("all", "row_once")]
    assert rules(result, Level.QUARANTINE) == [("delivered", "left_first"), ("left", "left_first")]


def test_rows_are_named_by_their_key_as_it_was_and_counted_one_by_one():
    broken = pd.concat([DEPOT_ROWS.assign(depot=None), DEPOT_ROWS]).astype(DEPOT_ROWS.dtypes)
    result = check_part(DEPOTS, broken, None, {}, 1.0)
    assert result.quarantine["key"].tolist() == ["row 0", "row 1"]
    assert result.broken == 2
    assert clean(result)["depot"].tolist() == ["NORTH", "SOUTH"]


def test_a_derived_value_is_checked_where_only_later_values_are_broken():
    no_day = replace(PARCELS.derived[0], compute=lambda promised: np.full(len(promised), np.datetime64("NaT", "us")))
    table = replace(PARCELS, derived=(no_day, *PARCELS.derived[1:]))
    wrong = changed(3, delivered=JANUARY.loc[3, "left"] - HOUR)
    result = check_part(table, wrong.astype(JANUARY.dtypes), "2020-01", OTHERS, 1.0)
    assert result.clean is None
    missing = result.quarantine["rule"] == "not_nullable"
    assert result.quarantine.loc[missing, "column"].value_counts().to_dict() == dict.fromkeys(
        ("day", "id"), len(JANUARY)
    )


def test_measures_warn_and_stop_on_a_month_as_a_whole():
    def level(share: float) -> list[Level]:
        north = np.where(np.arange(1000) < share * 1000, "NORTH", "SOUTH")
        frame = pd.DataFrame({"depot": north})
        return [finding.level for finding in check_measures(PARCELS, frame, "2020-01", OTHERS)]

    assert [level(share) for share in (0.5, 0.2, 0.05)] == [[], [Level.WARN], [Level.STOP]]


@pytest.mark.parametrize(
    ("north", "rows", "expected"),
    [
        (1, 6, []),  # at least 30 % are expected, and 10 % at any rate
        (1, 12, [Level.WARN]),
        (3, 60, [Level.WARN]),
        (3, 150, [Level.STOP]),
        (0, 60, [Level.STOP]),
    ],
)
def test_a_measure_of_few_rows_counts_only_where_chance_does_not_explain_it(
    north: int, rows: int, expected: list[Level]
):
    frame = pd.DataFrame({"depot": np.where(np.arange(rows) < north, "NORTH", "SOUTH")})
    findings = check_measures(PARCELS, frame, "2020-01", OTHERS)
    assert [finding.level for finding in findings] == expected
    assert all(finding.problem.endswith(f", from {rows} rows") for finding in findings)


@pytest.mark.parametrize(("rows", "findings"), [(99, 0), (100, 1)])
def test_a_measure_that_needs_more_rows_is_not_asked(rows: int, findings: int):
    measure = replace(PARCELS.measures[0], least_rows=100)
    frame = pd.DataFrame({"depot": ["SOUTH"] * rows})
    assert len(check_measures(replace(PARCELS, measures=(measure,)), frame, "2020-01", OTHERS)) == findings


def test_a_reference_table_is_checked_whole():
    more = pd.concat([DEPOT_ROWS, DEPOT_ROWS.head(1), DEPOT_ROWS.assign(depot=["WEST", "WEST"])], ignore_index=True)
    result = check_part(DEPOTS, more, None, {}, 0)
    assert rules(result, Level.WARN) == [("all", "row_once")]
    assert rules(result, Level.QUARANTINE) == [("depot", "key_unique")]
    assert clean(result)["depot"].tolist() == ["NORTH", "SOUTH"]
    assert rules(check_part(DEPOTS, DEPOT_ROWS.assign(depot="NORTH"), None, {}, 0), Level.STOP) == [
        ("all", "max_quarantined")
    ]


def changed_rows(frame: pd.DataFrame) -> list[int]:
    """Rows that now break a rule: changing what was missing, or a departure after no delivery, may break none."""
    late = frame["left"] > frame["delivered"]
    root = (frame["number"] < 0) | (frame["depot"] == "EAST") | frame["promised"].isna()
    return frame.index[late.fillna(value=False) | root.fillna(value=False)].tolist()


@given(
    st.lists(
        st.tuples(st.integers(0, 39), st.sampled_from(["number", "depot", "promised", "left", "delivered"])), max_size=8
    )
)
def test_nothing_is_lost_silently_and_what_is_clean_stays_clean(spoiled: list[tuple[int, str]]):
    """Whatever breaks, every changed value stands in the quarantine or is gone for a reason that does."""
    frame = JANUARY.head(40).copy()
    wrong = {"number": -1, "depot": "EAST", "promised": pd.NaT, "left": frame["delivered"].max() + 9999 * HOUR}
    wrong["delivered"] = pd.Timestamp("1999-01-01T00:00Z")
    for row, name in spoiled:
        frame.loc[row, name] = wrong[name]
    result = checked(frame)
    removed = len(frame) - len(clean(result))
    lost = clean(result)["lost_from"].notna().sum()
    assert removed + lost == len({row for row, _ in spoiled} & set(changed_rows(frame)))
    assert set(clean(result).loc[clean(result)["lost_from"].notna(), "id"]) <= set(result.quarantine["key"])
    again = checked(clean(result)[list(JANUARY)])
    pd.testing.assert_frame_equal(clean(again).drop(columns="lost_from"), clean(result).drop(columns="lost_from"))
    assert again.quarantine.empty


def broken_values(columns: dict[str, pa.Column], frame: pd.DataFrame) -> list[list[object]]:
    """Row, column and rule of every value that breaks the check of its column."""
    table = Table(name="t", about="", schema=pa.DataFrameSchema(columns), key=())
    broken = RowRules.of(table, {}).check(frame_values(columns, frame))
    return [[row, one.column, one.rule] for one in broken for row in one.rows.tolist()]


within, names = pa.Check.in_range(1, 3), pa.Check.isin(["A", "B"])
values = st.lists(st.tuples(st.none() | st.integers(0, 4), st.none() | st.sampled_from("ABC")), min_size=1, max_size=9)


@given(values, st.booleans())
def test_what_pandera_says_of_all_rows_is_what_breaks(rows: list[tuple[int | None, str | None]], nullable: bool):
    columns = {
        "number": column("Int64", within, nullable=nullable, clock=PLANNED, reason=""),
        "name": column("str", names, nullable=not nullable, clock=LEFT, reason=""),
        "free": column("str", nullable=True, clock=DELIVERED, reason=""),
    }
    number, name = zip(*rows, strict=True)
    frame = pd.DataFrame({"number": pd.array(number, dtype="Int64"), "name": pd.array(name, dtype="str")})
    frame["free"] = frame["name"]
    try:
        pa.DataFrameSchema(columns).validate(frame, lazy=True)
        expected = []
    except pa.errors.SchemaErrors as error:
        expected = error.failure_cases[["index", "column", "check"]].to_numpy().tolist()
    assert sorted(broken_values(columns, frame)) == sorted(expected)


def test_a_check_of_values_together_and_a_column_of_another_type_are_errors_of_the_declaration():
    together = column("Int64", pa.Check(lambda values: len(values) > 2), clock=PLANNED, reason="")
    with pytest.raises(ValueError, match="a check of number judges more than a value by itself"):
        broken_values({"number": together}, pd.DataFrame({"number": pd.array([1, 1, 1], dtype="Int64")}))
    with pytest.raises(TypeError, match="number is float64: expected Int64"):
        broken_values({"number": together}, pd.DataFrame({"number": [1.0, 1.0, 1.0]}))


def test_a_rule_has_the_latest_clock_of_its_columns():
    assert [rule_clock(PARCELS, rule) for rule in PARCELS.rules] == [DELIVERED, PLANNED]


def test_a_column_that_cannot_be_missing_cannot_be_declared():
    with pytest.raises(ValueError, match="declare Int64"):
        column("int64", pa.Check.ge(0), clock=PLANNED, reason="")
