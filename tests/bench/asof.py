"""How long eight windows of a year take beside the same in DuckDB and Polars, and what a row costs: a measurement.

Usage: python tests/bench/asof.py, where `data/clean` and a model are (`dvc pull`). The others sum the events of each
key up to each moment and look both ends of a window up by ASOF joins, with all cores; the executor of this repository
uses one, and leaves a row's own event out, of which there is none so long before. Counts and means are compared. Then
the state of a service, in seconds of CPU: two months of events, rows one by one and a thousand at once.
"""

import time
from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl

from ontime.core.features.online import OnlineFeatures, records
from ontime.core.features.point_in_time import read_as_of
from ontime.core.features.table import read_by
from ontime.dataset.features import Usual, Window, column_names
from ontime.flights import FLIGHTS
from ontime.io.model_files import read_model
from ontime.io.month_files import months, read_months
from ontime.io.paths import Files

KEYS = (("origin",), ("carrier",), ("carrier", "origin"), ("destination",))
WINDOWS = [Window("departures", keys, hours, means=("delay",)) for keys in KEYS for hours in (1, 6)]
LEAD = 2.0
REPEATS = 3
ROWS, BATCH = 500, 1_000
FILES = Files()


def main() -> None:
    """Print seconds and their ratios."""
    there = months(FILES.clean / "flights")
    tables = {name: read_months(FILES.clean / name, there) for name in FLIGHTS.features.tables}
    rows, events = FLIGHTS.features.rows(tables, LEAD), FLIGHTS.features.events(tables)
    text = {"carrier": "str", "origin": "str", "destination": "str"}
    plain, departures = rows.astype(text), events["departures"].astype(text)
    ours, known = best(lambda: read_as_of(WINDOWS, rows, events))
    print(f"{len(WINDOWS)} windows, {len(rows):,} rows, {len(departures):,} events: {ours:.2f} s")
    for name, read in {"DuckDB": in_duckdb, "Polars": in_polars}.items():
        seconds, means = best(read(plain, departures))
        print(f"{name}: {seconds:.2f} s, {seconds / ours:.1f} times as long; equal: {same(known, means):.4%}")
    whole, _ = best(lambda: read_as_of(FLIGHTS.features.asof, rows, events))
    print(f"all {len(FLIGHTS.features.asof)} declarations: {whole:.2f} s")
    two_months = rows["day"].between("2013-09-01", "2013-10-31")
    since, until = (pd.Timestamp(day, tz="UTC") for day in ("2013-09-01", "2013-11-01"))
    online_rows(rows[two_months], {name: events[name][events[name]["moment"].between(since, until)] for name in events})


def best(work: Callable[[], pd.DataFrame]) -> tuple[float, pd.DataFrame]:
    """The least of REPEATS times, in seconds, and what the work gave."""
    times, given = [], pd.DataFrame()
    for _ in range(REPEATS):
        begun = time.perf_counter()
        given = work()
        times.append(time.perf_counter() - begun)
    return min(times), given


