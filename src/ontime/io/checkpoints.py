"""Texts that outlive a killed run, for the next run of the same stage on the same data, params and code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path

from ontime.io.atomic import remove, write_text
from ontime.io.hashes import HASH_DIGITS, content_hash
from ontime.io.paths import CODE, Files


class CheckpointFolder(MutableMapping[str, str]):
    """Texts by name in a folder; each is there whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __getitem__(self, name: str) -> str:
        try:
            return (self.folder / name).read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise KeyError(name) from error

    def __setitem__(self, name: str, text: str) -> None:
        write_text(text, self.folder / name)

    def __delitem__(self, name: str) -> None:
        if name not in self:
            raise KeyError(name)
        (self.folder / name).unlink()

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(path.name for path in self.folder.glob("[!.]*")))

    def __len__(self) -> int:
        return len(list(iter(self)))


@contextmanager
def stage_checkpoints(files: Files, stage: str, **ingredients: object) -> Iterator[CheckpointFolder]:
    """The checkpoints of a run with these ingredients and this code, what a killed run left among them.

    Those of other ingredients are removed, and a run that ends well removes its own. To be used inside `stage_draft`,
    whose lock keeps other runs away.
    """
    named = json.dumps({name: repr(value) for name, value in ingredients.items()}, sort_keys=True)
    key = hashlib.sha256(f"{content_hash(CODE)}{named}".encode()).hexdigest()[:HASH_DIGITS]
    folder = files.work / f"{stage}.checkpoints"
    for other in folder.glob("*"):
        if other.name != key:
            remove(other)
    yield CheckpointFolder(folder / key)
    remove(folder)
