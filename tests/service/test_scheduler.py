"""A row is scored once, when it falls due; its outcome is written down once its source would have told."""

from pathlib import Path
from unittest.mock import patch

import pytest
from services import DUE, Running, plan, running, scans

from ontime.errors import NotReadyError

LEFT, ON_TIME, LATE = "2020-06-01T09:00:00Z", "2020-06-01T11:55:00Z", "2020-06-01T12:30:00Z"
BEFORE_DUE, LATE_FROM = "2020-06-01T10:59:59Z", "2020-06-01T12:10:00Z"


def versions(live: Running, number: int) -> list[str]:
    return sorted(line["version"] for line in live.row(number)["scores"])


def test_a_row_is_scored_once_by_what_answered_and_by_the_version_and_not_before_it_is_due(live: Running):
    live.send(plan(1), until=BEFORE_DUE)
    live.tick()
    assert versions(live, 1) == []
    live.send(until=DUE)
    live.tick()
    scored = live.row(1)["scores"]
    assert versions(live, 1) == sorted([live.models()["answers"], "answered"])
    assert {line["predict_at"] for line in scored} == {DUE}
    live.send(until=LATE)
    live.tick()
    assert live.row(1)["scores"] == scored


def test_a_late_message_does_not_change_an_answer_that_was_given(live: Running):
    live.send(plan(1), plan(2), until=DUE)
    given = live.answer(1)
    live.tick()
    assert live.answer(1) == given
    live.send(scans(2, "2020-06-01T10:50:00Z"))  # it was known at 11:00, and comes after it
    assert live.answer(1) == given
    live.send(plan(3), until=DUE)
    assert live.answer(3)["probability"] != given["probability"]  # whoever is scored later reads it


def test_what_was_answered_before_the_scheduler_looked_is_what_it_writes(live: Running):
    live.send(plan(1), plan(2), until=DUE)
    given = live.answer(1)
    live.send(scans(2, "2020-06-01T10:50:00Z"))
    assert live.answer(1) == given
    live.tick()
    assert live.answer(1) == given
    assert {line["probability"] for line in live.row(1)["scores"]} == {given["probability"]}


def test_what_fell_due_during_a_stop_is_scored_after_the_start_and_what_was_scored_stays(live_url: str, bundle: Path):
    with running(live_url, bundle) as live:
        live.send(plan(1), until=DUE)
        live.tick()
        scored, given = live.row(1)["scores"], live.answer(1)
        live.send(plan(2), scans(2, "2020-06-01T10:50:00Z"), until=DUE)  # nobody looks at the clock before the stop
    with running(live_url, bundle) as live:
        live.tick()
        assert (live.row(1)["scores"], live.answer(1)) == (scored, given)
        assert len(live.row(2)["scores"]) == len(scored)


def test_an_outcome_by_absence_waits_for_a_heartbeat_of_the_source(live: Running):
    live.send(plan(1), scans(1, LEFT), until=LATE_FROM.replace("12:10", "12:09"))
    live.service.clock.hear(live.service.clock.now() + 3_600_000_000)  # an hour goes by, and the source says nothing
    live.tick()
    assert live.row(1)["outcome"] is None
    live.send(until=LATE_FROM)
    live.tick()
    assert live.row(1)["outcome"] is True


def test_a_corrected_outcome_is_recorded_again_also_after_a_restart(live_url: str, bundle: Path):
    with running(live_url, bundle) as live:
        live.send(plan(1), scans(1, LEFT, ON_TIME), until=LATE)
        live.tick()
        assert live.row(1)["outcome"] is False
        live.send(scans(1, LEFT, LATE), until=LATE)
        live.tick()
        assert live.row(1)["outcome"] is True
    with running(live_url, bundle) as live:
        live.send(scans(1, LEFT, ON_TIME), until=LATE)
        live.tick()
        assert live.row(1)["outcome"] is False


@pytest.mark.parametrize("part", ["scores", "outcomes"])
def test_what_the_store_refuses_is_written_at_the_next_look(live: Running, part: str):
    live.send(plan(1), scans(1, LEFT, ON_TIME), until=LATE)
    refused = NotReadyError("nothing was kept: disk is full")
    with (
        patch.object(live.service.records, part, side_effect=refused),
        pytest.raises(NotReadyError, match="disk is full"),
    ):
        live.tick()
    live.tick()
    assert (len(live.row(1)["scores"]), live.row(1)["outcome"]) == (2, False)
