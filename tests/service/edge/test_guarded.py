"""Everything stands around the application in the right order."""

from edges import made_key, running

from ontime.service.edge.settings import EdgeSettings


def test_a_stranger_is_refused_before_the_body_is_read():
    key, _ = made_key("asks", "predict")
    with running(EdgeSettings(keys=(key,), body_bytes=10)) as server:
        answer = server.client.post("/v1/predictions", content=b" " * 1000)
        assert answer.status_code == 401
        metrics = server.metrics.registry
        labels = {"route": "none", "method": "POST", "status": "401"}
        assert metrics.get_sample_value("http_requests_total", labels) == 1


def test_what_is_refused_is_logged_counted_and_has_the_headers_too():
    with running(EdgeSettings(burst=1, requests_per_second=0.1)) as server:
        server.client.get("/v1/rows/a")
        refused = server.client.get("/v1/rows/a")
        assert refused.status_code == 429
        assert server.line(refused.headers["x-request-id"])["status"] == 429
        assert refused.headers["x-content-type-options"] == "nosniff"
        assert server.metrics.registry.get_sample_value("http_requests_under_way") == 0
