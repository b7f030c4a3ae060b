"""Now comes from one clock, and never goes back."""

import pytest

from ontime.core.features.moments import NEVER
from ontime.service.clock import EventClock, WallClock


def test_the_clock_of_messages_is_their_latest_heartbeat():
    clock = EventClock()
    assert clock.now() == NEVER
    for moment in (5, 9, 7):
        clock.hear(moment)
    assert clock.now() == 9


def test_a_clock_that_is_set_back_stands_still(monkeypatch: pytest.MonkeyPatch):
    times, clock = iter([5_000_000, 2_000_000, 6_000_000]), WallClock()
    monkeypatch.setattr("time.time_ns", lambda: next(times))
    clock.hear(9_000_000)
    assert [clock.now() for _ in range(3)] == [5_000, 5_000, 6_000]
