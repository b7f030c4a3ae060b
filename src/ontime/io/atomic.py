"""What is written is there whole or not at all, whoever is killed and whoever else writes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ontime.errors import OntimeError
from ontime.io.paths import Files


def write_text(text: str, path: Path) -> None:
    """Text as UTF-8; the file is replaced in one step."""
    write_bytes(text.encode("utf-8"), path)


def write_bytes(content: bytes, path: Path) -> None:
    """Bytes as they are; the file is replaced in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")  # two processes do not share one
    try:
        draft.write_bytes(content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def stage_draft(files: Files, stage: str, *outputs: Path) -> Iterator[Files]:
    """A draft of the checkout to write `outputs` in.

    When the block ends well they take their places in the checkout, one and all. Else nothing changes there.
    Raises OntimeError where another run of the stage is at work, or where a place cannot be written.
    """
    files.work.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(files.work / f"{stage}.lock", timeout=0):
            draft = Files(files.work / stage)
            shutil.rmtree(draft.root, ignore_errors=True)
            try:
                yield draft
                move_into_place({draft.root / output.relative_to(files.root): output for output in outputs})
            finally:
                shutil.rmtree(draft.root, ignore_errors=True)
    except Timeout as error:
        raise OntimeError(f"another run of {stage} is at work in this folder: wait until it has ended") from error


@contextmanager
def file_drafts(*places: Path) -> Iterator[list[Path]]:
    """A draft beside each place, for files that may be anywhere.

    When the block ends well all take their places, in this order. Else nothing changes. Raises OntimeError where
    another run is at work on the last place, or where one cannot be written.
    """
    last, drafts = places[-1], [place.with_name(f".draft.{place.name}") for place in places]
    lock = last.with_name(f".{last.name}.lock")
    try:
        last.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(lock, timeout=0):
            try:
                yield drafts
                move_into_place(dict(zip(drafts, places, strict=True)))
            finally:
                for leftover in (*drafts, lock):
                    leftover.unlink(missing_ok=True)
    except Timeout as error:
        raise OntimeError(f"another run writes {last}: wait until it has ended, or give another name") from error
    except BrokenPipeError:
        raise
    except OSError as error:
        written = {*places, *drafts, lock, *last.parents}
        if error.filename and Path(error.filename) not in written and error.filename2 is None:
            raise  # of what the block reads, not of what it writes
        raise OntimeError(f"{last} cannot be written: {error}") from error


def move_into_place(drafts: Mapping[Path, Path]) -> None:
    """Move every draft to its place. Where one cannot be moved, all that was there before is put back."""
    earlier = {place: place.with_name(f".{place.name}.before") for place in drafts.values()}
    placed: list[Path] = []
    try:
        for draft, place in drafts.items():
            place.parent.mkdir(parents=True, exist_ok=True)
            remove(earlier[place])
            if place.exists():
                place.rename(earlier[place])
            shutil.move(draft, place)
            placed.append(place)
    except OSError as error:
        for place in placed:
            remove(place)
        for place, before in earlier.items():
            if before.exists():
                remove(place)
                before.rename(place)
        raise OntimeError(f"an output cannot be written, and all are as they were: {error}") from error
    for before in earlier.values():
        remove(before)


def remove(path: Path) -> None:
    """A file, a folder with all that is in it, or a link; nothing where there is none."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
