"""Counts are right, gauges are read when they are asked for, and nobody can make labels."""

import re

from edges import running

from ontime.service.edge.metrics import Metrics


def test_requests_are_counted_by_route_method_and_status():
    with running() as server:
        for name in ("a", "b", "c"):
            server.client.get(f"/v1/rows/{name}")
        server.client.post("/v1/predictions", json={"rows": 1})
        text = server.client.get("/metrics").text
    assert 'http_requests_total{method="GET",route="/v1/rows/{name}",status="200"} 3.0' in text
    assert 'http_requests_total{method="POST",route="/v1/predictions",status="422"} 1.0' in text
    assert 'http_request_seconds_bucket{le="+Inf",method="GET",route="/v1/rows/{name}"} 3.0' in text
    assert 'http_bytes_total{direction="in"} 10.0' in text
    assert "http_requests_under_way 1.0" in text  # the one that asks
    assert "process_resident_memory_bytes" in text


def test_hostile_paths_and_methods_make_no_labels():
    with running() as server:
        for number in range(200):
            server.client.get(f"/nowhere/{number}?{number}")
            server.client.request("PROPFIND" if number % 2 else "PURGE", f"/v1/rows/{number}")
            server.client.get(f"/docs/../{number}")
        lines = re.findall(r"^http_requests_total.*", server.client.get("/metrics").text, re.MULTILINE)
    assert len(lines) <= 4


def test_gauges_are_read_when_they_are_asked_for():
    waiting, ages, metrics = [1], {"one": 2.0}, Metrics()
    metrics.add_gauge("waiting", "What waits.", lambda: len(waiting))
    metrics.add_gauges("age_seconds", "Ages.", "source", lambda: ages)
    waiting.append(2)
    ages["two"] = 3.5
    assert metrics.registry.get_sample_value("waiting") == 2
    assert metrics.registry.get_sample_value("age_seconds", {"source": "two"}) == 3.5


def test_two_servers_count_apart():
    assert Metrics().registry is not Metrics().registry
