"""The page of the API: Swagger UI from files of our own, which asks nobody else for anything."""

from importlib.resources import files

from fastapi import FastAPI
from starlette.responses import Response

ASSETS = {
    "page.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def add_docs(app: FastAPI) -> None:
    """Serve the page at /docs and what it needs below it. The application's own `docs_url` must be None."""
    folder = files("ontime.service") / "static" / "swagger-ui"
    page = (folder / "page.html").read_bytes()
    assets = {name: (folder / name).read_bytes() for name in ASSETS}

    def add(path: str, content: bytes, media_type: str, headers: dict[str, str]) -> None:
        async def answer() -> Response:
            return Response(content, headers=headers, media_type=media_type)

        app.add_api_route(path, answer, include_in_schema=False)

    add("/docs", page, "text/html", {"Content-Security-Policy": POLICY})
    for name, content in assets.items():
        add(f"/docs/{name}", content, ASSETS[name], {"Cache-Control": "max-age=3600"})
