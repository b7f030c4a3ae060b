"""The second dataset broken in every way that is easily done: each is told in words that name the declaration."""

import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandera.pandas as pa
import pytest
from broken import MESSAGES, features, parcels, toy_with
from repositories import REPOSITORY, run
from toy import TOY
from toy.clocks import FACT, LEFT, PLANNED
from toy.contracts import DAY, DEPOTS, PARCELS, SHARE_NORTH
from toy.features import FEATURES
from toy.protocol import PROTOCOL
from toy.slices import SLICES
from toy.stress import STRESS

from ontime.core.contract.columns import LOST, column
from ontime.core.contract.conversions import CONVERSIONS
from ontime.core.evaluation.slices import MONTH
from ontime.core.features import failing_sources
from ontime.dataset.check_parts import EVERY_SOURCE, OWN_SLICES
from ontime.dataset.check_tables import ADDED_BY_CHECK
from ontime.dataset.contract import DerivedColumn
from ontime.dataset.dataset import Dataset
from ontime.dataset.dtypes import TABLE_TYPES
from ontime.dataset.features import Derived, Feature, Latest, Open, Stream, Usual, Value, Waited, Window
from ontime.dataset.flaws import DeclarationError
from ontime.dataset.slices import Slice
from ontime.dataset.story import Story
from ontime.dataset.stress import Example, Source
from ontime.flights import FLIGHTS

ROAD = FEATURES.groups["road"]
PROMISED = Feature("hour", "hour", "hour", PLANNED, "parcels", "plan", dtype="int32")


def with_column(name: str, declared: pa.Column) -> dict[str, Any]:
    return parcels(schema=pa.DataFrameSchema({**PARCELS.schema.columns, name: declared}))


def group(*asof: Window | Open | Latest) -> dict[str, Any]:
    return features(groups={"road": (*ROAD, *asof)})


def derived(reads: tuple[str, ...], compute: Callable[..., Any]) -> dict[str, Any]:
    trend = Feature("trend", "trend", "", LEFT, "parcels", "road")
    return features(derived=(Derived(trend, reads, compute),))


def own(**changes: Any) -> dict[str, Any]:
    return features(own=(FEATURES.own[0], replace(FEATURES.own[1], **changes)))


def heard_from(stream: str) -> dict[str, Any]:
    return features(streams={"left": replace(FEATURES.streams["left"], heard_from=stream)})


def messages(**changes: Any) -> dict[str, Any]:
    return {"messages": (replace(MESSAGES[0], **changes),)}


def fact(dtype: str) -> pa.Column:
    return column(dtype, clock=FACT, reason="none")


def rule(**changes: Any) -> dict[str, Any]:
    return parcels(rules=(PARCELS.rules[0], replace(PARCELS.rules[1], **changes)))


def extra(**changes: Any) -> DerivedColumn:
    return replace(PARCELS.derived[1], **changes)


