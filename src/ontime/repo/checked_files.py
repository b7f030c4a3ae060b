"""A path and a commit -> what was there, from git, the workspace, the cache or the remote; by its hash."""

from __future__ import annotations

import hashlib
import shlex
from pathlib import Path
from typing import Any

from ontime.errors import OntimeError
from ontime.io.hashes import FOLDER, folder_md5
from ontime.repo.dvc_adapter import Objects, available, files_at, in_words


class BrokenObjectError(OntimeError):
    """An object of the cache or the remote whose content is not what its name says: nothing is read of it."""


def read_file(path: Path, commit: str | None) -> bytes:
    """A file of the workspace, or as it was.

    Raises UnavailableError where it cannot be had, and BrokenObjectError where what cache or remote hold is not it.
    """
    with available():
        if commit is None and path.is_file():
            return path.read_bytes()
        files: Any = files_at(commit)
        _check_lists(files, path, commit)
        content: bytes = files.read_bytes(path.as_posix())
        md5 = _md5(files, path)
    if md5 and hashlib.md5(content).hexdigest() != md5:  # noqa: S324 - DVC's hash
        raise _broken(files, path.as_posix(), md5, commit)
    return content


def files_below(folder: Path, commit: str | None) -> dict[str, str]:
    """Every path below a folder, or the path of a file itself -> its MD5 where DVC moves it, else nothing.

    Empty where there is no such path. Raises UnavailableError where the list of a folder's files cannot be had, and
    BrokenObjectError where it is not the one that dvc.lock names.
    """
    with available():
        files: Any = files_at(commit)
        _check_lists(files, folder, commit)
        return _listed(files, folder)


def _listed(files: Any, folder: Path) -> dict[str, str]:  # noqa: ANN401 - a DVCFileSystem
    return {name: info.get("md5", "") for name, info in files.find(folder.as_posix(), detail=True).items()}


def _md5(files: Any, path: Path) -> str:  # noqa: ANN401 - a DVCFileSystem
    """The hash of a file or folder that DVC moves; nothing for others, and where there is none."""
    try:
        return files.info(path.as_posix()).get("md5") or ""
    except FileNotFoundError:
        return ""


def _check_lists(files: Any, path: Path, commit: str | None) -> None:  # noqa: ANN401 - a DVCFileSystem
    """Raises BrokenObjectError where the list of a folder around a path, or of itself, is not what its hash says.

    DVC reads a list once and then trusts its notes: both the object and what is noted are looked at.
    """
    for folder in [*[parent for parent in reversed(path.parents) if parent.name], path]:
        md5 = _md5(files, folder)
        if not md5.endswith(FOLDER):
            continue
        cache = Objects(files.repo.cache.local)
        sound = not cache.holds(md5) or cache.read(md5) is not None
        if sound:
            inside = {
                Path(name).relative_to(folder).as_posix(): known for name, known in _listed(files, folder).items()
            }
            sound = folder_md5(inside) == md5
        if not sound:
            files.repo.drop_data_index()
            raise _broken(files, f"the list of {folder.as_posix()}", md5, commit)


def _broken(files: Any, what: str, md5: str, commit: str | None) -> BrokenObjectError:  # noqa: ANN401
    cache = Objects(files.repo.cache.local)
    about = "is broken, its content is not what its name says, so nothing is read of it"
    if not cache.holds(md5):
        name = files.repo.config["core"].get("remote")
        return BrokenObjectError(
            f"{what} of {in_words(commit)}: object {md5} of the remote {name} {about}: where a cache holds a good one, "
            "data verify --remote --repair sends it again; else `dvc repro` at that revision makes it"
        )
    place = shlex.quote(local_place(cache.place(md5)))
    return BrokenObjectError(
        f"{what} of {in_words(commit)}: object {place} of the cache {about}. `rm -f {place}`, and the next reader "
        "takes it from the remote; where no remote has it, data verify --repair takes it from the workspace, or `dvc "
        "repro` at that revision makes it"
    )


def local_place(path: str) -> str:
    """A path as seen from here, where it is below; else as it is."""
    here = Path.cwd()
    return Path(path).relative_to(here).as_posix() if Path(path).is_relative_to(here) else path
