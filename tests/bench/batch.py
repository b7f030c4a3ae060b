"""What `predict` costs beside features and model alone, and how its memory grows with the rows: a measurement.

Usage: python tests/bench/batch.py [ROWS ...] in a checkout that is up to date; without numbers 25,000, 300,000,
1,000,000 and 10,000,000. It writes docs/batches.json, which `make readme` reads. The year is repeated date by date in
the years after it until there are so many rows; all of them are asked for. Seconds are those of whole processes, their
start included. Alone: a process that reads clean tables and calls `core.features.table.build` and `Booster.predict` for
the same rows, month by month, and writes nothing.
"""

import itertools
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import lightgbm
import pandas as pd
import pyarrow.parquet as pq
from stages import measure
from tqdm import tqdm

from ontime.core.features.table import build_months
from ontime.core.serving.admission import admit
from ontime.core.serving.messages import to_feeds
from ontime.flights import FLIGHTS
from ontime.flights.contract.times import HOME_ZONE
from ontime.io.formats import read_parquet, write_json, write_parquet
from ontime.io.model_files import read_model
from ontime.io.month_files import months, part
from ontime.io.paths import Files

FILES = Files()
LATER = "2099-01-01T00:00Z"  # than every year that is laid out
ROWS = ("25000", "300000", "1000000", "10000000")
RECORD = Path("docs/batches.json")
MESSAGES = {declared.table: declared for declared in FLIGHTS.messages}
REFERENCE = {name: read_parquet(part(FILES.clean, name, None)) for name in ("airlines", "airports", "planes")}


def main() -> None:
    """Print a line for each number of rows, and keep them."""
    measurements = []
    print(f"{'rows':>12}{'months':>8}{'predict':>12}{'alone':>12}{'ratio':>8}{'predict':>12}{'alone':>12}")
    for size in map(int, sys.argv[1:] or ROWS):
        with tempfile.TemporaryDirectory() as folder:
            messages, rows_file, clean = (Path(folder) / name for name in ("messages", "rows.parquet", "clean"))
            number, rows = lay_out(messages, rows_file, clean, size)
            words = [sys.executable, "-m", "ontime", "predict", "--rows", str(rows_file), "--events", str(messages)]
            whole, peak = measure([*words, "--out", f"{folder}/out.parquet", "--now", LATER], ".")
            alone, alone_peak = measure([sys.executable, __file__, "--alone", str(clean)], ".")
        line = f"{rows:>12,}{number:>8}{whole:>10.1f} s{alone:>10.1f} s{whole / alone:>8.2f}"
        print(f"{line}{peak:>9.0f} MB{alone_peak:>9.0f} MB", flush=True)
        measured = {"rows": rows, "months": number, "ratio": round(whole / alone, 2), "megabytes": round(peak)}
        measurements.append(measured)
    write_json({"measurements": measurements}, RECORD)


def lay_out(messages: Path, rows_file: Path, clean: Path, size: int) -> tuple[int, int]:
    """Messages, their clean tables and the keys of all rows; the number of months and of rows."""
    rows, number, writer = 0, 0, None
    declared = MESSAGES["flights"]
    for month, raw in tqdm(years(), desc="lay out", unit=" months", disable=None):
        if rows >= size:
            break
        number += 1
        feeds: dict[str, pd.DataFrame] = {}
        for table, of_table in MESSAGES.items():
            feeds |= to_feeds(of_table, raw[table])
        for feed, frame in feeds.items():
            write_parquet(frame, part(messages, feed, month))
        for table, frame in admit(FLIGHTS.tables, FLIGHTS.messages, month, feeds, REFERENCE, 1.0).tables.items():
            write_parquet(frame, part(clean, table, month))
        path = part(messages, "schedule", month)
        keys = pq.read_table(path, columns=[*declared.key], partitioning=None)
        writer = writer or pq.ParquetWriter(rows_file, keys.schema)
        writer.write_table(keys)
        rows += len(keys)
    writer.close()
    return number, rows


def years() -> Iterator[tuple[str, dict[str, pd.DataFrame]]]:
    """Month after month of the raw tables, from the year of the data on."""
    for later in itertools.count():
        for month in months(FILES.raw / "flights"):
            name = str(pd.Period(month) + 12 * later)
            tables = {table: read_parquet(part(FILES.raw, table, month)) for table in MESSAGES}
            yield name, {table: years_later(raw, later, MESSAGES[table].key) for table, raw in tables.items()}


def years_later(raw: pd.DataFrame, years: int, key: Sequence[str]) -> pd.DataFrame:
    """The same local times so many years later; hours that there are not then, or were twice, are left out."""
    local = pd.to_datetime(raw[["year", "month", "day", "hour"]].assign(year=raw["year"] + years).astype("int64"))
    there = local.dt.tz_localize(HOME_ZONE, ambiguous="NaT", nonexistent="NaT")
    rows = raw.assign(year=raw["year"] + years, time_hour=there.dt.tz_convert("UTC").dt.as_unit("us"))
    if not years:
        return raw
    return rows[there.notna() & ~rows.duplicated([*key])].reset_index(drop=True)


def alone(clean: Path) -> None:
    """Features and probabilities of every month of the clean tables."""
    model = read_model(FILES.candidate)
    booster, there = lightgbm.Booster(model_str=model.text), months(clean / "flights")
    for _, table in build_months(FLIGHTS.features, there, there, lambda *of: read_parquet(part(clean, *of)), 2):
        booster.predict(model.inputs.matrix(table))


if __name__ == "__main__":
    alone(Path(sys.argv[2])) if sys.argv[1:2] == ["--alone"] else main()
