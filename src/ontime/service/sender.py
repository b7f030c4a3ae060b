"""Steps of a replay -> a running service's POST /v1/events, in order, each request until it is answered."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self

import httpx

from ontime.core.serving.message_json import feed_dtypes, json_message, moment_text
from ontime.core.serving.replayed_messages import FeedStep, Heartbeat
from ontime.dataset.dataset import Dataset
from ontime.errors import OntimeError

logging.getLogger("httpx").setLevel(logging.WARNING)  # else a line for each request

AT_ONCE = 500  # messages and heartbeats of a request; a service takes up to 1,000
PATIENCE = 60.0  # seconds for which a request is sent again, while the service is away or busy
PAUSE = 0.5  # seconds between two attempts, where the service does not say how long
REPLY = 30.0  # seconds until a request without a reply is sent again
BUSY = (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS)
SHOWN = 2_000  # characters of a refusal


@dataclass(frozen=True)
class Receipt:
    """How many messages were taken, were there already, and broke the contract; and the number of the last."""

    taken: int = 0
    repeated: int = 0
    quarantined: int = 0
    received: int = 0

    def __add__(self, other: Receipt) -> Receipt:
        return Receipt(
            self.taken + other.taken,
            self.repeated + other.repeated,
            self.quarantined + other.quarantined,
            max(self.received, other.received),
        )


class Sender:
    """One connection to a service; one request at a time, so that messages arrive in order.

    A request whose reply does not come is sent again: a service takes a message that is repeated once.
    """

    def __init__(self, dataset: Dataset, url: str, key: str | None = None, patience: float = PATIENCE) -> None:
        """key: a bearer token. patience: seconds for which a request is sent again. Raises OntimeError on a bad URL."""
        self._dtypes = feed_dtypes(dataset.tables, dataset.messages)
        self._patience = patience
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(base_url=_service_url(url), headers=headers, timeout=REPLY)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def send(self, step: FeedStep) -> Receipt:
        """Send the messages of a step, then its heartbeats, in as many requests as it takes.

        Raises OntimeError where the service refuses a request, and says why, or is away or busy for too long.
        """
        receipt = Receipt()
        for body in self._bodies(step):
            receipt += _receipt(self._post(body))
        return receipt

    def _bodies(self, step: FeedStep) -> Iterator[dict[str, list[dict[str, Any]]]]:
        items = [*step.messages, *step.heartbeats]
        for begin in range(0, len(items), AT_ONCE):
            some = items[begin : begin + AT_ONCE]
            heartbeats = [_json_heartbeat(one) for one in some if isinstance(one, Heartbeat)]
            messages = [json_message(self._dtypes, one) for one in some if not isinstance(one, Heartbeat)]
            yield {"messages": messages, "heartbeats": heartbeats}

    def _post(self, body: dict[str, Any]) -> httpx.Response:
        """The reply to a request, which is sent until there is one."""
        until = time.monotonic() + self._patience
        while True:
            response, problem, pause = self._attempt(body)
            if response is not None:
                return response
            if time.monotonic() + pause > until:
                where = self._client.base_url
                raise OntimeError(
                    f"{where}: {problem}, for {self._patience:g} s. Start it, and send again: no harm done"
                )
            time.sleep(pause)

    def _attempt(self, body: dict[str, Any]) -> tuple[httpx.Response | None, str, float]:
        """The reply; or none, with what the matter is and how many seconds to wait."""
        try:
            response = self._client.post("/v1/events", json=body)
        except httpx.TransportError as error:
            return None, f"no reply ({error or type(error).__name__})", PAUSE
        if response.status_code in BUSY:
            return None, f"busy ({response.status_code})", _retry_after(response)
        return response, "", 0


def _service_url(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise OntimeError(f"{text}: expected the URL of a service, such as http://127.0.0.1:8000: {error}") from error
    if url.scheme not in {"http", "https"} or not url.host:
        raise OntimeError(f"{text}: expected the URL of a service, such as http://127.0.0.1:8000")
    return url


def _retry_after(response: httpx.Response) -> float:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else PAUSE


def _json_heartbeat(heartbeat: Heartbeat) -> dict[str, str]:
    return {"source": heartbeat.source, "at": moment_text(heartbeat.moment)}


def _receipt(response: httpx.Response) -> Receipt:
    """What a reply says. Raises OntimeError where it is no receipt."""
    if response.status_code != HTTPStatus.OK:
        reply = f"{response.status_code} {response.reason_phrase}"
        raise OntimeError(f"{response.url} refused a request: {reply}\n{response.text[:SHOWN]}")
    try:
        content = response.json()
        return Receipt(content["taken"], content["repeated"], len(content["quarantined"]), content["received"])
    except (KeyError, TypeError, ValueError) as error:
        raise OntimeError(f"{response.url}: expected a receipt of events, found {response.text[:SHOWN]!r}") from error
