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
Watch = Callable[[int], object]


def version(folder: Path) -> str:
    """The first digits of the hash that dvc.lock has of a folder with these files."""
    found = {}
    for path in (each for each in below(folder) if each.is_file()):
        with path.open("rb") as content:
            found[path.relative_to(folder).as_posix()], _ = content_md5(content, lambda _: None)
    return folder_md5(found)[:HASH_DIGITS]


def folder_md5(files: Mapping[str, str]) -> str:
    """The hash of a folder, as DVC forms it."""
    listing = json.dumps([{"md5": files[name], "relpath": name} for name in sorted(files)])
    return hashlib.md5(listing.encode()).hexdigest() + FOLDER  # noqa: S324


def content_md5(content: BinaryIO, watch: Watch) -> tuple[str, int]:
    """Hash and size of what a file holds."""
    digest, size = hashlib.md5(), 0  # noqa: S324
    while block := content.read(BLOCK):
        digest.update(block)
        size += len(block)
        watch(len(block))
    return digest.hexdigest(), size


def content_hash(folder: Path, *others: Path) -> str:
    """Twelve hex digits of the names and contents of all files below a folder, but for what Python compiles.

    others: files elsewhere that count as if they were in the folder.
    """
    digest = hashlib.sha256()
    found = sorted(path for path in below(folder) if path.is_file() and path.suffix != ".pyc")
    named = [(path.relative_to(folder).as_posix(), path) for path in found]
    for name, path in named + [(path.name, path) for path in others]:
        digest.update(f"{name}\n{path.stat().st_size}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:HASH_DIGITS]


def below(folder: Path, inside: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """Everything below a folder that is no folder, through links too; `inside`: folders that are not entered again."""
    for path in folder.glob("*"):
        if not path.is_dir():
            yield path
        elif (its := path.resolve()) not in inside:
            yield from below(path, inside | {its})
