"""The page of the API is drawn by a browser that has no network but the server."""

import re
from pathlib import Path

import pytest
from edges import running
from repositories import run

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-component-update"),
    *("--disable-background-networking", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
    *("--enable-logging=stderr", "--virtual-time-budget=20000", "--dump-dom"),
)


def test_whatever_the_page_names_is_there():
    with running() as server:
        page = server.client.get("/docs")
        assert page.headers["content-type"].startswith("text/html")
        names = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        assert len(names) == 4
        assert {server.client.get(f"/{name}").status_code for name in names} == {200}
        assert server.client.get("/docs/LICENSE").status_code == 404
        assert "http" not in page.text


def test_licences_lie_beside_what_they_are_of(repository: Path):
    folder = repository / "src/ontime/service/static/swagger-ui"
    assert {path.name for path in folder.iterdir()} >= {"LICENSE", "NOTICE", "swagger-ui-bundle.js.LICENSE.txt"}


@pytest.mark.nightly
@pytest.mark.browser
@pytest.mark.needs("chromium", "chromium")
def test_the_page_is_drawn_and_asks_nobody_else(tmp_path: Path):
    with running() as server:
        url = f"http://127.0.0.1:{server.port}/docs"
        done = run("chromium", *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", url, folder=tmp_path)
        counts = server.client.get("/metrics").text
    assert done.returncode == 0, done.stderr
    assert re.findall(r':CONSOLE[:(]\d+\)?\] "(.*)", source', done.stderr) == []
    assert "/v1/predictions" in done.stdout  # drawn from the document
    assert re.findall(r'http_requests_total\{.*route="none",status="404".*', counts) == []
