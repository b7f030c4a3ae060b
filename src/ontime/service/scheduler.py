"""Rows that fall due -> their scores; outcomes that are known -> the store. It catches up on whatever was missed."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from heapq import heappop, heappush
from threading import Event, Lock, Thread
from typing import NamedTuple, Protocol

from ontime.core.serving.live_table import LiveRow
from ontime.core.serving.online_state import KEPT
from ontime.service.clock import Now
from ontime.service.live import Live, RowReply

log = logging.getLogger(__name__)

EVERY = 0.5  # seconds between two looks at the clock
TOGETHER = 500  # rows that are scored at a time


class Outcome(NamedTuple):
    """What came of a row; known_at: the moment, in microseconds since 1970."""

    id: str
    outcome: int
    known_at: int


class Record(Protocol):
    """Where scores and outcomes are kept."""

    def scores(self, replies: Sequence[RowReply], of_versions: Mapping[str, Sequence[float]], at: int) -> None:
        """Keep what rows got when they fell due, and what each version said of them; what is there stays."""

    def outcomes(self, outcomes: Sequence[Outcome], at: int) -> None:
        """Keep what came of rows: the last counts."""


class Scheduler:
    """Scores every row once, when it falls due, and writes down outcomes once their source would have told.

    An outcome by absence waits until the source was heard from at that moment or later. Rows are noted when their
    messages come; `catch_up` notes all that are known, after a start.
    """

    def __init__(self, live: Live, clock: Now, record: Record, outcomes: Mapping[str, int] | None = None) -> None:
        """outcomes: by id those that are written down already."""
        self._live, self._clock, self._record = live, clock, record
        self._due: list[tuple[int, str]] = []
        self._known: list[tuple[int, str]] = []
        self._outcomes: dict[str, int] = dict(outcomes or {})
        self._lock, self._end = Lock(), Event()
        self._thread = Thread(target=self._run, name="scheduler", daemon=True)

    def start(self) -> None:
        """Look at the clock from now on."""
        self._thread.start()

    def close(self) -> None:
        """End after what is being done."""
        self._end.set()
        self._thread.join()

    def catch_up(self, now: int) -> None:
        """Note the rows that are known and not scored yet, as far as they are still kept."""
        self.note(name for name in self._live.state.names() if self._starts_at(name) > now - KEPT)

    def note(self, ids: Iterable[str]) -> None:
        """Rows that are new, or changed."""
        with self._lock:
            for name in ids:
                row = self._live.state.row(name)
                if row is None:
                    continue
                if name not in self._live.scored:
                    heappush(self._due, (row["predict_at"], name))
                if row["outcome_known_at"] is not None:
                    heappush(self._known, (row["outcome_known_at"], name))

    def note_changed(self, rows: Iterable[LiveRow]) -> None:
        """The same, of rows that messages changed."""
        self.note([str(row.clean["id"]) for row in rows if row.clean is not None])

    def tick(self) -> None:
        """Score what is due, and write down what is known."""
        now = self._clock.now()
        self._score(now)
        self._learn(now)

    def _run(self) -> None:
        while not self._end.wait(EVERY):
            try:
                self.tick()
            except Exception:
                log.exception("rows that are due could not be scored; the next look tries again")

    def _score(self, now: int) -> None:
        while names := self._pop_due(now):
            try:
                replies = self._live.answer(names, now)
                self._record.scores(replies, self._live.model_scores(replies), now)
            except Exception:
                self.note(names)
                raise
            self._live.keep(replies)

    def _pop_due(self, now: int) -> list[str]:
        """Rows that are due and not scored, as they stand now."""
        names: dict[str, None] = {}
        with self._lock:
            while self._due and self._due[0][0] <= now and len(names) < TOGETHER:
                _, name = heappop(self._due)
                row = self._live.state.row(name)
                if row is not None and row["predict_at"] <= now and name not in self._live.scored:
                    names[name] = None
        return [*names]

    def _learn(self, now: int) -> None:
        limit = min(now, self._live.heard_outcomes(now))
        outcomes: dict[str, Outcome] = {}
        with self._lock:
            while self._known and self._known[0][0] <= limit:
                moment, name = heappop(self._known)
                row = self._live.state.row(name)
                if row is not None and row["outcome_known_at"] == moment and self._outcomes.get(name) != row["outcome"]:
                    outcomes[name] = Outcome(name, int(row["outcome"]), moment)
        if not outcomes:
            return
        try:
            self._record.outcomes([*outcomes.values()], now)
        except Exception:
            self.note(outcomes)
            raise
        known = self._outcomes | {name: one.outcome for name, one in outcomes.items()}
        self._outcomes = {name: outcome for name, outcome in known.items() if self._live.state.row(name) is not None}

    def _starts_at(self, name: str) -> int:
        row = self._live.state.row(name)
        return row["starts_at"] if row is not None else 0
