"""What `read`, `derive` of a table, rules and messages of the second dataset may give wrongly: each is told."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from broken import MESSAGES, clean_tables, featurized, flaws_in_words, parcels, toy_with
from toy import TOY
from toy.contracts import PARCELS
from toy.protocol import PROTOCOL
from toy.source import read
from toy.stress import STRESS

from ontime.dataset.contract import Part
from ontime.dataset.flaws import DeclarationError
from ontime.dataset.stress import Change, Example


def changed_derive(change: Callable[[pd.DataFrame], Any]) -> dict[str, Any]:
    derive = PARCELS.derive
    assert derive
    return parcels(derive=lambda frame: change(derive(frame)))


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
    # derive of a table
    "a column that derive lacks": (
        changed_derive(lambda p: p.drop(columns="id")),
        "tables.parcels.derive",
        "a column id",
    ),
    "a raw column that derive drops": (
        changed_derive(lambda p: p.drop(columns="left")),
        "parcels.derive",
        "a column left",
    ),
    "an id of whole numbers": (
        changed_derive(lambda p: p.assign(id=range(len(p)))),
        "derive, column id",
        ".astype('str')",
    ),
    "a day in nanoseconds": (
        changed_derive(lambda p: p.assign(day=p["day"].dt.as_unit("ns"))),
        "column day",
        ".as_unit('us')",
    ),
    "a day in UTC": (
        changed_derive(lambda p: p.assign(day=p["promised"])),
        "derive, column day",
        ".dt.tz_localize(None)",
    ),
    "fewer rows": (changed_derive(lambda p: p.iloc[1:]), "tables.parcels.derive", "the 400 rows"),
    "other rows": (
        changed_derive(lambda p: p.sort_values("id", ascending=False)),
        "tables.parcels.derive",
        "in their order",
    ),
    "nothing": (changed_derive(lambda _: None), "tables.parcels.derive", "return the frame"),
}


@pytest.mark.parametrize("case", GIVEN)
def test_what_read_and_derive_give_is_told_where_it_comes_in(case: str):
    parts, declaration, words = GIVEN[case]
    text = flaws_in_words(toy_with(**parts))
    assert declaration in text
    assert words in text
    assert "what to do: " in text


def test_a_column_without_any_value_gets_the_type_that_is_declared():
    """So a raw column that is missing throughout is told as such, and not as a fault of `derive`."""
    table = toy_with(**changed_derive(lambda p: p.assign(left=None, id=float("nan")))).tables[1]
    assert table.derive
    derived = table.derive(next(part.frame for part in read("1", "2020-01") if part.month))
    assert [str(derived[name].dtype) for name in ("left", "id")] == ["datetime64[us, UTC]", "str"]


def changed_rule(holds: Callable[..., Any]) -> pd.Series:
    table = toy_with(**parcels(rules=(replace(PARCELS.rules[0], holds=holds),))).tables[1]
    return table.rules[0].holds(clean_tables(TOY)["parcels"])


def changed_messages(**changes: Callable[..., Any]) -> list[pd.Series]:
    declared = toy_with(messages=(replace(MESSAGES[0], **changes),)).messages[0]
    keys = clean_tables(TOY)["parcels"]
    assert declared.identity
    return [declared.day(keys), declared.identity(keys)]


def changed_protocol(rows: Callable[..., Any]) -> pd.DataFrame:
    protocol = toy_with(protocol=replace(PROTOCOL, rows=rows)).protocol
    assert protocol
    return protocol.rows({}, featurized(TOY))


def changed_stress(**changes: Any) -> Any:
    stress = toy_with(stress=replace(STRESS, **changes)).stress
    return [change.tables(clean_tables(TOY)) for change in stress.changes], [one.tables() for one in stress.examples]


OTHERS: dict[str, tuple[Callable[[], Any], str, str]] = {
    "a rule of numbers": (lambda: changed_rule(lambda p: p["number"]), "parcels.rules.left_first.holds", "'bool'"),
    "a rule of one value": (
        lambda: changed_rule(lambda _: True),
        "parcels.rules.left_first.holds",
        "return the column",
    ),
    "a rule of fewer rows": (
        lambda: changed_rule(lambda p: p["left"].notna()[1:]),
        "left_first.holds",
        "keep the rows",
    ),
    "an identity of numbers": (
        lambda: changed_messages(identity=lambda keys: keys["number"]),
        "messages.parcels.identity: expected str; found Int64",
        ".astype('str')",
    ),
    "a day in UTC": (
        lambda: changed_messages(day=lambda keys: keys["promised"]),
        "messages.parcels.day: expected datetime64[us]",
        ".dt.tz_localize(None)",
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
    assert changed_rule(lambda p: p["left"].notna()).any()
    assert [str(series.dtype) for series in changed_messages()] == ["datetime64[us]", "str"]
    assert [list(tables) for tables in changed_stress()[0]] == [["parcels"]]
