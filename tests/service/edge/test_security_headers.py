"""Every response says what a browser may do with it."""

import pytest
from edges import running


@pytest.fixture(scope="module")
def server():
    with running() as one:
        yield one


@pytest.mark.parametrize(
    "path", ["/health/live", "/nowhere", "/v1/errors/bug", "/docs", "/docs/swagger-ui.css", "/openapi.json"]
)
def test_every_response_has_the_headers_once(server, path: str):
    headers = server.client.get(path).headers
    assert headers.get_list("x-content-type-options") == ["nosniff"]
    assert headers.get_list("referrer-policy") == ["no-referrer"]
    (policy,) = headers.get_list("content-security-policy")
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "server" not in headers
