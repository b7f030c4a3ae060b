"""Another bundle answers without a request that fails; one that is broken does not, and the one before it goes on."""

import gc
import json
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import groupby, pairwise
from pathlib import Path

import pytest
from services import Running, key, plan, running

from ontime import params
from ontime.core.evaluation.conformal import Calibration
from ontime.core.serving.row_answers import Answerer
from ontime.io.bundle_files import FALLBACK, LIST, write_bundle
from ontime.io.formats import read_json, write_json
from ontime.io.model_files import SIGNATURE, TREES
from ontime.io.paths import Files

BEFORE_DUE = "2020-06-01T10:30:00Z"
BOUNDS = Calibration(0.3, 0.2).content() | {"level": 0.8}
SWAPS, ALLOWED_BYTES = 20, 4 * 2**20


@pytest.fixture
def another(toy_made: Path, tmp_path: Path) -> Path:
    """The folder of another bundle of the same model."""
    return made(toy_made, tmp_path / "another", 1.0)


def made(toy_made: Path, folder: Path, lead_hours: float) -> Path:
    candidate = Path(shutil.copytree(Files(toy_made).candidate, folder.with_name(f"{folder.name} candidate")))
    write_json(read_json(candidate / SIGNATURE) | {"lead_hours": lead_hours}, candidate / SIGNATURE)
    costs = replace(params.load(toy_made / "params.yaml", "costs"), missed=9.0)
    write_bundle(folder, candidate, BOUNDS | {"lead_hours": lead_hours}, costs)
    return folder


def version_of(folder: Path) -> str:
    return read_json(folder / LIST)["version"]


def exchange(one: Path, other: Path) -> None:
    between = one.with_name("between")
    one.rename(between)
    other.rename(one)
    between.rename(other)


def wait_for(reached: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not reached():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_bundle_is_swapped_while_requests_run_and_none_fails(live: Running, bundle: Path, another: Path):
    live.send(plan(1), until=BEFORE_DUE)
    before, after = version_of(bundle), version_of(another)
    replies, ended = [], threading.Event()

    def ask() -> None:
        while not ended.is_set():
            replies.append(live.client.post("/v1/predictions", json={"rows": [key(1)]}))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        wait_for(lambda: len(replies) > 5)
        bundle.rename(bundle.with_name("former"))
        live.look()  # there is no folder now
        another.rename(bundle)
        live.look()
        swapped = len(replies)
        wait_for(lambda: len(replies) > swapped + 5)
    finally:
        ended.set()
        asking.join()
    assert {reply.status_code for reply in replies} == {200}
    versions = [reply.json()["predictions"][0]["version"] for reply in replies]
    assert [version for version, _ in groupby(versions)] == [before, after]


def test_memory_stays_flat_over_many_swaps(live: Running, bundle: Path, another: Path):
    def swap(times: int) -> tuple[int, int]:
        for _ in range(times):
            exchange(bundle, another)
            live.look()
        gc.collect()
        resident = int(Path("/proc/self/statm").read_text().split()[1]) * 4096
        return sum(isinstance(one, Answerer) for one in gc.get_objects()), resident

    measured = [swap(times) for times in (10, SWAPS, SWAPS, SWAPS)]
    assert len({kept for kept, _ in measured}) == 1
    growth = [after - before for (_, before), (_, after) in pairwise(measured)]
    assert min(growth) < ALLOWED_BYTES  # what leaks grows each time; what the process needs for other things does not


def half_copied(bundle: Path, _: Path) -> str:
    (bundle / TREES).unlink()
    (bundle / LIST).write_text((bundle / LIST).read_text() + "\n")
    return TREES


def broken(bundle: Path, _: Path) -> str:
    (bundle / LIST).write_text("{")
    return LIST


def of_another_lead(bundle: Path, toy_made: Path) -> str:
    exchange(bundle, made(toy_made, bundle.with_name("other lead"), 2.0))
    return "answers 2 hours ahead, this service 1"


def gone(bundle: Path, _: Path) -> str:
    bundle.rename(bundle.with_name("gone"))
    return "expected a folder"


@pytest.mark.parametrize("harm", [half_copied, broken, of_another_lead, gone])
def test_what_is_no_whole_bundle_of_this_service_is_refused_and_named_and_the_former_goes_on(
    live: Running, bundle: Path, another: Path, toy_made: Path, harm: Callable[[Path, Path], str]
):
    live.send(plan(1), until=BEFORE_DUE)
    before = live.answer(1)
    words = harm(bundle, toy_made)
    live.look()
    assert words in live.models()["problem"]
    assert (live.models()["answers"], live.answer(1)) == (before["version"], before)
    shutil.rmtree(bundle, ignore_errors=True)
    another.rename(bundle)
    live.look()
    assert (live.models()["problem"], live.models()["answers"]) == ("", version_of(bundle))


def test_without_a_bundle_climatology_answers_until_there_is_one(live_url: str, bundle: Path):
    (bundle / LIST).rename(bundle.with_name(LIST))
    with running(live_url, bundle) as live:
        live.send(plan(1), until=BEFORE_DUE)
        answer = live.answer(1)
        assert (answer["version"], answer["degraded"]) == ("", ["there is no model"])
        assert live.client.get("/health/ready").json()["answers"] == "climatology"
        away = bundle.rename(bundle.with_name("away"))
        live.look()  # in the middle of a swap
        assert live.answer(1) == answer
        bundle.with_name(LIST).rename(away / LIST)
        away.rename(bundle)
        live.look()
        assert (live.answer(1)["version"], live.answer(1)["degraded"]) == (version_of(bundle), [])


@pytest.mark.parametrize("fallback", [None, {"keys": ["nothing", "hour"]}])
def test_without_bundle_and_fallback_the_service_is_alive_and_not_ready(
    live_url: str, bundle: Path, fallback: dict | None
):
    (bundle / LIST).unlink()
    if fallback is None:
        (bundle / FALLBACK).unlink()
    else:
        (bundle / FALLBACK).write_text(json.dumps(read_json(bundle / FALLBACK) | fallback))
    with running(live_url, bundle) as live:
        live.send(plan(1), until=BEFORE_DUE)
        assert live.client.get("/health/live").status_code == 200
        replies = live.client.get("/health/ready"), live.client.post("/v1/predictions", json={"rows": [key(1)]})
        assert [(reply.status_code, reply.headers["Retry-After"]) for reply in replies] == [(503, "1"), (503, "1")]
        assert live.models()["problem"]