DATED = PARCELS.derived[0]
MONTHLY = replace(PARCELS.rules[1], needs=("sent",))
BARE = pa.Column("str")
NO_DAY = {name: declared for name, declared in PARCELS.added.items() if name != "day"}
EXAMPLE = Example("one", "one parcel", "none", dict, {"id": {"left_depot_24h_lat": 1.0}})
DECLARED: dict[str, tuple[dict[str, Any], str, str]] = {
    # streams
    "waits for no stream": (heard_from("scans"), "features.streams.left.heard_from", "a stream that waits for none"),
    "waits for itself": (heard_from("left"), "features.streams.left.heard_from", "a stream that waits for none"),
    # tables
    "no day": (parcels(added=NO_DAY), "tables.parcels: expected a column 'day'", "add it: 'day' in `added`"),
    "day as text": (parcels(added={**PARCELS.added, "day": fact("str")}), "tables.parcels, column day", DAY),
    "nanoseconds": (with_column("at", fact("datetime64[ns, UTC]")), "tables.parcels, column at", "microseconds"),
    "nanoseconds without zone": (with_column("at", fact("datetime64[ns]")), "tables.parcels, column at", "microsec"),
    "another zone": (with_column("at", fact("datetime64[us, Europe/Rome]")), "tables.parcels, column at", "in UTC"),
    "category for text": (with_column("kind", fact("category")), "tables.parcels, column kind", "declare 'str'"),
    "object for text": (with_column("kind", fact("object")), "tables.parcels, column kind", "declare 'str'"),
    "string for text": (with_column("kind", fact("string")), "tables.parcels, column kind", "declare 'str'"),
    "fewer bits": (with_column("n", fact("Int32")), "tables.parcels, column n", "declare 'Int64'"),
    "fewer bits of floats": (with_column("n", fact("float32")), "tables.parcels, column n", "declare 'float64'"),
    "a column of pandera alone": (with_column("kind", BARE), "tables.parcels, column kind", "declare it with `column`"),
    "a column that the check adds": (with_column(LOST, fact("str")), f"tables.parcels, column {LOST}", "rename it"),
    "bins": (with_column("n", column("Int64", clock=FACT, reason="", bins="value")), "column n, bins", "'values'"),
    "a key that is no column": (parcels(key=("ident",)), "tables.parcels.key", "'ident'"),
    "no key": (parcels(key=()), "tables.parcels.key", "name them"),
    "a key without comma": (parcels(key="id"), "tables.parcels.key: expected a tuple", "write ('id',)"),
    "added that nothing derives": (
        parcels(derived=PARCELS.derived[:1]),
        "tables.parcels.derived: expected how the added column 'id' follows",
        "declare a DerivedColumn 'id'",
    ),
    "derived that is not added": (parcels(derived=(*PARCELS.derived, extra(name="ident"))), "ident", "'ident'"),
    "derived twice": (parcels(derived=PARCELS.derived * 2), "tables.parcels.derived: expected each", "'id' 2 times"),
    "derived of what comes later": (
        parcels(derived=PARCELS.derived[::-1]),
        "tables.parcels.derived.id.reads: expected a column that is there before it",
        "'day'",
    ),
    "derived of a typo": (parcels(derived=(DATED, extra(reads=("day", "numbers")))), "derived.id.reads", "'number'"),
    "derived of no column of a row": (parcels(derived=(DATED, extra(reads=()))), "derived.id.reads", "name them"),
    "derived of one": (
        parcels(derived=(DATED, extra(compute=lambda day: day))),
        "tables.parcels.derived.id.compute",
        "a function that takes 2 arguments",
    ),
    "derived of a lookup of nothing": (
        parcels(derived=(DATED, extra(lookup=frozenset))),
        "tables.parcels.derived.id.lookup",
        "declare both, or neither",
    ),
    "whole numbers without bounds": (
        with_column("number", fact("Int64")),
        "tables.parcels.derived.id.reads: expected bounds of 'number' within 2^53",
        "pa.Check.in_range",
    ),
    "a table twice": ({"tables": (DEPOTS, DEPOTS, PARCELS)}, "tables: expected each table once", "'depots' 2 times"),
    "a table no table": ({"tables": (DEPOTS, "parcels")}, "tables[1]: expected Table", "'parcels'"),
    "needs a typo": (rule(needs=("depot",)), "tables.parcels.rules.depot_known.needs", "write 'depots'"),
    "needs what comes later": ({"tables": (PARCELS, DEPOTS)}, "depot_known.needs", "put 'depots' before 'parcels'"),
    "a rule's column": (rule(columns=("depott",)), "tables.parcels.rules.depot_known.columns", "write 'depot'"),
    "a rule without column": (rule(columns=()), "tables.parcels.rules.depot_known.columns", "name them"),
    "a rule's arguments": (
        rule(holds=lambda depot: depot),
        "rules.depot_known.holds: expected a function that takes 2",
        "(depot)",
    ),
    "a rule's lookup": (rule(lookup=None), "rules.depot_known.lookup: expected a lookup", "declare both"),
    "a lookup of two tables": (
        rule(lookup=lambda depots, _: depots),
        "rules.depot_known.lookup: expected a function that takes 1 argument",
        "(depots, _)",
    ),
    "a rule that needs a monthly table": (
        {"tables": (DEPOTS, replace(PARCELS, name="sent"), replace(PARCELS, rules=(MONTHLY,)))},
        "tables.parcels.rules.depot_known.needs: expected a reference table",
        "make it a measure",
    ),
    "a rule twice": (parcels(rules=PARCELS.rules * 2), "tables.parcels: expected each rule", "'left_first' 2 times"),
    "a measure without column": (
        parcels(measures=(replace(SHARE_NORTH, columns=()),)),
        "tables.parcels.measures.share_north.columns",
        "name them",
    ),
    "a rule of whole numbers without bounds": (
        parcels(
            schema=pa.DataFrameSchema({**PARCELS.schema.columns, "weight": fact("Int64")}),
            rules=(replace(PARCELS.rules[1], columns=("weight",)),),
        ),
        "tables.parcels.rules.depot_known.columns: expected bounds of 'weight' within 2^53",
        "pa.Check.in_range",
    ),
    "a measure's column": (
        parcels(measures=(replace(SHARE_NORTH, columns=("depo",)),)),
        "tables.parcels.measures.share_north.columns",
        "write 'depot'",
    ),
    "a measure's bounds": (
        parcels(measures=(replace(SHARE_NORTH, warn=(0.7, 0.3)),)),
        "tables.parcels.measures.share_north",
        "correct the bounds",
    ),
    # features
    "a table that is none": (features(tables=("parcel",)), "features.tables", "write 'parcels'"),
    "a reference table": (features(tables=("parcels", "depots")), "features.tables", "'depots', a reference table"),
    "no table": (features(tables=()), "features.tables", "name the table"),
    "tables as text": (features(tables="parcels"), "features.tables: expected a tuple", "write ('parcels',)"),
    "a stream that is none": (group(Window("lefft", ("depot",), 3)), "features.groups.road[2].stream", "write 'left'"),
    "open of no stream": (group(Open("lefft", ("depot",), 3)), "features.groups.road[2].stream", "write 'left'"),
    "a mean of no field": (group(Window("left", (), 3, ("lat",))), "features.groups.road[2].means", "write 'late'"),
    "a latest of no field": (group(Latest("left", (), 3, ("lat",))), "road[2].fields", "write 'late'"),
    "a latest of nothing": (group(Latest("left", (), 3, ())), "road[2].fields", "name what is read"),
    "a window of nothing": (group(Window("left", (), 3, count=False)), "road[2]", "name what is read"),
    "means as text": (group(Window("left", (), 3, means="late")), "road[2].means: expected a tuple", "('late',)"),
    "keys as text": (group(Window("left", "depot", 3)), "road[2].keys: expected a tuple", "('depot',)"),
    "no hours": (group(Window("left", (), 0)), "features.groups.road[2].hours", "more than 0"),
    "hours as text": (group(Window("left", (), "3")), "features.groups.road[2].hours", "a number"),
    "an anchor": (group(Window("left", (), 3, anchor="start_at")), "road[2].anchor", "write 'starts_at'"),
    "a window past the moment": (group(Window("left", (), 3, anchor="starts_at")), "road[2].anchor", "not known"),
    "a window ahead": (group(Window("left", (), 3, ahead=2)), "features.groups.road[2].ahead", "beforehand"),
    "a latest ahead": (group(Latest("left", (), 3, ("late",), ago=-1)), "road[2].ago", "may not be read"),
    "a wait of no stream": (group(Waited("lefft", (), 3, 1)), "features.groups.road[2].stream", "write 'left'"),
    "a wait of no time": (group(Waited("left", (), 3, 0)), "features.groups.road[2].within", "how long a wait counts"),
    "a key that points from a number": (
        group(Usual("next", "the next", "left", ("depot",), 3, "late"), Window("left", ("next",), 3)),
        "features.groups.road[2].field",
        "a column of text",
    ),
    "a key that points for nobody": (
        group(Usual("next", "the next", "left", ("depot",), 3, "kind")),
        "features.groups.road[2]: expected something that reads by 'next'",
        "take this one out",
    ),
    "a key that points by one that points": (
        group(
            Usual("next", "the next", "left", ("depot",), 3, "kind"),
            Usual("last", "the last", "left", ("next",), 3, "kind"),
            Window("left", ("last",), 3),
        ),
        "features.groups.road[3].keys",
        "keys that `rows` brings",
    ),
    "two keys of one name": (
        group(
            Usual("next", "the next", "left", ("depot",), 3, "kind"),
            Usual("next", "the next", "left", (), 3, "kind"),
            Window("left", ("next",), 3),
        ),
        "features.groups: expected each key once",
        "next",
    ),
    "something else": (group("left"), "features.groups.road[2]", "Window or Open or Waited or Latest or Usual"),
    "a feature twice": (group(ROAD[0]), "features: expected each feature once", "left_depot_24h_count"),
    "a feature of a fixed name": (own(name="day"), "features.own", "rename it"),
    "a feature's category": (own(dtype="category"), "features.own.hour.dtype", "declare 'str'"),
    "a feature's moment": (own(dtype="datetime64[us]"), "features.own.hour.dtype", "one of str"),
    "a feature that may be missing": (own(dtype="Int64"), "features.own.hour.dtype", "one of str"),
    "a feature's table": (own(table="parcel"), "features.own.hour.table", "write 'parcels'"),
    "a feature's clock": (own(clock="planned"), "features.own.hour.clock: expected Clock", "'planned'"),
    "a stream's table": (
        features(streams={"left": replace(FEATURES.streams["left"], table="depots")}),
        "features.streams.left.table",
        "one of parcels",
    ),
    "a field of a fixed name": (
        features(
            streams={"left": Stream("parcels", "parcels", LEFT, {"minute": Value("", ""), "late": Value("", "")})}
        ),
        "features.streams.left.fields",
        "'minute'",
    ),
    "a field without meaning": (
        features(streams={"left": Stream("parcels", "parcels", LEFT, {"late": "share"})}),
        "features.streams.left.fields.late: expected Value",
        "'share'",
    ),
    "climate of no feature": (features(climate={"depott": None}), "features.climate.depott", "write 'depot'"),
    "climate of a window": (
        features(climate={"left_depot_24h_count": 1}),
        "features.climate.left_depot_24h_count",
        "always known",
    ),
    "climate with steps of text": (features(climate={"depot": 6}), "features.climate.depot", "write None"),
    "climate without width": (features(climate={"hour": 0}), "features.climate.hour", "above 0"),
    "ablation of no group": (features(ablation={"road": ("raod",)}), "features.ablation.road", "write 'road'"),
    "ablation as text": (features(ablation={"road": "road"}), "features.ablation.road: expected a tuple", "('road',)"),
    "dropped that is none": (features(dropped=("left_24h",)), "features.dropped", "'left_24h'"),
    "rows of one": (features(rows=lambda tables: tables), "features.rows", "a function that takes 2 arguments"),
    "events called": (features(events={}), "features.events: expected a function", "without calling it"),
    "derived of none": (derived((), lambda share: share), "features.derived.trend.compute", "takes 0 arguments"),
    "derived of another count": (
        derived(("hour", "left_depot_24h_late"), lambda share: share),
        "features.derived.trend.compute",
        "takes 2 arguments",
    ),
    "derived of no column": (derived(("left_late",), np.negative), "features.derived.trend.reads", "'left_late'"),
    "derived of itself": (derived(("trend",), np.negative), "features.derived.trend.reads", "'trend'"),
    "dropped that nothing reads": (
        features(dropped=("left_depot_24h_late",)),
        "features.dropped: expected columns that a derived feature reads",
        "'left_depot_24h_late'",
    ),
    # the other parts
    "read of one": (
        {"read": lambda _: iter(())},
        "read: expected a function that takes 2 arguments",
        "(_)",
    ),
    "slices of no feature": ({"slices": (Slice("d", "depott"),)}, "slices.d.column", "write 'depot'"),
    "a slice's bands": ({"slices": (replace(SLICES[1], bands=("night",)),)}, "slices.hour.bands", "4 names"),
    "a slice's edges": (
        {"slices": (replace(SLICES[1], edges=(6, 18, 12)),)},
        "slices.hour.edges: expected ascending numbers",
        "sort them",
    ),
    "bands of text": ({"slices": (Slice("d", "depot", (1,), ("a", "b")),)}, "slices.d", "drop them"),
    "a slice of a fixed name": ({"slices": (Slice("month", "depot"),)}, "slices.month", "rename it"),
    "a slice twice": ({"slices": SLICES * 2}, "slices: expected each slice once", "'depot' 2 times"),
    "one slice": ({"slices": SLICES[0]}, "slices: expected a tuple", "Slice("),
    "a source of no stream": (
        {"stress": replace(STRESS, sources={"scans": Source(("lefft",))})},
        "stress.sources.scans.streams",
        "write 'left'",
    ),
    "ends of no stream": (
        {"stress": replace(STRESS, sources={"scans": Source((), ends=("lefft",))})},
        "stress.sources.scans.ends",
        "write 'left'",
    ),
    "an empty source": (
        {"stress": replace(STRESS, sources={"scans": Source(())})},
        "stress.sources.scans",
        "name them",
    ),
    "what joins rows": (
        {"features": replace(FEATURES, joined_by="depott")},
        "features.joined_by",
        "write 'depot'",
    ),
    "the source of outcomes": (
        {"stress": replace(STRESS, outcomes="scan")},
        "stress.outcomes",
        "write 'scans'",
    ),
    "an example's feature": (
        {"stress": replace(STRESS, examples=(EXAMPLE,))},
        "stress.examples.one.expected",
        "write 'left_depot_24h_late'",
    ),
    "messages of no table": (messages(table="parcel"), "messages[0].table", "write 'parcels'"),
    "messages of a reference table": (messages(table="depots"), "messages[0].table", "a monthly table"),
    "a key of messages": (messages(key=("number", "depott", "promised")), "messages[0].key", "write 'depot'"),
    "a feed's column": (messages(feeds={"plan": (), "scans": ("left", "delivred")}), "feeds.scans", "'delivered'"),
    "a column in no feed": (
        messages(feeds={"plan": (), "scans": ("left",)}),
        "messages[0].feeds",
        "'delivered' in none",
    ),
    "a column in two feeds": (
        messages(feeds={"plan": ("left",), "scans": ("left", "delivered")}),
        "messages[0].feeds",
        "'left' 2 times",
    ),
    "a feed as text": (messages(feeds={"plan": (), "scans": "left"}), "messages[0].feeds.scans", "('left',)"),
    "a key without day": (
        messages(key=("number", "depot"), feeds={"plan": ("promised",), "scans": ("left", "delivered")}),
        "messages[0].key: expected columns from which 'day' follows",
        "add to the key",
    ),
    "a key without id": (
        messages(key=("depot", "promised"), feeds={"plan": ("number",), "scans": ("left", "delivered")}),
        "messages[0].key: expected columns from which 'id' follows",
        "add to the key",
    ),
    "messages known at no column": (
        messages(known_at={"scans": "lefft"}),
        "messages[0].known_at.scans: expected a column of moments of the clean parcels",
        "write 'left'",
    ),
    "messages known at no moment": (messages(known_at={"scans": "number"}), "messages[0].known_at.scans", "'number'"),
    "a feed that is known but not sent": (messages(known_at={"scan": "left"}), "messages[0].known_at", "write 'scans'"),
    "a predicted row that is not known beforehand": (
        messages(known_at={"plan": "left"}),
        "messages[0].known_at: expected 'plan' known beforehand; found 'left'",
        "take it out",
    ),
    "a source's feed": (
        {"stress": replace(STRESS, sources={"scans": Source(("left",), feeds=("scan",))})},
        "stress.sources.scans.feeds",
        "write 'scans'",
    ),
    "a feed of two sources": (
        {"stress": replace(STRESS, sources=dict.fromkeys(("scans", "vans"), STRESS.sources["scans"]))},
        "stress.sources: expected each feed once",
        "'scans' 2 times",
    ),
    "a protocol's table": ({"protocol": replace(PROTOCOL, tables=("parcel",))}, "protocol.tables", "write 'parcels'"),
    "a protocol's feature": ({"protocol": replace(PROTOCOL, features=("hours",))}, "protocol.features", "write 'hour'"),
    "a step's kind": (
        {"protocol": replace(PROTOCOL, steps=(replace(PROTOCOL.steps[0], kind="scop"),))},
        "protocol.steps.all.kind",
        "write 'scope'",
    ),
    "a story of no slice": ({"story": Story(bands={("depott", "NORTH"): "far"})}, "story.bands", "write 'depot'"),
}


