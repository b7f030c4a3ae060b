"""Events that come late, twice, wrong, while others read: what is read is what the events of that moment give."""

import sys
from threading import Thread

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_events import (
    ASOF,
    START,
    WAITING,
    Row,
    by_columns,
    by_rows,
    moments,
    read_rows,
    rows,
    same_bits,
    tables,
    when_heard,
    with_ids,
)

from ontime.core.features.moments import HOUR, MINUTE
from ontime.core.features.online import OnlineFeatures
from ontime.dataset.features import Window
from ontime.errors import OntimeError

Message = tuple[str, Row, bool]  # stream, event, and whether it is taken out again
DEPOTS = [Window("left", (), 24, means=("delay",)), *(Window("left", (key,), 24) for key in ("depot", "kind"))]
EVENT = {"id": "1", "moment": START, "depot": "A", "kind": "x", "ahead": "P", "delay": 1, "late": 0}
ROW = {"id": "row", "depot": "A", "kind": "x", "starts_at": START + HOUR, "predict_at": START + HOUR}


def messages(tables: dict[str, list[Row]], random) -> list[Message]:
    """Every event in any order, half of them wrong at first, and among them some that are taken out again."""
    parts: list[list[Message]] = []
    for stream, events in tables.items():
        for event in events:
            wrong = {**event, "moment": event["moment"] + random.randint(-90, 90) * MINUTE, "depot": "C"}
            parts.append([(stream, wrong, False)] * random.randint(0, 1) + [(stream, event, False)])
            if random.random() < 0.2:
                other = {**wrong, "id": f"other {event['id']}"}
                parts.append([(stream, other, False), (stream, other, True)])
    received = []
    while parts:
        part = random.choice(parts)
        received.append(part.pop(0))
        parts = [part for part in parts if part]
    return received


@given(rows, tables, st.lists(moments, max_size=5), st.randoms(use_true_random=False))
@settings(max_examples=50)
def test_in_whatever_order_events_come_they_give_what_the_batch_gives(
    rows: list[Row], tables: dict[str, list[Row]], heartbeats: list[int], random
):
    rows, tables = with_ids(rows, tables)
    received = messages(tables, random)
    online, middle = OnlineFeatures(ASOF, WAITING), len(received) // 2
    for number, (stream, event, removed) in enumerate(received, start=1):
        if removed:
            online.remove(stream, event["id"], number)
        else:
            online.add(stream, event, number)
        if number == middle:
            online = OnlineFeatures.load(ASOF, online.save(), WAITING)
        if random.random() < 0.2:
            online.read(random.choice(rows))
    for moment in heartbeats:
        online.hear("state", moment)
    assert online.received == len(received)
    heard = when_heard(tables, heartbeats) + [event["moment"] for stream, event, _ in received if stream == "state"]
    assert same_bits(read_rows(online, rows), by_columns(rows, tables, heard=heard).to_numpy(dtype=np.float32))


@given(rows, tables, st.lists(moments, max_size=5), moments, st.booleans())
@settings(max_examples=50)
def test_what_is_forgotten_is_read_by_no_row_of_that_moment_or_later(
    rows: list[Row], tables: dict[str, list[Row]], heartbeats: list[int], since: int, waits: bool
):
    rows, tables = with_ids(rows, tables)
    rows = [row for row in rows if row["predict_at"] >= since]
    online = OnlineFeatures(ASOF, WAITING if waits else None)
    for stream, events in tables.items():
        for event in events:
            online.add(stream, {**event, "moment": event["moment"] - 6 * HOUR})
            online.add(stream, event)
    for moment in heartbeats:
        online.hear("state", moment)
    before = [online.read(row) for row in rows]
    online.forget(since)
    np.testing.assert_array_equal([online.read(row) for row in rows], before)
    online.forget(since + 1000 * HOUR)
    kept = OnlineFeatures.load(ASOF, online.save())
    assert waits or same_bits(read_rows(kept, rows), by_rows(rows, {name: [] for name in tables}))


