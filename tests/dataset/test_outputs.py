"""What `read`, derived columns, rules and other parts of the second dataset may give wrongly: each is told."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from broken import clean_tables, featurized, flaws_in_words, parcels, toy_with
from toy import TOY
from toy.clocks import PLANNED
from toy.contracts import PARCELS
from toy.protocol import PROTOCOL
from toy.source import read
from toy.stress import STRESS

from ontime.core.contract.columns import column
from ontime.dataset.contract import DerivedColumn, Part
from ontime.dataset.flaws import DeclarationError
from ontime.dataset.stress import Change, Example


def changed_derived(name: str, change: Callable[[np.ndarray], Any]) -> dict[str, Any]:
    def changed(one: DerivedColumn) -> DerivedColumn:
        return replace(one, compute=lambda *columns: change(one.compute(*columns))) if one.name == name else one

    return parcels(derived=tuple(map(changed, PARCELS.derived)))


def changed_parts(change: Callable[[Part], Iterator[Any]]) -> dict[str, Any]:
    return {"read": lambda release, until: (new for part in read(release, until) for new in change(part))}


GIVEN: dict[str, tuple[dict[str, Any], str, str]] = {
    # read
    "a table of another name": (
        changed_parts(lambda p: iter([p._replace(table="parcel")])),
        "part 1 of read",
        "'parcel'",
    ),
    "a month as period": (
        changed_parts(lambda p: iter([p._replace(month=p.month and pd.Period(p.month))])),
        "part 2 of read, parcels",
        "a month such as '2013-06'",
    ),
    "a day for a month": (
        changed_parts(lambda p: iter([p._replace(month=p.month and p.month + "-01")])),
        "part 2",
        "2013-06",
    ),
    "no month": (changed_parts(lambda p: iter([p._replace(month=None)])), "part 2 of read, parcels", "a month"),
    "a month of a reference table": (
        changed_parts(lambda p: iter([p._replace(month="2020-01")])),
        "depots",
        "give None",
    ),
    "a part twice": (changed_parts(lambda p: iter([p, p])), "part 2 of read", "depots again"),
    "more months than asked for": (
        {"read": lambda release, _: read(release, "2020-03")},
        "part 4",
        "up to and with",
    ),
    "no frame": (changed_parts(lambda p: iter([p._replace(frame=p.frame.to_dict())])), "part 1 of read", "a DataFrame"),
    "no part": (changed_parts(lambda p: iter([p.frame])), "part 1 of read", "yield Part("),
    "a column twice": (
        changed_parts(lambda p: iter([p._replace(frame=pd.concat([p.frame, p.frame["depot"]], axis=1))])),
        "part 1 of read, depots",
        "drop the copy",
    ),
    "values of several types": (
        changed_parts(lambda p: iter([p._replace(frame=p.frame.assign(depot=[*([1] * (len(p.frame) - 1)), "a"]))])),
        "part 1 of read, depots, column depot",
        "mixed",
    ),
    # derived columns of a table
    "an id of whole numbers": (
        changed_derived("id", lambda ids: np.arange(len(ids))),
        "tables.parcels.derived.id.compute: expected an array of object",
        ".astype('object')",
    ),
    "an id of whole numbers as objects": (
        changed_derived("id", lambda ids: np.arange(len(ids)).astype(object)),
        "tables.parcels.derived.id.compute: expected text, and None",
        "give text",
    ),
    "an id that is not a number where it is missing": (
        changed_derived("id", lambda ids: np.where(np.arange(len(ids)) == 5, np.nan, ids)),
        "tables.parcels.derived.id.compute: expected text, and None",
        "float",
    ),
    "a day in nanoseconds": (
        changed_derived("day", lambda day: day.astype("datetime64[ns]")),
        "tables.parcels.derived.day.compute",
        ".astype('datetime64[us]')",
    ),
    "a day as date": (
        changed_derived("day", lambda day: day.astype("datetime64[D]")),
        "tables.parcels.derived.day.compute",
        ".astype('datetime64[us]')",
    ),
    "fewer rows": (changed_derived("id", lambda ids: ids[1:]), "tables.parcels.derived.id", "of shape (400,)"),
    "a column for one": (changed_derived("id", lambda ids: ids[:, None]), "parcels.derived.id", "shape (400, 1)"),
    "a series": (changed_derived("id", pd.Series), "parcels.derived.id", "found a Series"),
    "nothing": (changed_derived("id", lambda _: None), "tables.parcels.derived.id.compute", "return the array"),
}


@pytest.mark.parametrize("case", GIVEN)
def test_what_read_and_derived_columns_give_is_told_where_it_comes_in(case: str):
    parts, declaration, words = GIVEN[case]
    text = flaws_in_words(toy_with(**parts))
    assert declaration in text
    assert words in text
    assert "what to do: " in text


WHOLE = {"weight": column("Int64", clock=PLANNED, nullable=True, reason="its weight")}


@pytest.mark.parametrize(("weight", "sound"), [(2.0, True), (np.nan, True), (2.5, False)])
def test_a_derived_column_of_whole_numbers_has_no_fractions(weight: float, sound: bool):
    weighed = DerivedColumn("weight", ("number",), lambda number: np.full(len(number), weight))
    parts = parcels(added=PARCELS.added | WHOLE, derived=(*PARCELS.derived, weighed))
    if sound:
        assert str(clean_tables(toy_with(**parts))["parcels"]["weight"].dtype) == "Int64"
    else:
        assert "derived.weight.compute: expected whole numbers" in flaws_in_words(toy_with(**parts))


def changed_rule(holds: Callable[..., Any]) -> np.ndarray:
    table = toy_with(**parcels(rules=(replace(PARCELS.rules[0], holds=holds),))).tables[1]
    left = np.array(["2020-01-01", "2020-01-02", "NaT"], dtype="datetime64[us]")
    return table.rules[0].holds(left, left)


def changed_protocol(rows: Callable[..., Any]) -> pd.DataFrame:
    protocol = toy_with(protocol=replace(PROTOCOL, rows=rows)).protocol
    assert protocol
    return protocol.rows({}, featurized(TOY))


def changed_stress(**changes: Any) -> Any:
    stress = toy_with(stress=replace(STRESS, **changes)).stress
    return [change.tables(clean_tables(TOY)) for change in stress.changes], [one.tables() for one in stress.examples]


OTHERS: dict[str, tuple[Callable[[], Any], str, str]] = {
    "a rule of numbers": (
        lambda: changed_rule(lambda left, _: np.ones(len(left))),
        "parcels.rules.left_first.holds: expected an array of bool",
        ".astype('bool')",
    ),
    "a rule of one value": (
        lambda: changed_rule(lambda *_: True),
        "parcels.rules.left_first.holds",
        "return the array",
    ),
    "a rule of fewer rows": (
        lambda: changed_rule(lambda left, _: ~np.isnat(left)[1:]),
        "left_first.holds: expected an array of shape (3,)",
        "a value for each row",
    ),
    "a step's column": (
        lambda: changed_protocol(lambda _, features: features),
        "protocol.rows: expected a column minute",
        "add it",
    ),
    "a step's type": (
        lambda: changed_protocol(lambda _, features: features.assign(minute=features["day"])),
        "protocol.rows, column minute: expected one of str, int32",
        "astype",
    ),
    "a change without a table": (
        lambda: changed_stress(changes=(Change("none", "nothing is left", lambda _: {}),)),
        "stress.changes.none.tables: expected the table parcels",
        "give it, too",
    ),
    "an example without a table": (
        lambda: changed_stress(examples=(Example("none", "nothing", "nothing", dict, {}),)),
        "stress.examples.none.tables: expected the table parcels",
        "give it, too",
    ),
}


@pytest.mark.parametrize("case", OTHERS)
def test_what_other_functions_give_is_told_where_it_comes_in(case: str):
    give, declaration, words = OTHERS[case]
    with pytest.raises(DeclarationError) as error:
        give()
    assert declaration in str(error.value)
    assert words in str(error.value)


def test_what_they_give_when_sound_is_handed_on():
    assert changed_rule(lambda left, _: ~np.isnat(left)).tolist() == [True, True, False]
    assert [list(tables) for tables in changed_stress()[0]] == [["parcels"]]
