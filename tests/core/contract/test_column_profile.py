"""A month's profile: shares, shift against the months before, and the limits that warn and stop."""

import re
from dataclasses import replace

import pandas as pd
import pandera.pandas as pa
import pytest
from toy.clocks import DELIVERED
from toy.contracts import PARCELS

from ontime.core.contract.column_profile import (
    SHIFTED,
    MonthsBefore,
    add_counts,
    count_bins,
    limit_findings,
    profile_columns,
)
from ontime.core.contract.columns import column
from ontime.core.contract.findings import Level
from ontime.dataset.contract import Table
from ontime.params import Validate

PARAMS = Validate(max_quarantined=0.01, max_extreme=0.1, shift_warn=0.1, shift_stop=0.25)
TABLE = Table(
    name="t",
    about="",
    key=("x",),
    schema=pa.DataFrameSchema(
        {
            "x": column(
                "Int64",
                clock=DELIVERED,
                reason="",
                nullable=True,
                missing=(0.2, 0.5),
                usual=(0, 10),
                bins=(0, 5),
            )
        }
    ),
)


def frame(*values: int | None) -> pd.DataFrame:
    return pd.DataFrame({"x": pd.array(list(values), dtype="Int64")})


def test_shares_are_of_all_rows():
    line = profile_columns(TABLE, frame(1, 2, 100, None), "2013-01", {}).iloc[0]
    assert (line["rows"], line["missing"], line["extreme"], line["mean"]) == (4, 0.25, 0.25, round(103 / 3, 4))
    assert pd.isna(line["shift"])


def test_a_column_all_missing_has_no_mean():
    assert pd.isna(profile_columns(TABLE, frame(None, None), "2013-01", {}).iloc[0]["mean"])


def test_counts_of_months_add_up():
    counts = add_counts(add_counts({}, count_bins(TABLE, frame(1, 6))), count_bins(TABLE, frame(7, None)))
    assert counts["x"].to_dict() == {"[, 0)": 0, "[0, 5)": 1, "[5, )": 2, "missing": 1}


def levels(*values: int | None, before: tuple[int, ...] = ()) -> dict[str, Level]:
    months = MonthsBefore(count_bins(TABLE, frame(*before)) if before else {}, 0)
    lines = profile_columns(TABLE, frame(*values), "2013-01", months.counts)
    findings = limit_findings(TABLE, lines, PARAMS, frame(*values), months)
    return {finding.rule: finding.level for finding in findings}


def test_each_limit_warns_and_stops_on_its_own():
    assert levels(*(1, 2, 3, 4) * 20) == {}
    assert levels(*(1, 2, None) * 20) == {"missing": Level.WARN}
    assert levels(*(1, None, None) * 20) == {"missing": Level.STOP}
    assert levels(*(1, 2, 3, 99) * 20) == {"extreme": Level.WARN}
    usual = (1,) * 600 + (6,) * 400
    assert levels(*usual, before=usual) == {}
    assert levels(*((1,) * 420 + (6,) * 580), before=usual) == {"shift": Level.WARN}
    assert levels(*((1,) * 200 + (6,) * 800), before=usual) == {"shift": Level.STOP}


@pytest.mark.parametrize("values", [(1, 2, 3, 4, 5, None), (None,), (1, 2, 99), (None,) * 5, (99, None, 1, 2, None)])
def test_a_few_rows_are_beyond_no_limit(values: tuple[int | None, ...]):
    assert levels(*values, before=(1, 6) * 500) == {}


def test_a_shift_says_of_how_many_rows_and_what_chance_gives():
    before = MonthsBefore(count_bins(TABLE, frame(*(1, 6) * 500)), 0)
    month = frame(*(1,) * 10, *(6,) * 90)
    lines = profile_columns(TABLE, month, None, before.counts)
    (finding,) = limit_findings(TABLE, lines, PARAMS, month, before)
    shift = lines["shift"][0]
    assert re.fullmatch(rf"{shift:.4g} from 100 rows, at most 0.25; chance alone gives up to 0\.\d\d", finding.problem)
    assert finding.remedy == SHIFTED


def test_columns_without_limits_are_profiled_and_never_judged():
    lines = profile_columns(PARCELS, pd.DataFrame(columns=list(PARCELS.columns)).astype("object"), "2020-01", {})
    assert lines["column"].tolist() == list(PARCELS.schema.columns)
    loose = replace(PARAMS, max_extreme=1.0)
    lines = lines.assign(rows=1000).fillna({"missing": 1.0}).query("column == 'delivered'")
    assert limit_findings(PARCELS, lines, loose, pd.DataFrame(), MonthsBefore({}, 0)) == []
