"""Exchanges and messages of the server -> JSON, a line each; never a body, a query or a secret."""

import json
import logging
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from ontime.service.edge.exchanges import Exchange

LOGGER = logging.getLogger("ontime.requests")
LOGGED = ("ontime", "uvicorn")


class JsonLines(logging.Formatter):
    """A record as one line of JSON; a message that is a dict gives the line its keys."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        content = record.msg if isinstance(record.msg, dict) else {"message": record.getMessage()}
        line = {"at": at, "level": record.levelname.lower()} | content
        return json.dumps(line | _failure(record.exc_info[1]) if record.exc_info else line)


def log_as_json(stream: TextIO) -> None:
    """Have all that this program and its server log written as JSON lines, and nowhere else.

    Threads and processes are not in the lines, so no record looks them up: for the whole of `logging`, as its
    documentation has it.
    """
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    for name in LOGGED:
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.propagate = False
        logger.setLevel(logging.INFO)


def log_exchange(exchange: Exchange) -> None:
    """Log a request and its response; of a failure its type and where it was raised."""
    content = {
        "request": exchange.request_id,
        "method": exchange.method,
        "route": exchange.route,
        "status": exchange.status,
        "ms": round(exchange.seconds * 1000, 2),
        "bytes_in": exchange.bytes_in,
        "bytes_out": exchange.bytes_out,
        "key": exchange.key,
    }
    level = logging.ERROR if exchange.failure else logging.INFO
    if exchange.failure:
        content |= _failure(exchange.failure)
    if LOGGER.isEnabledFor(level):  # a record made by hand: who called is always this function
        LOGGER.handle(logging.LogRecord(LOGGER.name, level, "", 0, content, None, None))


def _failure(error: BaseException | None) -> dict[str, object]:
    """What was raised and where, innermost last; not its message, which may quote the request."""
    if error is None:
        return {}
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    return {"failure": type(error).__name__, "raised": places}
