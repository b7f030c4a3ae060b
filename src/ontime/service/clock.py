"""Now, from one clock that is given: the wall's, or that of the messages."""

from __future__ import annotations

import time
from typing import Protocol

from ontime.core.features.moments import NEVER


class Now(Protocol):
    """Moments are whole microseconds since 1970."""

    def now(self) -> int:
        """The moment as of which is answered; NEVER where it is not known yet."""
        ...

    def hear(self, moment: int) -> None:
        """A heartbeat of this moment has come."""
        ...


class WallClock:
    """The time of the machine. A clock that is set back stands still until it is caught up with."""

    def __init__(self) -> None:
        self._latest = NEVER

    def now(self) -> int:
        self._latest = max(self._latest, time.time_ns() // 1_000)
        return self._latest

    def hear(self, moment: int) -> None:
        """Heartbeats do not move it."""


class EventClock:
    """The latest moment of a heartbeat: for messages that are replayed."""

    def __init__(self, moment: int = NEVER) -> None:
        self._latest = moment

    def now(self) -> int:
        return self._latest

    def hear(self, moment: int) -> None:
        self._latest = max(self._latest, moment)
