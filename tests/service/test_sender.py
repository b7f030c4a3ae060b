"""What is sent arrives in order and once, whatever the service does meanwhile; and a refusal says why."""

import threading

import numpy as np
import pytest
from fastapi.responses import JSONResponse
from receiver import BUSY, LOST, Receiver
from toy import TOY

from ontime.core.serving.replayed_messages import FeedStep, Heartbeat
from ontime.errors import OntimeError
from ontime.service.sender import AT_ONCE, Receipt, Sender


def step(numbers: range, moment: int = 0) -> FeedStep:
    """Plans of these numbers, and a heartbeat."""
    promised = np.datetime64("2020-01-01T10:00", "us")
    plans = [("plan", {"number": number, "depot": "NORTH", "promised": promised}) for number in numbers]
    return FeedStep(moment, plans, [Heartbeat("scans", moment)])


STEPS = [step(range(3 * number, 3 * number + 3), number) for number in range(20)]


def numbers_of(receiver: Receiver) -> list[int]:
    return [message["values"]["number"] for message in receiver.messages]


def test_steps_arrive_in_order_heartbeats_after_messages():
    with Receiver() as receiver, Sender(TOY, receiver.url) as sender:
        receipts = [sender.send(one) for one in STEPS]
    assert receipts[4] == Receipt(taken=3, received=15)
    assert numbers_of(receiver) == list(range(60))
    assert receiver.bodies[0] == {
        "messages": [
            {"feed": "plan", "values": {"number": number, "depot": "NORTH", "promised": "2020-01-01T10:00:00Z"}}
            for number in range(3)
        ],
        "heartbeats": [{"source": "scans", "at": "1970-01-01T00:00:00Z"}],
    }


def test_a_large_step_is_sent_in_several_requests_its_heartbeats_in_the_last_one():
    with Receiver() as receiver, Sender(TOY, receiver.url) as sender:
        receipt = sender.send(step(range(2 * AT_ONCE + 1)))
    assert receipt == Receipt(taken=2 * AT_ONCE + 1, received=2 * AT_ONCE + 1)
    sizes = [(len(body["messages"]), len(body["heartbeats"])) for body in receiver.bodies]
    assert sizes == [(AT_ONCE, 0), (AT_ONCE, 0), (1, 1)]
    assert numbers_of(receiver) == list(range(2 * AT_ONCE + 1))


def test_while_the_service_is_busy_a_request_is_sent_again():
    with (
        Receiver(before=lambda number: BUSY if number % 3 else None) as receiver,
        Sender(TOY, receiver.url) as sender,
    ):
        total = sum((sender.send(one) for one in STEPS), Receipt())
    assert total == Receipt(taken=60, received=60)
    assert numbers_of(receiver) == list(range(60))
    assert receiver.requests > 40


def test_a_request_whose_reply_is_lost_is_sent_again_and_counts_as_repeated():
    with Receiver(after=lambda number: LOST if number == 4 else None) as receiver, Sender(TOY, receiver.url) as sender:
        total = sum((sender.send(one) for one in STEPS), Receipt())
    assert (total.taken, total.repeated, receiver.repeated) == (57, 3, 3)
    assert numbers_of(receiver) == list(range(60))


def test_a_service_that_is_restarted_misses_nothing():
    with Receiver() as receiver, Sender(TOY, receiver.url) as sender:
        for number, one in enumerate(STEPS):
            if number == 7:
                receiver.stop()
                threading.Timer(0.7, receiver.start).start()
            sender.send(one)
    assert numbers_of(receiver) == list(range(60))
    assert receiver.repeated == 0


@pytest.mark.parametrize("status", [401, 404, 413, 422, 500])
def test_a_refusal_is_shown_with_all_that_it_says_and_not_sent_again(status: int):
    refusal = JSONResponse({"detail": ["number: expected Int64, found 'x'"]}, status_code=status)
    with (
        Receiver(before=lambda _: refusal) as receiver,
        Sender(TOY, receiver.url) as sender,
        pytest.raises(OntimeError, match=rf"refused a request: {status} [\s\S]*expected Int64, found 'x'"),
    ):
        sender.send(STEPS[0])
    assert receiver.requests == 1


def test_a_reply_that_is_no_receipt_is_refused():
    with (
        Receiver(before=lambda _: JSONResponse({"taken": 1})) as receiver,
        Sender(TOY, receiver.url) as sender,
        pytest.raises(OntimeError, match="expected a receipt of events, found"),
    ):
        sender.send(STEPS[0])


@pytest.mark.parametrize(("answer", "words"), [(BUSY, "busy"), (LOST, "no reply")])
def test_a_service_that_stays_away_or_busy_is_given_up(answer: JSONResponse, words: str):
    with (
        Receiver(before=lambda _: answer) as receiver,
        Sender(TOY, receiver.url, patience=0.6) as sender,
        pytest.raises(OntimeError, match=f"{words} .*, for 0.6 s"),
    ):
        sender.send(STEPS[0])
    assert receiver.requests > 1


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://127.0.0.1", "http://", "http://127.0.0.1:port"])
def test_what_is_no_url_of_a_service_is_refused_at_once(url: str):
    with pytest.raises(OntimeError, match="expected the URL of a service, such as http"):
        Sender(TOY, url)


def test_the_key_is_sent_as_bearer_token_and_none_where_there_is_none():
    with Receiver() as receiver:
        for key in ("secret", None):
            with Sender(TOY, receiver.url, key) as sender:
                sender.send(STEPS[0])
    assert receiver.keys == ["Bearer secret", None]