def in_duckdb(rows: pd.DataFrame, departures: pd.DataFrame) -> Callable[[], pd.DataFrame]:
    """Counts and means of every window, in the order of the rows."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    tables = {"asked": rows.reset_index(names="place"), "events": departures}
    for name, frame in tables.items():
        connection.register("frame", frame)
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM frame")

    def read() -> pd.DataFrame:
        return pd.concat([_duckdb_window(connection, window) for window in WINDOWS], axis=1)

    return read


def _duckdb_window(connection: duckdb.DuckDBPyConnection, window: Window) -> pd.DataFrame:
    keys = ", ".join(window.keys)
    same_keys = " AND ".join(f"asked.{key} = sums.{key}" for key in window.keys)
    bounds = {"last": "predict_at", "first": f"predict_at - INTERVAL {window.hours} HOUR"}
    joins = [
        f"(SELECT place, n, total FROM asked ASOF LEFT JOIN sums ON {same_keys} AND {bound} >= sums.moment) {name}"
        for name, bound in bounds.items()
    ]
    query = f"""
        WITH sums AS (
            SELECT {keys}, moment, count(*) OVER before AS n, sum(delay) OVER before AS total
            FROM events WINDOW before AS (PARTITION BY {keys} ORDER BY moment)
        )
        SELECT coalesce(last.n, 0) - coalesce(first.n, 0) AS count,
               (coalesce(last.total, 0) - coalesce(first.total, 0)) / nullif(count, 0) AS mean
        FROM {joins[0]} JOIN {joins[1]} USING (place) ORDER BY place
    """
    return connection.execute(query).df().set_axis(column_names(window), axis=1)


def in_polars(rows: pd.DataFrame, departures: pd.DataFrame) -> Callable[[], pd.DataFrame]:
    """Counts and means of every window, in the order of the rows."""
    columns = ["carrier", "origin", "destination"]
    asked = pl.from_pandas(rows[["predict_at", *columns]]).with_row_index("place").sort("predict_at")
    events = pl.from_pandas(departures[["moment", "delay", *columns]]).sort("moment")

    def read() -> pd.DataFrame:
        return pd.concat([_polars_window(asked, events, window) for window in WINDOWS], axis=1)

    return read


def _polars_window(asked: pl.DataFrame, events: pl.DataFrame, window: Window) -> pd.DataFrame:
    keys = [*window.keys]
    sums = events.select(
        *keys,
        "moment",
        n=pl.int_range(1, pl.len() + 1).over(keys),
        total=pl.col("delay").cum_sum().over(keys),
    )
    bounds = {"last": pl.col("predict_at"), "first": pl.col("predict_at") - pl.duration(hours=window.hours)}
    looked = [
        asked.select("place", *keys, moment=bound)
        .join_asof(sums, on="moment", by=keys, strategy="backward", check_sortedness=False)
        .select("place", pl.col("n", "total").fill_null(0))
        for bound in bounds.values()
    ]
    joined = looked[0].join(looked[1], on="place", suffix="_first").sort("place")
    count = joined["n"] - joined["n_first"]
    mean = (joined["total"] - joined["total_first"]) / count.cast(pl.Float64)
    return pd.DataFrame({"n": count.to_numpy(), "mean": mean.to_numpy()}).set_axis(column_names(window), axis=1)


def same(one: pd.DataFrame, other: pd.DataFrame) -> float:
    """The share of equal values."""
    values = one.to_numpy(np.float32), other[[*one.columns]].to_numpy(np.float32)
    return float(np.mean(np.isclose(*values, equal_nan=True)))


def online_rows(rows: pd.DataFrame, events: dict[str, pd.DataFrame]) -> None:
    """The state of a service, of what the model reads: taking in two months, rows one by one and a thousand at once."""
    features = read_by(FLIGHTS.features, read_model(FILES.candidate).inputs.types)
    bulk, online = cpu_seconds(lambda: OnlineFeatures.of(features.asof, events))
    saving, content = cpu_seconds(online.save)
    loading, online = cpu_seconds(lambda: OnlineFeatures.load(features.asof, content))
    print(
        f"{sum(map(len, events.values())):,} events taken in: {bulk:.2f} s from frames, {loading:.2f} s from a snapshot"
    )
    print(f"the snapshot: {len(content) / 1e6:.0f} MB, {saving:.2f} s to make")
    last = records(rows.tail(BATCH + ROWS))
    first, _ = cpu_seconds(lambda: [online.read(row) for row in last[:ROWS]], repeats=1)
    one_by_one, _ = cpu_seconds(lambda: [online.read(row) for row in last[:ROWS]])
    at_once, _ = cpu_seconds(lambda: online.read_many(last[-BATCH:]))
    pointing = sum(isinstance(asof, Usual) for asof in features.asof)
    print(f"{len(features.asof)} declarations, {pointing} of them keys that point to others:")
    print(f"a row: {1e3 * one_by_one / ROWS:.3f} ms, after a start {1e3 * first / ROWS:.3f} ms")
    print(f"a row of {BATCH:,} at once: {1e3 * at_once / BATCH:.3f} ms")
    last_hour = records(events["departures"].tail(ROWS))
    taking, _ = cpu_seconds(lambda: [online.add("departures", event) for event in last_hour])
    print(f"an event that is replaced: {1e3 * taking / ROWS:.3f} ms")


def cpu_seconds(work: Callable[[], Any], repeats: int = REPEATS) -> tuple[float, Any]:
    """The least CPU time of some runs, in seconds, and what the work gave."""
    times, given = [], None
    for _ in range(repeats):
        begun = time.process_time()
        given = work()
        times.append(time.process_time() - begun)
    return min(times), given


if __name__ == "__main__":
    main()
