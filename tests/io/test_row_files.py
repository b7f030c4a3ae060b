"""Rows to be answered are read as messages are, whoever wrote them, with the same words."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ontime.core.contract.findings import ContractError
from ontime.flights import FLIGHTS
from ontime.io import row_files
from ontime.io.row_files import count_rows, read_rows

KEY = ["year", "month", "day", "carrier", "flight", "origin", "dest"]
TYPES = {name: "str" if name in {"carrier", "origin", "dest"} else "Int64" for name in KEY}
ROWS = pd.DataFrame(
    [
        (2013, 11, 5, "UA", 1, "EWR", "LAX"),
        (2013, 11, 5, "NA", 2, "JFK", "SFO"),
        (2013, 11, None, "B6", 3, None, "ORD"),
    ],
    columns=KEY,
).astype(TYPES)


def read(source: Path) -> pd.DataFrame:
    return pd.concat(read_rows(FLIGHTS, str(source)), ignore_index=True)


def refused(source: Path) -> str:
    with pytest.raises(ContractError) as caught:
        read(source)
    assert str(caught.value).count("what to do") == 1
    return str(caught.value)


@pytest.mark.parametrize("chunk", [1, 2, 100])
@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_keys_are_the_same_from_either_kind_and_other_columns_are_not_read(
    tmp_path: Path, name: str, chunk: int, monkeypatch
):
    monkeypatch.setattr(row_files, "CHUNK", chunk)
    written = ROWS.assign(**{"day.1": 7, "other": "x"})[["other", *KEY[::-1], "day.1"]]
    written.to_parquet(tmp_path / name) if name == "a.parquet" else written.to_csv(tmp_path / name)
    pd.testing.assert_frame_equal(read(tmp_path / name), ROWS)
    assert count_rows(str(tmp_path / name)) == (3 if name == "a.parquet" else None)


@pytest.mark.parametrize("index", [KEY[:1], KEY[:3], KEY])
def test_a_key_that_is_an_index_is_a_key(tmp_path: Path, index: list[str]):
    ROWS.astype({"year": "int64", "flight": "int64"}).set_index(index).to_parquet(tmp_path / "a.parquet")
    pd.testing.assert_frame_equal(read(tmp_path / "a.parquet"), ROWS)


@pytest.mark.parametrize("rows", [ROWS.head(0), ROWS.head(0).astype("object")])
@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_file_without_rows_is_no_rows(tmp_path: Path, name: str, rows: pd.DataFrame):
    rows.to_parquet(tmp_path / name) if name == "a.parquet" else rows.to_csv(tmp_path / name, index=False)
    pd.testing.assert_frame_equal(read(tmp_path / name), ROWS.head(0))


def test_a_wrong_value_is_named_with_its_row_of_the_whole_file(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(row_files, "CHUNK", 100)
    wrong = pd.concat([ROWS.head(2)] * 300, ignore_index=True).astype({"flight": "str"})
    wrong.loc[555, "flight"] = "NA"
    wrong.to_csv(tmp_path / "a.csv", index=False)
    wrong.to_parquet(tmp_path / "a.parquet")
    for name in ("a.csv", "a.parquet"):
        message = refused(tmp_path / name)
        assert (
            "[stop] rows, flight, rule type: 1 value, expected Int64; missing values are spelled 'NA' 1 time" in message
        )
        assert "'NA' in row 556\n    what to do: leave the field empty where a value is missing" in message
        assert not message.endswith("(CONTRIBUTING.md)")


def test_what_is_wrong_with_the_file_is_one_finding_in_the_same_words(tmp_path: Path):
    text = ROWS.to_csv(index=False)
    (tmp_path / "a.csv").write_text(text.replace(",", ";"))
    assert "[stop] rows, the file, rule delimiter: fields are separated by ';'" in refused(tmp_path / "a.csv")
    (tmp_path / "a.csv").write_text(text.replace("LAX\n", "LAX,\n"))
    assert "[stop] rows, the file, rule fields: 1 of 3 rows have more" in refused(tmp_path / "a.csv")
    (tmp_path / "a.csv").write_text(text.replace("dest", "carrier", 1))
    with pytest.raises(ContractError, match="carrier, rule column_once: there 2 times"):
        read(tmp_path / "a.csv")
    (tmp_path / "a.parquet").write_text(text)
    for reader in (read, lambda source: count_rows(str(source))):
        with pytest.raises(ContractError, match=r"rows, the file, rule file_kind: it begins with b'year,month"):
            reader(tmp_path / "a.parquet")


def test_columns_that_are_missing_are_named_with_those_that_are_there(tmp_path: Path):
    pq.write_table(pa.Table.from_pandas(ROWS.drop(columns="dest").assign(Dest="x")), tmp_path / "a.parquet")
    assert f"dest, rule column_present: missing; there are {', '.join(KEY[:-1])}, Dest\n" in refused(
        tmp_path / "a.parquet"
    )
