"""A small service on loopback that keeps the events it gets, is busy now and then, loses replies and is restarted."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any, Self

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

LOST = Response(b"", headers={"content-length": "100"})  # fewer bytes than it says: the connection is closed
BUSY = JSONResponse({}, status_code=503, headers={"Retry-After": "0"})

Answer = Callable[[int], Response | None]  # of the number of a request -> what comes in place of a receipt


class Receiver:
    """`bodies` are the requests that were taken, `messages` what was new in them, in order.

    before: what is answered in place of taking a request; after: in place of its receipt. None for neither.
    """

    def __init__(self, before: Answer = lambda _: None, after: Answer = lambda _: None) -> None:
        self.before, self.after = before, after
        self.bodies: list[dict[str, Any]] = []
        self.messages: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.requests = self.repeated = self._port = 0
        self._known: set[str] = set()
        self._app = FastAPI()
        self._app.add_api_route("/v1/events", self._take, methods=["POST"], response_model=None)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        config = uvicorn.Config(
            self._app, "127.0.0.1", self._port, loop="asyncio", ws="none", lifespan="off", log_config=None
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        self._port = self._server.servers[0].sockets[0].getsockname()[1]

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()

    async def _take(self, request: Request) -> Response:
        number, self.requests = self.requests, self.requests + 1
        self.keys.append(request.headers.get("Authorization"))
        instead = self.before(number)
        if instead:
            return instead
        body = await request.json()
        texts = [json.dumps(message, sort_keys=True) for message in body["messages"]]
        new = [message for message, text in zip(body["messages"], texts, strict=True) if text not in self._known]
        self._known.update(texts)
        self.bodies.append(body)
        self.messages += new
        repeated = len(texts) - len(new)
        self.repeated += repeated
        receipt = {"taken": len(new), "repeated": repeated, "quarantined": [], "received": len(self.messages)}
        return self.after(number) or JSONResponse(receipt)
