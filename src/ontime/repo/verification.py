"""dvc.lock and a place, the workspace or the remote -> every file there whose content is not what dvc.lock names."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ontime.errors import OntimeError
from ontime.io.hashes import FOLDER, Watch, content_md5, folder_entries, folder_md5
from ontime.repo.checked_files import local_place
from ontime.repo.dvc_adapter import Objects, Output, Repository
from ontime.repo.history import is_committed, uncommitted

MISSING, OTHER, UNRECORDED = "missing", "another content", "not in dvc.lock"
AT_ONCE = 8  # objects read from a remote at the same time
NEXT_STEPS = {
    "NoCredentialsError": "put them in the environment (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY) or in .dvc/config."
    "local: dvc remote modify --local {remote} access_key_id ..., and secret_access_key ...",
    "PermissionError": "its credentials are wrong, or may not read it: look at those in the environment and in .dvc/"
    "config.local (dvc config --list); after `make storage-stop`, run `make storage` again",
    "ConnectionError": "nobody answers there: is the server running (make storage), are the address and the network "
    "right (dvc config --list)?",
    "FileNotFoundError": "make the bucket or folder, or name another: dvc remote modify --local {remote} url ...",
    "ImportError": "install it: .venv/bin/python -m pip install ...",
    "DvcException": "dvc remote list shows what there is; dvc remote add --local adds one",
}


class WrongFile(NamedTuple):
    """A file whose content is not what dvc.lock names, and the hash that it should have, where that is known."""

    output: str
    file: str
    problem: str
    md5: str | None = None


@dataclass(frozen=True)
class Verification:
    """What was read of one place, and what was wrong there."""

    place: str
    files: int
    size: int
    wrong: list[WrongFile]


@dataclass(frozen=True)
class Contents:
    """What the workspace holds of outputs: hash by name within each (empty where it cannot be read), bytes read."""

    hashes: Mapping[Output, Mapping[str, str]]
    size: int


class NeededObject(NamedTuple):
    """An object that a store must hold, the output that needs it, and the file of that output."""

    md5: str
    output: str
    file: str


class ReadObject(NamedTuple):
    """What is wrong with an object of a store (nothing: empty), and how many bytes were read."""

    problem: str
    size: int


def read_workspace(repository: Repository, outputs: Sequence[Output], watch: Watch) -> Contents:
    """The hash of every file of the workspace that belongs to an output; `watch` is given the bytes read."""
    hashes: dict[Output, dict[str, str]] = {output: {} for output in outputs}
    size = 0
    for output in outputs:
        for name, path in repository.files_of(output):
            try:
                with path.open("rb") as content:
                    hashes[output][name], length = content_md5(content, watch)
            except OSError:  # a link to nothing, or what may not be read
                hashes[output][name], length = "", 0
            size += length
    return Contents(hashes, size)


def verify_workspace(repository: Repository, contents: Contents) -> Verification:
    """Which files of the workspace are not what dvc.lock names."""
    files = sum(map(len, contents.hashes.values()))
    wrong = [file for output, hashes in contents.hashes.items() for file in _differences(output, hashes, repository)]
    return Verification("workspace", files, contents.size, wrong)


def verify_cache(repository: Repository, outputs: Sequence[Output], watch: Watch) -> Verification:
    """Which objects of the cache that an output needs hold another content than their name says.

    What is not there is no fault of a cache.
    """
    moved = [output for output in outputs if output.moved and output.md5]
    lists = {output: repository.cache.read(output.md5 or "") if is_folder(output) else None for output in moved}
    needed = _needed_objects(moved, lists)
    read = _read_all(repository.cache, needed, watch)
    wrong = [
        WrongFile(
            file.output, file.file, f"{read[file.md5].problem}, object {place_of(repository, file.md5)}", file.md5
        )
        for file in needed
        if read[file.md5].problem not in {"", MISSING}
    ]
    return Verification("cache", len(read), sum(item.size for item in read.values()), wrong)


def verify_remote(repository: Repository, outputs: Sequence[Output], watch: Watch) -> Verification:
    """Every object of the remote that an output needs, by its content.

    Raises OntimeError with cause and next step where the remote cannot be read at all.
    """
    remote, place = open_remote(repository)
    moved = [output for output in outputs if output.moved]
    lists = {output: _list_of(output, repository.cache, remote) for output in moved}
    needed = _needed_objects(moved, lists)
    read = _read_all(remote, needed, watch)
    wrong = [WrongFile(output.path, output.path, UNRECORDED) for output in moved if not output.md5]
    wrong += [
        WrongFile(file.output, f"{file.file} ({remote.place(file.md5)})", read[file.md5].problem, file.md5)
        for file in needed
        if read[file.md5].problem
    ]
    wrong += [
        WrongFile(output.path, f"what {output.path} lists", "unknown, since its list is neither here nor there")
        for output in moved
        if is_folder(output) and lists[output] is None
    ]
    return Verification(place, len(read), sum(item.size for item in read.values()), wrong)


def place_of(repository: Repository, md5: str) -> str:
    """The path of an object in the cache, from here where it is below."""
    return local_place(repository.cache.place(md5))


def open_remote(repository: Repository) -> tuple[Objects, str]:
    """The remote's objects, after a look whether it answers, and what to call it."""
    os.environ.setdefault("AWS_MAX_ATTEMPTS", "1")  # else a server that does not answer is asked for two minutes
    name, url = repository.remote_address()
    place = f"remote {name} ({url})"
    try:
        remote = repository.remote()
        remote.require_answer()
    except Exception as error:  # the libraries below DVC share no class of errors
        step = _next_step(error)
        if not step:
            raise
        raise OntimeError(f"{place} cannot be read: {error}\n  {step.format(remote=name)}") from error
    return remote, place


