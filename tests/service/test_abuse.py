"""Whatever comes over HTTP, the service takes it or refuses it, never fails, and then answers as before."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx
import pytest
import schemathesis
from edges import running
from hypothesis import given
from hypothesis import strategies as st
from repositories import call
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)
from toy import TOY

from ontime import params
from ontime.core.serving.message_json import feed_dtypes
from ontime.dataset.dtypes import MOMENT, TEXT
from ontime.service.app import make_app
from ontime.service.edge.settings import EdgeSettings
from ontime.service.openapi import openapi_document
from ontime.service.records import ServiceRecords
from ontime.service.schemas import MOST_ROWS
from ontime.service.service import Service, Settings

ROW = {"number": 7, "depot": "NORTH", "promised": "2020-07-15T10:00:00Z"}
DTYPES = feed_dtypes(TOY.tables, TOY.messages)
KEPT = ("id", "probability", "decision", "conformal_set", "version", "predict_at", "provisional", "degraded")
BODIES = ["", "null", "[]", "NaN", "[" * 100_000, "9" * 100_000, '{"rows": [NaN]}', '"\\ud800"']
POSTED = ("/v1/predictions", "/v1/events", "/v1/feedback")
OPERATIONS = [
    *(("post", path, mode) for path in POSTED for mode in schemathesis.GenerationMode),
    ("get", "/v1/rows/{name}", schemathesis.GenerationMode.POSITIVE),  # any text is a name
]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]

MOMENTS = st.sampled_from(
    [
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "1677-09-21T00:12:43Z",
        "1969-12-31T23:59:59.999999Z",
        "2020-07-15T10:00:00.000001Z",
        "2262-04-11T23:47:17Z",
        "9999-12-31T23:59:59.999999Z",
        "2020-02-30T00:00:00Z",
        "2020-07-15T24:00:00Z",
        "2020-07-15T23:59:60Z",
        "2020-07-15T10:00:00+02:00",
        "NaT",
    ]
)
TEXTS = st.text(st.characters(), max_size=8) | st.sampled_from(["NORTH", "", "x" * 200, "x" * 201, "nan", "\ud800"])
TYPED = {
    "Int64": st.integers() | st.integers(0, 9) | st.sampled_from([2**53 + 1, 2**63 - 1, 2**63, -(2**63), 10**4000]),
    TEXT: TEXTS,
    MOMENT: MOMENTS | st.datetimes().map(lambda moment: f"{moment.isoformat()}Z"),
}
ANY = st.none() | st.booleans() | st.floats() | TEXTS | st.lists(st.none(), max_size=2) | st.just({"a": 1})


def values(names: dict[str, str]) -> st.SearchStrategy[dict[str, Any]]:
    """Values of columns, mostly of their types; never those of the good row."""
    typed = {name: st.one_of(TYPED[dtype], TYPED[dtype], TYPED[dtype], ANY) for name, dtype in names.items()}
    return st.fixed_dictionaries(typed).filter(lambda row: row["number"] != ROW["number"])


MESSAGES = st.sampled_from(sorted(DTYPES)).flatmap(
    lambda feed: st.fixed_dictionaries({"feed": st.just(feed), "values": values(DTYPES[feed])})
)
ROWS = values({name: DTYPES["plan"][name] for name in ROW})
HEARTBEATS = st.fixed_dictionaries({"source": st.just("scans") | TEXTS, "at": TYPED[MOMENT]})


class Served(NamedTuple):
    """A client of the toy's service, and what it answered to the good row."""

    client: httpx.Client
    answer: dict[str, Any]

    def post(self, path: str, body: object, **headers: str) -> tuple[int, dict[str, Any]]:
        """Status and content; the body may be what JSON has no word for, such as NaN."""
        sent = {"Content-Type": "application/json", **headers}
        response = self.client.post(path, content=json.dumps(body), headers=sent)
        return response.status_code, response.json() if response.content else {}

    def assert_serves_as_before(self) -> None:
        status, content = self.post("/v1/predictions", {"rows": [ROW]})
        assert status == 200, content
        assert kept(content) == self.answer


def kept(content: dict[str, Any]) -> dict[str, Any]:
    return {name: content["predictions"][0][name] for name in KEPT}


