"""What a browser may do with a response: nothing, but where a page says what it needs."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = b"content-security-policy"
NOTHING = (POLICY, b"default-src 'none'; frame-ancestors 'none'")
ALWAYS = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"), (b"x-frame-options", b"DENY"))


class SecurityHeaders:
    """ASGI middleware: adds the headers; a response that has a content policy keeps it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                policy = () if any(name == POLICY for name, _ in headers) else (NOTHING,)
                message["headers"] = [*headers, *policy, *ALWAYS]
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)
