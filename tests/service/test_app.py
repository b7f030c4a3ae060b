"""What answers where the model may not, the kill switch, and a request that is repeated."""

import io
from pathlib import Path

import pandas as pd
from repositories import call
from services import DUE, Json, Running, key, plan, running, scans
from toy import TOY

from ontime.service.records import ServiceRecords
from ontime.service.store.opening import open_store
from ontime.service.store.records import save_month
from ontime.service.store.writer import Writer

BEFORE_DUE = "2020-06-01T10:30:00Z"
SWITCHED_OFF = ["the kill switch is on"]


def switch(live: Running, *, climatology_only: bool) -> None:
    response = live.client.put("/v1/mode", json={"climatology_only": climatology_only})
    assert response.json() == {"climatology_only": climatology_only}


def test_the_kill_switch_outlives_a_restart(live_url: str, bundle: Path):
    with running(live_url, bundle) as live:
        live.send(plan(1), until=BEFORE_DUE)
        by_model = live.answer(1)
        switch(live, climatology_only=True)
        switched = live.answer(1)
        assert (switched["version"], switched["degraded"], by_model["degraded"]) == ("", SWITCHED_OFF, [])
    with running(live_url, bundle) as live:
        assert live.models()["climatology_only"]
        assert live.answer(1) == switched
        switch(live, climatology_only=False)
        assert live.answer(1) == by_model
    with running(live_url, bundle) as live:
        assert live.answer(1) == by_model


def test_while_a_source_is_silent_answers_are_flagged(live: Running):
    live.send(plan(1))
    live.service.clock.hear(live.service.clock.now() + 10 * 3_600_000_000)  # heartbeats of others go on
    silent = live.answer(1)
    assert (silent["version"], silent["degraded"]) == ("", ["scans is silent"])
    assert silent["ages"] == {"scans": 10 * 3600.0}
    live.send(until=DUE)
    assert (live.answer(1)["version"], live.answer(1)["degraded"]) == (live.models()["answers"], [])


def test_a_name_that_the_model_has_never_seen_is_flagged(live_url: str, bundle: Path):
    depots = io.BytesIO()
    pd.DataFrame({"depot": ["NORTH", "SOUTH", "EAST"], "city": "Oslo"}).astype("str").to_parquet(depots)
    with open_store(live_url) as store, Writer(store) as writer:
        writer.write(lambda connection: save_month(connection, "depots", "", depots.getvalue()))
    with running(live_url, bundle) as live:
        live.send(plan(1), plan(2, "EAST"), until=BEFORE_DUE)
        known, unseen = answers(live, key(1), key(2, "EAST"))
        assert (known["degraded"], unseen["degraded"]) == ([], ["depot EAST is unknown"])


def answers(live: Running, *rows: Json) -> list[Json]:
    return live.client.post("/v1/predictions", json={"rows": rows}).json()["predictions"]


def test_a_retry_gets_the_first_reply_also_after_new_events_and_a_restart(live_url: str, bundle: Path):
    request, headers = {"rows": [key(1)]}, {"Idempotency-Key": "a"}
    with running(live_url, bundle) as live:
        live.send(plan(1), plan(2), until=BEFORE_DUE)
        first = live.client.post("/v1/predictions", json=request, headers=headers)
        live.send(scans(2, "2020-06-01T09:30:00Z"), until=DUE)
        assert live.client.post("/v1/predictions", json=request, headers=headers).content == first.content
        assert len(live.row(1)["answers"]) == 1
        other = live.client.post("/v1/predictions", json={"rows": [key(2)]}, headers=headers)
        assert (other.status_code, "Idempotency-Key" in other.text) == (422, True)
    with running(live_url, bundle) as live:
        assert live.client.post("/v1/predictions", json=request, headers=headers).content == first.content
        assert live.answer(1) != first.json()["predictions"][0]


def test_every_row_that_is_not_known_is_named(live: Running):
    live.send(plan(1))
    rows = [key(1), *(key(number) for number in range(100, 130))]
    response = live.client.post("/v1/predictions", json={"rows": rows})
    assert response.status_code == 422
    message = response.json()["error"]["message"]
    assert [place for place in range(31) if f"rows[{place}]: " in message] == [*range(1, 31)]
    assert live.row(1)["answers"] == []


def test_features_of_another_bundle_than_the_one_that_answers_are_not_given_its_names(live: Running):
    live.send(plan(1), until=DUE)
    live.answer(1)
    (given,) = live.service.live._given.values()
    live.service.live._given[given.row["id"]] = given._replace(model="another", features=given.features[:1])
    response = live.client.post("/v1/predictions", params={"features": True}, json={"rows": [key(1)]})
    assert response.status_code == 200
    assert response.json()["predictions"][0]["features"] is None
    live.tick()
    assert [line["version"] for line in live.row(1)["scores"]] == ["answered"]


def test_months_that_are_loaded_again_take_no_correction_back(toy_made: Path, live_url: str):
    with ServiceRecords.open(live_url) as records:
        loaded = [line for _, line in records.log()]
        corrected = loaded[-1]._replace(content='{"as": "it was corrected"}', received_at=1)
        records.append([corrected])
    for _ in range(2):
        done = call(TOY, "load", "--until", "2020-05", "--store", live_url, folder=toy_made)
        assert done.returncode == 0, done.stderr
    with ServiceRecords.open(live_url) as records:
        assert [line for _, line in records.log()] == [*loaded, corrected]
