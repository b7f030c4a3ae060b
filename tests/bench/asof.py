"""How long eight windows of a year take beside the same in DuckDB and Polars, and what a row costs: a measurement.

Usage: python tests/bench/asof.py, where `data/clean` and a model are (`dvc pull`). The others sum the events of each
key up to each moment and look both ends of a window up by ASOF joins, with all cores; the executor of this repository
uses one, and leaves a row's own event out, of which there is none so long before. Counts and means are compared.
"""

import time
from collections.abc import Callable

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
ROWS = 500
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
    one_row(rows.tail(20_000), {name: frame.tail(60_000) for name, frame in events.items()})


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


def one_row(rows: pd.DataFrame, events: dict[str, pd.DataFrame]) -> None:
    """The executor of a row: all that the model reads, beside what it read before waits, slack and rotation."""
    features = read_by(FLIGHTS.features, read_model(FILES.candidate).inputs.types)
    newer = {"waited", "slack", "rotation"}
    before = [asof for group, declared in features.groups.items() if group not in newer for asof in declared]
    times = []
    for asof in (features.asof, before):
        online = OnlineFeatures.of(asof, events)
        last = records(rows.tail(ROWS))
        [online.read(row) for row in last]
        seconds, _ = best(lambda online=online, last=last: pd.DataFrame([online.read(row) for row in last]))
        times.append(1e3 * seconds / ROWS)
    pointing = sum(isinstance(asof, Usual) for asof in features.asof)
    print(
        f"a row: {times[0]:.3f} ms for {len(features.asof)} declarations, {pointing} of them keys that point to others;"
    )
    print(
        f"{times[1]:.3f} ms for the {len(before)} that are no waits, slack or rotation: {times[0] / times[1]:.2f} times"
    )


if __name__ == "__main__":
    main()
