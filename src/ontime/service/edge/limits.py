"""Limits of a server: concurrent requests, rate by key or address, time and body size."""

import asyncio
import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ontime.service.edge.error_form import ApiError, error_response, unavailable
from ontime.service.edge.keys import is_among

REMEMBERED = 10_000  # buckets: who has not asked for longest begins anew


class ConcurrencyLimit:
    """ASGI middleware: 503 where as many requests are under way as are allowed."""

    def __init__(self, app: ASGIApp, most: int, unlimited_paths: Sequence[str]) -> None:
        self.app, self.most, self.unlimited_paths = app, most, unlimited_paths
        self.under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or is_among(scope["path"], self.unlimited_paths):
            await self.app(scope, receive, send)
            return
        if self.under_way >= self.most:
            error = unavailable(f"{self.most} requests are under way, and no more are taken", "overloaded")
            await error_response(error)(scope, receive, send)
            return
        self.under_way += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self.under_way -= 1


class TokenBuckets:
    """How much may still be asked, by name: a bucket of `burst` that fills with `per_second`."""

    def __init__(self, per_second: float, burst: int, remembered: int = REMEMBERED) -> None:
        self.per_second, self.burst, self.remembered = per_second, burst, remembered
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, and when they were counted

    def take(self, name: str, now: float) -> float:
        """Take one; 0, or the seconds until there will be one. now: in seconds, of a clock that never goes back."""
        tokens, counted = self._left.pop(name, (float(self.burst), now))
        tokens = min(self.burst, tokens + (now - counted) * self.per_second)
        taken = tokens >= 1
        self._left[name] = (tokens - taken, now)
        if len(self._left) > self.remembered:
            self._left.popitem(last=False)
        return 0.0 if taken else (1 - tokens) / self.per_second

    def __len__(self) -> int:
        return len(self._left)


class RateLimit:
    """ASGI middleware: 429 where a key, or an address without one, asks more often than it may."""

    def __init__(
        self,
        app: ASGIApp,
        buckets: TokenBuckets,
        unlimited_paths: Sequence[str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.app, self.buckets, self.unlimited_paths, self.clock = app, buckets, unlimited_paths, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or is_among(scope["path"], self.unlimited_paths):
            await self.app(scope, receive, send)
            return
        wait = self.buckets.take(_asker(scope), self.clock())
        if wait:
            error = ApiError(429, "asked too often", headers={"Retry-After": str(math.ceil(wait))})
            await error_response(error)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _asker(scope: Scope) -> str:
    """The name of the key, else the address; of IPv6 its network, since one owner has all the addresses in it."""
    if scope["state"]["key"].name:
        return f"key {scope['state']['key'].name}"
    host = (scope.get("client") or ("",))[0]
    return str(ipaddress.ip_network(f"{host}/64", strict=False)) if ":" in host else host


class TimeLimit:
    """ASGI middleware: 503 where a request takes longer than it may, its body's way included.

    What runs in a thread of its own runs on; only the answer is not waited for.
    """

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self.app, self.seconds = app, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        limit = asyncio.timeout(self.seconds)
        try:
            async with limit:
                await self.app(scope, receive, noted)
        except TimeoutError:
            if started or not limit.expired():
                raise
            error = unavailable(f"it took longer than {self.seconds:g} seconds", "too_slow")
            await error_response(error)(scope, receive, send)


class BodyLimit:
    """ASGI middleware: 413 for a body that is too large, by its declared length or counted as it comes."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app, self.most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if int(length) > self.most:  # HTTP's parser refuses what is no number
            await error_response(self._error())(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.most:
                raise self._error()
            return message

        await self.app(scope, counted, send)

    def _error(self) -> ApiError:
        return ApiError(413, f"expected a body of at most {self.most} bytes", headers={"Connection": "close"})
