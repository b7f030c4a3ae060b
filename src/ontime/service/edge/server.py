"""An application -> a server that ends, when it is told to, after every request under way has its answer."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

IDLE_SECONDS = 30  # how long a connection without a request is kept


def server_config(app: ASGIApp, host: str, port: int, drain_seconds: int = 30) -> uvicorn.Config:
    """How uvicorn runs an application: on uvloop and httptools, without WebSockets and a log of its own."""
    return uvicorn.Config(
        app,
        host,
        port,
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # else whoever asks says which address asks
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=drain_seconds,
    )


def run_server(
    app: ASGIApp, host: str, port: int, drain_seconds: int = 30, listening: socket.socket | None = None
) -> None:
    """Serve until SIGTERM or Ctrl-C: new connections are refused, and requests under way get their answers.

    drain_seconds: after which those that are left are cut off. listening: a socket in place of host and port.
    """
    server = uvicorn.Server(server_config(app, host, port, drain_seconds))
    with _ended_by_signal():
        server.run([listening] if listening else None)


@contextmanager
def _ended_by_signal() -> Iterator[None]:
    """Uvicorn raises, when it has ended, the signal that ended it, and the exit code would be that of a failure."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
