"""What it costs to admit a message, alone and among hundreds, by feed: a measurement.

Usage: python tests/bench/messages.py in a checkout that has `data/raw` and `data/clean` (`dvc pull`). The messages of
the first days of November 2013: the schedule, then all other feeds mixed. Each is typed, joined to its row, checked,
derived and judged, and gives the row as it then stands. CPU of this process, in microseconds; the first messages, which
fill caches, are left out.
"""

import time
from collections import defaultdict

import numpy as np
import pandas as pd

from ontime.core.serving.live_table import Message
from ontime.core.serving.message_admission import MessageAdmission
from ontime.core.serving.messages import to_feeds
from ontime.flights import FLIGHTS
from ontime.io.formats import read_parquet
from ontime.io.month_files import part
from ontime.io.paths import Files

FILES = Files()
MONTH, ROWS = "2013-11", 2000
BATCHES = (1, 10, 100, 300, 1000)
WARM = 200
PERCENTILES = (50, 95, 99)
SEED = 0


def main() -> None:
    """Print a line for each size of a batch, and for each feed of single messages."""
    sent = messages()
    print(f"{len(sent):,} messages\n{'in batches of':<16}{'each':>8}")
    for size in BATCHES:
        print(f"{size:<16,}{np.median(batch_times(sent, size)):>8.0f}")
    times = defaultdict(list)
    for (feed, _), micros in zip(sent[WARM:], batch_times(sent, 1), strict=True):
        times[feed].append(micros)
    every = [micros for of_feed in times.values() for micros in of_feed]
    print(f"\n{'one by one':<16}" + "".join(f"{f'p{percent}':>8}" for percent in PERCENTILES))
    for feed, measured in {"all": every, **times}.items():
        print(f"{feed:<16}" + "".join(f"{np.percentile(measured, percent):>8.0f}" for percent in PERCENTILES))


def batch_times(sent: list[Message], size: int) -> list[float]:
    """CPU a message (microseconds) of each batch after the first messages."""
    reference = {name: read_parquet(part(FILES.clean, name, None)) for name in ("airlines", "airports", "planes")}
    admission = MessageAdmission.of(FLIGHTS.tables, FLIGHTS.messages, reference)
    for message in sent[:WARM]:
        admission.take([message])
    times = []
    for begin in range(WARM, len(sent), size):
        batch = sent[begin : begin + size]
        begun = time.process_time_ns()
        admission.take(batch)
        times.append((time.process_time_ns() - begun) / 1000 / len(batch))
    return times


def messages() -> list[Message]:
    """The messages of the first rows of each table, as an API hands them over."""
    feeds: dict[str, pd.DataFrame] = {}
    for declared in FLIGHTS.messages:
        feeds |= to_feeds(declared, read_parquet(part(FILES.raw, declared.table, MONTH)).head(ROWS))
    schedule, *others = (as_messages(feed, feeds[feed]) for feed in ("schedule", "weather", "departures", "arrivals"))
    mixed = [message for of_feed in others for message in of_feed]
    return [*schedule, *(mixed[place] for place in np.random.default_rng(SEED).permutation(len(mixed)))]


def as_messages(feed: str, frame: pd.DataFrame) -> list[Message]:
    """Each row with values of Python, None where one is missing; moments as datetime64."""
    columns = {name: frame[name].astype(object).where(frame[name].notna(), None) for name in frame}
    moments = {name: [*frame[name].to_numpy("datetime64[us]")] for name in frame.select_dtypes("datetimetz")}
    rows = zip(*(columns | moments).values(), strict=True)
    return [(feed, dict(zip(columns, row, strict=True))) for row in rows]


if __name__ == "__main__":
    main()
