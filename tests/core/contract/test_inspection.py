"""A stream of parts: what is compared with what, and what a broken part takes with it."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pytest
from toy.clocks import PLANNED
from toy.contracts import DEPOTS, PARCELS
from toy.source import read

from ontime.core.contract.columns import column
from ontime.core.contract.findings import Finding, Level
from ontime.core.contract.inspection import InspectedPart, RawPart, inspect_parts, inspection_summary
from ontime.dataset.contract import Table
from ontime.errors import OntimeError
from ontime.params import Validate

PARAMS = Validate(max_quarantined=0.01, max_extreme=0.01, shift_warn=0.1, shift_stop=0.25)
TABLES = {table.name: table for table in (DEPOTS, PARCELS)}


def parts(**changes: object) -> Iterator[RawPart]:
    """The parts of three months; `m2=change` changes those of February."""
    for table, month, frame in read("1", "2020-03"):
        change = changes.get("depots" if month is None else f"m{int(month[-2:])}", lambda frame: frame)
        yield TABLES[table], month, change(frame)


def only_north(parcels: pd.DataFrame) -> pd.DataFrame:
    return parcels.assign(depot="NORTH")


def months_and_rules(results: list[InspectedPart], level: Level) -> list[tuple[str | None, str]]:
    return [(f.month, f.rule) for result in results for f in result.findings if f.level is level]


def test_sound_parts_pass_and_are_counted():
    results = list(inspect_parts(parts(), PARAMS))
    assert months_and_rules(results, Level.STOP) == []
    assert inspection_summary(results)["rows"] == {"depots": 2, "parcels": 1200}
    assert [len(result.lines) for result in results] == [2, 5, 5, 5]


def test_a_month_that_stops_is_no_reference_for_the_next():
    results = list(inspect_parts(parts(m2=only_north), PARAMS))
    assert months_and_rules(results, Level.STOP) == [("2020-02", "share_north"), ("2020-02", "shift")]


def test_quarantined_rows_are_counted_and_the_largest_shift_is_kept():
    results = list(inspect_parts(parts(m1=lambda p: p.assign(depot=p["depot"].mask(p.index < 3, "EAST"))), PARAMS))
    record = inspection_summary(results)
    assert record["quarantined"] == {"depots": 0, "parcels": 3}
    assert record["largest_shift"] == max(result.lines["shift"].max() for result in results[2:])


def test_what_cannot_be_read_is_a_finding_and_the_rest_goes_on():
    results = list(inspect_parts(parts(m2=lambda _: OntimeError("cut off")), PARAMS))
    assert months_and_rules(results, Level.STOP) == [("2020-02", "file_readable")]
    assert results[3].rows == 400


def test_without_a_sound_row_there_is_nothing_to_go_on_with():
    loose = Validate(max_quarantined=1.0, max_extreme=1.0, shift_warn=1.0, shift_stop=1.0)
    results = list(inspect_parts(parts(m2=lambda p: p.assign(depot="EAST")), loose))
    assert months_and_rules(results, Level.STOP) == [("2020-02", "max_quarantined")]
    assert inspection_summary(results)["rows"]["parcels"] == 800


def test_rows_that_came_again_are_warned_of_and_do_not_count():
    results = list(inspect_parts(parts(m2=lambda p: pd.concat([p, p.head(3)])), PARAMS))
    assert months_and_rules(results, Level.WARN) == [("2020-02", "row_once")]
    record = inspection_summary(results)
    assert (record["rows"]["parcels"], record["quarantined"]["parcels"], record["warnings"]) == (1200, 0, 1)


VISITS = Table(
    name="visits",
    about="",
    key=("number",),
    monthly=True,
    schema=pa.DataFrameSchema(
        {
            "number": column("Int64", clock=PLANNED, reason=""),
            "shop": column("str", clock=PLANNED, reason="", bins="values"),
            "day": column("datetime64[us]", clock=PLANNED, reason=""),
        }
    ),
)
SHOPS = np.array([f"shop {number}" for number in range(229)])


def visits(month: str, rows: int, days: tuple[int, int] = (1, 28), shops: np.ndarray = SHOPS) -> pd.DataFrame:
    """Visits to shops of which some are sought more often than others, spread over these days."""
    random = np.random.default_rng([rows, pd.Period(month).ordinal, *days])
    weights = 1 / (1 + np.arange(len(shops)) / 20)
    number = pd.array(np.arange(rows), dtype="Int64")
    day = pd.Timestamp(month) + pd.to_timedelta(
        days[0] - 1 + np.sort(np.arange(rows) % (days[1] - days[0] + 1)), unit="D"
    )
    shop = random.choice(shops, rows, p=weights / weights.sum())
    return pd.DataFrame({"number": number, "shop": shop, "day": day.as_unit("us")}).astype({"shop": "str"})


def shifts(*frames: pd.DataFrame) -> list[Finding]:
    """Findings on months that follow one another."""
    months = pd.period_range("2020-01", periods=len(frames), freq="M").astype(str)
    results = inspect_parts(((VISITS, month, frame) for month, frame in zip(months, frames, strict=True)), PARAMS)
    return [finding for result in results for finding in result.findings]


@pytest.mark.parametrize("rows", [350, 700, 1250])
def test_sound_months_of_many_categories_and_few_rows_pass(rows: int):
    months = pd.period_range("2020-01", periods=12, freq="M").astype(str)
    results = list(inspect_parts(((VISITS, month, visits(month, rows)) for month in months), PARAMS))
    assert max(result.lines["shift"].max() for result in results[1:]) > PARAMS.shift_warn  # as by the limit alone
    assert sum(len(result.findings) for result in results) <= 1  # of 11 months; 2 or more: 0.01 % of the time
    assert not months_and_rules(results, Level.STOP)


def test_a_change_of_few_rows_is_still_seen():
    sound = [visits(f"2020-0{month}", 700) for month in (1, 2, 3)]
    (finding,) = shifts(*sound, visits("2020-04", 700, shops=SHOPS[::3]))
    assert (finding.level, finding.month, finding.rule) == (Level.STOP, "2020-04", "shift")
    assert " from 700 rows on 28 of 30 days, at most 0.25; chance alone gives up to 0." in finding.problem


@pytest.mark.parametrize("days", [(1, 1), (1, 6), (3, 28)], ids=str)
@pytest.mark.parametrize("rows", [1, 6, 30])
def test_a_last_month_of_few_rows_does_not_stop(rows: int, days: tuple[int, int]):
    sound = [visits(f"2020-0{month}", 700) for month in (1, 2, 3)]
    assert not any(finding.stops for finding in shifts(*sound, visits("2020-04", rows, days)))


@pytest.mark.parametrize("first", [False, True])
def test_days_that_differ_stop_no_month_that_is_only_partly_there_nor_one_after_it(first: bool):
    morning = visits("2020-01" if first else "2020-04", 60, (1, 2), SHOPS[:2])
    sound = [visits(f"2020-0{month + first}", 700) for month in (1, 2, 3)]
    findings = shifts(morning, *sound) if first else shifts(*sound, morning)
    assert [(finding.level, finding.rule) for finding in findings] == [(Level.WARN, "shift")]
    assert findings[0].remedy.startswith("days differ")
    assert ("from 60 rows on 2 of 30 days" in findings[0].problem) != first


def test_months_that_all_have_few_days_are_compared_with_one_another():
    weekly = [visits(f"2020-0{month}", 700, (1, 1)) for month in (1, 2, 3)]
    findings = shifts(*weekly, visits("2020-04", 700, (1, 1), SHOPS[::3]))
    assert [(finding.level, finding.month) for finding in findings] == [(Level.STOP, "2020-04")]
