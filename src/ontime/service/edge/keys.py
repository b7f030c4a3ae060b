"""Bearer keys of the environment, as digests with scopes -> who asks, and whether that is allowed."""

import hashlib
import hmac
import ipaddress
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from ontime.errors import OntimeError
from ontime.service.edge.error_form import ApiError, error_response

SCOPES = ("predict", "events", "feedback", "admin")
VARIABLE = "ONTIME_KEYS"
FORM = "name:scope+scope:digest"
DIGEST = re.compile(r"[0-9a-f]{64}")
HOST = re.compile(r"(?:\[([^\]]*)\]|([^:]*))(?::\d*)?")  # the name or address in a request's header
NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")


@dataclass(frozen=True)
class Key:
    """Who may ask for what. digest: SHA-256 of the secret in hexadecimal; the secret itself is never kept."""

    name: str
    scopes: frozenset[str]
    digest: str = field(repr=False)


ANYBODY = Key("", frozenset(SCOPES), "")  # where there are no keys
STRANGER = Key("", frozenset(), "")  # gave none where there are some


def keys_of(environment: Mapping[str, str]) -> tuple[Key, ...]:
    """The keys of ONTIME_KEYS: `name:scope+scope:digest`, separated by commas or lines; none where it is not set.

    The digest is what `new_secret` gives, or `printf %s "$SECRET" | sha256sum`. Raises OntimeError with everything that
    is wrong; it shows no part of an entry but a name and scopes that have their form.
    """
    entries = [entry.strip() for entry in re.split(r"[,\n]", environment.get(VARIABLE, "")) if entry.strip()]
    read = [_entry(entry) for entry in entries]
    flaws = [f"  entry {place}: {key}" for place, key in enumerate(read, 1) if isinstance(key, str)]
    keys = tuple(key for key in read if isinstance(key, Key))
    names = [key.name for key in keys]
    flaws += [f"  {name}: expected one key, found {names.count(name)}" for name in {*names} if names.count(name) > 1]
    if flaws:
        raise OntimeError("\n".join([f"{VARIABLE}: expected {FORM}, separated by commas:", *sorted(flaws)]))
    return keys


def _entry(entry: str) -> Key | str:
    """A key, or what is wrong with an entry."""
    parts = entry.split(":")
    if len(parts) != 3:
        return f"expected three parts, found {len(parts)}"
    name, scopes, digest = parts[0], frozenset(parts[1].split("+")), parts[2]
    if not NAME.fullmatch(name):
        return "expected a name of up to 40 letters, digits, - and _"
    if not scopes <= {*SCOPES}:
        return f"expected scopes of {', '.join(SCOPES)}, joined by +"
    if not DIGEST.fullmatch(digest):
        return "expected as digest the 64 hexadecimal digits of the secret's SHA-256"
    return Key(name, scopes, digest)


def new_secret() -> tuple[str, str]:
    """A new secret of 256 random bits, and its digest for ONTIME_KEYS."""
    secret = secrets.token_urlsafe(32)
    return secret, _digest(secret.encode())


def check_address(host: str, keys: Sequence[Key]) -> None:
    """Raises OntimeError where an address that others can reach would be open to everybody."""
    if not keys and not is_loopback(host):
        raise OntimeError(
            f"without keys only a loopback address may be served, such as 127.0.0.1, found {host}: set {VARIABLE} "
            f"({FORM})"
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine can mean it."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def key_of(token: bytes, keys: Sequence[Key]) -> Key:
    """Whose secret it is, STRANGER if nobody's; it takes as long whichever it is."""
    digest, owner = _digest(token), STRANGER
    for key in keys:
        if hmac.compare_digest(key.digest, digest):
            owner = key
    return owner


def _digest(token: bytes) -> str:
    return hashlib.sha256(token).hexdigest()


class KeyIdentity:
    """ASGI middleware: writes whose key a request brings into its state, as `key`."""

    def __init__(self, app: ASGIApp, keys: Sequence[Key]) -> None:
        self.app, self.keys = app, keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope.setdefault("state", {})["key"] = self._key(scope)
        await self.app(scope, receive, send)

    def _key(self, scope: Scope) -> Key:
        if not self.keys:
            return ANYBODY
        kind, _, token = next((value for name, value in scope["headers"] if name == b"authorization"), b"").partition(
            b" "
        )
        return key_of(token.strip(), self.keys) if kind.lower() == b"bearer" else STRANGER


class KeyRequired:
    """ASGI middleware: nobody without a key gets past it but to open paths (see `EdgeSettings`).

    Without keys the request must name a loopback address as its host: a page of another site, whose name is made to
    point here, has a browser send that name.
    """

    def __init__(self, app: ASGIApp, open_paths: Sequence[str]) -> None:
        self.app, self.open_paths = app, open_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        error = self._refusal(scope) if scope["type"] == "http" else None
        app = error_response(error) if error else self.app
        await app(scope, receive, send)

    def _refusal(self, scope: Scope) -> ApiError | None:
        key = scope["state"]["key"]
        if key is ANYBODY:
            host = HOST.fullmatch(Headers(scope=scope).get("host", ""))
            return (
                None
                if host and is_loopback(host[1] or host[2])
                else ApiError(403, "without keys only a loopback address is answered")
            )
        if key is STRANGER and not is_among(scope["path"], self.open_paths):
            return ApiError(
                401, "expected a known key: Authorization: Bearer ...", headers={"WWW-Authenticate": "Bearer"}
            )
        return None


def is_among(path: str, paths: Sequence[str]) -> bool:
    """Whether a path is one of these, or below one of them that ends in "/"."""
    return path in paths or any(one[-1] == "/" and path.startswith(one) for one in paths)


class Requires(SecurityBase):
    """Dependency of a route, `Depends(Requires("predict"))`: the key of the request has this scope."""

    def __init__(self, key_scope: str) -> None:
        if key_scope not in SCOPES:
            raise OntimeError(f"unknown scope {key_scope}; known: {', '.join(SCOPES)}")
        self.key_scope, self.scheme_name = key_scope, "key"
        self.model = HTTPBearer(description="A key of the server, with the scopes that it was given.")

    async def __call__(self, request: Request) -> Key:
        key = request.scope["state"]["key"]  # of KeyIdentity: without it nothing is answered
        if self.key_scope not in key.scopes:
            raise ApiError(403, f"expected a key with the scope {self.key_scope}")
        return key
