"""A small application with everything around it, on a real server on loopback."""

import asyncio
import contextlib
import io
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import uvicorn
from fastapi import APIRouter, Depends, FastAPI
from pydantic import BaseModel, Field
from starlette.types import ASGIApp

from ontime.errors import BrokenContractError, ModelUnfitError, NotReadyError, OntimeError, UnknownRowError
from ontime.service.edge.docs_page import add_docs
from ontime.service.edge.error_form import ERROR_RESPONSES, add_error_handlers
from ontime.service.edge.guarded import guarded
from ontime.service.edge.keys import Key, Requires, new_secret
from ontime.service.edge.logs import log_as_json
from ontime.service.edge.metrics import Metrics
from ontime.service.edge.server import server_config
from ontime.service.edge.settings import EdgeSettings

ERRORS = {
    "broken": BrokenContractError,
    "not-ready": NotReadyError,
    "unfit": ModelUnfitError,
    "unknown": UnknownRowError,
    "other": OntimeError,
    "bug": ZeroDivisionError,
}


class Row(BaseModel, extra="forbid"):
    id: str
    number: int = Field(ge=0)


class Rows(BaseModel):
    rows: list[Row] = Field(max_length=100)


def small_app() -> FastAPI:
    """Endpoints that answer, wait and fail."""
    app = FastAPI(docs_url=None, redoc_url=None)
    add_error_handlers(app)
    add_docs(app)
    router = APIRouter(prefix="/v1", responses=ERROR_RESPONSES)

    @router.post("/predictions", dependencies=[Depends(Requires("predict"))])
    async def predict(rows: Rows) -> dict[str, int]:
        return {"count": len(rows.rows)}

    @router.get("/rows/{name}")
    async def row(name: str) -> dict[str, str]:
        return {"name": name}

    @router.get("/errors/{name}")
    async def fail(name: str, text: str = "as it is") -> None:
        raise ERRORS[name](text)

    @router.post("/unknown")
    async def unknown(rows: Rows) -> None:
        raise UnknownRowError(f"unknown: {rows.rows[0].id}")

    @router.get("/slow")
    async def slow(seconds: float) -> dict[str, float]:
        await asyncio.sleep(seconds)
        return {"seconds": seconds}

    @app.get("/health/live")
    async def live() -> dict[str, bool]:
        return {"live": True}

    app.include_router(router)
    return app


@dataclass
class Running:
    """A server that runs: a client of it, its port, metrics and what it logged."""

    client: httpx.Client
    port: int
    metrics: Metrics
    logged: io.StringIO = field(default_factory=io.StringIO)

    def line(self, request_id: str) -> dict[str, object]:
        """What is logged of a request, which may be after the answer came."""
        for _ in range(100):
            lines = [json.loads(line) for line in self.logged.getvalue().splitlines()]
            if chosen := [line for line in lines if line.get("request") == request_id]:
                return chosen[0]
            time.sleep(0.05)
        raise LookupError(request_id)

    def sent(self, content: bytes) -> bytes:
        """What comes back for bytes, until the server closes the connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(content)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))


@contextlib.contextmanager
def running(settings: EdgeSettings | None = None, app: FastAPI | None = None) -> Iterator[Running]:
    """An application, the small one where none is given, guarded, on a free port of loopback."""
    metrics, logged, app = Metrics(), io.StringIO(), app or small_app()
    app.add_api_route("/metrics", metrics.scrape, include_in_schema=False)
    guarded_app = guarded(app, settings or EdgeSettings(), metrics)
    with logged_into(logged), on_loopback(guarded_app) as port, client_of(port) as client:
        yield Running(client, port, metrics, logged)


@contextlib.contextmanager
def on_loopback(app: ASGIApp) -> Iterator[int]:
    """An application on a real server, while the block lasts; the port."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        server = uvicorn.Server(server_config(app, "127.0.0.1", port))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield port
        finally:
            server.should_exit = True
            thread.join()


def client_of(port: int) -> httpx.Client:
    """A client of what listens on a port of loopback."""
    return httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10)


@contextlib.contextmanager
def logged_into(stream: io.StringIO) -> Iterator[None]:
    """Logs go to a stream, and afterwards where they went before."""
    loggers = [logging.getLogger(name) for name in ("ontime", "uvicorn")]
    before = [(logger.handlers[:], logger.propagate, logger.level) for logger in loggers]
    log_as_json(stream)
    try:
        yield
    finally:
        for logger, (handlers, propagate, level) in zip(loggers, before, strict=True):
            logger.handlers[:] = handlers
            logger.propagate = propagate
            logger.setLevel(level)


def made_key(name: str, *scopes: str) -> tuple[Key, dict[str, str]]:
    """A key, and the headers of a request with its secret."""
    secret, digest = new_secret()
    return Key(name, frozenset(scopes), digest), {"Authorization": f"Bearer {secret}"}
