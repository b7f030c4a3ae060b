"""Every error has the one form, says what is wrong and shows nothing that it should not."""

import pytest
from edges import running


@pytest.fixture(scope="module")
def server():
    with running() as one:
        yield one


@pytest.mark.parametrize(
    ("name", "status", "kind"),
    [
        ("broken", 422, "broken_contract"),
        ("not-ready", 503, "not_ready"),
        ("unfit", 503, "model_unfit"),
        ("unknown", 404, "unknown_row"),
    ],
)
def test_errors_of_ours_have_a_status_and_a_kind(server, name: str, status: int, kind: str):
    response = server.client.get(f"/v1/errors/{name}")
    assert response.status_code == status
    assert response.json() == {"error": {"kind": kind, "message": "as it is", "flaws": []}}
    assert ("retry-after" in response.headers) == (status == 503)


def test_unknown_rows_of_a_body_are_its_flaw(server):
    response = server.client.post("/v1/unknown", json={"rows": [{"id": "a", "number": 1}]})
    assert (response.status_code, response.json()["error"]["kind"]) == (422, "unknown_row")


def test_every_flaw_of_a_body_is_named_with_its_place(server):
    rows = [{"id": "a", "number": 1}, {"id": 2, "number": -1}, {"number": "x" * 1000, "id": "c", "extra": None}, {}]
    response = server.client.post("/v1/predictions", json={"rows": rows})
    error = response.json()["error"]
    assert (response.status_code, error["kind"], error["message"]) == (422, "invalid", "the request has 6 flaws")
    flaws = {flaw["where"]: (flaw["expected"], flaw["found"]) for flaw in error["flaws"]}
    assert flaws["rows[1].id"] == ("a valid string", "2")
    assert flaws["rows[1].number"] == ("greater than or equal to 0", "-1")
    assert flaws["rows[2].extra"] == ("no such name", "nothing")
    assert flaws["rows[3].id"] == flaws["rows[3].number"] == ("a value", "nothing")
    assert len(flaws["rows[2].number"][1]) < 80


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"rows": [{"id": "\\ud800", "number": 1, "\\udfff": 1}]}',
        b'{"rows": NaN}',
    ],
)
def test_bytes_that_are_no_request_are_refused_in_the_form(server, body: bytes):
    response = server.client.post("/v1/predictions", content=body, headers={"content-type": "application/json"})
    assert response.status_code in {400, 422}
    assert set(response.json()["error"]) == {"kind", "message", "flaws"}


def test_unknown_paths_and_methods(server):
    nowhere, wrong = server.client.get("/nowhere"), server.client.delete("/health/live")
    assert (nowhere.status_code, nowhere.json()["error"]["kind"]) == (404, "not_found")
    assert (wrong.status_code, wrong.json()["error"]["kind"]) == (405, "method_not_allowed")
    assert wrong.headers["allow"] == "GET"


@pytest.mark.parametrize("name", ["bug", "other"])
def test_what_nobody_expected_is_logged_with_its_place_and_its_text_shown_nowhere(server, name: str):
    response = server.client.get(
        f"/v1/errors/{name}", params={"text": "hunter2"}, headers={"x-request-id": f"of-{name}"}
    )
    assert (response.status_code, response.json()["error"]["kind"]) == (500, "internal")
    line = server.line(f"of-{name}")
    assert "hunter2" not in response.text + server.logged.getvalue()
    assert (line["level"], line["status"]) == ("error", 500)
    assert "edges.py" in line["raised"][-1]


def test_the_document_says_that_errors_have_the_form(server):
    responses = server.client.get("/openapi.json").json()["paths"]["/v1/predictions"]["post"]["responses"]
    errors = {status for status in responses if status != "200"}
    assert errors >= {"401", "403", "413", "422", "429", "500", "503"}
    for status in errors:
        assert responses[status]["content"]["application/json"]["schema"]["$ref"].endswith("/ErrorAnswer")
