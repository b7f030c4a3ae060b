"""What requests to the service cost beside those to an endpoint that does nothing: a measurement, never a test.

Usage: python tests/bench/serve.py in a checkout that is up to date, on Linux with two cores; it writes docs/serve.json,
which `make readme` reads. Both servers run on the first core, the load comes from the second, in turns, from so many
connections at once. The peak is the median of some rounds without a pause; p50 and p99 are taken at half of it, from
when a request is due. Each connection comes from an address of its own, for which the limit of the rate counts.
"""

import asyncio
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import uvicorn
import uvloop
from fastapi import FastAPI

from ontime.core.features.moments import microseconds
from ontime.core.serving.message_json import feed_dtypes, json_message
from ontime.core.serving.messages import predicted_messages
from ontime.flights import FLIGHTS
from ontime.io.formats import write_json
from ontime.io.paths import Files
from ontime.io.recorded_feed import recorded_feed
from ontime.service.schemas import Predictions, schemas_of

SERVER_CORE, LOAD_CORE = 0, 1
CONNECTIONS = 16
ROWS = 1_000
ROUNDS, SECONDS = 3, 2.0
STARTED_IN = 60  # seconds
BATCH, BULK = 100, 200
LOADED, SINCE, UNTIL = "2013-10", "2013-11-01", "2013-11-01T03:00:00Z"
ASKED = "2013-10-30", UNTIL  # flights whose schedule comes then are due or not yet
NEWS = "2013-11-05", "2013-12-20"  # flights whose schedule comes then are the events
RECORD = Path("docs/serve.json")
ONTIME = (sys.executable, "-m", "ontime")


class Case(NamedTuple):
    """What is sent to a server again and again. size: rows or events of a request. process: that of the server."""

    what: str
    size: int
    port: int
    process: int
    requests: Iterator[bytes]


def main() -> None:
    """Print a line for each kind of request, and keep them."""
    os.sched_setaffinity(0, {LOAD_CORE})
    with tempfile.TemporaryDirectory() as folder, ExitStack() as servers:
        store = ("--store", f"sqlite:///{folder}/live.db")
        subprocess.run([*ONTIME, "db", "upgrade", *store], check=True)
        subprocess.run([*ONTIME, "load", "--until", LOADED, *store], check=True)
        port, idle_port = free_port(), free_port()
        url, log = f"http://127.0.0.1:{port}", servers.enter_context(Path(folder, "log").open("w"))
        words = [*ONTIME, "serve", "--clock", "events", "--port", str(port), *store]
        process = servers.enter_context(server(words, f"{url}/health/ready", log))
        subprocess.run([*ONTIME, "send", "--url", url, "--since", SINCE, "--until", UNTIL], check=True)
        rows, example = known_rows(url)
        words = [sys.executable, __file__, "--no-op", str(idle_port), example]
        idle = servers.enter_context(server(words, f"http://127.0.0.1:{idle_port}/openapi.json", log))
        write_json({"requests": measured(cases((port, process), (idle_port, idle), rows))}, RECORD)


def no_op(port: int, example: str) -> None:
    """Serve an endpoint that reads the same request and gives the same response, whatever it is asked."""
    app, response, request = FastAPI(), Predictions.model_validate_json(example), schemas_of(FLIGHTS).predictions

    @app.post("/v1/predictions")
    async def predictions(body: request) -> Predictions:  # noqa: ARG001 - it is read all the same
        return response

    uvicorn.run(app, port=port, loop="uvloop", http="httptools", ws="none", log_config=None, access_log=False)


def free_port() -> int:
    """One on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def server(words: Sequence[str], ready: str, log: Any) -> Iterator[int]:
    """The process of a command on the server's core, once this address answers; it is ended with the block."""
    process = subprocess.Popen(["taskset", "--cpu-list", str(SERVER_CORE), *words], stdout=log, stderr=log)
    try:
        wait_until_ready(ready)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def wait_until_ready(url: str) -> None:
    """Raises SystemExit where it does not answer in time."""
    for _ in range(STARTED_IN):
        try:
            urllib.request.urlopen(url).close()
        except OSError:
            time.sleep(1)
        else:
            return
    raise SystemExit(f"{url} does not answer after {STARTED_IN} s")


def known_rows(url: str) -> tuple[list[dict[str, Any]], str]:
    """The keys of rows that the service answers, due ones and others in any order; and the answer to one of them."""
    key = predicted_messages(FLIGHTS).key
    messages = schedule_messages(*ASKED)
    rows, answer = [], ""
    for place in np.random.default_rng(0).permutation(len(messages))[:ROWS]:
        row = {name: messages[place]["values"][name] for name in key}
        body = json.dumps({"rows": [row]}).encode()
        request = urllib.request.Request(f"{url}/v1/predictions", body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request) as response:
                answer = response.read().decode()
                rows.append(row)
        except urllib.error.HTTPError:
            continue  # it broke a rule of the contract
    return rows, answer