@pytest.mark.parametrize("case", DECLARED)
def test_a_wrong_declaration_is_told_when_any_part_is_first_used(case: str):
    parts, declaration, words = DECLARED[case]
    with pytest.raises(DeclarationError) as error:
        _ = toy_with(**parts).read
    text = str(error.value)
    assert text.startswith("the dataset toy does not keep")
    assert declaration in text
    assert words in text
    assert "what to do: " in text


def test_all_that_is_wrong_is_told_at_once():
    parts = {
        name: value
        for case in ("no key", "no hours", "a slice's bands", "a key without id")
        for name, value in DECLARED[case][0].items()
    }
    with pytest.raises(DeclarationError) as error:
        _ = toy_with(**parts).tables
    text = str(error.value)
    assert "4 flaws" in text
    assert all(name in text for name in ("tables.parcels.key", "road[2].hours", "slices.hour.bands", "messages[0].key"))


PARTS: dict[str, tuple[dict[str, Any], tuple[str, str]]] = {
    "a typo": ({"slice": TOY.parts["slices"]}, ("'slice'", "write 'slices'")),
    "a part is missing": ({}, ("'slices', which every dataset has", "add it")),
    "no colon": ({"slices": "toy.slices.SLICES"}, ("parts.slices", "'module:attribute'")),
    "no text": ({"slices": SLICES}, ("parts.slices", "'module:attribute'")),
    "no such module": ({"slices": "toy.slice:SLICES"}, ("parts.slices", "No module named 'toy.slice'")),
    "no such attribute": ({"slices": "toy.slices:SLICE"}, ("parts.slices", "write 'SLICES'")),
}


