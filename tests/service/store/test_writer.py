"""One thread that writes: groups, jobs that fail, a full queue, a full disk, a process that is killed."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Connection, event, func, select, text

from ontime.errors import NotReadyError
from ontime.service.store import writer as writer_module
from ontime.service.store.opening import Store, open_store
from ontime.service.store.records import MessageLine, append_messages, messages_after
from ontime.service.store.tables import messages
from ontime.service.store.writer import GROUP_JOBS, Job, Writer

LINE = MessageLine("message", "departures", "k", '{"a":1}', None, 1)
KILLED_PROCESS = """
import sys
from ontime.service.store.opening import open_store
from ontime.service.store.records import MessageLine, append_messages
from ontime.service.store.writer import Writer

line = MessageLine("message", "departures", "k", "{}", None, 1)
with open_store(sys.argv[1]) as store, Writer(store) as writer:
    while True:
        for future in [writer.submit(lambda connection: append_messages(connection, [line] * 3)) for _ in range(5)]:
            print(future.result()[-1], flush=True)
"""


class Held:
    """A writer whose first job runs until it is released, so that others wait."""

    def __init__(self, writer: Writer) -> None:
        self.begun, self.released = Event(), Event()
        self.future = writer.submit(self._job)
        assert self.begun.wait(10)

    def _job(self, connection: Connection) -> None:  # noqa: ARG002
        self.begun.set()
        assert self.released.wait(10)


@pytest.fixture
def commits(store: Store) -> Iterator[list[int]]:
    """A number for every commit."""
    counted: list[int] = []

    def count(connection: Connection) -> None:  # noqa: ARG001
        counted.append(len(counted))

    event.listen(store.engine, "commit", count)
    yield counted
    event.remove(store.engine, "commit", count)


def append(connection: Connection) -> int:
    return append_messages(connection, [LINE])[0]


def broken(connection: Connection) -> None:
    append(connection)
    raise ValueError("broken")


def stored(store: Store) -> int:
    with store.reading() as connection:
        return connection.scalar(select(func.count()).select_from(messages)) or 0


def failure(future: Future[Any]) -> str:
    return str(future.exception(10))


def test_what_waits_shares_a_commit(store: Store, writer: Writer, commits: list[int], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(writer_module, "GROUP_SECONDS", 60)
    held = Held(writer)
    futures = [writer.submit(append) for _ in range(GROUP_JOBS)]
    assert writer.queue_length == GROUP_JOBS
    held.released.set()
    assert [future.result(10) for future in futures] == [*range(1, GROUP_JOBS + 1)]
    assert len(commits) == 2
    assert stored(store) == GROUP_JOBS
    assert (writer.queue_length, writer.groups, writer.jobs) == (0, 2, GROUP_JOBS + 1)
    assert writer.commit_seconds > 0


def test_a_group_is_committed_when_its_time_is_over(
    writer: Writer, commits: list[int], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(writer_module, "GROUP_SECONDS", 0.01)
    held = Held(writer)
    futures = [writer.submit(lambda _: time.sleep(0.02)) for _ in range(3)]
    time.sleep(0.02)
    held.released.set()
    assert [future.result(10) for future in futures] == [None] * 3
    assert len(commits) == 4


def test_nobody_is_answered_before_the_commit(store: Store, writer: Writer):
    seen: list[bool] = []
    held = Held(writer)
    future = writer.submit(append)
    event.listen(store.engine, "commit", lambda connection: seen.append(future.done()), once=True)  # noqa: ARG005
    held.released.set()
    future.result(10)
    assert seen == [False]


def test_a_job_that_fails_is_rolled_back_alone(store: Store, writer: Writer):
    held = Held(writer)
    futures = [writer.submit(job) for job in (append, broken, append, lambda connection: connection.execute(text("!")))]
    held.released.set()
    assert "broken" in failure(futures[1])
    assert 'near "!"' in failure(futures[3]) or "unrecognized token" in failure(futures[3])
    seqs = [futures[place].result(10) for place in (0, 2)]
    assert stored(store) == len(set(seqs)) == 2
    assert writer.groups <= 2


def test_a_job_that_nobody_waits_for_any_more_is_not_run(store: Store, writer: Writer):
    held = Held(writer)
    future = writer.submit(append)
    assert future.cancel()
    held.released.set()
    writer.write(append)
    assert stored(store) == 1


def test_a_full_queue_waits_and_then_says_when_to_try_again(store: Store):
    with Writer(store, capacity=2) as writer:
        held = Held(writer)
        futures = [writer.submit(append) for _ in range(2)]
        begun = time.perf_counter()
        with pytest.raises(NotReadyError, match="2 writes wait, expected fewer: try again in a second"):
            writer.submit(append, wait=0.1)
        assert time.perf_counter() - begun >= 0.1
        held.released.set()
        futures.append(writer.submit(append, wait=10))
        assert [future.result(10) for future in futures] == [1, 2, 3]


def test_closing_writes_what_waits_and_takes_no_more(store: Store):
    writer = Writer(store)
    held = Held(writer)
    futures = [writer.submit(append) for _ in range(3)]
    held.released.set()
    writer.close()
    assert all(future.done() for future in futures)
    assert stored(store) == 3
    with pytest.raises(NotReadyError, match="being closed"):
        writer.submit(append)


def test_a_full_disk_fails_what_it_cannot_hold_and_the_writer_goes_on(store: Store, writer: Writer):
    def limit(pages: str) -> Job[None]:
        return lambda connection: connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}").close()

    large = [LINE._replace(content="x" * 10_000)] * 100
    writer.write(append)
    writer.write(limit("1"))  # as many as there are
    with pytest.raises(NotReadyError, match=r"nothing was kept: .*database or disk is full: make room"):
        writer.write(lambda connection: append_messages(connection, large))
    assert stored(store) == 1
    writer.write(limit("1000000"))
    writer.write(lambda connection: append_messages(connection, large))
    assert stored(store) == 101


def test_a_commit_that_fails_fails_the_group_and_the_next_is_written(store: Store, writer: Writer):
    def fail(connection: Connection) -> None:  # noqa: ARG001
        raise OSError("the disk is gone")

    held = Held(writer)
    futures = [writer.submit(job) for job in (append, broken, append)]
    event.listen(store.engine, "commit", fail)
    held.released.set()
    reasons = [failure(future) for future in (held.future, *futures)]
    assert reasons == ["the disk is gone", "the disk is gone", "broken", "the disk is gone"]
    event.remove(store.engine, "commit", fail)
    assert stored(store) == 0
    writer.write(append)
    assert stored(store) == 1


def test_where_no_transaction_begins_all_that_wait_hear_it(store: Store, writer: Writer):
    released = Event()

    def fail(connection: Connection) -> None:  # noqa: ARG001
        assert released.wait(10)
        raise OSError("the disk is gone")

    event.listen(store.engine, "begin", fail)
    futures = [writer.submit(append) for _ in range(3)]
    released.set()
    assert [failure(future) for future in futures] == ["the disk is gone"] * 3
    event.remove(store.engine, "begin", fail)
    assert writer.write(append) == 1


@pytest.mark.parametrize("seconds", [0.02, 0.11, 0.3])
def test_what_was_acknowledged_is_there_after_the_process_is_killed(url: str, seconds: float):
    command = [sys.executable, "-c", KILLED_PROCESS, url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        acknowledged = [int(process.stdout.readline())]
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in process.stdout.read().split("\n")[:-1]]
    with open_store(url) as store, store.reading() as connection:
        kept = [message.seq for message in messages_after(connection, 0, sys.maxsize)]
    assert kept == [*range(1, len(kept) + 1)]
    assert len(kept) % 3 == 0
    assert acknowledged == [*range(3, max(acknowledged) + 1, 3)]
    assert max(acknowledged) <= len(kept)
