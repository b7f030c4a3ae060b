"""`ontime validate` on real data, broken on purpose."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from later import all_clocks_later, all_delays_later
from repositories import Done, call, run

from ontime import flights
from ontime.io.formats import read_parquet, write_parquet

Change = Callable[[pd.DataFrame], pd.DataFrame]
MINUTE = pd.Timedelta(minutes=1)


def edit(name: str, change: Change) -> Callable[[Path], None]:
    """Rewrite one file below data/raw."""

    def break_it(raw: Path) -> None:
        write_parquet(change(read_parquet(raw / name)), raw / name)

    return break_it


def remove(*names: str) -> Callable[[Path], None]:
    def break_it(raw: Path) -> None:
        for name in names:
            (raw / name).unlink()

    return break_it


def swap_months(raw: Path) -> None:
    first, second = raw / "flights/2013-02.parquet", raw / "flights/2013-03.parquet"
    first.rename(raw / "kept"), second.rename(first), (raw / "kept").rename(second)


def wrong_zone(airports: pd.DataFrame) -> pd.DataFrame:
    central = airports["tzone"] == "America/Chicago"
    return airports.assign(
        tzone=airports["tzone"].mask(central, "America/New_York"), tz=airports["tz"].mask(central, -5)
    )


def half_cancelled(flights: pd.DataFrame) -> pd.DataFrame:
    lost = flights.index % 2 == 0
    columns = ("dep_time", "dep_delay", "arr_time", "arr_delay", "air_time", "tailnum")
    return flights.assign(**{name: flights[name].mask(lost) for name in columns})


def celsius(weather: pd.DataFrame) -> pd.DataFrame:
    return weather.assign(**{name: (weather[name] - 32) / 1.8 for name in ("temp", "dewp")})


def not_utf8(table: pa.Table) -> pa.Table:
    broken = pa.array([b"\xff\xfe"] * len(table), type=pa.binary()).view(pa.string())
    return table.set_column(table.schema.get_field_index("tailnum"), "tailnum", broken)


def twice(table: pa.Table, name: str) -> pa.Table:
    return table.append_column(name, table[name])


FLIGHTS, WEATHER = "flights/2013-03.parquet", "weather/2013-03.parquet"

# What is broken: how, and what the report must name.
BROKEN: dict[str, tuple[Callable[[Path], object], list[str]]] = {
    "a column is missing in one month": (
        edit(FLIGHTS, lambda f: f.drop(columns="distance")),
        ["flights 2013-03, distance, rule column_present: missing"],
    ),
    "a column is new in one month": (
        edit(FLIGHTS, lambda f: f.assign(gate="A1")),
        ["flights 2013-03, gate, rule column_known: unknown"],
    ),
    "missing numbers came as a word": (
        edit(FLIGHTS, lambda f: f.assign(dep_delay=f["dep_delay"].astype("str").fillna("NA"))),
        [
            "values, expected Int64; missing values are spelled 'NA'",
            "what to do: leave the field empty where a value is missing, or change the contract",
        ],
    ),
    "whole numbers came with fractions": (
        edit(FLIGHTS, lambda f: f.assign(flight=f["flight"].astype("float64") + 0.5)),
        ["flights 2013-03, flight, rule type: ", "values, expected Int64\n    for example: "],
    ),
    "a column is there twice": (
        lambda raw: pq.write_table(twice(pq.read_table(raw / FLIGHTS), "distance"), raw / FLIGHTS),
        ["flights 2013-03, distance, rule column_once: there 2 times"],
    ),
    "text came as lists": (
        edit(FLIGHTS, lambda f: f.assign(carrier=[[carrier] for carrier in f["carrier"]])),
        ["flights 2013-03, carrier, rule type: list<", ", expected str\n    for example: ['"],
    ),
    "times came without a zone": (
        edit(WEATHER, lambda w: w.assign(time_hour=w["time_hour"].dt.tz_localize(None))),
        ["weather 2013-03, time_hour, rule type: timestamp[us], expected datetime64[us, UTC]"],
    ),
    "a month is empty": (edit(FLIGHTS, lambda f: f.head(0)), ["flights 2013-03, the file, rule rows: none"]),
    "a reference table is empty": (
        edit("airlines.parquet", lambda a: a.head(0)),
        ["airlines, the file, rule rows: none", "flights 2013-01, all, rule checked", "correct airlines first"],
    ),
    "too many rows stand twice, with different values": (
        edit(FLIGHTS, lambda f: pd.concat([f, f.head(200).assign(distance=f["distance"] + 1)])),
        [
            "flights 2013-03, all, rule max_quarantined: 1.4% of rows break a rule (400 of 29,034)",
            "flights 2013-03, id, rule key_unique: 400 of 29,034 rows share 200 keys with different values",
            "2013-03-01-",
        ],
    ),
    "too many weather hours stand twice, with different values": (
        edit(WEATHER, lambda w: pd.concat([w, w.tail(20).assign(temp=w["temp"] + 1)])),
        ["weather 2013-03, origin, time_hour, rule key_unique: 40 of 2,247 rows share 20 keys with different values"],
    ),
    "a month's file is gone": (remove(WEATHER), ["weather 2013-03, the file, rule file_present: missing"]),
    "a month is gone from every table": (
        remove(FLIGHTS, WEATHER),
        ["flights 2013-03, the file, rule file_present", "weather 2013-03, the file, rule file_present"],
    ),
    "a file is cut off": (
        lambda raw: (raw / FLIGHTS).write_bytes((raw / FLIGHTS).read_bytes()[:5000]),
        ["flights 2013-03, the file, rule file_readable"],
    ),
    "a stranger lies among the files": (
        lambda raw: (raw / "flights/notes.txt").write_text("mine"),
        ["flights/notes.txt, the file, rule file_known: unknown"],
    ),
    "a file has lost its ending": (
        lambda raw: (raw / FLIGHTS).rename(raw / "flights/2013-03"),
        [
            "flights 2013-03, the file, rule file_present: missing",
            "flights/2013-03, the file, rule file_known: unknown",
        ],
    ),
    "a folder stands where a file should": (
        lambda raw: ((raw / FLIGHTS).unlink(), (raw / FLIGHTS).mkdir()),
        ["flights 2013-03, the file, rule file_present: missing", f"{FLIGHTS}, the file, rule file_known: unknown"],
    ),
    "two months are swapped": (swap_months, ["flights 2013-02, day, rule in_its_month", "of another month"]),
    "all delays of a month are 30 minutes longer": (
        edit(FLIGHTS, all_delays_later),
        ["[stop] flights 2013-03, dep_delay, rule shift", "[stop] flights 2013-03, arr_delay, rule shift"],
    ),
    "all delays of the first month are 30 minutes longer": (
        edit("flights/2013-01.parquet", all_delays_later),
        [
            "[stop] flights 2013-01, dep_delay, rule typical_departure",
            "[stop] flights 2013-01, arr_delay, rule typical",
        ],
    ),
    "a month was cut off": (
        edit(FLIGHTS, lambda f: f[f["day"] <= 10]),
        ["[stop] flights 2013-03, day, rule days_present: share of the month's days that have rows: 0.32"],
    ),
    "delays and times disagree": (
        edit(FLIGHTS, lambda f: f.assign(arr_delay=f["arr_delay"] + 30)),
        ["flights 2013-03, all, rule max_quarantined", "arr_delay, rule arrival_delay"],
    ),
    "the clock fields of one station moved": (
        edit(WEATHER, lambda w: pd.concat([w[w["origin"] != "JFK"], all_clocks_later(w[w["origin"] == "JFK"])])),
        ["[stop] weather 2013-03, temp, hour, rule warmest_hour"],
    ),
    "text is not UTF-8": (
        lambda raw: pq.write_table(not_utf8(pq.read_table(raw / FLIGHTS)), raw / FLIGHTS),
        ["flights 2013-03, the file, rule file_readable"],
    ),
    "only the UTC hour of the weather moved": (
        edit(WEATHER, lambda w: w.assign(time_hour=w["time_hour"] + 300 * MINUTE)),
        ["weather 2013-03, all, rule max_quarantined", "time_hour, rule utc_hour"],
    ),
    "all clock fields of the weather moved forward": (
        edit(WEATHER, all_clocks_later),
        ["[stop] weather 2013-03, temp, hour, rule warmest_hour"],
    ),
    "all clock fields of the weather moved back": (
        edit(WEATHER, lambda w: all_clocks_later(w, -5)),
        ["[stop] weather 2013-03, temp, hour, rule warmest_hour"],
    ),
    "the UTC hour of flights ignores daylight saving": (
        edit("flights/2013-04.parquet", lambda f: f.assign(time_hour=f["time_hour"] + 60 * MINUTE)),
        ["flights 2013-04, all, rule max_quarantined", "time_hour, rule utc_hour"],
    ),
    "temperatures came in degrees Celsius": (
        edit(WEATHER, celsius),
        ["[stop] weather 2013-03, temp, dewp, humid, rule humidity_agrees"],
    ),
    "carriers are missing from airlines": (
        edit("airlines.parquet", lambda a: a[a["carrier"] != "UA"]),
        ["flights 2013-01, all, rule max_quarantined", "flights 2013-04, carrier, rule carrier_known", "has UA"],
    ),
    "destinations are missing from airports": (
        edit("airports.parquet", lambda a: a[a["faa"] != "ORD"]),
        ["flights 2013-01, dest, rule destination_known", "has ORD"],
    ),
    "a zone is an hour off": (
        edit("airports.parquet", wrong_zone),
        ["flights 2013-01, all, rule max_quarantined", "rule elapsed_at_least_air_time"],
    ),
    "zones have names that are none": (
        edit("airports.parquet", lambda a: a.assign(tzone="Mars/Phobos")),
        ["airports, all, rule max_quarantined", "tzone, rule iana_time_zone", "has Mars/Phobos"],
    ),
    "a zone is empty": (
        edit("airports.parquet", lambda a: a.assign(tzone=a["tzone"].mask(a["faa"] == "ORD", ""))),
        [
            "tzone, rule iana_time_zone",
            "[stop] flights 2013-01, all, rule max_quarantined",
            "ends_at, rule not_nullable",
        ],
    ),
    "a clock is at the end of time": (
        edit(WEATHER, lambda w: w.assign(time_hour=pd.Timestamp("9999-12-31T23:00Z").as_unit("us"))),
        ["weather 2013-03, all, rule max_quarantined", "time_hour, rule in_range(1987"],
    ),
    "aircraft are missing from planes": (
        edit("planes.parquet", lambda p: p.head(300)),
        ["[stop] flights 2013-01, tailnum, rule aircraft_known"],
    ),
    "weather is missing for many hours": (
        edit(WEATHER, lambda w: w.head(len(w) // 2)),
        ["[stop] flights 2013-03, origin, time_hour, rule weather_known"],
    ),
    "half a month has no departure": (
        edit(FLIGHTS, half_cancelled),
        ["[stop] flights 2013-03, dep_time, rule missing", "[stop] flights 2013-03, tailnum, rule missing"],
    ),
    "time in the air came in hours": (
        edit(FLIGHTS, lambda f: f.assign(air_time=(f["air_time"] // 60))),
        ["flights 2013-03, all, rule max_quarantined", "air_time, rule in_range"],
    ),
    "everything is out of range": (
        edit(FLIGHTS, lambda f: f.assign(dep_delay=f["dep_delay"] * 10**15)),
        ["flights 2013-03, all, rule max_quarantined", "dep_delay, rule in_range"],
    ),
}


# A month and the one before it, which it is compared with, show most of it.
MONTHS = ("2013-02", "2013-03")
OTHER_MONTHS = {
    "a reference table is empty": ("2013-01",),
    "a month is gone from every table": ("2013-02", "2013-03", "2013-04"),
    "all delays of the first month are 30 minutes longer": ("2013-01",),
    "the UTC hour of flights ignores daylight saving": ("2013-03", "2013-04"),
    "carriers are missing from airlines": ("2013-01", "2013-02", "2013-03", "2013-04"),
    "destinations are missing from airports": ("2013-01",),
    "a zone is an hour off": ("2013-01",),
    "a zone is empty": ("2013-01",),
    "aircraft are missing from planes": ("2013-01",),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_data_stops_with_every_reason_and_no_output(case: str, workspace: Path):
    for path in (workspace / "data/raw").glob("*/*.parquet"):
        if path.stem not in OTHER_MONTHS.get(case, MONTHS):
            path.unlink()
    break_it, expected = BROKEN[case]
    break_it(workspace / "data/raw")
    stops_with(expected, call(flights.FLIGHTS, "validate", folder=workspace), workspace)


@pytest.mark.nightly
@pytest.mark.parametrize("case", BROKEN)
def test_broken_data_stops_the_command_among_four_months(case: str, workspace: Path):
    break_it, expected = BROKEN[case]
    break_it(workspace / "data/raw")
    stops_with(expected, run("ontime", "validate", folder=workspace), workspace)


def stops_with(expected: list[str], done: Done, workspace: Path) -> None:
    assert done.returncode == 1, done.stderr
    missing = [text for text in expected if text not in done.stderr]
    assert not missing, done.stderr
    assert "what to do:" in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in workspace.iterdir() if path.name != ".ontime") == ["data", "params.yaml"]
    assert [path.name for path in (workspace / "data").iterdir()] == ["raw"]
    assert not [path.name for path in (workspace / ".ontime/work").iterdir() if path.is_dir()]


def test_every_violation_is_listed_at_once(workspace: Path):
    cases = ("a column is missing in one month", "a reference table is empty", "temperatures came in degrees Celsius")
    for case in cases:
        BROKEN[case][0](workspace / "data/raw")
    done = run("ontime", "validate", folder=workspace)
    assert done.returncode == 1
    for case in cases:
        assert BROKEN[case][1][0] in done.stderr


def test_sound_data_passes_and_what_was_there_before_a_failure_stays(workspace: Path):
    assert call(flights.FLIGHTS, "validate", folder=workspace).returncode == 0
    before = {path: path.read_bytes() for path in workspace.rglob("*") if path.is_file() and "raw" not in path.parts}
    assert {path.name for path in before} >= {
        "quarantine.parquet",
        "metrics.json",
        "columns.csv",
        "2013-04.parquet",
    }
    BROKEN["a column is missing in one month"][0](workspace / "data/raw")
    assert call(flights.FLIGHTS, "validate", folder=workspace).returncode == 1
    assert all(path.read_bytes() == content for path, content in before.items())


def test_a_single_bad_arrival_costs_only_what_is_known_at_arrival(workspace: Path):
    def spoil(flights: pd.DataFrame) -> pd.DataFrame:
        return flights.assign(air_time=flights["air_time"].mask(flights.index == 7, 5000))

    edit(FLIGHTS, spoil)(workspace / "data/raw")
    done = call(flights.FLIGHTS, "validate", folder=workspace)
    assert done.returncode == 0, done.stderr
    raw, clean = (read_parquet(workspace / "data" / name / FLIGHTS) for name in ("raw", "clean"))
    assert len(clean) == len(raw)
    assert clean.loc[7, "lost_from"] == "arrival"
    assert clean.loc[7, ["arr_time", "arr_delay", "air_time", "arrived_at"]].isna().all()
    assert clean.loc[7, "dep_delay"] == raw.loc[7, "dep_delay"]
    assert clean.drop(index=7)["lost_from"].isna().all()
    quarantine = read_parquet(workspace / "data/quarantine.parquet")
    lost = quarantine[quarantine["table"] == "flights"]
    assert lost[["key", "column", "rule", "value"]].to_numpy().tolist() == [
        [clean.loc[7, "id"], "air_time", "in_range(10, 1200)", "5000"]
    ]


def test_rows_that_stand_twice_are_one_and_of_different_ones_with_a_key_none_is_kept(workspace: Path):
    def again(frame: pd.DataFrame) -> pd.DataFrame:
        other = frame.iloc[[20]].assign(**{name: frame[name] + 1 for name in ("distance", "temp") if name in frame})
        return pd.concat([frame, frame.iloc[[0, 0, 10]], other])

    for name in (FLIGHTS, WEATHER):
        edit(name, again)(workspace / "data/raw")
    done = call(flights.FLIGHTS, "validate", folder=workspace)
    assert done.returncode == 0, done.stderr
    findings = (workspace / "metrics/validate/findings.csv").read_text()
    quarantine = read_parquet(workspace / "data/quarantine.parquet").query("rule == 'key_unique'")
    for name, key in ((FLIGHTS, "id"), (WEATHER, '"origin, time_hour"')):
        raw, clean = (read_parquet(workspace / "data" / folder / name) for folder in ("raw", "clean"))
        table = name.partition("/")[0]
        assert len(clean) == len(raw) - 5
        assert (
            f'{table},2013-03,all,row_once,warn,"3 rows came again, equal in all values; one of each is kept"'
            in findings
        )
        assert f'{table},2013-03,{key},key_unique,quarantine,"2 of {len(raw) - 3:,} rows share 1 key' in findings
        assert quarantine.loc[quarantine["table"] == table, "key"].value_counts().tolist() == [2]


def test_tables_that_other_tools_wrote_again_make_the_same_clean_ones(workspace: Path):
    assert call(flights.FLIGHTS, "validate", folder=workspace).returncode == 0
    before = {path: path.read_bytes() for path in (workspace / "data/clean").rglob("*.parquet")}
    table = pq.read_table(workspace / "data/raw" / FLIGHTS)
    for name, kind in {"dep_time": pa.string(), "flight": pa.float64(), "distance": pa.decimal128(20, 0)}.items():
        table = table.set_column(table.schema.get_field_index(name), name, table[name].cast(kind))
    pq.write_table(table, workspace / "data/raw" / FLIGHTS)
    weather = read_parquet(workspace / "data/raw" / WEATHER)
    new_york = weather["time_hour"].dt.tz_convert("America/New_York").dt.as_unit("ns")
    dtypes = {"hour": pd.ArrowDtype(pa.uint8()), "visib": pd.ArrowDtype(pa.float64())}
    by_pandas = weather.assign(time_hour=new_york, wind_gust=weather["wind_gust"].astype("Float64")).astype(dtypes)
    by_pandas.set_index(["origin", "year"]).to_parquet(workspace / "data/raw" / WEATHER)
    done = call(flights.FLIGHTS, "validate", folder=workspace)
    assert done.returncode == 0, done.stderr
    assert {path: path.read_bytes() for path in (workspace / "data/clean").rglob("*.parquet")} == before


def test_two_runs_write_equal_bytes(workspace: Path):
    def outputs(done: Done) -> dict[str, bytes]:
        assert done.returncode == 0, done.stderr
        kept = [path for path in workspace.rglob("*") if path.is_file()]
        return {str(path.relative_to(workspace)): path.read_bytes() for path in kept}

    here = outputs(call(flights.FLIGHTS, "validate", folder=workspace))
    assert outputs(run("ontime", "validate", folder=workspace)) == here
