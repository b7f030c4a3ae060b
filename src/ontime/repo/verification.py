"""dvc.lock and a place, the workspace or the remote -> every file there whose content is not what dvc.lock names."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ontime.errors import OntimeError
from ontime.io.hashes import FOLDER, Watch, content_md5, folder_md5
from ontime.repo.dvc_adapter import Objects, Output, Repository
from ontime.repo.history import is_committed, uncommitted

MISSING, OTHER = "missing", "another content"
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


class RemoteFile(NamedTuple):
    """An object that the remote must hold, the output that needs it, and the file of that output."""

    md5: str
    output: str
    file: str


class ReadObject(NamedTuple):
    """What is wrong with an object of the remote (nothing: empty), and how many bytes were read."""

    problem: str
    size: int


def verify_workspace(repository: Repository, outputs: Sequence[Output], watch: Watch) -> Verification:
    """Every file of the workspace that belongs to an output, by its content; `watch` is given the bytes read."""
    files = size = 0
    wrong: list[WrongFile] = []
    for output in outputs:
        hashes: dict[str, str] = {}
        for name, path in repository.files_of(output):
            with path.open("rb") as content:
                hashes[name], length = content_md5(content, watch)
            files, size = files + 1, size + length
        wrong += _differences(output, hashes, repository.cache)
    return Verification("workspace", files, size, wrong)


def verify_remote(repository: Repository, outputs: Sequence[Output], watch: Watch) -> Verification:
    """Every object of the remote that an output needs, by its content.

    Raises OntimeError with cause and next step where the remote cannot be read at all.
    """
    remote, place = _remote(repository)
    moved = [output for output in outputs if output.moved]
    lists = {output: _list_of(output, repository.cache, remote) for output in moved}
    needed = sorted({file for output in moved for file in _needed(output, lists[output])}, key=lambda file: file[1:])
    objects = sorted({file.md5 for file in needed})
    with ThreadPoolExecutor(AT_ONCE) as pool:
        read = dict(zip(objects, pool.map(lambda md5: _read(remote, md5, watch), objects), strict=True))
    wrong = [WrongFile(output.path, output.path, "not in dvc.lock") for output in moved if not output.md5]
    wrong += [
        WrongFile(file.output, f"{file.file} ({remote.place(file.md5)})", read[file.md5].problem, file.md5)
        for file in needed
        if read[file.md5].problem
    ]
    wrong += [
        WrongFile(output.path, f"what {output.path} lists", "unknown, since its list is neither here nor there")
        for output in moved
        if _is_folder(output) and lists[output] is None
    ]
    return Verification(place, len(objects), sum(item.size for item in read.values()), wrong)


def repair_remote(repository: Repository, wrong: Sequence[WrongFile]) -> int:
    """Send again from the cache what is missing or broken in the remote. Returns how many objects the cache held."""
    remote, _ = _remote(repository)
    held = {file.md5 for file in wrong if file.md5 and repository.cache.read(file.md5) is not None}
    for md5 in sorted(held):
        remote.replace_from(repository.cache, md5)
    return len(held)


def _remote(repository: Repository) -> tuple[Objects, str]:
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


def _is_folder(output: Output) -> bool:
    return (output.md5 or "").endswith(FOLDER)


def _list_of(output: Output, cache: Objects, remote: Objects) -> bytes | None:
    """The list of a folder's files, from the cache or the remote; None for a file, or where neither has it."""
    if output.md5 is None or not _is_folder(output):
        return None
    return cache.read(output.md5) or remote.read(output.md5)


def _needed(output: Output, listing: bytes | None) -> list[RemoteFile]:
    """The output's own object, and those of the files that it lists."""
    if not output.md5:
        return []
    entries = _entries(listing or b"[]")
    files = [RemoteFile(md5, output.path, f"{output.path}/{name}") for name, md5 in entries.items()]
    return [RemoteFile(output.md5, output.path, output.path), *files]


def _read(remote: Objects, md5: str, watch: Watch) -> ReadObject:
    try:
        with remote.open(md5) as content:
            content_hash, size = content_md5(content, watch)
    except FileNotFoundError:
        return ReadObject(MISSING, 0)
    except OSError as error:
        return ReadObject(f"cannot be read: {error}", 0)
    return ReadObject("" if content_hash == md5.removesuffix(FOLDER) else f"{OTHER}, {size:,} bytes", size)


def _differences(output: Output, hashes: Mapping[str, str], cache: Objects) -> list[WrongFile]:
    """What is there of an output, hash by name, beside what dvc.lock says."""
    path, md5 = output.path, output.md5
    if not md5:
        return [WrongFile(path, path, "not in dvc.lock")]
    if not hashes:
        return [WrongFile(path, path, MISSING)]
    if not _is_folder(output):
        return [] if hashes.get("") == md5 else [WrongFile(path, path, OTHER)]
    return [] if folder_md5(hashes) == md5 else _wrong_in_folder(output, hashes, cache.read(md5))


def _wrong_in_folder(output: Output, hashes: Mapping[str, str], listing: bytes | None) -> list[WrongFile]:
    """Which files of a folder are wrong; the folder as a whole, where nothing says what it should hold."""
    path = output.path
    if listing is None and not output.moved:
        return _uncommitted(output) or [WrongFile(path, path, f"{OTHER}, and as it is committed (dvc repro makes it)")]
    if listing is None:
        return [WrongFile(path, path, f"{OTHER}; which of its files only its list says (dvc fetch {path})")]
    expected = _entries(listing)
    problems = {
        name: MISSING if name not in hashes else OTHER for name in expected if hashes.get(name) != expected[name]
    }
    problems |= {name: "not in dvc.lock" for name in hashes if name not in expected}
    return [WrongFile(path, f"{path}/{name}", problem) for name, problem in sorted(problems.items())]


def _uncommitted(output: Output) -> list[WrongFile]:
    """The files of a folder that are not as git has them: where git keeps a folder, the cache has no list of it."""
    wrong = []
    for file in sorted(uncommitted([output.path])):
        known = MISSING if not Path(file).exists() else OTHER
        wrong.append(WrongFile(output.path, file, known if is_committed(Path(file), "HEAD") else "not in dvc.lock"))
    return wrong


def _entries(listing: bytes) -> dict[str, str]:
    """Hash by name of the files of a folder."""
    return {entry["relpath"]: entry["md5"] for entry in json.loads(listing)}
