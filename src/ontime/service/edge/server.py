"""An application -> a server that ends, when it is told to, after every request under way has its answer."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

IDLE_SECONDS = 30  # how long a connection without a request is kept
HEAD_BYTES = 65_536  # of a request's line and headers together


class BoundedHead(HttpToolsProtocol):
    """Uvicorn's protocol on httptools, which has no limit of its own: 400 for a head that is too long."""

    in_head, head_bytes = False, 0

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.in_head:
            self.head_bytes += len(data)
            if self.head_bytes > HEAD_BYTES:
                self.send_400_response("The head of the request is too long.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.in_head, self.head_bytes = True, 0

    def on_headers_complete(self) -> None:
        self.in_head = False
        super().on_headers_complete()


def server_config(app: ASGIApp, host: str, port: int, drain_seconds: int = 30) -> uvicorn.Config:
    """How uvicorn runs an application: on uvloop and httptools, without WebSockets and a log of its own."""
    return uvicorn.Config(
        app,
        host,
        port,
        loop="uvloop",
        http=BoundedHead,
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
