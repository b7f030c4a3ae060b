"""Rules and derived columns of parcels over arrays: a month is what its rows are one by one, and what is lost when."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pandera.pandas as pa
from hypothesis import given
from hypothesis import strategies as st
from toy.clocks import LEFT, PLANNED
from toy.contracts import PARCELS
from toy.source import DEPOTS as DEPOT_ROWS
from toy.source import read

from ontime.core.contract.columns import column
from ontime.core.contract.row_rules import (
    NEVER,
    Broken,
    RowRules,
    derived_frame,
    lost_clocks,
)
from ontime.core.contract.values import Values, frame_values
from ontime.dataset.contract import DerivedColumn, Rule

JANUARY = next(frame for table, month, frame in read("1", "2020-01") if table == "parcels").head(30)
RULES = RowRules.of(PARCELS, {"depots": DEPOT_ROWS})


def judged(rules: RowRules, values: dict[str, Values]) -> list[tuple[int, str, str, str | None, int]]:
    """Row, column, rule, value and clock of all that breaks, in the order of the rows."""
    own = rules.check(values)
    every = [*own, *rules.judge(values, own).broken]
    return sorted(
        (row, one.column, one.rule, one.clock, text or "")
        for one in every
        for row, text in zip(one.rows.tolist(), one.texts, strict=True)
    )


wrong = {
    "number": pd.array([-1, None, 2**62], dtype="Int64"),
    "depot": ["EAST", None],
    "promised": pd.DatetimeIndex([pd.NaT, pd.Timestamp("1999-01-01T00:00Z")]).as_unit("us"),
    "left": pd.DatetimeIndex([pd.NaT, pd.Timestamp("2030-01-01T00:00Z")]).as_unit("us"),
    "delivered": pd.DatetimeIndex([pd.NaT, pd.Timestamp("1999-01-01T00:00Z")]).as_unit("us"),
}
places = st.tuples(st.integers(0, len(JANUARY) - 1), st.sampled_from([*wrong]), st.integers(0, 1))


@given(st.lists(places, max_size=12))
def test_a_month_is_judged_as_its_rows_are_one_by_one(spoiled: list[tuple[int, str, int]]):
    frame = JANUARY.copy()
    for row, name, which in spoiled:
        frame.loc[row, name] = wrong[name][which]
    values = frame_values(PARCELS.schema.columns, frame)
    one_by_one = []
    for row in range(len(frame)):
        of_row = {name: Values(content[[row]], missing[[row]]) for name, (content, missing) in values.items()}
        one_by_one += [(row, *broken[1:]) for broken in judged(RULES, of_row)]
    assert judged(RULES, values) == sorted(one_by_one)


def test_a_rule_that_needs_a_table_which_is_not_there_is_not_judged():
    values = frame_values(PARCELS.schema.columns, JANUARY.assign(depot=pd.Series("EAST", JANUARY.index, dtype="str")))
    assert {rule for _, _, rule, *_ in judged(RULES, values)} == {"depot_known"}
    assert judged(RowRules.of(PARCELS, {}), values) == []


def test_a_lookup_is_made_once_and_a_rule_has_another_than_a_derived_column_of_its_name():
    made = []

    def lookup(name: str):
        return lambda depots: made.append(name) or f"{name} of {len(depots)} depots"

    def rule(number: np.ndarray, of_depots: str) -> np.ndarray:
        return np.full(len(number), of_depots == "rule of 2 depots")

    def text(number: np.ndarray, of_depots: str) -> np.ndarray:
        return np.full(len(number), of_depots, dtype=object)

    table = replace(
        PARCELS,
        added={"note": column("str", clock=PLANNED, reason="")},
        derived=(DerivedColumn("note", ("number",), text, ("depots",), lookup("column")),),
        rules=(Rule("note", ("number",), rule, "", "", ("depots",), lookup("rule")),),
    )
    rules = RowRules.of(table, {"depots": DEPOT_ROWS})
    values = frame_values(PARCELS.schema.columns, JANUARY)
    for _ in range(2):
        arrays, broken = rules.judge(values, [])
        assert {*arrays["note"]} == {"column of 2 depots"}
        assert broken == []
    assert sorted(made) == ["column", "rule"]


def test_a_derived_column_takes_the_place_of_a_raw_one_for_all_that_comes_after_it():
    twice = DerivedColumn("number", ("number",), lambda number: 2 * number)
    again = DerivedColumn("half", ("number",), lambda number: number / 2)
    added = {name: column("Int64", clock=PLANNED, reason="") for name in ("number", "half")}
    table = replace(PARCELS, schema=pa.DataFrameSchema(PARCELS.schema.columns), added=added, derived=(twice, again))
    frame = derived_frame(table, JANUARY, {})
    assert (frame["number"] == 2 * JANUARY["number"]).all()
    assert (frame["half"] == JANUARY["number"]).all()
    assert frame["half"].dtype == "Int64"


def test_a_row_is_lost_from_the_earliest_clock_of_what_it_breaks():
    broken = [
        Broken("delivered", "one", LEFT.place, np.array([0, 2]), ["", ""]),
        Broken("number", "other", PLANNED.place, np.array([2]), [""]),
    ]
    assert lost_clocks(broken, 3).tolist() == [LEFT.place, NEVER, PLANNED.place]
