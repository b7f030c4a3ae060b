"""Bytes that should be text in UTF-8 -> the same bytes, checked while they are read."""

from __future__ import annotations

import codecs
from typing import BinaryIO

from ontime.core.contract.findings import Finding, Level
from ontime.errors import OntimeError

BLOCK = 1 << 18  # bytes that are read at a time
BOM = codecs.BOM_UTF8
SAVE = "save it as CSV in UTF-8"
# How files begin that are no text, or are text in another encoding: what they are, and what to do.
BEGINNINGS = {
    b"PAR1": ("it is a Parquet file", "give it a name that ends in .parquet"),
    b"PK\x03\x04": ("it is a zip archive, as Excel writes in .xlsx", SAVE),
    b"\xd0\xcf\x11\xe0": ("it is a file of Excel", SAVE),
    b"\x1f\x8b": ("it is compressed by gzip", "unpack it"),
    b"\x28\xb5\x2f\xfd": ("it is compressed by zstd", "unpack it"),
    codecs.BOM_UTF16_LE: ("its text is in UTF-16", SAVE),
    codecs.BOM_UTF16_BE: ("its text is in UTF-16", SAVE),
}


class BrokenFileError(OntimeError):
    """A file that holds no table: the rule that it breaks, what is wrong, what to do, and some places."""

    def __init__(self, rule: str, problem: str, remedy: str, examples: tuple[str, ...] = ()) -> None:
        super().__init__(f"{problem}: {remedy}")
        self.rule, self.problem, self.remedy, self.examples = rule, problem, remedy, examples

    def finding(self, table: str, month: str | None) -> Finding:
        """The finding on the file of this part of a table."""
        return Finding(Level.STOP, table, month, "the file", self.rule, self.problem, self.remedy, self.examples)


class Utf8File:
    """A file of bytes to read from; `head` is its first block. Raises BrokenFileError where it is no text."""

    def __init__(self, file: BinaryIO) -> None:
        self.closed = False
        self.quotes = 0  # read so far
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._line = 1
        self._rest = file.read(BLOCK)
        for beginning, (problem, remedy) in BEGINNINGS.items():
            if self._rest.startswith(beginning):
                raise BrokenFileError("file_kind", f"{problem}, expected CSV", remedy)
        self._check(self._rest)
        self.head = self._rest.removeprefix(BOM).decode("utf-8", errors="ignore")  # which may end within a letter

    def read(self, size: int) -> bytes:
        """The next bytes, at most so many."""
        if self._rest:
            block, self._rest = self._rest[:size], self._rest[size:]
            return block
        block = self._file.read(size)
        self._check(block)
        return block

    def _check(self, block: bytes) -> None:
        self.quotes += block.count(b'"')
        if b"\0" in block:
            problem = f"a byte in line {self._line_at(block, block.index(0))} is 0: it is no text in UTF-8"
            raise BrokenFileError("encoding", problem, SAVE)
        try:
            self._decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            place = error.start - (len(error.object) - len(block))  # a letter may begin in the block before
            line = self._line_at(block, max(place, 0))
            problem = f"byte {error.object[error.start]:#04x} in line {line} is not UTF-8"
            raise BrokenFileError("encoding", problem, SAVE) from error
        self._line += block.count(b"\n")

    def _line_at(self, block: bytes, place: int) -> int:
        return self._line + block.count(b"\n", 0, place)

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self.closed = True
