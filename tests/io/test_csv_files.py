"""CSV of any writer is columns of text, and what is no such file is named in one finding, with its line."""

import io
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pytest

from ontime.io import csv_files
from ontime.io.csv_files import csv_tables
from ontime.io.utf8_files import BLOCK, BrokenFileError

EXPECTED = ("depot", "number", "level")
HEADER = "depot,number,level\n"


def read(folder: Path, content: str | bytes, rows: int | None = None) -> dict[str, list]:
    (folder / "a.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    return pa.concat_tables(csv_tables(str(folder / "a.csv"), EXPECTED, rows)).to_pydict()


def broken(folder: Path, content: str | bytes) -> BrokenFileError:
    with pytest.raises(BrokenFileError) as caught:
        read(folder, content)
    return caught.value


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("begin", ["", "\ufeff", "\n\n"])
def test_every_field_is_text_as_it_stands(tmp_path: Path, ends: str, last: bool, begin: str):
    text = f'{begin}{HEADER}NA,007,"1,5"\n"",,nan\n\n"a ""b""\nc", 7 ,-\n'
    text = (text if last else text[:-1]).replace("\n", ends)
    expected = [["NA", None, f'a "b"{ends}c'], ["007", None, " 7 "], ["1,5", "nan", "-"]]
    assert [*read(tmp_path, text).values()] == expected


@pytest.mark.parametrize("text", [HEADER, HEADER[:-1], HEADER + "\n\n", "\n" + HEADER])
def test_a_header_alone_is_no_rows(tmp_path: Path, text: str):
    assert read(tmp_path, text) == {"depot": [], "number": [], "level": []}


def test_names_are_as_they_stand_in_the_header(tmp_path: Path):
    (tmp_path / "a.csv").write_text("depot,depot,depot.1,,day\na,b,c,d,e\n")
    assert [table.column_names for table in csv_tables(str(tmp_path / "a.csv"), EXPECTED)] == [
        ["depot", "depot", "depot.1", "", "day"]
    ] * 2


@pytest.mark.parametrize("commas", [1, 2])
def test_commas_that_the_header_lacks_are_recognised(tmp_path: Path, commas: int):
    words = "a comma" if commas == 1 else "2 commas"
    error = broken(tmp_path, HEADER + f"a,1,2{',' * commas}\n" * 4)
    assert error.rule == "fields"
    assert error.problem == (
        f"4 of 4 rows have more or fewer fields than the header: every row ends in {words} that the header lacks"
    )
    assert error.examples[0] == f"line 2 has {3 + commas} fields, expected 3: {'a,1,2' + ',' * commas!r}"
    assert len(error.examples) == 3
    assert "or end the header in the same way" in error.remedy
    assert read(tmp_path, HEADER[:-1] + f",\n{'a,1,2,'}\n")["depot"] == ["a"]
    some = broken(tmp_path, HEADER + "a,1,2,\na,1,2\n").problem
    assert some == "1 of 2 rows have more or fewer fields than the header: these end in a comma that the header lacks"


ODD = {
    "too many": ("a,1,2\nb,1,2,3\n", 1, "line 3 has 4 fields, expected 3: 'b,1,2,3'"),
    "too few": ("a,1\na,1,2\n", 1, "line 2 has 2 fields, expected 3: 'a,1'"),
    "cut off": ("a,1,2\nb", 1, "line 3 has 1 field, expected 3: 'b'"),
    "after blank lines": ("\n\na,1,2\n\nb\n", 1, "line 6 has 1 field, expected 3: 'b'"),
    "after a value of two lines": ('"a\nb",1,2\nb\n', 1, "line 4 has 1 field, expected 3: 'b'"),
    "a comma in a value": ("a,1,2\nSalt, Lake,1,2\n", 1, "line 3 has 4 fields, expected 3: 'Salt, Lake,1,2'"),
    "a decimal comma": ("a,1,2,5\n" * 5, 5, "line 2 has 4 fields, expected 3: 'a,1,2,5'"),
    "many": ("a,1,2\n" * 70_000 + "b\n" * 9 + "a,1,2\n" * 70_000, 9, "line 70002 has 1 field, expected 3: 'b'"),
    "long": (f"{'x' * 500}\n", 1, f"line 2 has 1 field, expected 3: '{'x' * 60}...'"),
}


@pytest.mark.parametrize("case", ODD)
def test_rows_with_more_or_fewer_fields_are_named_with_their_line(tmp_path: Path, case: str):
    text, count, example = ODD[case]
    error = broken(tmp_path, HEADER + text)
    assert error.rule == "fields"
    assert error.problem.startswith(f"{count} of ")
    assert "comma that the header lacks" not in error.problem
    assert error.examples[0] == example
    assert len(error.examples) == min(count, 3)


@pytest.mark.parametrize(
    "rest", ["", "a,1,2\n" * 3, "a,1,2\n" * BLOCK], ids=["end", "rows", "more than is read at a time"]
)
@pytest.mark.parametrize("row", ['a,1,"2\n', 'a,"1,2\n', '"a,1,2\n'])
def test_a_quote_that_is_never_closed_is_named_with_its_line(tmp_path: Path, row: str, rest: str):
    error = broken(tmp_path, HEADER + "a,1,2\n" + row + rest)
    assert error.rule == "fields"
    assert "line 3" in error.problem + "".join(error.examples)
    assert "quote" in error.remedy


@pytest.mark.parametrize(
    ("content", "rule", "problem"),
    [
        ("", "header", "it is empty"),
        ("\n\n \n"[:2], "header", "it is empty"),
        ("a,1,2\n", "header", "its first line names none of the columns: 'a,1,2'"),
        ('{"depot": 1}\n', "header", "its first line names none"),
        ("x" * 200_000, "header", "its first line"),
        (HEADER.replace(",", ";") + "a;1;2,5\n", "delimiter", "fields are separated by ';', expected ','"),
        (HEADER.replace(",", "\t"), "delimiter", "fields are separated by tabs, expected ','"),
        (HEADER.replace(",", "|"), "delimiter", "fields are separated by '|', expected ','"),
        ('"depot" "number" "level"\n"a" 1 2\n', "delimiter", "fields are separated by spaces, expected ','"),
        (HEADER.encode("utf-16"), "file_kind", "its text is in UTF-16"),
        (HEADER.encode("utf-16-be"), "encoding", "a byte in line 1 is 0"),
        ((HEADER + "a,1,2\nZürich,1,2\n").encode("latin-1"), "encoding", "byte 0xfc in line 3 is not UTF-8"),
        ((HEADER + "a,1,2\n" * 90_000 + "é").encode("cp1252"), "encoding", "byte 0xe9 in line 90002 is not UTF-8"),
        (HEADER + "a,\0,2\n", "encoding", "a byte in line 2 is 0"),
        (b"PAR1" + bytes(20), "file_kind", "it is a Parquet file"),
        (b"PK\x03\x04" + bytes(20), "file_kind", "it is a zip archive, as Excel writes in .xlsx"),
        (b"\x1f\x8b" + bytes(20), "file_kind", "it is compressed by gzip"),
    ],
)  # fmt: skip
def test_what_is_no_csv_is_named_once(tmp_path: Path, content: str | bytes, rule: str, problem: str):
    error = broken(tmp_path, content)
    assert error.rule == rule
    assert error.problem.startswith(problem)
    finding = error.finding("plan", "2013-11")
    assert finding.stops
    assert (finding.table, finding.month, finding.remedy) == ("plan", "2013-11", error.remedy)
    assert "zone" not in error.remedy


def test_a_letter_that_lies_on_the_edge_of_two_blocks_is_one(tmp_path: Path):
    for shift in range(4):
        text = HEADER + "é" * 40_000 + "," + "a" * shift + ",2\n"
        rows = 2 * BLOCK // len(text.encode()) + 1
        assert len(read(tmp_path, HEADER + text.removeprefix(HEADER) * rows)["depot"]) == rows


@pytest.mark.parametrize("source", ["file", "-"])
def test_rows_come_in_parts_before_all_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str):
    content = (HEADER + "a,1,2\n" * (64 * BLOCK // 6)).encode()
    (tmp_path / "a.csv").write_bytes(content)
    stdin = io.BytesIO(content)
    monkeypatch.setattr(csv_files.sys, "stdin", SimpleNamespace(buffer=stdin))
    tables = csv_tables(str(tmp_path / "a.csv") if source == "file" else "-", EXPECTED, 1000)
    assert len(next(tables)) == 0
    first = next(tables)
    assert 1000 <= len(first) <= 1000 + BLOCK // 6 + 1
    assert source == "file" or stdin.tell() < 40 * BLOCK  # Arrow reads 32 blocks ahead: memory is bounded
    assert len(first) + sum(map(len, tables)) == 64 * BLOCK // 6


def test_standard_input_has_the_same_words(monkeypatch: pytest.MonkeyPatch):
    stdin = SimpleNamespace(buffer=io.BytesIO((HEADER + "a,1,2\nb,1,2,\n").encode()))
    monkeypatch.setattr(csv_files.sys, "stdin", stdin)
    with pytest.raises(BrokenFileError) as caught:
        [*csv_tables("-", EXPECTED, 1000)]
    assert caught.value.examples == ("line 3 has 4 fields, expected 3: 'b,1,2,'",)