@pytest.mark.parametrize("case", PARTS)
def test_a_part_that_is_not_there_is_told(case: str):
    changed, words = PARTS[case]
    parts = {name: place for name, place in TOY.parts.items() if name != "slices"} | changed
    with pytest.raises(DeclarationError) as error:
        _ = Dataset("toy", parts).read
    assert all(word in str(error.value) for word in words)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("SLICES = (Slice('a', field='hour'),)", "TypeError"),
        ("SLICES = (Slize('a', 'hour'),)", "NameError: name 'Slize' is not defined"),
        ("SLICES = (", "SyntaxError"),
        ("import nothing_of_this_name", "No module named 'nothing_of_this_name'"),
        ("from toy.clocks import ordered_clocks\nordered_clocks({'fact': ''}, last_beforehand='fcat')", "'fcat'"),
        ("from ontime.core.contract.columns import column\ncolumn('int64', clock=1, reason='')", "declare Int64"),
    ],
)
def test_a_part_that_cannot_be_imported_is_told_with_its_line(tmp_path: Path, monkeypatch, line: str, words: str):
    (tmp_path / "toy_of_this_test.py").write_text(f"from ontime.dataset.slices import Slice\n{line}\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "toy_of_this_test", raising=False)
    with pytest.raises(DeclarationError, match=r"parts\.slices: expected a module toy_of_this_test") as error:
        _ = Dataset("toy", {**TOY.parts, "slices": "toy_of_this_test:SLICES"}).read
    assert words in str(error.value)
    assert "SyntaxError" in words or "of toy_of_this_test.py" in str(error.value)


@pytest.mark.parametrize("dataset", [FLIGHTS, TOY, toy_with()], ids=["flights", "toy", "toy with a story"])
def test_sound_datasets_are_told_nothing(dataset: Dataset):
    assert [table.name for table in dataset.tables]
    assert dataset.features is dataset.features


def test_a_part_that_may_be_left_out_has_a_value():
    parts = {name: place for name, place in TOY.parts.items() if name not in {"protocol", "messages"}}
    dataset = Dataset("toy", parts)
    assert (dataset.messages, dataset.protocol, dataset.story) == ((), None, Story())


def test_types_and_names_that_are_taken_are_those_of_the_machinery():
    assert set(TABLE_TYPES) == set(CONVERSIONS)
    assert (ADDED_BY_CHECK, OWN_SLICES[1], EVERY_SOURCE) == (LOST, MONTH, failing_sources.EVERY_SOURCE)


BREAKS = {
    "fetch": ("source.py", 'Part("depots"', 'Part("depot"', "part 1 of read", "write 'depots'"),
    "validate": (
        "contracts.py",
        ".astype(DAY)",
        "",
        "tables.parcels.derived.day.compute: expected an array",
        ".astype(",
    ),
    "featurize": ("features.py", "late=late)}", "late=late / 2)}", "stream 'left', field late", "whole numbers"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(shutil.copytree(REPOSITORY / "tests/toy", tmp_path_factory.mktemp("broken") / "toy")).parent
    shutil.copy(folder / "toy/params.yaml", folder)
    for verb in BREAKS:
        assert run(sys.executable, "-m", "toy", verb, folder=folder).returncode == 0
    return folder


@pytest.mark.parametrize("verb", BREAKS)
def test_a_stage_ends_in_words_without_a_traceback_and_writes_nothing(made: Path, tmp_path: Path, verb: str):
    file, sound, broken, declaration, words = BREAKS[verb]
    folder = Path(shutil.copytree(made, tmp_path / "copy"))
    text = (folder / "toy" / file).read_text()
    assert sound in text
    (folder / "toy" / file).write_text(text.replace(sound, broken))
    before = {path: path.read_bytes() for path in (folder / "data").rglob("*.parquet")}
    done = run(sys.executable, "-m", "toy", verb, folder=folder)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert declaration in done.stderr
    assert words in done.stderr
    assert {path: path.read_bytes() for path in (folder / "data").rglob("*.parquet")} == before
