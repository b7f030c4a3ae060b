"""`ontime send` as people run it: what became known arrives at the service, or nothing, on a dry run."""

from collections import Counter
from pathlib import Path

import pytest
from receiver import Receiver
from repositories import call, toy_repository
from toy import TOY

SPAN = ("--since", "2020-01-10", "--until", "2020-01-12T12:00:00Z")
STEPS = 60 * 60 + 1


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The second dataset up to its clean tables."""
    folder = toy_repository(tmp_path_factory.mktemp("send"))
    for stage in ("fetch", "validate"):
        done = call(TOY, stage, folder=folder)
        assert done.returncode == 0, done.stderr
    return folder


def counted(receiver: Receiver) -> Counter:
    return Counter(message["feed"] for message in receiver.messages)


def test_messages_and_a_heartbeat_a_minute_arrive_with_the_key(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OTHER_KEY", "secret")
    with Receiver() as receiver:
        words = ("--url", receiver.url, *SPAN, "--key-from-env", "OTHER_KEY")
        first, second = (call(TOY, "send", *words, folder=folder) for _ in range(2))
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    sent = len(receiver.messages)
    assert f"{sent} messages and {STEPS:,} heartbeats sent, 0 repeated, 0 quarantined, in" in first.stderr
    assert f"{sent} messages and {STEPS:,} heartbeats sent, {sent} repeated, 0 quarantined" in second.stderr
    assert "HTTP Request" not in first.stderr
    assert set(receiver.keys) == {"Bearer secret"}
    assert min(counted(receiver)["plan"], counted(receiver)["scans"]) > 20


def test_a_dry_run_prints_the_messages_of_each_hour_and_feed_and_sends_none(folder: Path):
    done = call(TOY, "send", *SPAN, "--dry-run", "--url", "http://127.0.0.1:9", folder=folder)
    assert done.returncode == 0, done.stderr
    header, _, *lines = done.stdout.splitlines()
    assert header.split() == ["feed", "plan", "scans"]
    assert lines[0].startswith("2020-01-10T00:00:00Z")
    sums = [sum(int(line.split()[column]) for line in lines) for column in (1, 2)]
    with Receiver() as receiver:
        done = call(TOY, "send", *SPAN, "--url", receiver.url, "--shuffle", "60", folder=folder)
    assert done.returncode == 0, done.stderr
    assert counted(receiver) == dict(zip(("plan", "scans"), sums, strict=True))
    assert len(receiver.bodies) == 61


def test_a_span_without_a_month_is_refused_and_one_without_messages_is_empty(folder: Path):
    """There are months up to June, whose messages have all been sent on 2 July."""
    done = call(TOY, "send", "--since", "2020-07-03", "--until", "2020-07-04", "--dry-run", folder=folder)
    assert (done.returncode, "plan" in done.stdout) == (1, False)
    assert "months that both have: 2020-01, 2020-02" in done.stderr
    done = call(TOY, "send", "--since", "2020-07-02T23:59:00Z", "--until", "2020-07-03", "--dry-run", folder=folder)
    assert done.returncode == 0, done.stderr


def test_a_gap_silences_its_source(folder: Path):
    gap = ("--gap", "scans", "2020-01-10T06:00:00Z", "2020-01-11")
    with Receiver() as receiver:
        done = call(TOY, "send", *SPAN, "--url", receiver.url, *gap, folder=folder)
    assert done.returncode == 0, done.stderr
    heard = {beat["at"] for body in receiver.bodies for beat in body["heartbeats"]}
    assert len(heard) == STEPS - 18 * 60
    assert {"2020-01-10T05:59:00Z", "2020-01-11T00:00:00Z"} < heard
    assert "2020-01-10T06:00:00Z" not in heard


def test_the_speed_is_a_multiple_of_real_time(folder: Path):
    """Two minutes, 120 times as fast: a second."""
    span = ("--since", "2020-01-10", "--until", "2020-01-10T00:02:00Z")
    with Receiver() as receiver:
        done = call(TOY, "send", *span, "--url", receiver.url, "--speed", "120", folder=folder)
    assert done.returncode == 0, done.stderr
    assert float(done.stderr.rpartition("in ")[2].split()[0]) >= 1


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--since", "January"), "--since January: expected a moment or a day, such as 2013-11-01T12:00:00Z"),
        (("--until", "2020-01-09"), "expected --until after --since"),
        (("--shuffle", "0"), "at least a minute to --shuffle"),
        (("--speed", "-1"), "a --speed of 0 or more"),
        (("--gap", "vans", "2020-01-10", "2020-01-11"), "a gap of 'vans': expected a source of messages, one of scans"),
        (("--gap", "scans", "2020-01-10", "noon"), "--gap noon: expected a moment or a day"),
    ],
)
def test_arguments_that_cannot_be_are_refused(folder: Path, words: tuple[str, ...], expected: str):
    done = call(TOY, "send", *SPAN, *words, folder=folder)
    assert (done.returncode, expected in done.stderr) == (1, True), done.stderr
