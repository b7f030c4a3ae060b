"""CSV of any writer -> columns of text, so many rows at a time; or in one finding what is wrong with the file."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TextIO

import pyarrow as pa
from pyarrow import csv as arrow_csv

from ontime.core.contract.findings import EXAMPLES, quantity
from ontime.io.utf8_files import BLOCK, BrokenFileError, Utf8File

STDIN = "-"
DELIMITERS = {";": "';'", "\t": "tabs", "|": "'|'", " ": "spaces"}
SHOWN = 60  # letters of a line
QUOTE = "quote what holds a comma, a quote or a line end, and write the header and all rows with as many fields"
TRAILING = "drop what is too much at the end of the rows, or end the header in the same way"
TEXT = arrow_csv.ConvertOptions(default_column_type=pa.string(), strings_can_be_null=True, null_values=[""])


@dataclass
class _OddRows:
    """Rows that have another number of fields than the header. What reads the file calls it for each."""

    count: int = 0
    first: list[arrow_csv.InvalidRow] = field(default_factory=list)
    trailing: set[int] = field(default_factory=set)  # by how many commas at its end a row is too long, 0 by none

    def __call__(self, row: arrow_csv.InvalidRow) -> str:
        self.count += 1
        more = row.actual_columns - row.expected_columns
        self.trailing.add(more if more > 0 and row.text.rstrip("\r\n").endswith("," * more) else 0)
        if len(self.first) < EXAMPLES:
            self.first.append(row)
        return "skip"


def csv_tables(source: str, expected: Sequence[str], rows: int | None = None) -> Iterator[pa.Table]:
    """The columns of CSV as text, empty fields as missing; first a table without rows, which has their names.

    source: a path, or `-` for standard input; expected: names of columns, of which the header has some; rows: so many
    at a time, or a block of bytes more; all of them, where that is None. Raises OSError, and BrokenFileError, which has
    all rows with more or fewer fields than the header.
    """
    with nullcontext(sys.stdin.buffer) if source == STDIN else Path(source).open("rb") as file:
        yield from _tables(source, file, expected, rows)


def _tables(source: str, file: BinaryIO, expected: Sequence[str], rows: int | None) -> Iterator[pa.Table]:
    text, odd, count, last = Utf8File(file), _OddRows(), 0, None
    names = _header(text.head, expected)
    nothing = pa.table([pa.array([], pa.string()) for _ in names], names=names)
    yield nothing
    kept = nothing
    for batch in _batches(source, text, odd):
        count, last = count + len(batch), batch if len(batch) else last
        if odd.count:
            continue  # to the end, to count them
        kept = pa.concat_tables([kept, pa.Table.from_batches([batch])])
        if rows and len(kept) >= rows:
            yield kept
            kept = nothing
    if odd.count:
        raise _odd_rows(source, odd, count)
    if text.quotes % 2 and last is not None and "\n" in str(last.columns[-1][-1]):
        raise _unclosed(source)
    yield kept


def _batches(source: str, text: Utf8File, odd: _OddRows) -> Iterator[pa.RecordBatch]:
    options = arrow_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=odd)
    blocks = arrow_csv.ReadOptions(block_size=BLOCK, use_threads=False)
    try:
        yield from arrow_csv.open_csv(text, read_options=blocks, parse_options=options, convert_options=TEXT)
    except pa.ArrowInvalid as error:
        if "straddling" in str(error):  # a value is longer than a block
            raise _unclosed(source) from error
        if "Empty CSV file" not in str(error):  # which is a header alone
            raise BrokenFileError("file_readable", str(error).partition("\n")[0], QUOTE) from error


def _header(head: str, expected: Sequence[str]) -> list[str]:
    begin = f"begin it with a line of {', '.join(expected)}"
    try:
        names = next((row for row in csv.reader(io.StringIO(head, newline="")) if row), [])
    except csv.Error as error:  # a field without end
        raise BrokenFileError("header", f"its first line is no header: {error}", begin) from error
    if not names:
        raise BrokenFileError("header", "it is empty, expected a header", begin)
    if len(names) == 1:
        for delimiter, words in DELIMITERS.items():
            parts = [part.strip(' "') for part in names[0].split(delimiter)]
            if len(parts) > 1 and not {*parts}.isdisjoint(expected):
                problem = f"fields are separated by {words}, expected ','"
                raise BrokenFileError(
                    "delimiter", problem, "write it again with commas between fields, and decimal points"
                )
    if {*names}.isdisjoint(expected):
        raise BrokenFileError("header", f"its first line names none of the columns: {_cut(','.join(names))!r}", begin)
    return names


def _odd_rows(source: str, odd: _OddRows, others: int) -> BrokenFileError:
    lines = _lines(source, [row.number for row in odd.first])
    examples = tuple(
        f"line {line} has {quantity(row.actual_columns, 'field')}, expected {row.expected_columns}: {_cut(row.text)!r}"
        for line, row in zip(lines, odd.first, strict=True)
    )
    problem = f"{odd.count:,} of {quantity(odd.count + others, 'row')} have more or fewer fields than the header"
    if len(odd.trailing) > 1 or 0 in odd.trailing:
        return BrokenFileError("fields", problem, QUOTE, examples)
    more, which = max(odd.trailing), "these end" if others else "every row ends"
    commas = "a comma" if more == 1 else f"{more} commas"
    return BrokenFileError("fields", f"{problem}: {which} in {commas} that the header lacks", TRAILING, examples)


def _unclosed(source: str) -> BrokenFileError:
    return BrokenFileError("fields", f"a quote is never closed{_last_line(source)}", QUOTE)


def _last_line(source: str) -> str:
    if source == STDIN:
        return ""
    with _records(source) as file:
        return f", that of the row which begins in line {[*_first_lines(file)][-1]}"


def _lines(source: str, rows: Sequence[int]) -> list[int]:
    """In which line of a file each row begins, the header being row 1. Of standard input, read once, it is the row."""
    if source == STDIN:
        return [*rows]
    with _records(source) as file:
        lines = dict(enumerate(islice(_first_lines(file), max(rows)), 1))
    return [lines.get(row, row) for row in rows]


def _records(source: str) -> TextIO:
    return Path(source).open(encoding="utf-8-sig", newline="")


def _first_lines(file: TextIO) -> Iterator[int]:
    """Where each record begins that is not blank."""
    records, line = csv.reader(file), 1
    try:
        for record in records:
            if record:
                yield line
            line = records.line_num + 1
    except csv.Error:  # a field without end
        yield line


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
