"""A server that is told to end answers what it has begun, refuses what is new, and has not failed."""

import contextlib
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from edges import running

PROGRAM = """
import socket, sys
sys.path.insert(0, sys.argv[1])
from edges import small_app
from ontime.service.edge.guarded import guarded
from ontime.service.edge.metrics import Metrics
from ontime.service.edge.server import run_server
from ontime.service.edge.settings import EdgeSettings
listening = socket.socket()
listening.bind(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
run_server(guarded(small_app(), EdgeSettings(), Metrics()), "127.0.0.1", 0, int(sys.argv[2]), listening)
print("ended", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_requests_under_way_are_answered_and_new_connections_refused(repository, number: signal.Signals):
    command = [sys.executable, "-c", PROGRAM, repository / "tests", "20"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server, ThreadPoolExecutor(1) as pool:
        url = f"http://127.0.0.1:{server.stdout.readline().strip()}"
        wait_for(url)
        slow = pool.submit(httpx.get, f"{url}/v1/slow", params={"seconds": 1.5}, timeout=10)
        time.sleep(0.5)
        server.send_signal(number)
        time.sleep(0.4)
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{url}/health/live")
        assert slow.result().json() == {"seconds": 1.5}
        assert (server.wait(10), server.stdout.read()) == (0, "ended\n")


def test_what_takes_longer_than_the_time_to_drain_is_cut_off(repository):
    command = [sys.executable, "-c", PROGRAM, repository / "tests", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server, ThreadPoolExecutor(1) as pool:
        url = f"http://127.0.0.1:{server.stdout.readline().strip()}"
        wait_for(url)
        slow = pool.submit(httpx.get, f"{url}/v1/slow", params={"seconds": 60}, timeout=10)
        time.sleep(0.5)
        server.terminate()
        assert server.wait(8) == 0
        assert isinstance(slow.exception(), httpx.RemoteProtocolError) or slow.result().status_code >= 500


@pytest.mark.parametrize("head", [b"X: " + b"x" * 1_000_000, b"X: x\r\n" * 100_000], ids=["one", "many"])
def test_a_head_that_does_not_end_is_refused(head: bytes):
    with running() as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            with contextlib.suppress(ConnectionError):  # closed while it is being sent
                connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n" + head)
            with contextlib.suppress(ConnectionError):
                assert connection.recv(12) in {b"HTTP/1.1 400", b""}
        assert server.client.get("/health/live", headers={"x": "x" * 30_000}).status_code == 200
        assert server.metrics.registry.get_sample_value("http_requests_under_way") == 0


def wait_for(url: str) -> None:
    for _ in range(100):
        try:
            httpx.get(f"{url}/health/live")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the server did not start")