def test_forgetting_frees_what_is_old_and_keeps_what_is_read_of_a_silent_source():
    online = OnlineFeatures(ASOF, WAITING)
    online.hear("state", START)
    for stream in ("plan", "left"):
        online.add(stream, {**EVENT, "until": None})
    assert online.read(ROW)[online.names.index("open_plan_depot_count")] == 1
    later = {**ROW, "predict_at": START + 100 * HOUR, "starts_at": START + 100 * HOUR}
    online.forget(later["predict_at"])
    values = dict(zip(online.names, online.read(later), strict=True))
    assert values["open_plan_depot_count"] == 1  # as of when it was last heard from
    online.hear("state", later["predict_at"])
    online.forget(later["predict_at"])
    assert len(online.save()) < len(saved([EVENT])) - 100


def saved(events: list[Row]) -> bytes:
    online = OnlineFeatures(ASOF, WAITING)
    for event in events:
        online.add("left", event)
    return online.save()


def test_a_reader_never_sees_half_an_event():
    """A thread moves one event between depots and kinds, all others count one event in each."""
    online = OnlineFeatures(DEPOTS)
    online.add("left", EVENT)
    wrong, switch = [], sys.getswitchinterval()

    def write() -> None:
        for number in range(1500):
            online.add("left", {**EVENT, "depot": "AB"[number % 2], "kind": "xy"[number % 2]}, number)

    def read() -> None:
        while writer.is_alive():
            here, there = {**ROW, "depot": "A", "kind": "x"}, {**ROW, "depot": "B", "kind": "y"}
            with online.lock:
                first, second = np.array(online.read(here)), np.array(online.read(there))
            alone = online.read(here)
            counted = alone[0], alone[2] - alone[3], first[2] + second[2], first[3] + second[3]
            if counted != (1, 0, 1, 1):
                wrong.append(counted)

    writer = Thread(target=write)
    readers = [Thread(target=read) for _ in range(3)]
    sys.setswitchinterval(1e-6)
    try:
        for thread in (writer, *readers):
            thread.start()
        for thread in (writer, *readers):
            thread.join()
    finally:
        sys.setswitchinterval(switch)
    assert wrong == []
    assert online.received == 1499


def test_a_late_event_is_read_at_its_moment_and_changes_no_answer_that_was_given():
    online = OnlineFeatures(DEPOTS)
    online.add("left", EVENT, 7)
    before = online.read(ROW)
    online.add("left", {**EVENT, "id": "2", "moment": START - HOUR, "delay": 3}, 8)
    assert (before[:2], online.read(ROW)[:2], online.received) == ([1, 1], [2, 2], 8)


def test_reading_changes_nothing():
    online = OnlineFeatures(ASOF, WAITING)
    online.add("left", EVENT)
    before = online.save()
    online.read(ROW)
    online.read_many([ROW, ROW])
    assert online.save() == before


def test_an_event_that_lacks_what_is_read_is_refused_whole():
    online = OnlineFeatures(DEPOTS)
    with pytest.raises(OntimeError, match=r"expected an event of 'left' with \['kind'\], found"):
        online.add("left", {name: value for name, value in EVENT.items() if name != "kind"})
    assert online.read(ROW)[0] == 0


def test_rows_whose_keys_and_moments_do_not_fit_are_refused():
    online = OnlineFeatures(DEPOTS)
    for number in range(4):
        online.add("left", {**EVENT, "id": str(number), "depot": str(number), "moment": 2**62 * (number % 2)})
        online.add("left", {**EVENT, "id": f"{number} again", "depot": str(number), "moment": 0})
    with pytest.raises(ValueError, match=r"4 keys over .* days: read fewer rows at a time"):
        online.read_many([{**ROW, "depot": str(number)} for number in range(4)])


def test_no_rows_have_no_columns_of_values():
    online = OnlineFeatures(ASOF)
    assert {name: len(values) for name, values in online.read_many([]).items()} == dict.fromkeys(online.names, 0)
