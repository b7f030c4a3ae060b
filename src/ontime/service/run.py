"""A dataset, settings and a store -> a service, with everything around it, until it is ended."""

from __future__ import annotations

import os
import sys

from ontime.dataset.dataset import Dataset
from ontime.service.app import make_app
from ontime.service.edge.guarded import guarded
from ontime.service.edge.keys import check_address, keys_of
from ontime.service.edge.logs import log_as_json
from ontime.service.edge.metrics import Metrics
from ontime.service.edge.server import run_server
from ontime.service.edge.settings import EdgeSettings
from ontime.service.records import ServiceRecords
from ontime.service.service import Service, Settings


def serve(dataset: Dataset, settings: Settings, store: str, host: str, port: int) -> None:
    """Answer until SIGTERM or Ctrl-C. Raises OntimeError where the store is not ready, or the address needs keys."""
    keys = keys_of(os.environ)
    check_address(host, keys)
    log_as_json(sys.stderr)
    with ServiceRecords.open(store) as records:
        service = Service.of(dataset, records, settings)
        service.start()
        try:
            metrics = _metrics(service)
            app = make_app(service)
            app.add_api_route("/metrics", metrics.scrape, include_in_schema=False)
            run_server(guarded(app, EdgeSettings(keys=keys), metrics), host, port)
        finally:
            service.close()


def _metrics(service: Service) -> Metrics:
    metrics, live, clock = Metrics(), service.live, service.clock
    metrics.add_gauge("ready", "Whether something can be answered.", lambda: not live.problem())
    metrics.add_gauge("climatology_only", "Whether the kill switch is on.", lambda: live.climatology_only)
    metrics.add_gauge("received", "The number of the last message that was taken in.", lambda: service.ingest.received)
    metrics.add_gauge("ingest_waiting", "Requests with messages that wait.", lambda: service.ingest.waiting)
    metrics.add_gauge("writes_waiting", "Writes that wait for the store.", lambda: service.records.waiting)
    metrics.add_gauge("answers_lost", "Answers that the store refused.", lambda: service.records.lost)
    ages = "Since a source was heard from."
    metrics.add_gauges("source_age_seconds", ages, "source", lambda: _ages(live.ages(clock.now())))
    return metrics


def _ages(ages: dict[str, float | None]) -> dict[str, float]:
    return {source: float("inf") if age is None else age for source, age in ages.items()}
