"""Exchanges -> counts and times in Prometheus' format, in a registry of our own."""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from starlette.responses import Response

from ontime.service.edge.exchanges import Exchange

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """What Prometheus reads of a server. Labels are templates of routes, methods and statuses: never what was sent."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        labels = ("route", "method")
        self._requests = Counter("http_requests", "Requests answered.", (*labels, "status"), registry=self.registry)
        self._seconds = Histogram(
            "http_request_seconds", "Seconds until answered.", labels, buckets=SECONDS, registry=self.registry
        )
        self._bytes = Counter("http_bytes", "Bytes of bodies.", ("direction",), registry=self.registry)
        self._under_way = Gauge("http_requests_under_way", "Requests under way.", registry=self.registry)
        self._bytes_in, self._bytes_out = self._bytes.labels("in"), self._bytes.labels("out")
        self._of_route: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def begin(self) -> None:
        """A request begins."""
        self._under_way.inc()

    def record(self, exchange: Exchange) -> None:
        """A request is over."""
        self._under_way.dec()
        labels = (exchange.route, exchange.method, exchange.status)
        if labels not in self._of_route:
            self._of_route[labels] = self._requests.labels(*map(str, labels)), self._seconds.labels(*labels[:2])
        requests, seconds = self._of_route[labels]
        requests.inc()
        seconds.observe(exchange.seconds)
        self._bytes_in.inc(exchange.bytes_in)
        self._bytes_out.inc(exchange.bytes_out)

    def add_gauge(self, name: str, about: str, read: Callable[[], float]) -> None:
        """A number that is read whenever Prometheus asks."""
        Gauge(name, about, registry=self.registry).set_function(read)

    def add_gauges(self, name: str, about: str, label: str, read: Callable[[], Mapping[str, float]]) -> None:
        """The same for numbers by the value of a label, such as seconds by source."""
        self.registry.register(_ReadGauges(name, about, label, read))

    async def scrape(self) -> Response:
        """All of it, for GET /metrics."""
        return Response(generate_latest(self.registry), media_type=CONTENT_TYPE_LATEST)


class _ReadGauges(Collector):
    def __init__(self, name: str, about: str, label: str, read: Callable[[], Mapping[str, float]]) -> None:
        self.name, self.about, self.label, self.read = name, about, label, read

    def describe(self) -> list[GaugeMetricFamily]:
        return [GaugeMetricFamily(self.name, self.about, labels=[self.label])]

    def collect(self) -> Iterator[GaugeMetricFamily]:
        family = GaugeMetricFamily(self.name, self.about, labels=[self.label])
        for value, number in self.read().items():
            family.add_metric([value], number)
        yield family