def schedule_messages(since: str, until: str) -> list[dict[str, Any]]:
    """The messages of the predicted rows' first feed that come between two moments, as POST /v1/events takes them."""
    dtypes, feed = feed_dtypes(FLIGHTS.tables, FLIGHTS.messages), next(iter(predicted_messages(FLIGHTS).feeds))
    moments = microseconds(pd.Series(pd.to_datetime([since, until], utc=True, format="ISO8601")))
    steps = recorded_feed(FLIGHTS, Files(), *moments.tolist())
    return [json_message(dtypes, one) for step in steps for one in step.messages if one[0] == feed]


def cases(service: tuple[int, int], idle: tuple[int, int], rows: Sequence[dict[str, Any]]) -> list[Case]:
    """One by one and many at once: rows again and again, each event once. Servers are their port and process."""
    single = [{"rows": [row]} for row in rows]
    many = [{"rows": batch} for batch in batches(iter(rows), BATCH)]
    news = iter(schedule_messages(*NEWS))
    return [
        Case("no-op", 1, *idle, itertools.cycle(posts("predictions", single))),
        Case("predictions", 1, *service, itertools.cycle(posts("predictions", single))),
        Case("predictions", BATCH, *service, itertools.cycle(posts("predictions", many))),
        Case("events", 1, *service, posts("events", ({"messages": [one]} for one in news))),
        Case("events", BULK, *service, posts("events", ({"messages": some} for some in batches(news, BULK)))),
    ]


def batches(given: Iterator[Any], size: int) -> Iterator[list[Any]]:
    """Whole batches; what is left over is not taken."""
    while len(batch := [*itertools.islice(given, size)]) == size:
        yield batch


def posts(name: str, bodies: Any) -> Iterator[bytes]:
    """Requests over HTTP, head and body."""
    for body in bodies:
        content = json.dumps(body).encode()
        head = f"POST /v1/{name} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        yield f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content


def measured(given: Sequence[Case]) -> list[dict[str, Any]]:
    """Requests a second at the peak, and milliseconds at half of it; the first is the unit of the ratios."""
    rounds = np.array([[peak_of(case) for case in given] for _ in range(ROUNDS)])
    (peaks, cpu), lines = np.median(rounds, axis=0).T.tolist(), []
    for case, peak, work in zip(given, peaks, cpu, strict=True):
        seconds = [one for _ in range(ROUNDS) for one in uvloop.run(load(case, peak / 2))]
        p50, p99 = (1e3 * np.quantile(seconds, (0.5, 0.99))).tolist()
        first = lines[0] if lines else {"p99_milliseconds": p99}
        line = {
            "what": case.what,
            "size": case.size,
            "per_second": round(peak, 1),
            "ratio": round(peak / peaks[0], 3),
            "cpu_milliseconds": round(work, 3),
            "cpu_ratio": round(cpu[0] / work, 3),
            "p50_milliseconds": round(p50, 2),
            "p99_milliseconds": round(p99, 2),
            "p99_ratio": round(p99 / first["p99_milliseconds"], 2),
        }
        print("  ".join(f"{name} {value}" for name, value in line.items()), flush=True)
        lines.append(line)
    return lines


def peak_of(case: Case) -> tuple[float, float]:
    """Requests a second, and milliseconds of the server's CPU for one: they do not move with what else runs there."""
    begun = cpu_seconds(case.process)
    count = len(uvloop.run(load(case)))
    return count / SECONDS, 1e3 * (cpu_seconds(case.process) - begun) / count


def cpu_seconds(process: int) -> float:
    """That a process has used so far, in all threads."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def load(case: Case, per_second: float = np.inf) -> list[float]:
    """How long every answer took, in seconds. per_second: requests of all connections; without it, as many as go."""
    until, interval = time.perf_counter() + SECONDS, CONNECTIONS / per_second
    connections = [ask(case, place, until, interval) for place in range(CONNECTIONS)]
    return [seconds for one in await asyncio.gather(*connections) for seconds in one]


async def ask(case: Case, place: int, until: float, interval: float) -> list[float]:
    """One connection, a request every interval or, where the answer takes longer, at once after it."""
    clock, seconds = time.perf_counter, []  # a loop's clock is no finer than a millisecond
    address = (f"127.0.0.{place + 1}", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", case.port, local_addr=address)
    due = clock() + interval * place / CONNECTIONS
    while due < until:
        begun = due
        if due > clock():
            await asyncio.sleep(due - clock())
            begun = clock()  # a timer's delay is not the server's
        writer.write(next(case.requests))
        await read_response(reader)
        seconds.append(clock() - begun)
        due = due + interval if interval else clock()
    writer.close()
    return seconds


async def read_response(reader: asyncio.StreamReader) -> None:
    """Read a response to its end. Raises SystemExit where it is an error."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    body = await reader.readexactly(int(head.partition(b"content-length:")[2].partition(b"\r\n")[0]))
    if not head.startswith(b"http/1.1 200"):
        raise SystemExit(f"{head.decode()}{body.decode()}")


if __name__ == "__main__":
    no_op(int(sys.argv[2]), sys.argv[3]) if sys.argv[1:2] == ["--no-op"] else main()