@pytest.fixture(scope="module")
def served(toy_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The good row has fallen due, so that its answer is not to change."""
    folder = tmp_path_factory.mktemp("served")
    store = f"sqlite:///{folder / 'store.sqlite'}"
    for words in (("db", "upgrade"), ("load",)):
        done = call(TOY, *words, "--store", store, folder=toy_made)
        assert done.returncode == 0, done.stderr
    bundle = Path(shutil.copytree(toy_made / "data/models/bundle", folder / "bundle"))
    costs = params.load(toy_made / "params.yaml", "costs")
    unlimited = EdgeSettings(requests_per_second=1e6, burst=10**6)
    with ServiceRecords.open(store) as records:
        service = Service.of(TOY, records, Settings(bundle, 1, 6, costs))
        service.start()
        with running(unlimited, make_app(service)) as server:
            client = Served(server.client, {})
            assert client.post("/v1/events", {"messages": [{"feed": "plan", "values": ROW}]})[0] == 200
            service.scheduler.tick()
            yield client._replace(answer=kept(client.post("/v1/predictions", {"rows": [ROW]})[1]))
        service.close()


def without_keys(document: dict[str, Any]) -> dict[str, Any]:
    """On loopback none is asked for, so a request that lacks one is a good one."""
    for methods in document["paths"].values():
        for operation in methods.values():
            operation.pop("security", None)
    return document


DOCUMENT = schemathesis.openapi.from_dict(without_keys(json.loads(openapi_document(TOY))))


@pytest.mark.parametrize(("method", "path", "mode"), OPERATIONS)
@given(data=st.data())
def test_the_document_holds_for_whatever_is_sent(served: Served, method: str, path: str, mode: Any, data: Any):
    case = data.draw(DOCUMENT[path][method].as_strategy(generation_mode=mode))
    case.call_and_validate(base_url=str(served.client.base_url), checks=CHECKS)


@given(st.lists(MESSAGES, max_size=3), st.lists(HEARTBEATS, max_size=2))
def test_odd_messages_are_taken_or_refused(served: Served, messages: list[Any], heartbeats: list[Any]):
    status, content = served.post("/v1/events", {"messages": messages, "heartbeats": heartbeats})
    assert status in {200, 400, 422}, content
    served.assert_serves_as_before()


@given(st.lists(ROWS, min_size=1, max_size=3))
def test_odd_rows_are_unknown_or_refused(served: Served, rows: list[Any]):
    status, content = served.post("/v1/predictions?explain=true&features=true", {"rows": rows})
    assert status in {200, 400, 422}, content
    served.assert_serves_as_before()


@given(TEXTS, TEXTS, TEXTS)
def test_odd_feedback_is_kept_or_refused(served: Served, prediction: str, comment: str, user: str):
    body = {"prediction_id": prediction, "verdict": "wrong", "comment": comment, "user": user}
    assert served.post("/v1/feedback", body)[0] == 422
    given_id = served.post("/v1/predictions", {"rows": [ROW]})[1]["predictions"][0]["prediction_id"]
    assert served.post("/v1/feedback", body | {"prediction_id": given_id})[0] in {204, 422}


@given(TEXTS.filter(lambda text: "\ud800" not in text))
def test_odd_names_are_of_no_row(served: Served, name: str):
    path = quote(name.encode("utf-8", "surrogatepass"), safe="")
    assert served.client.get(f"/v1/rows/{path}").status_code in {404, 422}


@pytest.mark.parametrize("name", ["2020-07-15/7", "2020-07-15%2F7"])
def test_a_row_whose_id_has_a_slash_is_shown(served: Served, name: str):
    assert served.client.get(f"/v1/rows/{name}").json()["id"] == "2020-07-15/7"


@pytest.mark.parametrize(
    "body", ["", "null", "[]", "NaN", "[" * 100_000, "9" * 100_000, '{"rows": [NaN]}', '"\\ud800"']
)
@pytest.mark.parametrize("path", POSTED)
def test_a_body_that_is_no_request_is_refused(served: Served, path: str, body: str):
    response = served.client.post(path, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code in {400, 422}, response.text


def test_a_key_that_was_used_for_another_body_is_refused_and_its_answer_stays(served: Served):
    key = {"Idempotency-Key": "once"}
    first = served.post("/v1/predictions", {"rows": [ROW]}, **key)
    assert served.post("/v1/predictions", {"rows": [ROW, ROW]}, **key)[0] == 422
    assert served.post("/v1/predictions", {"rows": [ROW]}, **key) == first


def test_a_row_may_be_asked_for_a_thousand_times_at_once(served: Served):
    status, content = served.post("/v1/predictions", {"rows": [ROW] * MOST_ROWS})
    assert (status, len(content["predictions"])) == (200, MOST_ROWS)
    assert {json.dumps(one) for one in content["predictions"]} == {json.dumps(content["predictions"][0])}


def test_a_thousand_messages_of_one_row_or_twice_the_same_change_nothing_more(served: Served):
    same = {"messages": [{"feed": "plan", "values": ROW}] * MOST_ROWS}
    many = {"messages": [{"feed": "plan", "values": ROW | {"number": 1_000 + place}} for place in range(MOST_ROWS)]}
    counts = [served.post("/v1/events", body)[1] for body in (same, many, many)]
    assert [(one["taken"], one["repeated"]) for one in counts] == [(0, MOST_ROWS), (MOST_ROWS, 0), (0, MOST_ROWS)]
    served.assert_serves_as_before()
