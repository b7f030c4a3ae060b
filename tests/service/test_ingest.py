"""Messages are taken once, in order, and acknowledged only when they are on disk."""

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from unittest.mock import patch

import pytest
from services import DUE, Running, events, key, plan, row_id, running, scans

from ontime.core.serving.message_json import values_of_json
from ontime.errors import NotReadyError
from ontime.service import ingest
from ontime.service.ingest import Batch, TakenIn
from ontime.service.store.records import MessageLine

LEFT, LATER = "2020-06-01T09:00:00Z", "2020-06-01T09:30:00Z"


class HeldStore:
    """Appends to a store once it is released, or fails; says when a group of requests has come to it."""

    def __init__(self, live: Running) -> None:
        self._append = live.service.records.append
        self.came, self.released, self.error = threading.Event(), threading.Event(), None

    def __call__(self, lines: list[MessageLine]) -> list[int]:
        self.came.set()
        assert self.released.wait(10)
        if self.error is not None:
            raise self.error
        return self._append(lines)


@pytest.fixture
def held(live: Running) -> Iterator[HeldStore]:
    store = HeldStore(live)
    live.service.ingest._append = store
    yield store
    store.released.set()


def submitted(live: Running, *messages: dict) -> Future[TakenIn]:
    typed = live.service.live.admission.typed([(one["feed"], values_of(live, one)) for one in messages])
    return live.service.ingest.submit(Batch(typed, []))


def values_of(live: Running, message: dict) -> dict:
    return values_of_json(live.service.ingest._dtypes[message["feed"]], message["values"])


def test_a_repeated_message_changes_nothing_and_a_correction_is_new(live: Running):
    assert live.send(plan(1), scans(1, LEFT))["taken"] == 2
    again = live.send(plan(1), scans(1, LEFT))
    assert (again["taken"], again["repeated"]) == (0, 2)
    corrected = live.send(scans(1, LATER))
    assert (corrected["taken"], corrected["received"]) == (1, again["received"] + 1)
    assert [one["values"]["left"] for one in live.row(1)["messages"] if one["feed"] == "scans"] == [LEFT, LATER]


def test_requests_of_one_group_take_the_same_message_once(live: Running, held: HeldStore):
    first = submitted(live, plan(1))
    assert held.came.wait(10)  # what follows waits, and is one group
    waiting = [submitted(live, *some) for some in ((plan(2), plan(2)), (plan(2),), (plan(1),), (scans(2, LEFT),))]
    held.released.set()
    receipts = [future.result(10) for future in (first, *waiting)]
    assert [(one.taken, one.repeated) for one in receipts] == [(1, 0), (1, 1), (0, 1), (0, 1), (1, 0)]
    assert live.row(2)["known"]["id"] == row_id(2)
    assert len(live.row(2)["messages"]) == 2


def test_where_the_store_fails_nothing_is_taken_and_the_next_request_is(live: Running, held: HeldStore):
    received = live.service.ingest.received
    held.released.set()
    held.error = NotReadyError("nothing was kept: disk is full")
    refused = live.client.post("/v1/events", json=events([plan(1)], DUE))
    assert (refused.status_code, "Retry-After" in refused.headers) == (503, True)
    assert live.client.get("/v1/rows/" + row_id(1)).status_code == 404
    assert live.client.post("/v1/predictions", json={"rows": [key(1)]}).status_code == 422
    assert live.service.ingest.received == received
    held.error = None
    assert live.send(plan(1), until=DUE)["taken"] == 1
    assert live.answer(1)["predict_at"] == DUE


def test_an_unforeseen_error_is_told_as_such_and_the_service_goes_on(live: Running, held: HeldStore):
    held.released.set()
    held.error = ZeroDivisionError()
    assert live.client.post("/v1/events", json=events([plan(1)])).status_code == 500
    held.error = None
    assert live.send(plan(1))["taken"] == 1


def test_a_full_queue_is_refused_and_what_waits_is_taken(live: Running, held: HeldStore):
    first = submitted(live, plan(0))
    assert held.came.wait(10)
    waiting = [submitted(live, plan(number)) for number in range(1, 1 + ingest.MOST_WAITING)]
    with patch.object(ingest, "PATIENCE", 0.01):
        refused = live.client.post("/v1/events", json=events([plan(999)]))
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    held.released.set()
    assert [one.result(10).taken for one in (first, *waiting)] == [1] * (1 + ingest.MOST_WAITING)
    assert live.send(plan(999))["taken"] == 1


def test_a_request_that_is_given_up_is_not_taken_and_those_after_it_are(live: Running, held: HeldStore):
    first = submitted(live, plan(1))
    assert held.came.wait(10)
    given_up, following = submitted(live, plan(2)), submitted(live, plan(3))
    assert not first.cancel()  # it is being written
    assert given_up.cancel()
    held.released.set()
    assert (first.result(10).taken, following.result(10).taken) == (1, 1)
    assert live.send(plan(2))["taken"] == 1


def test_what_is_known_after_a_restart_is_bit_equal_to_what_was_known(live_url: str, bundle: Path):
    with running(live_url, bundle) as live:
        live.send(plan(1), plan(2, "SOUTH"), scans(2, LEFT, None, "SOUTH"), plan(3), scans(3, LEFT))
        live.send(scans(3, LATER), until="2020-06-01T10:00:00Z")
        live.send(until="2020-06-01T10:30:00Z")
        before = [live.answer(number) for number in (1, 3)]
    with running(live_url, bundle) as live:
        assert [live.answer(number) for number in (1, 3)] == before


def test_what_is_acknowledged_is_on_disk(live: Running, live_url: str):
    received = live.send(plan(1), until=DUE)["received"]
    with sqlite3.connect(live_url.removeprefix("sqlite:///")) as connection:
        (last,) = connection.execute("SELECT max(seq) FROM messages").fetchone()
    connection.close()
    assert last == received
