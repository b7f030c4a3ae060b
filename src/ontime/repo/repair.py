"""What is wrong in the workspace, the cache or the remote -> put right from a good copy, or the commands that do it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ontime.errors import OntimeError
from ontime.io.atomic import remove
from ontime.io.hashes import FOLDER, folder_entries, folder_list, folder_md5
from ontime.repo.dvc_adapter import Objects, Output, Repository
from ontime.repo.history import committed_md5s
from ontime.repo.verification import (
    MISSING,
    UNRECORDED,
    Contents,
    Verification,
    WrongFile,
    is_folder,
    open_remote,
    place_of,
    read_object,
)


def repair_local(repository: Repository, contents: Contents) -> tuple[int, str]:
    """Put right cache and workspace with what the workspace, the cache or the remote hold of it.

    A broken object is taken out of the cache, also where nothing takes its place; a file of the workspace is replaced
    where there is something to replace it by, and one that dvc.lock does not know stays. Returns how many files of the
    workspace were replaced, and why the remote could not be read, where it was needed and could not.
    """
    good = {md5: Path(output.path) / name for output, hashes in contents.hashes.items() for name, md5 in hashes.items()}
    sources = _Sources(repository, good)
    replaced: list[str] = []
    for output, hashes in contents.hashes.items():
        if output.moved and output.md5 and sources.refill(output.md5, _own_list(output, hashes)):
            replaced += _clear(output, hashes, sources)
    if replaced:
        repository.checkout(replaced)
    return len(replaced), sources.unread


class _Sources:
    """Where a good copy of an object may be: in the cache, in a file of the workspace, in the remote."""

    def __init__(self, repository: Repository, good: Mapping[str, Path]) -> None:
        self.cache, self.unread = repository.cache, ""
        self._repository, self._good = repository, good
        self._remote: Objects | None = None
        self._known: dict[str, bool] = {}

    def refill(self, md5: str, content: bytes | None = None) -> bool:
        """See to it that the cache holds an object, whose content may be given. Returns whether it does."""
        if md5 not in self._known:
            self._known[md5] = self._refill(md5, content)
        return self._known[md5]

    def _refill(self, md5: str, content: bytes | None) -> bool:
        problem = read_object(self.cache, md5).problem
        if not problem:
            return True
        if problem != MISSING:
            self.cache.remove(md5)
        if content is not None:
            self.cache.replace_by_bytes(content, md5)
        elif md5 in self._good:
            self.cache.replace_by_file(self._good[md5], md5)
        else:
            remote = self._open()
            if remote is None or read_object(remote, md5).problem:
                return False
            self.cache.replace_from(remote, md5)
        return not read_object(self.cache, md5).problem

    def _open(self) -> Objects | None:
        """The remote, opened when it is first needed; none where it cannot be."""
        if self._remote is None and not self.unread:
            try:
                self._remote, _ = open_remote(self._repository)
            except OntimeError as error:
                self.unread = str(error)
        return self._remote


def _own_list(output: Output, hashes: Mapping[str, str]) -> bytes | None:
    """The list of a folder's files, where the workspace has them as dvc.lock says."""
    return folder_list(hashes) if is_folder(output) and folder_md5(hashes) == output.md5 else None


def _clear(output: Output, hashes: Mapping[str, str], sources: _Sources) -> list[str]:
    """Remove the files that are wrong and that the cache holds now. Returns them, those that are missing too."""
    names = {"": output.md5 or ""}
    if is_folder(output):
        names = folder_entries(sources.cache.read(output.md5 or "") or b"[]")
        if Path(output.path).is_file():
            remove(Path(output.path))
    sound = {name: sources.refill(md5) for name, md5 in names.items()}
    wrong = [Path(output.path) / name for name, md5 in names.items() if hashes.get(name) != md5 and sound[name]]
    for path in wrong:
        remove(path)
    return [path.as_posix() for path in wrong]


def repair_remote(repository: Repository, wrong: Sequence[WrongFile]) -> int:
    """Send again from the cache what is missing or broken in the remote. Returns how many objects the cache held."""
    remote, _ = open_remote(repository)
    held = {file.md5 for file in wrong if file.md5 and repository.cache.read(file.md5) is not None}
    for md5 in sorted(held):
        remote.replace_from(repository.cache, md5)
    return len(held)


