"""Files and folders -> hashes of their content, our own and DVC's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

HASH_DIGITS = 12

FOLDER = ".dir"  # how the hash of a folder ends: it is that of a list of its files
BLOCK = 1 << 20
Watch = Callable[[int], object]  # called with the number of bytes of each block


def content_hash(folder: Path, *others: Path) -> str:
    """Twelve hex digits of the names and contents of all files below a folder, but for what Python compiles.

    others: files elsewhere that count as if they were in the folder.
    """
    digest = hashlib.sha256()
    inside = sorted(path for path in walk_files(folder) if path.is_file() and path.suffix != ".pyc")
    named = [(path.relative_to(folder).as_posix(), path) for path in inside]
    named += [(path.name, path) for path in others]
    for name, path in named:
        digest.update(f"{name}\n{path.stat().st_size}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:HASH_DIGITS]


def folder_md5(hashes: Mapping[str, str]) -> str:
    """The hash of a folder as DVC forms it, from those of its files by their paths in it."""
    return hashlib.md5(folder_list(hashes)).hexdigest() + FOLDER  # noqa: S324


def folder_list(hashes: Mapping[str, str]) -> bytes:
    """The list of a folder's files as DVC stores it, from their hashes by their paths in it."""
    return json.dumps([{"md5": hashes[name], "relpath": name} for name in sorted(hashes)]).encode()


def folder_entries(listing: bytes) -> dict[str, str]:
    """Hash by path in the folder, of the files that such a list names."""
    return {entry["relpath"]: entry["md5"] for entry in json.loads(listing)}


def content_md5(content: BinaryIO, watch: Watch = lambda _: None) -> tuple[str, int]:
    """Hash and size of what a file holds."""
    digest, size = hashlib.md5(), 0  # noqa: S324
    while block := content.read(BLOCK):
        digest.update(block)
        size += len(block)
        watch(len(block))
    return digest.hexdigest(), size


def walk_files(folder: Path, entered: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """Everything below a folder that is no folder, through links too; folders that were `entered` are not again.

    Raises OSError where a folder may not be read.
    """
    for path in folder.iterdir() if folder.is_dir() else ():
        if not path.is_dir():
            yield path
            continue
        target = path.resolve()
        if target not in entered:
            yield from walk_files(path, entered | {target})
