"""Messages and heartbeats as they come -> the store, then the online state; one writer, acknowledged when on disk."""

from __future__ import annotations

import json
import logging
import queue
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from threading import Thread
from typing import Any, NamedTuple

from ontime.core.features.moments import HOUR
from ontime.core.serving.live_table import LiveRow
from ontime.core.serving.message_json import feed_dtypes, json_values
from ontime.core.serving.message_types import Message
from ontime.errors import NotReadyError
from ontime.service.clock import Now
from ontime.service.live import Live
from ontime.service.store.records import MessageLine

log = logging.getLogger(__name__)

MOST_WAITING = 200  # requests
TOGETHER = 50  # requests that are written in one transaction
FORGET_EVERY = 6 * HOUR  # of the clock
PATIENCE = 2.0  # seconds that a request waits for a place in the queue

Changed = Mapping[str, Sequence[LiveRow]]  # rows as they stand after messages, by table
Append = Callable[[Sequence[MessageLine]], list[int]]
Note = Callable[[Changed], None]


class Batch(NamedTuple):
    """What one request brings. heartbeats: source and moment, in microseconds since 1970."""

    messages: Sequence[Message]
    heartbeats: Sequence[tuple[str, int]]


class TakenIn(NamedTuple):
    """What became of a request. received: the number of the last message that is on disk."""

    taken: int
    repeated: int
    changed: Changed
    received: int


class Ingest:
    """The one thread that takes messages in. Whatever waits is written together, then taken in, then acknowledged.

    append: writes lines to disk and gives their numbers. live and clock: what messages and heartbeats move.
    note: what is to be done with rows that changed.
    """

    def __init__(self, live: Live, clock: Now, append: Append, note: Note, received: int = 0) -> None:
        self.received, self._forgot_at = received, clock.now()
        self._note, self._dtypes = note, feed_dtypes(live.dataset.tables, live.dataset.messages)
        self._live, self._clock, self._append = live, clock, append
        self._waiting: queue.Queue[tuple[Batch, Future[TakenIn]] | None] = queue.Queue(MOST_WAITING)
        self._thread = Thread(target=self._run, name="ingest", daemon=True)

    def start(self) -> None:
        """Begin to take in."""
        self._thread.start()

    def close(self) -> None:
        """Take in what waits, and end."""
        self._waiting.put(None)
        self._thread.join()

    def submit(self, batch: Batch) -> Future[TakenIn]:
        """The receipt, once the messages are on disk and read. Raises NotReadyError where too many requests wait."""
        future: Future[TakenIn] = Future()
        try:
            self._waiting.put((batch, future), timeout=PATIENCE)
        except queue.Full:
            raise NotReadyError(f"{MOST_WAITING} requests wait to be written: send this one again later") from None
        return future

    @property
    def waiting(self) -> int:
        """How many requests wait."""
        return self._waiting.qsize()

    def _run(self) -> None:
        while group := self._next():
            # Whoever does not wait any more has taken its request back; one that has begun cannot be.
            group = [(batch, future) for batch, future in group if future.set_running_or_notify_cancel()]
            try:
                receipts = self._take([batch for batch, _ in group])
            except Exception as error:
                log.exception("messages could not be taken in")
                for _, future in group:
                    future.set_exception(error)
            else:
                for (_, future), receipt in zip(group, receipts, strict=True):
                    future.set_result(receipt)

    def _next(self) -> list[tuple[Batch, Future[TakenIn]]]:
        """The requests that wait, at least one; none at the end."""
        first = self._waiting.get()
        group = [] if first is None else [first]
        while group and len(group) < TOGETHER:
            try:
                following = self._waiting.get_nowait()
            except queue.Empty:
                break
            if following is None:
                self._waiting.put(None)
                break
            group.append(following)
        return group

    def _take(self, batches: Sequence[Batch]) -> list[TakenIn]:
        now = self._clock.now()
        news, lines = [], []
        latest: dict[tuple[str, Any], Message] = {}
        for batch in batches:
            new = [message for message in batch.messages if self._is_new(message, latest)]
            news.append(new)
            lines += [self._line(message, now) for message in new]
            lines += [MessageLine("heartbeat", source, None, None, moment, now) for source, moment in batch.heartbeats]
        numbers = self._append(lines) if lines else []
        self.received = max([self.received, *numbers])
        messages = [message for new in news for message in new]
        changed = self._live.take(messages, self.received) if messages else {}
        for batch in batches:
            for source, moment in batch.heartbeats:
                self._live.hear(source, moment, self.received)
                self._clock.hear(moment)
        if now - self._forgot_at > FORGET_EVERY:
            self._live.forget(now)
            self._forgot_at = now
        self._note(changed)
        return [self._receipt(batch, new, changed) for batch, new in zip(batches, news, strict=True)]

    def _is_new(self, message: Message, latest: dict[tuple[str, Any], Message]) -> bool:
        """Whether a message says anything new, beside those that are known and those of the same group."""
        feed, values = message
        place = feed, self._key(message)
        before = latest.get(place)
        latest[place] = message
        return values != before[1] if before is not None else not self._live.admission.has(message)

    def _key(self, message: Message) -> tuple[Any, ...]:
        feed, values = message
        return tuple([values[name] for name in self._live.admission.key(feed)])

    def _line(self, message: Message, now: int) -> MessageLine:
        feed = message[0]
        return message_line(self._dtypes[feed], self._live.admission.key(feed), message, now)

    def _receipt(self, batch: Batch, new: Sequence[Message], changed: Changed) -> TakenIn:
        """The part of what changed that a request brought."""
        admission = self._live.admission
        keys = {(admission.feeds[message[0]], self._key(message)) for message in new}
        own = {table: [row for row in rows if (table, row.key) in keys] for table, rows in changed.items()}
        return TakenIn(len(new), len(batch.messages) - len(new), own, self.received)


def message_line(dtypes: Mapping[str, str], key: Sequence[str], message: Message, now: int) -> MessageLine:
    """A typed message as a line of the log. dtypes: of the columns of its feed. key: those that name its row."""
    feed, values = message
    content = json_values(dtypes, values)
    return MessageLine("message", feed, json.dumps([content[name] for name in key]), json.dumps(content), None, now)