def _next_step(error: Exception) -> str:
    """What to do about an error, by the names of its classes; empty where that is not known."""
    names = [kind.__name__ for kind in type(error).__mro__]
    return next((step for name, step in NEXT_STEPS.items() if name in names), "")


def is_folder(output: Output) -> bool:
    """Whether dvc.lock names a folder."""
    return (output.md5 or "").endswith(FOLDER)


def _list_of(output: Output, cache: Objects, remote: Objects) -> bytes | None:
    """The list of a folder's files, from the cache or the remote; None for a file, or where neither has it."""
    if output.md5 is None or not is_folder(output):
        return None
    return cache.read(output.md5) or remote.read(output.md5)


def _needed_objects(outputs: Sequence[Output], lists: Mapping[Output, bytes | None]) -> list[NeededObject]:
    """The objects of the outputs and of the files that they list, by output and file."""
    needed = {file for output in outputs for file in _needed(output, lists[output])}
    return sorted(needed, key=lambda file: file[1:])


def _needed(output: Output, listing: bytes | None) -> list[NeededObject]:
    """The output's own object, and those of the files that it lists."""
    if not output.md5:
        return []
    entries = folder_entries(listing or b"[]")
    files = [NeededObject(md5, output.path, f"{output.path}/{name}") for name, md5 in entries.items()]
    return [NeededObject(output.md5, output.path, output.path), *files]


def _read_all(store: Objects, needed: Sequence[NeededObject], watch: Watch) -> dict[str, ReadObject]:
    """Every object, once, some at the same time."""
    objects = sorted({file.md5 for file in needed})
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(objects, pool.map(lambda md5: read_object(store, md5, watch), objects), strict=True))


def read_object(store: Objects, md5: str, watch: Watch = lambda _: None) -> ReadObject:
    """Is an object there, with the content that its name says?"""
    try:
        with store.open(md5) as content:
            content_hash, size = content_md5(content, watch)
    except FileNotFoundError:
        return ReadObject(MISSING, 0)
    except OSError as error:
        return ReadObject(f"cannot be read: {error}", 0)
    return ReadObject("" if content_hash == md5.removesuffix(FOLDER) else f"{OTHER}, {size:,} bytes", size)


def _differences(output: Output, hashes: Mapping[str, str], repository: Repository) -> list[WrongFile]:
    """What is there of an output, hash by name, beside what dvc.lock says."""
    path, md5 = output.path, output.md5
    if not md5:
        return [WrongFile(path, path, UNRECORDED)]
    if not hashes:
        return [WrongFile(path, path, MISSING, md5)]
    if not is_folder(output):
        return [] if hashes.get("") == md5 else [WrongFile(path, path, OTHER, md5)]
    return [] if folder_md5(hashes) == md5 else _wrong_in_folder(output, hashes, repository.cache.read(md5))


def _wrong_in_folder(output: Output, hashes: Mapping[str, str], listing: bytes | None) -> list[WrongFile]:
    """Which files of a folder are wrong; the folder as a whole, where nothing says what it should hold."""
    path = output.path
    if listing is None and not output.moved:
        return _uncommitted(output) or [WrongFile(path, path, f"{OTHER}, and as it is committed (dvc repro makes it)")]
    if listing is None:
        return [
            WrongFile(path, path, f"{OTHER}; which of its files only its list says, which the cache lacks", output.md5)
        ]
    expected = folder_entries(listing)
    wrong = [
        WrongFile(path, f"{path}/{name}", MISSING if name not in hashes else OTHER, md5)
        for name, md5 in expected.items()
        if hashes.get(name) != md5
    ]
    wrong += [WrongFile(path, f"{path}/{name}", UNRECORDED) for name in hashes if name not in expected]
    return sorted(wrong)


def _uncommitted(output: Output) -> list[WrongFile]:
    """The files of a folder that are not as git has them: where git keeps a folder, the cache has no list of it."""
    wrong = []
    for file in sorted(uncommitted([output.path])):
        known = MISSING if not Path(file).exists() else OTHER
        wrong.append(WrongFile(output.path, file, known if is_committed(Path(file), "HEAD") else UNRECORDED))
    return wrong
