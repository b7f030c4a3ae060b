"""dvc.lock and a place, the workspace or the remote -> every file there whose content is not what dvc.lock names."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ontime.errors import OntimeError
from ontime.io.hashes import FOLDER, Watch, content_md5, folder_md5

if TYPE_CHECKING:
    from dvc.repo import Repo

MISSING, OTHER = "missing", "another content"
OBJECTS = "/files/md5"  # below a remote's address
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


class Output(NamedTuple):
    """An output of a stage as dvc.lock names it: its path, its hash (none: never run), and whether DVC moves it."""

    path: str
    md5: str | None
    moved: bool


class Wrong(NamedTuple):
    """A file whose content is not what dvc.lock names, and the hash that it should have, where that is known."""

    output: str
    file: str
    problem: str
    md5: str | None = None


@dataclass(frozen=True)
class Checked:
    """What was read of one place, and what was wrong there."""

    place: str
    files: int
    size: int
    wrong: list[Wrong]


@contextmanager
def opened(root: Path = Path()) -> Iterator[Repo]:
    """The DVC repository around a folder. Raises OntimeError where there is none."""
    from dvc.exceptions import DvcException  # noqa: PLC0415 - takes most of a second
    from dvc.repo import Repo  # noqa: PLC0415

    try:
        with Repo(str(root)) as repo:
            yield repo
    except DvcException as error:
        raise OntimeError(f"DVC cannot read this repository: {error}") from error


def outputs(repo: Repo) -> list[Output]:
    """Every output of every stage, in the order of dvc.yaml."""
    return [Output(str(out), out.hash_info.value or None, bool(out.use_cache)) for out in repo.index.outs]


def check_workspace(repo: Repo, wanted: Sequence[Output], watch: Watch) -> Checked:
    """Every file of the workspace that belongs to an output, by its content; `watch` is told the bytes read."""
    files = size = 0
    wrong: list[Wrong] = []
    for output in wanted:
        found: dict[str, str] = {}
        for name, path in _files(repo, output):
            with path.open("rb") as content:
                found[name], length = content_md5(content, watch)
            files, size = files + 1, size + length
        wrong += _differences(output, found, lambda md5: _cached(repo, md5))
    return Checked("workspace", files, size, wrong)


def check_remote(repo: Repo, wanted: Sequence[Output], watch: Watch) -> Checked:
    """Every object of the remote that an output needs, by its content.

    Raises OntimeError with cause and next step where the remote cannot be read at all.
    """
    odb, place = _remote(repo)
    folders = [output for output in wanted if output.moved and (output.md5 or "").endswith(FOLDER)]
    listings = {output.md5: _cached(repo, output.md5 or "") or _fetched(odb, output.md5 or "") for output in folders}
    needed = {(output.md5, output.path, output.path) for output in wanted if output.moved and output.md5}
    for output in folders:
        entries = _entries(listings[output.md5] or b"[]")
        needed |= {(md5, output.path, f"{output.path}/{name}") for name, md5 in entries.items()}
    objects = sorted({md5 for md5, _, _ in needed if md5})
    with ThreadPoolExecutor(AT_ONCE) as pool:
        read = dict(zip(objects, pool.map(lambda md5: _problem(odb, md5, watch), objects), strict=True))
    wrong = [Wrong(output.path, output.path, "not in dvc.lock") for output in wanted if output.moved and not output.md5]
    wrong += [
        Wrong(output, f"{file} ({odb.oid_to_path(md5)})", problem, md5)
        for md5, output, file in sorted(needed, key=lambda each: each[1:])
        if md5 and (problem := read[md5][0])
    ]
    wrong += [
        Wrong(output.path, f"what {output.path} lists", "unknown, since its list is neither here nor there")
        for output in folders
        if not listings[output.md5]
    ]
    return Checked(place, len(objects), sum(size for _, size in read.values()), wrong)


def repair_remote(repo: Repo, wrong: Sequence[Wrong]) -> int:
    """Send again from the cache what is missing or broken in the remote. Returns how many objects the cache held."""
    odb, _ = _remote(repo)
    cache = repo.cache.local
    held = {one.md5: cache.oid_to_path(one.md5) for one in wrong if one.md5 and _cached(repo, one.md5) is not None}
    for md5, path in held.items():
        if odb.exists(md5):
            odb.delete(md5)
        odb.add(path, cache.fs, md5)
    return len(held)


def _files(repo: Repo, output: Output) -> Iterator[tuple[str, Path]]:
    """Name within the output (empty for a file) and path of what is there, without what DVC ignores."""
    path = Path(repo.root_dir) / output.path
    if path.is_file():
        yield "", path
    elif path.is_dir():
        found = sorted(Path(each) for each in repo.dvcignore.find(repo.fs, str(path)))
        yield from ((each.relative_to(path).as_posix(), each) for each in found)


def _differences(output: Output, found: Mapping[str, str], listing: Callable[[str], bytes | None]) -> list[Wrong]:
    """What was found of an output, by name, beside what dvc.lock says."""
    path, md5, _ = output
    if not md5:
        return [Wrong(path, path, "not in dvc.lock")]
    if not found:
        return [Wrong(path, path, MISSING)]
    if not md5.endswith(FOLDER):
        return [] if found.get("") == md5 else [Wrong(path, path, OTHER)]
    if folder_md5(found) == md5:
        return []
    content = listing(md5)
    if content is None:
        return [Wrong(path, path, f"{OTHER}; which of its files only its list says (dvc fetch {path})")]
    expected = _entries(content)
    problems = {name: MISSING if name not in found else OTHER for name in expected if found.get(name) != expected[name]}
    problems |= {name: "not in dvc.lock" for name in found if name not in expected}
    return [Wrong(path, f"{path}/{name}", problem) for name, problem in sorted(problems.items())]


def _problem(odb: Any, md5: str, watch: Watch) -> tuple[str, int]:  # noqa: ANN401 - a DVC object database
    """What is wrong with an object (nothing: empty), and its size."""
    try:
        with odb.fs.open(odb.oid_to_path(md5), "rb") as content:
            found, size = content_md5(content, watch)
    except FileNotFoundError:
        return MISSING, 0
    except OSError as error:
        return f"cannot be read: {error}", 0
    return "" if found == md5.removesuffix(FOLDER) else f"{OTHER}, {size:,} bytes", size


def _remote(repo: Repo) -> tuple[Any, str]:
    """The remote's objects, after a look whether it answers, and what to call it."""
    os.environ.setdefault("AWS_MAX_ATTEMPTS", "1")  # else a server that does not answer is asked for two minutes
    name = repo.config["core"].get("remote")
    place = f"remote {name} ({repo.config['remote'].get(name, {}).get('url')})"
    try:
        odb = repo.cloud.get_remote_odb()
        _ask(odb)
    except Exception as error:  # the libraries below DVC share no class of errors
        if not _step(error):
            raise
        raise OntimeError(f"{place} cannot be read: {error}\n  {_step(error).format(remote=name)}") from error
    return odb, place


