"""Every response has a request id: the one that came, where it is sane."""

import pytest
from edges import running


@pytest.fixture(scope="module")
def server():
    with running() as one:
        yield one


def test_a_sane_id_comes_back(server):
    response = server.client.get("/health/live", headers={"x-request-id": "Order-1.2_3"})
    assert response.headers["x-request-id"] == "Order-1.2_3"


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, '{"a": 1}', "ä".encode().decode("latin-1")])
def test_another_id_is_made_in_place_of_one_that_is_not(server, given: str):
    responses = [server.client.get("/health/live", headers={"x-request-id": given.encode("latin-1")}) for _ in range(2)]
    made = {response.headers["x-request-id"] for response in responses}
    assert len(made) == 2
    assert all(len(one) == 16 for one in made)


@pytest.mark.parametrize("path", ["/nowhere", "/v1/errors/bug", "/v1/rows/a", "/docs"])
def test_every_response_has_one(server, path: str):
    assert len(server.client.get(path).headers["x-request-id"]) == 16
