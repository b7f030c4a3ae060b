"""kill -9 under load: nothing acknowledged is lost, and answers are those of a service that was never killed."""

import random
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
from edges import client_of
from repositories import REPOSITORY
from services import Json, events, key, plan, row_id, running, scans

PARCELS, KILLED_AFTER = 60, (30, 70)  # requests before a kill is near
WITHIN = 0.05  # seconds after them
FIRST_DUE, BEFORE_DUE = "2020-06-01T10:00:00Z", "2020-06-01T10:30:00Z"


def load() -> list[Json]:
    """Requests: schedules and scans by turns, some corrected, and heartbeats."""
    requests = []
    for number in range(PARCELS):
        left = f"2020-06-01T{number % 9:02d}:{number % 60:02d}:00Z"
        requests.append(events([plan(number)], FIRST_DUE if number % 10 == 0 else None))
        requests.append(events([scans(number, left)]))
        if number % 7 == 0:
            requests.append(events([scans(number, left.replace(":00Z", ":30Z"))]))
    return [*requests, events([], BEFORE_DUE)]


@contextmanager
def served(folder: Path, url: str) -> Iterator[tuple[subprocess.Popen, httpx.Client]]:
    """The toy's service in a process of its own, ready; killed at the end, if it still runs."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    command = [sys.executable, "-m", "toy", "serve", "--clock", "events", "--port", str(port), "--store", url]
    path = f"{REPOSITORY / 'src'}:{REPOSITORY / 'tests'}"
    process = subprocess.Popen(command, cwd=folder, env={"PYTHONPATH": path}, stderr=subprocess.DEVNULL)
    try:
        with client_of(port) as client:
            wait_until_ready(process, client)
            yield process, client
    finally:
        process.kill()
        process.wait()


def wait_until_ready(process: subprocess.Popen, client: httpx.Client) -> None:
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        try:
            if client.get("/health/ready").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("the service is not ready")


def send_until_killed(client: httpx.Client, requests: Sequence[Json]) -> list[Json]:
    """The receipts of requests, one after another, until there is no reply."""
    receipts = []
    for request in requests:
        try:
            response = client.post("/v1/events", json=request)
        except httpx.TransportError:
            break
        assert response.status_code == 200, response.text
        receipts.append(response.json())
    return receipts


def test_nothing_acknowledged_is_lost_and_answers_are_those_of_a_service_that_was_never_killed(
    toy_made: Path, loaded_store: Path, bundle: Path, tmp_path: Path
):
    requests, moments = load(), random.Random(1)
    url = f"sqlite:///{shutil.copy(loaded_store, tmp_path / 'killed.db')}"
    sent = 0
    for count in KILLED_AFTER:
        with served(toy_made, url) as (process, client):
            repeated = send_until_killed(client, standing(requests[:sent]))
            assert {(one["taken"], one["repeated"]) for one in repeated} <= {(0, 1)}
            sent += len(send_until_killed(client, requests[sent:count]))
            threading.Timer(moments.uniform(0, WITHIN), process.kill).start()
            sent += len(send_until_killed(client, requests[sent:]))
            assert count <= sent < len(requests)  # it was killed under load
    with served(toy_made, url) as (_, client):
        for request in requests[:sent]:
            assert all(message["values"] in values_of(client, message) for message in request["messages"])
        rest = send_until_killed(client, requests[sent:])
        assert len(rest) == len(requests) - sent
        after = answers(client)
    never = f"sqlite:///{shutil.copy(loaded_store, tmp_path / 'never.db')}"
    with running(never, bundle) as live:
        live.send(*(message for one in requests for message in one["messages"]))
        live.client.post(
            "/v1/events", json={"messages": [], "heartbeats": [beat for one in requests for beat in one["heartbeats"]]}
        )
        assert after == answers(live.client)


def standing(requests: Sequence[Json]) -> list[Json]:
    """The messages that no later one of their parcel and feed replaces, one a request."""
    messages = {
        (message["feed"], message["values"]["number"]): message for one in requests for message in one["messages"]
    }
    return [events([message]) for message in messages.values()]


def values_of(client: httpx.Client, message: Json) -> list[Json]:
    """What the store holds of a parcel and a feed."""
    row = client.get("/v1/rows/" + row_id(message["values"]["number"])).json()
    return [one["values"] for one in row["messages"] if one["feed"] == message["feed"]]


def answers(client: httpx.Client) -> list[Json]:
    response = client.post("/v1/predictions", json={"rows": [key(number) for number in range(PARCELS)]})
    assert response.status_code == 200, response.text
    return response.json()["predictions"]
