"""Jobs -> transactions: one thread that writes, whatever waits in one commit."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from threading import Condition, Lock, Thread
from time import perf_counter
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, OperationalError

from ontime.errors import NotReadyError
from ontime.service.store.opening import Store, database_error, writing

Result = TypeVar("Result")
Job = Callable[[Connection], Result]

GROUP_JOBS = 200
GROUP_SECONDS = 0.05  # how long a group is filled before it is committed


class Waiting(NamedTuple):
    """A job, and what its result is given to."""

    job: Job[Any]
    future: Future[Any]


class Done(NamedTuple):
    """A job that ran in a transaction that is not committed yet: its future, and what it gave or raised."""

    future: Future[Any]
    result: Any
    error: Exception | None


class Writer:
    """The one thread that writes a store.

    What waits when it is free goes into one transaction: up to GROUP_JOBS jobs, or what GROUP_SECONDS are enough for.
    So a single job does not wait for others, and many share one commit. A job that fails is rolled back alone.

    capacity: how many jobs may wait. groups, jobs: how many were committed. commit_seconds: what the last commit took.
    """

    def __init__(self, store: Store, capacity: int = 2000) -> None:
        self.capacity = capacity
        self.groups = self.jobs = 0
        self.commit_seconds = 0.0
        self._store = store
        self._queue: deque[Waiting] = deque()
        self._closed = False
        lock = Lock()
        self._room, self._filled = Condition(lock), Condition(lock)
        self._thread = Thread(target=self._write_all, name="store writer", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def queue_length(self) -> int:
        """How many jobs wait."""
        return len(self._queue)

    def submit(self, job: Job[Result], wait: float = 1.0) -> Future[Result]:
        """The result of a job, after it is committed.

        wait: for room in the queue, in seconds; with 0 it never blocks. Raises NotReadyError where there is none by
        then, or the writer is closed. The future raises what the job raised, or NotReadyError where the database
        cannot be written; then nothing of the job is kept.
        """
        future: Future[Result] = Future()
        with self._room:
            if not self._room.wait_for(lambda: self._closed or len(self._queue) < self.capacity, wait):
                raise NotReadyError(f"{len(self._queue)} writes wait, expected fewer: try again in a second")
            if self._closed:
                raise NotReadyError("the store is being closed: try again when the server has started anew")
            self._queue.append(Waiting(job, future))
            self._filled.notify()
        return future

    def write(self, job: Job[Result]) -> Result:
        """Run a job, and wait until it is committed. Raises as `submit` and its future do."""
        return self.submit(job).result()

    def close(self) -> None:
        """Take no more jobs, and write those that wait."""
        with self._room:
            self._closed = True
            self._room.notify_all()
            self._filled.notify_all()
        self._thread.join()

    def _write_all(self) -> None:
        while self._wait_for_jobs():
            self._write_group()

    def _wait_for_jobs(self) -> bool:
        """Whether a job waits; False where none does and none will."""
        with self._filled:
            self._filled.wait_for(lambda: self._closed or self._queue)
            return bool(self._queue)

    def _next(self) -> Waiting | None:
        with self._room:
            if not self._queue:
                return None
            self._room.notify()
            return self._queue.popleft()

    def _write_group(self) -> None:
        done: list[Done] = []
        try:
            with writing(self._store.engine) as connection:
                self._run_jobs(connection, done)
                begun = perf_counter()
            self.commit_seconds = perf_counter() - begun
        except Exception as error:  # noqa: BLE001 - whoever waits gets it, and the next group is tried
            self._fail(done, error)
            return
        self.groups += 1
        self.jobs += sum(one.error is None for one in done)
        for one in done:
            self._resolve(one, one.error)

    def _run_jobs(self, connection: Connection, done: list[Done]) -> None:
        """Run what waits, until the group is full. Adds to `done` every job that is taken from the queue."""
        begun = perf_counter()
        while len(done) < GROUP_JOBS and perf_counter() - begun < GROUP_SECONDS:
            waiting = self._next()
            if waiting is None:
                return
            if not waiting.future.set_running_or_notify_cancel():
                continue
            done.append(Done(waiting.future, None, None))
            done[-1] = _run(connection, waiting)

    def _fail(self, done: list[Done], error: Exception) -> None:
        """Give the error of the whole to every job of a group; where none could be begun, to those that wait."""
        waiting = [] if done else [one.future for one in iter(self._next, None)]
        unbegun = [Done(future, None, None) for future in waiting if future.set_running_or_notify_cancel()]
        for one in (*done, *unbegun):
            self._resolve(one, one.error or error)

    def _resolve(self, done: Done, error: Exception | None) -> None:
        if error is None:
            done.future.set_result(done.result)
        else:
            done.future.set_exception(self._unwritten(error))

    def _unwritten(self, error: Exception) -> Exception:
        """What a job raised; where the database could not be written, that it may be later."""
        if not isinstance(error, OperationalError):
            return error
        return NotReadyError(f"nothing was kept: {database_error(self._store.engine.url, error)}")


def _run(connection: Connection, waiting: Waiting) -> Done:
    """Run a job in a savepoint, set in plain SQL: what SQLAlchemy has for it takes as long as a small job.

    Raises where the whole transaction is lost with the job.
    """
    connection.exec_driver_sql("SAVEPOINT job")
    try:
        result = waiting.job(connection)
    except Exception as error:  # noqa: BLE001 - whoever waits for the job gets it
        _roll_back(connection, error)
        return Done(waiting.future, None, error)
    connection.exec_driver_sql("RELEASE SAVEPOINT job")
    return Done(waiting.future, result, None)


def _roll_back(connection: Connection, error: Exception) -> None:
    """Undo a job. Raises its error where the whole transaction was lost with it, as on a full disk."""
    try:
        connection.exec_driver_sql("ROLLBACK TO SAVEPOINT job")
        connection.exec_driver_sql("RELEASE SAVEPOINT job")
    except DBAPIError:
        raise error from None
