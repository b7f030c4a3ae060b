"""Recorded days through a running service of its own -> are its answers, bit for bit, those of batch?"""

import argparse
import logging
import socket
import subprocess
import sys
import tempfile
import time
from typing import Any, Self

import httpx
import numpy as np
import pandas as pd
from tqdm import tqdm

from ontime.core.contract.findings import quantity
from ontime.core.features.moments import HOUR, MINUTE, microseconds
from ontime.core.model.model import Inputs
from ontime.core.serving.message_json import feed_dtypes, json_values
from ontime.core.serving.message_types import table_messages
from ontime.core.serving.messages import predicted_messages, row_ids
from ontime.core.serving.parity import Parity, compare_answers
from ontime.dataset.dataset import Dataset
from ontime.errors import OntimeError
from ontime.io.bundle_files import read_bundle
from ontime.io.foreign_files import read_foreign
from ontime.io.formats import read_parquet
from ontime.io.month_files import months, part
from ontime.io.paths import Files
from ontime.io.recorded_feed import recorded_feed
from ontime.service.sender import Sender

log = logging.getLogger(__name__)

DAY = 24 * HOUR
STEP, BLOCK = 1, 60  # minutes between two heartbeats: in order, and shuffled
READY_SECONDS = 60.0
AT_ONCE = 500  # rows of a request
SHOWN = 20  # differences


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which days."""
    parser.add_argument("--month", metavar="MONTH", help="the days are its first; without, the month before the last")
    parser.add_argument("--days", type=int, default=2, metavar="N", help="without, %(default)s")
    parser.add_argument(
        "--only", choices=("ordered", "shuffled", "restarted"), help="one of the three ways; without, all of them"
    )


def run(dataset: Dataset, files: Files, *, month: str | None, days: int, only: str | None) -> None:
    """Send the messages in order, shuffled, and with the service killed in the middle; ask each row when it falls due.

    Raises OntimeError where an answer differs from that of batch, or the model gave none: nothing is shown then.
    """
    there = months(files.features)
    month = month or there[-2]
    if month not in there[1:]:
        raise OntimeError(f"--month {month}: expected one of {', '.join(there[1:])}: the one before it is loaded")
    before = there[there.index(month) - 1]
    different = 0
    for way in [only] if only else ["ordered", "shuffled", "restarted"]:
        parity = _parity(dataset, files, before, month, days, way)
        agree = parity.rows - parity.degraded - parity.different["id"].nunique()
        print(f"{way}: {agree:,} of {parity.rows:,} rows agree, {parity.degraded:,} were answered by climatology")
        if len(parity.different):
            print(parity.different.head(SHOWN).to_string(index=False))
        different += parity.different["id"].nunique()
        if parity.rows == parity.degraded:
            raise OntimeError(f"{way}: expected rows that the model answers, found none: take other days")
    if different:
        raise OntimeError(f"{quantity(different, 'row')} of the service not answered as batch answers")


def _parity(dataset: Dataset, files: Files, before: str, month: str, days: int, way: str) -> Parity:
    features = read_parquet(part(files.features, month, None))
    begin = int(np.datetime64(f"{month}-01", "us").astype(np.int64))
    end = begin + days * DAY
    moments = microseconds(features["predict_at"])
    rows = features[(moments >= begin) & (moments <= end)].sort_values("predict_at").reset_index(drop=True)
    if rows.empty:
        raise OntimeError(f"no row of {month} falls due in its first {quantity(days, 'day')}: take other days")
    keys = _keys(dataset, files, month)
    minutes, seed = (BLOCK, 0) if way == "shuffled" else (STEP, None)
    store = tempfile.TemporaryDirectory()
    with store as folder, _Server(dataset, files, f"sqlite:///{folder}/live.db", before) as server:
        steps = recorded_feed(dataset, files, begin, end, minutes=minutes, seed=seed)
        count = (end - begin) // (minutes * MINUTE) + 1
        due, asked_at = 0, microseconds(rows["predict_at"])
        middle = begin + (end - begin) // 2 if way == "restarted" else None
        answers: dict[str, dict[str, Any]] = {}
        with Sender(dataset, server.url) as sender, httpx.Client(base_url=server.url, timeout=60) as client:
            for step in tqdm(steps, total=count, desc=way, unit=" steps", disable=None):
                sender.send(step)
                if middle is not None and step.moment >= middle:
                    server.restart()
                    middle = None
                until = int(np.searchsorted(asked_at, step.moment, side="right"))
                for first in range(due, until, AT_ONCE):
                    ids = rows["id"].iloc[first : min(until, first + AT_ONCE)]
                    body = {"rows": [keys[name] for name in ids]}
                    response = client.post("/v1/predictions", params={"features": True}, json=body)
                    if response.is_error:
                        raise OntimeError(f"{response.url}: {response.status_code} {response.text[:2000]}")
                    answers |= {one["id"]: one for one in response.json()["predictions"]}
                due = until
    return _compared(files, rows, answers)


def _compared(files: Files, rows: pd.DataFrame, answers: dict[str, dict[str, Any]]) -> Parity:
    bundle = read_bundle(files.bundle)
    inputs, ids = bundle.model.inputs, rows["id"].tolist()
    batch = np.column_stack([inputs.matrix(rows), bundle.model.predict(rows)])
    service = np.array([[*_numbers(inputs, answers[name]), answers[name]["probability"]] for name in ids])
    degraded = np.array([bool(answers[name]["degraded"]) for name in ids])
    return compare_answers(ids, list(inputs.types), batch, service, degraded)


def _numbers(inputs: Inputs, answer: dict[str, Any]) -> list[float]:
    """The features of an answer as the model reads them, all missing where the service does not know them any more."""
    features = answer["features"] or {}
    return [float("nan") if features.get(name) is None else features[name] for name in inputs.types]


def _keys(dataset: Dataset, files: Files, month: str) -> dict[str, dict[str, Any]]:
    """By id the key of each row of a month, as a request has it."""
    declared = predicted_messages(dataset)
    table = next(table for table in dataset.tables if table.name == declared.table)
    first, dtypes = next(iter(declared.feeds)), feed_dtypes(dataset.tables, dataset.messages)
    raw = read_foreign(table, part(files.raw, table.name, month))
    made = [values for feed, values in table_messages(declared, table, raw) if feed == first]
    ids = row_ids(declared, table, [tuple(values[name] for name in declared.key) for values in made])
    content = [json_values(dtypes[first], values) for values in made]
    return {
        name: {column: values[column] for column in declared.key}
        for name, values in zip(ids, content, strict=True)
        if name is not None
    }


class _Server:
    """A service in a process of its own, on a port that is free, with a store that was just loaded."""

    def __init__(self, dataset: Dataset, files: Files, store: str, month: str) -> None:
        self._files, self._store = files, store
        self._command = [sys.executable, "-m", dataset.name]
        self._port = _free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        for words in (["db", "upgrade"], ["load", "--until", month]):
            command = [*self._command, *words, "--store", store]
            done = subprocess.run(command, cwd=files.root, capture_output=True, text=True, check=False)  # noqa: S603
            if done.returncode:
                raise OntimeError(f"{' '.join(words)}: {done.stderr.strip()}")
        self._process = self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()

    def restart(self) -> None:
        """Kill it, without a word, and start it anew."""
        self._process.kill()
        self._process.wait()
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        words = ["serve", "--clock", "events", "--port", str(self._port), "--store", self._store]
        command = [*self._command, *words]
        process = subprocess.Popen(command, cwd=self._files.root, stderr=subprocess.DEVNULL)  # noqa: S603
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until and process.poll() is None:
            try:
                if httpx.get(f"{self.url}/health/ready").is_success:
                    return process
            except httpx.TransportError:
                pass
            time.sleep(0.2)
        process.kill()
        raise OntimeError(f"the service was not ready within {READY_SECONDS:g} s: start it by hand, ontime serve")


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]
