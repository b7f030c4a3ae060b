"""Limits: what is too much is refused, and what must answer still does."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from edges import made_key, running

from ontime.service.edge.limits import TokenBuckets
from ontime.service.edge.settings import EdgeSettings

HEAD = b"POST /v1/predictions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


def test_a_bucket_gives_its_burst_and_fills_again():
    buckets = TokenBuckets(per_second=2, burst=3)
    assert [buckets.take("a", 0.0) for _ in range(4)] == [0, 0, 0, 0.5]
    assert buckets.take("b", 0.0) == 0
    assert [buckets.take("a", 0.5) for _ in range(2)] == [0, 0.5]
    assert [buckets.take("a", 100.0) for _ in range(4)] == [0, 0, 0, 0.5]


def test_buckets_are_bounded_and_the_longest_unused_goes_first():
    buckets = TokenBuckets(per_second=1, burst=1, remembered=100)
    for name in range(1000):
        buckets.take("busy", 0.0)
        buckets.take(str(name), 0.0)
    assert len(buckets) == 100
    assert buckets.take("busy", 0.0) == 1


def test_who_asks_too_often_waits_and_health_answers():
    key, headers = made_key("busy", "predict")
    with running(EdgeSettings(keys=(key,), requests_per_second=0.5, burst=3)) as server:
        answers = [server.client.get("/v1/rows/a", headers=headers) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[-1].headers["retry-after"] == "2"
        assert answers[-1].json()["error"]["kind"] == "too_many_requests"
        assert {server.client.get("/health/live").status_code for _ in range(10)} == {200}
        strangers = [server.client.get("/v1/rows/a").status_code for _ in range(4)]
        assert strangers == [401, 401, 401, 429]  # keys cannot be guessed faster than that


def test_more_requests_at_once_than_allowed_are_refused_and_health_answers():
    with running(EdgeSettings(concurrent=2)) as server, ThreadPoolExecutor(2) as pool:
        slow = [pool.submit(server.client.get, "/v1/slow", params={"seconds": 1}) for _ in range(2)]
        time.sleep(0.4)
        refused = server.client.get("/v1/rows/a")
        assert (refused.status_code, refused.json()["error"]["kind"]) == (503, "overloaded")
        assert refused.headers["retry-after"]
        assert server.client.get("/health/live").status_code == 200
        assert [one.result().status_code for one in slow] == [200, 200]
        assert server.client.get("/v1/rows/a").status_code == 200


def test_a_request_that_takes_too_long_is_ended():
    with running(EdgeSettings(seconds=0.2)) as server:
        begin = time.monotonic()
        response = server.client.get("/v1/slow", params={"seconds": 30})
        assert (response.status_code, response.json()["error"]["kind"]) == (503, "too_slow")
        late = server.sent(HEAD + b"Content-Length: 10\r\n\r\n{")  # and never the rest
        assert late == b"" or b" 503 " in late or b" 400 " in late
        assert time.monotonic() - begin < 5


@pytest.fixture(scope="module")
def small():
    with running(EdgeSettings(body_bytes=1000)) as server:
        yield server


def test_a_body_that_says_it_is_too_large_is_refused_before_it_comes(small):
    answer = small.sent(HEAD + b"Content-Length: 1001\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"kind": "too_large"' in answer


def test_a_body_that_does_not_say_how_large_it_is_is_counted(small):
    def chunks(number: int):
        yield from (b" " * 100 for _ in range(number))

    headers = {"content-type": "application/json"}
    large = small.client.post("/v1/predictions", content=chunks(11), headers=headers)
    assert (large.status_code, large.json()["error"]["kind"]) == (413, "too_large")
    assert small.client.post("/v1/predictions", content=chunks(10), headers=headers).status_code == 422
    after = small.client.post("/v1/predictions", json={"rows": []})
    assert after.status_code == 200


@pytest.mark.parametrize(
    "length", [b"Content-Length: -1", b"Content-Length: x", b"Content-Length: 1\r\nTransfer-Encoding: chunked"]
)
def test_lengths_that_are_none_or_two_are_refused(small, length: bytes):
    assert small.sent(HEAD + length + b"\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    assert small.client.get("/health/live").status_code == 200
