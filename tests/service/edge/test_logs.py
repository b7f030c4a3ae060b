"""A line of JSON for each request, without bodies, queries, paths or secrets."""

import json

from edges import made_key, running

from ontime.service.edge.settings import EdgeSettings


def test_a_request_is_a_line_and_what_it_holds_is_not_in_it():
    key, headers = made_key("asks", "predict")
    with running(EdgeSettings(keys=(key,))) as server:
        rows = {"rows": [{"id": "of-body", "number": 1}]}
        response = server.client.post("/v1/predictions?of=query", json=rows, headers=headers | {"x-request-id": "one"})
        server.client.get("/v1/rows/of-path", headers=headers)
        server.client.get("/of-path%0A", headers=headers)
    lines = [line for line in map(json.loads, server.logged.getvalue().splitlines()) if "request" in line]
    assert [line["route"] for line in lines] == ["/v1/predictions", "/v1/rows/{name}", "none"]
    line = lines[0]
    assert line.pop("at").endswith("Z")
    assert line.pop("ms") > 0
    assert line == {
        "level": "info",
        "request": "one",
        "method": "POST",
        "route": "/v1/predictions",
        "status": 200,
        "bytes_in": len(response.request.content),
        "bytes_out": len(response.content),
        "key": "asks",
    }
    assert not [
        word
        for word in ("of-body", "of=query", "of-path", headers["Authorization"][7:])
        if word in server.logged.getvalue()
    ]


def test_the_server_logs_as_json_too():
    with running() as server:
        server.sent(b"nonsense\r\n\r\n")
    messages = [json.loads(line).get("message", "") for line in server.logged.getvalue().splitlines()]
    assert "Invalid HTTP request received." in messages
