"""What is written is there whole or not at all, whoever is killed and whoever else writes; and content hashes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ontime.errors import OntimeError

MISSING = "is missing: run the stage that makes it (dvc repro), or fetch it (dvc pull)"


@contextmanager
def together(*places: Path) -> Iterator[list[Path]]:
    """A draft beside each place: all take their places, in this order, when the block ends well, else nothing changes.

    Raises OntimeError where another run is at work on the last place, or where one cannot be written.
    """
    last, drafts = places[-1], [place.with_name(f".draft.{place.name}") for place in places]
    lock = last.with_name(f".{last.name}.lock")
    try:
        last.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(lock, timeout=0):
            try:
                yield drafts
                put(dict(zip(drafts, places, strict=True)))
            finally:
                for leftover in (*drafts, lock):
                    leftover.unlink(missing_ok=True)
    except Timeout as error:
        raise OntimeError(f"another run writes {last}: wait until it has ended, or give another name") from error
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OntimeError(f"{last} cannot be written: {error}") from error


def put(drafts: Mapping[Path, Path]) -> None:
    """Put every draft in its place. Where one cannot be put, all that was there before is put back."""
    places = {place: place.with_name(f".{place.name}.before") for place in drafts.values()}
    new: list[Path] = []
    try:
        for draft, place in drafts.items():
            place.parent.mkdir(parents=True, exist_ok=True)
            remove(places[place])
            if place.exists():
                place.rename(places[place])
            shutil.move(draft, place)
            new.append(place)
    except OSError as error:
        for place in new:
            remove(place)
        for place, before in places.items():
            if before.exists():
                remove(place)
                before.rename(place)
        raise OntimeError(f"an output cannot be written, and all are as they were: {error}") from error
    for before in places.values():
        remove(before)


class Checkpoints(MutableMapping[str, str]):
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


def read_text(path: Path) -> str:
    """Raises OntimeError where the file is missing, may not be read or is no UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise OntimeError(f"{path} {MISSING}") from error
    except UnicodeDecodeError as error:
        raise OntimeError(f"{path} is no text in UTF-8: {error}") from error
    except OSError as error:
        raise OntimeError(f"{path} cannot be read: {error}") from error


def read_bytes(path: Path) -> bytes:
    """Raises OntimeError where the file is missing."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise OntimeError(f"{path} {MISSING}") from error


def write_text(text: str, path: Path) -> None:
    """Whole or not at all: the file is replaced in one step."""
    write_bytes(text.encode("utf-8"), path)


def write_bytes(content: bytes, path: Path) -> None:
    """As they are, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")  # two processes do not share one
    try:
        draft.write_bytes(content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def remove(path: Path) -> None:
    """A file, a folder with all that is in it, or a link; nothing where there is none."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
