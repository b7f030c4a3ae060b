"""Messages of the past, as they became known -> a running service, with heartbeats, in order, shuffled or with gaps."""

import argparse
import logging
import os
import time
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from tqdm import tqdm

from ontime.core.contract.findings import quantity
from ontime.core.features.moments import HOUR, MINUTE
from ontime.core.serving.message_json import day_of_text, moment_of_text, moment_text
from ontime.core.serving.replayed_messages import FeedStep, Gap
from ontime.dataset.dataset import Dataset
from ontime.errors import OntimeError
from ontime.io.paths import Files
from ontime.io.recorded_feed import recorded_feed
from ontime.service.sender import Receipt, Sender

log = logging.getLogger(__name__)

SECOND = 1_000_000  # microseconds


def arguments(parser: argparse.ArgumentParser) -> None:
    """What is sent where, how fast, and what goes wrong on the way."""
    moment = "a moment (2013-11-01T12:00:00Z) or a day, from 00:00 UTC"
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="of the service; without, %(default)s")
    parser.add_argument("--since", required=True, metavar="MOMENT", help=moment)
    parser.add_argument("--until", required=True, metavar="MOMENT", help="the same; the last heartbeat is of then")
    parser.add_argument(
        "--speed", type=float, default=0.0, metavar="N", help="times real time; 0, as fast as it goes: without it"
    )
    parser.add_argument(
        "--shuffle",
        type=int,
        metavar="MINUTES",
        help="messages within so many in any order, then their heartbeats",
    )
    parser.add_argument(
        "--gap",
        nargs=3,
        action="append",
        default=[],
        metavar=("SOURCE", "FROM", "UNTIL"),
        help="the source is silent: what it knows comes at the end; more than once for several",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of --shuffle; without, %(default)s")
    parser.add_argument(
        "--key-from-env", default="ONTIME_KEY", metavar="NAME", help="the variable with the key; without, %(default)s"
    )
    parser.add_argument("--dry-run", action="store_true", help="send nothing: print how many messages by hour and feed")


def run(
    dataset: Dataset,
    files: Files,
    *,
    url: str,
    since: str,
    until: str,
    speed: float,
    shuffle: int | None,
    gap: Sequence[Sequence[str]],
    seed: int,
    key_from_env: str,
    dry_run: bool,
) -> None:
    """Send what became known. Raises OntimeError where an argument cannot be, or the service refuses or is away."""
    begin, end = _moment("--since", since), _moment("--until", until)
    if end <= begin or speed < 0 or (shuffle is not None and shuffle < 1):
        raise OntimeError("expected --until after --since, a --speed of 0 or more, and at least a minute to --shuffle")
    gaps = [Gap(source, _moment("--gap", first), _moment("--gap", last)) for source, first, last in gap]
    order = {} if shuffle is None else {"minutes": shuffle, "seed": seed}
    steps = recorded_feed(dataset, files, begin, end, gaps=gaps, **order)
    if dry_run:
        print(_counts(steps).to_string())
        return
    logging.getLogger("httpx").setLevel(logging.WARNING)  # else a line for every request
    count = len(range(begin, end, (shuffle or 1) * MINUTE)) + 1
    with Sender(dataset, url, os.environ.get(key_from_env)) as sender:
        _send(sender, tqdm(steps, total=count, desc="send", unit=" steps", disable=None), speed)


def _send(sender: Sender, steps: Iterable[FeedStep], speed: float) -> None:
    """Send the steps, not before their time: the first one now, and so many times faster than they were."""
    began, first, total, messages, heartbeats = time.monotonic(), None, Receipt(), 0, 0
    for step in steps:
        first = step.moment if first is None else first
        if speed:
            due = began + (step.moment - first) / SECOND / speed
            time.sleep(max(0.0, due - time.monotonic()))
        total += sender.send(step)
        messages, heartbeats = messages + len(step.messages), heartbeats + len(step.heartbeats)
    sent = f"{quantity(messages, 'message')} and {quantity(heartbeats, 'heartbeat')} sent"
    detail = f"{total.repeated:,} repeated, {total.quarantined:,} quarantined"
    log.info("%s, %s, in %.1f s", sent, detail, time.monotonic() - began)


def _counts(steps: Iterable[FeedStep]) -> pd.DataFrame:
    """How many messages of each feed are sent in each hour."""
    sent = [(moment_text(step.moment // HOUR * HOUR), feed) for step in steps for feed, _ in step.messages]
    messages = pd.DataFrame(sent, columns=["hour", "feed"])
    return pd.crosstab(messages["hour"], messages["feed"])


def _moment(option: str, text: str) -> int:
    """The moment that the text names, or with which its day begins, in microseconds since 1970."""
    moment = moment_of_text(text)
    moment = day_of_text(text) if moment is None else moment
    if moment is None:
        raise OntimeError(f"{option} {text}: expected a moment or a day, such as 2013-11-01T12:00:00Z or 2013-11-01")
    return int(moment.astype(np.int64))