def remedies(
    repository: Repository, contents: Contents, places: Mapping[str, Verification], verify: str, *, repaired: bool
) -> Iterator[str]:
    """The commands that put right what is wrong, a line each, to be run in this order.

    places: by 'workspace', 'cache' and, where it was read, 'remote'; verify: the command that verifies;
    repaired: whether `repair_local` was just called.
    """
    wrong = {name: verification.wrong for name, verification in places.items()}
    by_path = {output.path: output for output in contents.hashes}
    moved = [file for file in wrong["workspace"] if by_path[file.output].moved and file.problem != UNRECORDED]
    lost = _lost(repository, contents, [*moved, *wrong["cache"]], wrong.get("remote"))
    if any(file.output not in lost for file in [*moved, *wrong["cache"]]):
        yield f"{verify} --repair"
    elif lost and "remote" not in places and not repaired:
        yield f"{verify} --repair  # where the remote has it"
    yield from _of_git(contents, wrong["workspace"])
    unrecorded = [file for file in wrong["workspace"] if file.problem == UNRECORDED and file.file != file.output]
    if unrecorded:
        yield f"rm -f {_words(file.file for file in unrecorded)}  # not in dvc.lock: keep it elsewhere if you need it"
    if lost:
        broken = [place_of(repository, file.md5) for file in wrong["cache"] if file.md5 and file.output in lost]
        stages = dict.fromkeys(by_path[path].stage for path in lost)
        about = "no place has it" if "remote" in places or repaired else "where no remote has it"
        there = [path for path in lost if os.path.lexists(path)] + broken
        remove = f"rm -rf {_words(there)} && " if there else ""  # else it was never made here
        yield f"{remove}dvc repro {_words(stages)}  # {about}: this makes it"
    never = dict.fromkeys(output.stage for output in contents.hashes if not output.md5)
    if never:
        yield f"dvc repro {_words(never)}"
    if wrong.get("remote"):
        yield f"{verify} --remote --repair"


def _words(paths: Sequence[str] | Iterator[str] | Mapping[str, object]) -> str:
    return " ".join(map(shlex.quote, paths))


def _lost(
    repository: Repository, contents: Contents, wrong: Sequence[WrongFile], remote: Sequence[WrongFile] | None
) -> list[str]:
    """Outputs of which something wrong has no good copy here, nor in the remote, where that was read (else None)."""
    here = {md5 for hashes in contents.hashes.values() for md5 in hashes.values()}
    here |= {output.md5 for output, hashes in contents.hashes.items() if output.md5 and _own_list(output, hashes)}
    absent = None if remote is None else {file.md5 for file in remote}

    def has_copy(md5: str) -> bool:
        if md5 in here or not read_object(repository.cache, md5).problem:
            return True
        return absent is not None and md5 not in absent

    def needed(file: WrongFile) -> list[str]:
        md5 = file.md5 or ""
        listing = repository.cache.read(md5) if md5.endswith(FOLDER) else None
        return [md5, *folder_entries(listing or b"[]").values()]

    return list(dict.fromkeys(file.output for file in wrong if not all(map(has_copy, needed(file)))))


def _of_git(contents: Contents, wrong: Sequence[WrongFile]) -> Iterator[str]:
    """For outputs that git keeps: the committed ones where dvc.lock means those, else the stage again."""
    paths = dict.fromkeys(file.output for file in wrong)
    kept = [output for output in contents.hashes if not output.moved and output.md5 and output.path in paths]
    committed, other = [], []
    for output in kept:
        hashes = committed_md5s(Path(output.path), "HEAD")
        known = folder_md5(hashes) if is_folder(output) else hashes.get("")
        (committed if known == output.md5 else other).append(output)
    restored = [
        output.path
        for output in committed
        if any(file.output == output.path and file.problem != UNRECORDED for file in wrong)
    ]
    if restored:
        yield f"git checkout HEAD -- {_words(restored)}"
    if other:
        yield f"dvc repro {_words(dict.fromkeys(output.stage for output in other))}"
