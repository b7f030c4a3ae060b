"""A service of the toy dataset on loopback, loaded up to May 2020; its clocks stand still until a test moves them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
from edges import client_of, on_loopback
from toy import TOY

from ontime import params
from ontime.service import bundle_watch, scheduler
from ontime.service.app import make_app
from ontime.service.edge.guarded import guarded
from ontime.service.edge.metrics import Metrics
from ontime.service.edge.settings import EdgeSettings
from ontime.service.records import ServiceRecords
from ontime.service.service import Service, Settings

PROMISED = "2020-06-01T12:00:00Z"
DUE = "2020-06-01T11:00:00Z"
SILENT_HOURS = 6.0
Json = Mapping[str, Any]


@dataclass(frozen=True)
class Running:
    """A service and a client of it; `tick` and `look` do at once what its threads would do by and by."""

    service: Service
    client: httpx.Client

    def tick(self) -> None:
        self.service.scheduler.tick()

    def look(self) -> None:
        self.service.watch.look()

    def send(self, *messages: Json, until: str | None = None) -> Json:
        """The receipt of messages, and of a heartbeat that moves the clock."""
        response = self.client.post("/v1/events", json=events(messages, until))
        assert response.status_code == 200, response.text
        return response.json()

    def answer(self, number: int, **headers: str) -> Json:
        """The answer to one parcel."""
        response = self.client.post("/v1/predictions", json={"rows": [key(number)]}, headers=headers)
        assert response.status_code == 200, response.text
        return response.json()["predictions"][0]

    def row(self, number: int) -> Json:
        return self.client.get("/v1/rows/" + row_id(number)).json()

    def models(self) -> Json:
        return self.client.get("/v1/models").json()


@contextmanager
def running(url: str, bundle: Path) -> Iterator[Running]:
    """The service of a store and a bundle's folder, while the block lasts."""
    root = bundle.parent
    while not (root / "params.yaml").exists():
        root = root.parent
    settings = Settings(bundle, 1.0, SILENT_HOURS, params.load(root / "params.yaml", "costs"), "events")
    still = 3600.0
    with (
        patch.object(scheduler, "EVERY", still),
        patch.object(bundle_watch, "EVERY", still),
        ServiceRecords.open(url) as records,
    ):
        service = Service.of(TOY, records, settings)
        service.start()
        try:
            with on_loopback(guarded(make_app(service), EdgeSettings(), Metrics())) as port, client_of(port) as client:
                yield Running(service, client)
        finally:
            service.close()


def key(number: int, depot: str = "NORTH") -> dict[str, Any]:
    return {"number": number, "depot": depot, "promised": PROMISED}


def row_id(number: int) -> str:
    return f"2020-06-01/{number}"


def plan(number: int, depot: str = "NORTH") -> Json:
    """The schedule of a parcel."""
    return {"feed": "plan", "values": key(number, depot)}


def scans(number: int, left: str | None, delivered: str | None = None, depot: str = "NORTH") -> Json:
    """What became of a parcel."""
    return {"feed": "scans", "values": key(number, depot) | {"left": left, "delivered": delivered}}


def events(messages: Sequence[Json], until: str | None = None) -> Json:
    beats = [] if until is None else [{"source": "scans", "at": until}]
    return {"messages": [*messages], "heartbeats": beats}
