"""The limits and keys of a server, as one record."""

from dataclasses import dataclass

from ontime.service.edge.keys import Key


@dataclass(frozen=True)
class EdgeSettings:
    """What a server grants to those who ask.

    keys: who may ask; none opens every scope, which is for loopback addresses alone. open_paths: paths, and beginnings
    of paths that end in "/", that need no key. unlimited_paths: the same for what must answer under any load.
    body_bytes: the largest body. seconds: the longest time for one request, from its head to the end of its answer.
    concurrent: requests at once. requests_per_second, burst: by key, or by address where none is given.
    """

    keys: tuple[Key, ...] = ()
    open_paths: tuple[str, ...] = ("/health/", "/docs", "/docs/", "/openapi.json")
    unlimited_paths: tuple[str, ...] = ("/health/", "/metrics")
    body_bytes: int = 2_000_000
    seconds: float = 10.0
    concurrent: int = 256
    requests_per_second: float = 1_000.0
    burst: int = 2_000