def _ask(odb: Any) -> None:  # noqa: ANN401 - a DVC object database
    """Let the remote list what it holds; below a bucket that is there, nothing is an answer."""
    try:
        odb.fs.ls(odb.path.removesuffix(OBJECTS), detail=False)
    except FileNotFoundError as error:
        if error.__cause__ is not None or odb.fs.protocol == "local":
            raise


def _step(error: Exception) -> str:
    """What to do about an error, by the names of its classes; empty where that is not known."""
    names = [each.__name__ for each in type(error).__mro__]
    return next((step for name, step in NEXT_STEPS.items() if name in names), "")


def _cached(repo: Repo, md5: str) -> bytes | None:
    """An object of the cache, if it is there whole."""
    path = Path(repo.cache.local.oid_to_path(md5))
    content = path.read_bytes() if path.is_file() else b""
    return content if hashlib.md5(content).hexdigest() == md5.removesuffix(FOLDER) else None  # noqa: S324 - DVC's hash


def _fetched(odb: Any, md5: str) -> bytes | None:  # noqa: ANN401 - a DVC object database
    """A list of files from the remote, if it is there whole."""
    try:
        content: bytes = odb.fs.cat_file(odb.oid_to_path(md5))
    except OSError:
        return None
    return content if hashlib.md5(content).hexdigest() == md5.removesuffix(FOLDER) else None  # noqa: S324


def _entries(listing: bytes) -> dict[str, str]:
    """Hash by name of the files of a folder."""
    return {entry["relpath"]: entry["md5"] for entry in json.loads(listing)}
