"""Keys: who may ask for what, and that no secret is shown."""

import hashlib

import pytest
from edges import made_key, running

from ontime.errors import OntimeError
from ontime.service.edge.keys import STRANGER, VARIABLE, Requires, check_address, is_among, key_of, keys_of, new_secret
from ontime.service.edge.settings import EdgeSettings

DIGEST = hashlib.sha256(b"secret").hexdigest()
BODY = {"rows": []}


@pytest.fixture(scope="module")
def keys():
    return {"asks": made_key("asks", "predict"), "sends": made_key("sends", "events")}


@pytest.fixture(scope="module")
def server(keys):
    with running(EdgeSettings(keys=tuple(key for key, _ in keys.values()))) as one:
        yield one


def test_keys_are_read_from_commas_and_lines():
    keys = keys_of({VARIABLE: f"one:predict+events:{DIGEST},\ntwo:admin:{DIGEST}\n"})
    assert [(key.name, key.scopes) for key in keys] == [("one", {"predict", "events"}), ("two", {"admin"})]
    assert DIGEST not in repr(keys)
    assert keys_of({}) == keys_of({VARIABLE: " \n"}) == ()


def test_all_that_is_wrong_with_keys_is_listed_and_no_secret_shown():
    wrong = f"one:predict:hunter2,hunter2,two:predikt:{DIGEST},a b:admin:{DIGEST},x:admin:{DIGEST},x:events:{DIGEST}"
    with pytest.raises(OntimeError) as caught:
        keys_of({VARIABLE: wrong})
    message = str(caught.value)
    assert len(message.splitlines()) == 6
    assert "x: expected one key, found 2" in message
    assert "hunter2" not in message
    assert DIGEST not in message


def test_a_secret_opens_what_has_its_digest_and_nothing_else():
    secret, digest = new_secret()
    (key,) = keys_of({VARIABLE: f"one:predict:{digest}"})
    assert len(secret) >= 43
    assert key_of(secret.encode(), [key]) is key
    for token in (b"", digest.encode(), secret[:-1].encode(), b"\xff"):
        assert key_of(token, [key]) is STRANGER


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_loopback_may_be_served_without_keys(host: str):
    check_address(host, ())


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.1", "example.org", "localhost.example.org", ""])
def test_other_addresses_may_not(host: str):
    with pytest.raises(OntimeError, match="without keys"):
        check_address(host, ())
    check_address(host, (STRANGER,))


def test_a_scope_that_there_is_not_is_refused():
    with pytest.raises(OntimeError, match="unknown scope predikt"):
        Requires("predikt")


def test_paths_are_open_one_by_one_or_below_a_slash():
    assert [is_among(path, ("/docs", "/health/")) for path in ("/docs", "/docs2", "/health/live", "/health")] == [
        *(True, False, True, False)
    ]


def test_a_key_opens_its_scopes_alone(server, keys):
    answers = {name: server.client.post("/v1/predictions", json=BODY, headers=keys[name][1]) for name in keys}
    assert answers["asks"].json() == {"count": 0}
    assert (answers["sends"].status_code, answers["sends"].json()["error"]["kind"]) == (403, "forbidden")


@pytest.mark.parametrize("given", [None, "", "Bearer", "Bearer wrong", "Basic wrong", "Bearer " + "x" * 5000])
def test_without_a_known_key_only_open_paths_answer(server, given: str | None):
    headers = {} if given is None else {"Authorization": given}
    for path in ("/v1/rows/a", "/nowhere", "/metrics"):
        response = server.client.get(path, headers=headers)
        assert (response.status_code, response.json()["error"]["kind"]) == (401, "unauthorized")
        assert response.headers["www-authenticate"] == "Bearer"
    for path in ("/health/live", "/docs", "/openapi.json"):
        assert server.client.get(path, headers=headers).status_code == 200


def test_the_document_names_the_scheme_and_no_secret_is_in_it_or_in_the_log(server, keys):
    server.client.post("/v1/predictions", json=BODY, headers=keys["asks"][1])
    document = server.client.get("/openapi.json")
    assert document.json()["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    assert document.json()["paths"]["/v1/predictions"]["post"]["security"] == [{"key": []}]
    for key, headers in keys.values():
        for secret in (key.digest, headers["Authorization"].removeprefix("Bearer ")):
            assert secret not in document.text + server.logged.getvalue()
    assert '"key": "asks"' in server.logged.getvalue()


def test_without_keys_a_name_that_is_made_to_point_here_is_refused():
    with running() as server:
        assert server.client.get("/v1/rows/a", headers={"host": "evil.example"}).status_code == 403
        assert server.client.get("/v1/rows/a", headers={"host": "localhost:1"}).status_code == 200
        assert server.client.get("/v1/rows/a", headers={"host": "[::1]:1"}).status_code == 200
        assert server.client.get("/v1/rows/a", headers={"host": "[broken"}).status_code == 403
