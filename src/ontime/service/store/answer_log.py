"""What users get -> the store, all of a short time in one job; nobody waits for it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Self

from ontime.errors import NotReadyError
from ontime.service.store.records import AnswerRecord, add_answers
from ontime.service.store.writer import Writer

log = logging.getLogger(__name__)

EVERY = 0.05  # seconds: a job for each answer would cost more than the answer


class AnswerLog:
    """Answers that are to be written, handed to the writer every EVERY seconds, and at the end.

    Those that could not be written are tried again. capacity: how many may wait. lost: how many the store refused.
    """

    def __init__(self, writer: Writer, capacity: int = 20_000) -> None:
        self.capacity, self.lost = capacity, 0
        self._writer, self._waiting = writer, list[AnswerRecord]()
        self._lock, self._end = Lock(), Event()
        self._thread = Thread(target=self._run, name="answer log", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join()
        self.flush()

    def add(self, records: Sequence[AnswerRecord]) -> None:
        """Keep answers soon. Raises NotReadyError, and keeps none, where too many wait."""
        with self._lock:
            if len(self._waiting) + len(records) > self.capacity:
                raise NotReadyError(f"{len(self._waiting)} answers wait to be written: try again in a second")
            self._waiting += records

    def flush(self) -> None:
        """Hand what waits to the writer, before any job that comes later. Raises NotReadyError where it takes none."""
        with self._lock:
            records, self._waiting = self._waiting, []
        if not records:
            return
        try:
            written = self._writer.submit(lambda connection: add_answers(connection, records), wait=0)
        except NotReadyError:
            self._put_back(records)
            raise
        written.add_done_callback(partial(self._note_written, records))

    def _run(self) -> None:
        while not self._end.wait(EVERY):
            try:
                self.flush()
            except NotReadyError as error:
                log.warning("answers wait to be written: %s", error)

    def _note_written(self, records: Sequence[AnswerRecord], written: Future[None]) -> None:
        error = written.exception()
        if isinstance(error, NotReadyError):
            log.warning("answers wait to be written: %s", error)
            self._put_back(records)
        elif error:
            self.lost += len(records)
            log.error("%d answers are lost", len(records), exc_info=error)

    def _put_back(self, records: Sequence[AnswerRecord]) -> None:
        with self._lock:
            self._waiting[:0] = records
