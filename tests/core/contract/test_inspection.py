"""A stream of parts: what is compared with what, and what a broken part takes with it."""

from collections.abc import Iterator

import pandas as pd
from toy.contracts import DEPOTS, PARCELS
from toy.source import read

from ontime.core.contract.findings import Level
from ontime.core.contract.inspection import InspectedPart, RawPart, inspect_parts, inspection_summary
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
