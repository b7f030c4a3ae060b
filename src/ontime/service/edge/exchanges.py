"""A request and its response as they were, measured; what failed unexpectedly is an error 500 with an id."""

import os
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ontime.service.edge.error_form import INTERNAL, error_response

ID_HEADER = b"x-request-id"
SANE_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
NO_ROUTE = "none"


@dataclass(slots=True)
class Exchange:
    """One request and its response.

    route: the template, such as /v1/rows/{id}, or "none". status: 0 until the response begins. seconds: until it was
    sent. key: the name of the key, "" without one. failure: what was raised and expected by nobody.
    """

    request_id: str
    method: str
    route: str = NO_ROUTE
    status: int = 0
    seconds: float = 0.0
    bytes_in: int = 0
    bytes_out: int = 0
    key: str = ""
    failure: Exception | None = None


class Exchanges:
    """ASGI middleware, the outermost: hands every exchange, when it is over, to those that write of it.

    began: is called where a request begins, so that those under way can be counted.
    """

    def __init__(
        self, app: ASGIApp, writers: Sequence[Callable[[Exchange], None]], began: Callable[[], None] = lambda: None
    ) -> None:
        self.app, self.writers, self.began = app, writers, began

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begin = time.perf_counter()
        method = scope["method"]
        exchange = Exchange(_request_id(scope), method if method in METHODS else "other")
        state = scope.setdefault("state", {})
        state["request_id"] = exchange.request_id
        self.began()
        try:
            await self._carry_out(exchange, scope, receive, send)
        finally:
            exchange.route = getattr(scope.get("route"), "path", NO_ROUTE)
            exchange.key = state["key"].name if "key" in state else ""
            exchange.seconds = time.perf_counter() - begin
            for write in self.writers:
                write(exchange)

    async def _carry_out(self, exchange: Exchange, scope: Scope, receive: Receive, send: Send) -> None:
        async def counted_receive() -> Message:
            message = await receive()
            exchange.bytes_in += len(message.get("body", b""))
            return message

        async def counted_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
                message["headers"] = [*message.get("headers", ()), (ID_HEADER, exchange.request_id.encode())]
            exchange.bytes_out += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, counted_receive, counted_send)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is answered and logged
            exchange.failure = error
            if not exchange.status:
                await error_response(INTERNAL)(scope, receive, counted_send)


def _request_id(scope: Scope) -> str:
    """The id that the request brings, if it is a short word; else a new one."""
    given = next((value for name, value in scope["headers"] if name == ID_HEADER), b"")
    return given.decode() if SANE_ID.fullmatch(given) else os.urandom(8).hex()
